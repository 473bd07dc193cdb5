"""Extraction end to end: what it stores, resuming, other people, footage without a face."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import ConfigError, FacesetError, MediaError
from understudy.core.types import Frame
from understudy.faces import faults
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import read_upright
from understudy.media.images import read_image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig


def test_every_frame_gives_one_face_as_it_lies(clips: dict[str, Path], facesets: tuple[Path, Path]) -> None:
    with Faceset.open(facesets[0]) as faceset:
        stored = list(faceset.faces())
        assert [face.frame_index for face in stored] == list(range(48))
        assert faceset.mean_identity() is not None
        first = stored[0]
        crop, upright = read_image(first.crop_path), read_upright(first, 128)
    with VideoReader(clips["source"]) as reader:
        frame = next(iter(reader)).image
    assert crop.shape == (first.crop_size_px, first.crop_size_px, 3)
    x0, y0 = (-first.crop_from_frame[:, 2]).astype(int)
    height, width = frame.shape[:2]
    inside = frame[max(y0, 0) : y0 + len(crop), max(x0, 0) : x0 + len(crop)]
    same = crop[max(-y0, 0) : height - y0, max(-x0, 0) : width - x0]
    assert np.abs(same.astype(int) - inside).mean() < 1  # the footage's own pixels, but for JPEG
    # eyes level and above the mouth, the face in the middle
    assert upright.shape == (128, 128, 3)
    matrix = first.square.crop_from_frame(128, STORED_COVERAGE)
    points = first.face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    left, right, mouth = points[33], points[263], points[13]
    assert abs(left[1] - right[1]) < 0.06 * 128
    assert left[1] < mouth[1]
    assert np.abs(points.mean(axis=0) / 128 - 0.5).max() < 0.15
    straight = cut(frame, matrix, 128)
    assert np.abs(upright.astype(int) - straight)[16:-16, 16:-16].mean() < 2


def test_a_stopped_extraction_ends_with_the_same_faceset(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "SEGMENT_FRAMES", 16)
    whole = tmp_path / "whole"
    config = ExtractConfig(footage=(clips["source"],), faceset=whole, identity="somebody")
    extract.run(config)

    class StopError(Exception):
        pass

    def stop_in_the_second_segment(event: object) -> None:
        if getattr(event, "done", 0) >= 32:
            raise StopError

    broken = ExtractConfig(footage=(clips["source"],), faceset=tmp_path / "broken", identity="somebody")
    with pytest.raises(StopError):
        extract.run(broken, stop_in_the_second_segment)
    with Faceset.open(broken.faceset) as faceset:
        assert faceset.count() == 32
    result = extract.run(broken)
    assert result.faces == 48
    with Faceset.open(whole) as a, Faceset.open(broken.faceset) as b:
        assert a.digest() == b.digest()


def test_running_again_finds_nothing_new(clips: dict[str, Path], facesets: tuple[Path, Path]) -> None:
    with Faceset.open(facesets[1]) as faceset:
        before = faceset.digest()
    again = extract.run(ExtractConfig(footage=(clips["target"],), faceset=facesets[1]))
    assert again.faces == 48
    with Faceset.open(facesets[1]) as faceset:
        assert faceset.digest() == before


def test_what_a_person_decided_stays(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "reviewed"
    shutil.copytree(facesets[0], folder)
    with Faceset.open(folder) as faceset:
        chosen = [face.id for face in faceset.faces()][:3]
        faceset.set_state(chosen, "rejected", "another person", by="somebody")
    result = extract.run(ExtractConfig(footage=(clips["source"],), faceset=folder, identity="source"))
    assert (result.faces, result.rejected) == (45, 3)
    with Faceset.open(folder) as faceset:
        assert [face.id for face in faceset.faces("rejected")] == chosen


@pytest.fixture
def partly_blurred(clips: dict[str, Path], tmp_path: Path) -> ExtractConfig:
    """Frames 20 and 21 of 48 are as soft as after a quick turn of the camera."""
    path = tmp_path / "blurred.mp4"
    with VideoReader(clips["source"]) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame in reader:
            soft = np.asarray(cv2.GaussianBlur(frame.image, (0, 0), 6), np.uint8)
            writer.write(replace(frame, image=soft) if frame.index in (20, 21) else frame)
    return ExtractConfig(footage=(path,), faceset=tmp_path / "faces")


def test_what_is_of_no_use_is_rejected_with_its_reason_and_not_deleted(partly_blurred: ExtractConfig) -> None:
    result = extract.run(partly_blurred)
    assert (result.faces, result.rejected, result.reasons) == (46, 2, {"too blurred": 2})
    with Faceset.open(partly_blurred.faceset) as faceset:
        assert [face.frame_index for face in faceset.faces("rejected")] == [20, 21]
        assert all(face.crop_path.is_file() for face in faceset.faces("rejected"))
        assert {(r.by, r.from_state, r.to_state, r.reason) for r in faceset.reviews()} == {
            ("extract", "kept", "rejected", "too blurred")
        }
        decisions = len(faceset.reviews())
    assert extract.run(partly_blurred).reasons == {"too blurred": 2}
    with Faceset.open(partly_blurred.faceset) as faceset:
        assert len(faceset.reviews()) == decisions


def test_a_rejection_that_somebody_took_back_is_not_made_again(partly_blurred: ExtractConfig) -> None:
    extract.run(partly_blurred)
    with Faceset.open(partly_blurred.faceset) as faceset:
        first, second = faceset.faces("rejected")
        faceset.set_state([first.id], "kept", "", by="somebody")
        faceset.set_state([second.id], "rejected", "too blurred", by="somebody")
        sharp = next(faceset.faces("kept"))
        faceset.set_state([sharp.id], "rejected", "too blurred", by="somebody")
    result = extract.run(partly_blurred)
    assert (result.faces, result.reasons) == (46, {"too blurred": 2})
    assert [person.faces for person in result.people] == [46]
    with Faceset.open(partly_blurred.faceset) as faceset:
        assert {face.id for face in faceset.faces("rejected")} == {second.id, sharp.id}


def test_a_fault_counts_until_somebody_says_otherwise(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ExtractConfig(footage=(clips["source"],), faceset=tmp_path / "f", identity="source")
    shutil.copytree(facesets[0], config.faceset)
    with Faceset.open(config.faceset) as faceset:
        sizes = sorted(face.square.side_px for face in faceset.faces())
    monkeypatch.setattr(faults, "SMALLEST_SIDE_PX", (sizes[4] + sizes[5]) / 2)
    result = extract.run(config)
    assert (result.faces, result.reasons, result.people[0].faces) == (43, {faults.TOO_SMALL: 5}, 43)
    with Faceset.open(config.faceset) as faceset:
        faceset.set_state([next(faceset.faces("rejected")).id], "kept", "", by="somebody")
    result = extract.run(config)
    assert (result.faces, result.reasons, result.people[0].faces) == (44, {faults.TOO_SMALL: 4}, 44)
    monkeypatch.undo()
    assert extract.run(config).faces == 48


def test_undoing_gives_all_rejected_faces_back(partly_blurred: ExtractConfig) -> None:
    extract.run(partly_blurred)
    with Faceset.open(partly_blurred.faceset) as faceset:
        assert faceset.undo_last_review() == 2
    result = extract.run(partly_blurred)
    assert (result.faces, result.rejected) == (48, 0)


def test_settings_that_make_no_sense(clips: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="every is 0"):
        extract.run(ExtractConfig(footage=(clips["source"],), faceset=tmp_path / "f", every=0))
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(MediaError, match=r"notes\.mp4"):
        extract.run(ExtractConfig(footage=(text,), faceset=tmp_path / "f"))
    assert not (tmp_path / "f").exists()


def test_two_people_in_one_frame_are_told_apart(clips: dict[str, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.mp4"
    with VideoReader(clips["source"]) as left, VideoReader(clips["target"]) as right:
        wide = left.info.__class__(
            **{name: getattr(left.info, name) for name in left.info.__dataclass_fields__}
            | {"width_px": 768, "coded_width_px": 768}
        )
        with VideoWriter(both, like=wide) as writer:
            for number, (a, b) in enumerate(zip(left, right, strict=True)):
                if number == 40:  # the one on the right goes: who is seen more is plain
                    break
                image = np.concatenate([a.image, b.image if number < 24 else 0 * b.image + 128], axis=1)
                writer.write(Frame(index=a.index, pts=a.pts, time_base=a.time_base, image=image))
    result = extract.run(ExtractConfig(footage=(both,), faceset=tmp_path / "faces"))
    assert [person.faces for person in result.people] == [40, 24]
    assert (result.faces, result.rejected) == (40, 24)
    assert any("2 people" in warning for warning in result.warnings)
    with Faceset.open(tmp_path / "faces") as faceset:
        assert {face.reason for face in faceset.faces("rejected")} == {"another person"}
        assert all(face.square.x_px < 384 for face in faceset.faces("kept"))


def test_footage_without_a_face_says_so(clips: dict[str, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    with VideoReader(clips["source"]) as reader, VideoWriter(empty, like=reader.info) as writer:
        for frame in reader:
            grey = np.full_like(frame.image, 90)
            writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=grey))
    with pytest.raises(FacesetError, match=r"no usable face was found in .*empty\.mp4"):
        extract.run(ExtractConfig(footage=(empty,), faceset=tmp_path / "faces"))
