"""Frames and footage from the names of frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from understudy.faces.foreign.grouping import by_footage
from understudy.faces.foreign.records import ForeignFace


def face(source_name: str, number: int = 0, size: tuple[int, int] | None = None) -> ForeignFace:
    return ForeignFace(
        program="faceswap",
        file=Path(f"{source_name}_{number}.png"),
        has_picture=True,
        source_name=source_name,
        number_in_frame=number,
        landmarks_px=np.full((68, 2), (99.5, 49.5), np.float32),
        aligned_from_frame=np.eye(2, 3, dtype=np.float32),
        aligned_px=64,
        face_type="head",
        frame_size_px=size,
    )


def test_numbers_count_from_1_and_name_the_footage() -> None:
    names = ["clip_000010.mp4", "clip_000002.mp4", "00007.png", "clip_000002.mp4", "my-film 3.png"]
    groups = {g.name: g for g in by_footage([face(name, i) for i, name in enumerate(names)])}
    assert sorted(groups) == ["", "clip", "my-film"]
    clip = groups["clip"]
    assert clip.is_numbered
    assert [(frame.index, len(frame.faces)) for frame in clip.frames] == [(1, 2), (9, 1)]
    assert [f.number_in_frame for f in clip.frames[0].faces] == [1, 3]
    assert clip.usual_step == 8
    assert [frame.index for frame in groups[""].frames] == [6]


def test_numbers_from_0_stay() -> None:
    [group] = by_footage([face(f"{n}.png") for n in (0, 5, 10, 20)])
    assert [frame.index for frame in group.frames] == [0, 5, 10, 20]
    assert group.usual_step == 5


def test_names_without_numbers_and_with_the_same_one_count_as_they_come() -> None:
    [group] = by_footage([face("bert.png"), face("anna.png")])
    assert ([frame.index for frame in group.frames], group.name, group.is_numbered) == ([0, 1], "", False)
    [group] = by_footage([face("1.png"), face("01.png"), face("2.png")])
    assert ([frame.index for frame in group.frames], group.is_numbered) == ([0, 1, 2], False)


def test_size_of_the_frames() -> None:
    assert by_footage([face("1.png", size=(640, 480))])[0].size_px == (640, 480)
    assert by_footage([face("1.png")])[0].size_px == (101, 51)
