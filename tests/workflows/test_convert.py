"""Conversion end to end: the same frames and times, audio untouched, only the face changed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import ConfigError, MediaError, ModelError
from understudy.core.types import Frame, Image
from understudy.faces import choose
from understudy.media.any_writer import AnyWriter
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import convert, convert_output
from understudy.workflows.configs import ConvertConfig


def _images(path: Path) -> list[Image]:
    with VideoReader(path) as reader:
        return [frame.image for frame in reader]


def test_the_face_changes_and_the_rest_stays(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    out = tmp_path / "schöner Tausch.mp4"
    result = convert.run(ConvertConfig(target=clips["target"], model=model, out=out))
    assert (result.frames, result.swapped) == (48, 48)
    before, after = _images(clips["target"]), _images(out)
    assert len(after) == 48
    difference = np.abs(np.array(after, np.int16) - np.array(before, np.int16)).mean(axis=(0, 3))
    assert difference[150:260, 150:240].mean() > 5
    assert difference[:40].mean() < 2
    assert difference[:, :40].mean() < 2


def test_pixels_outside_the_mask_keep_their_bits(
    clips: dict[str, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Image] = []
    write = convert_output.write_frame

    def spy(writer: AnyWriter, frame: PartialFrame) -> None:
        assert isinstance(frame.image, DecodedPicture)
        assert frame.image.coded is not None  # what is encoded is what was decoded, but for the face
        written.append(frame.image.whole().copy())
        write(writer, frame)

    monkeypatch.setattr(convert_output, "write_frame", spy)
    convert.run(ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4"))
    for before, after in zip(_images(clips["target"]), written, strict=True):
        changed = (before != after).any(axis=2)
        assert 0.03 < changed.mean() < 0.25
        # one blob: nothing is touched apart from the face
        assert (
            cv2.connectedComponents(cv2.dilate(changed.astype(np.uint8), np.ones((5, 5), np.uint8)))[0] == 2
        )


def test_frames_without_the_face_pass_through(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    gap = tmp_path / "gap.mp4"
    with VideoReader(clips["target"]) as reader, VideoWriter(gap, like=reader.info) as writer:
        for frame in reader:
            hidden = np.full_like(frame.image, 70) if 10 <= frame.index < 20 else frame.image
            writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=hidden))
    result = convert.run(ConvertConfig(target=gap, model=model, out=tmp_path / "out.mp4"))
    assert (result.frames, result.swapped) == (48, 38)
    hidden = np.array(_images(tmp_path / "out.mp4")[10:20], np.int16)
    assert np.abs(hidden - 70).max() <= 3


def test_nobody_else_is_swapped(
    clips: dict[str, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "SAME_PERSON_DISTANCE", 0.02)  # now even the target is somebody else
    result = convert.run(ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4"))
    assert (result.frames, result.swapped) == (48, 0)
    assert "was not found" in " ".join(result.warnings)


def test_errors_come_before_the_work(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with pytest.raises(ModelError, match="holds no model"):
        convert.run(ConvertConfig(target=clips["target"], model=tmp_path, out=out))
    with pytest.raises(ConfigError, match="no identity 'nobody'"):
        convert.run(ConvertConfig(target=clips["target"], model=model, out=out, source="nobody"))
    with pytest.raises(MediaError):
        convert.run(ConvertConfig(target=tmp_path / "none.mp4", model=model, out=out))
    assert not out.exists()


def test_the_target_is_never_the_output(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.mp4"
    target.write_bytes(clips["target"].read_bytes())
    (tmp_path / "folder.mp4").mkdir()
    for out, said in (
        (target, "is an input too"),
        (tmp_path / "folder.mp4", "is a folder"),
        (tmp_path / "x.webm", r"cannot write \.webm"),
        (tmp_path / "no" / "x.mp4", "does not exist"),
    ):
        with pytest.raises(MediaError, match=said):
            convert.run(ConvertConfig(target=target, model=model, out=out))
    assert target.read_bytes() == clips["target"].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.mp4", "target.mp4"]


def test_a_device_that_is_not_there_is_refused(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    config = ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4", device="tpu")
    with pytest.raises(ConfigError, match="unknown device 'tpu'"):
        convert.run(config)
    assert not any(tmp_path.iterdir())
