"""The pictures in which imported faces are looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from foreign_files import landmarks_68
from measure.made_faces import made_face
from understudy.faces.foreign.grouping import by_footage
from understudy.faces.foreign.records import ForeignFace
from understudy.workflows.import_pictures import shown_frames


def listed(name: str) -> ForeignFace:
    return ForeignFace(
        program="faceswap",
        file=Path("a.fsa"),
        has_picture=False,
        source_name=name,
        number_in_frame=0,
        landmarks_px=landmarks_68(made_face().landmarks_px),
        aligned_from_frame=None,
        aligned_px=None,
        face_type="head",
    )


def test_of_a_video_only_what_is_looked_at_is_converted(clips: dict[str, Path]) -> None:
    [footage] = by_footage([listed("clip_000002.png"), listed("clip_000004.png")])
    frames = list(shown_frames(footage, clips["target"], 0, []))
    assert [frame.index for frame in frames] == [1, 3]
    for frame in frames:
        [shown] = frame.faces
        assert not isinstance(shown.image, np.ndarray)
        assert shown.image.part(0, 0, 40, 30).shape == (30, 40, 3)
