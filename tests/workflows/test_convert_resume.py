"""A conversion that is stopped goes on at its last finished part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import MediaError
from understudy.core.events import Event, Notice
from understudy.media import parts
from understudy.media.any_writer import AnyWriter
from understudy.media.partial import PartialFrame
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import convert, convert_output
from understudy.workflows.configs import ConvertConfig


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)


def stopped_at(index: int, error: BaseException, config: ConvertConfig, patch: pytest.MonkeyPatch) -> None:
    """Begin a conversion that something stops at a frame."""
    write = convert_output.write_frame

    def failing(writer: AnyWriter, frame: PartialFrame) -> None:
        if frame.index == index:
            raise error
        write(writer, frame)

    with patch.context() as inner:
        inner.setattr(convert_output, "write_frame", failing)
        with pytest.raises(type(error)):
            convert.run(config)


@pytest.mark.parametrize(
    ("error", "kept"),
    [(KeyboardInterrupt(), 25), (MediaError("cannot write it (No space left on device)", "make room"), 20)],
)
def test_it_goes_on_where_it_was_stopped(
    error: BaseException,
    kept: int,
    clips: dict[str, Path],
    facesets: tuple[Path, Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out.mp4"
    config = ConvertConfig(target=clips["target"], model=model, out=out, faces=(facesets[1],))
    stopped_at(25, error, config, monkeypatch)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4.parts"]
    said: list[str] = []

    def hear(event: Event) -> None:
        said.extend([event.message] if isinstance(event, Notice) else [])

    result = convert.run(config, hear)
    assert f"it goes on at frame {kept}, where it was stopped" in said
    assert (result.frames, result.swapped) == (48, 48)
    assert presentation_times(out) == presentation_times(clips["target"])
    assert packets_digest(out) == packets_digest(clips["target"])
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    calm = tmp_path / "calm.mp4"
    convert.run(ConvertConfig(target=clips["target"], model=model, out=calm, faces=(facesets[1],)))
    with VideoReader(out) as one, VideoReader(calm) as other:
        for stopped, whole in zip(one, other, strict=True):
            assert np.abs(stopped.image.astype(int) - whole.image).mean() < 1


def test_another_look_begins_anew(
    clips: dict[str, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.mp4"
    first = ConvertConfig(
        target=clips["target"], model=model, out=out, matte=tmp_path / "matte.mp4", colour="lab"
    )
    stopped_at(25, KeyboardInterrupt(), first, monkeypatch)
    said: list[str] = []
    result = convert.run(
        replace(first, colour="mkl"),
        lambda event: said.extend([event.message] if isinstance(event, Notice) else []),
    )
    assert not any("goes on" in message for message in said)
    (told,) = [message for message in said if "an earlier run left" in message]
    assert "another target, model, setting or version" in told
    assert told in result.warnings


def test_what_is_painted_over_the_face_stays(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    """A blue bar, as a glove's finger, over footage whose person the model knows."""
    barred = tmp_path / "barred.mp4"
    with VideoReader(clips["target"]) as reader, VideoWriter(barred, like=reader.info, crf=4) as writer:
        for frame in reader:
            cv2.rectangle(frame.image, (130 + frame.index, 120), (150 + frame.index, 383), (30, 60, 160), -1)
            writer.write(frame)
    changed: list[float] = []
    for occlusion in (False, True):
        out = tmp_path / f"{occlusion}.mp4"
        convert.run(ConvertConfig(target=barred, model=model, out=out, occlusion=occlusion, crf=4))
        with VideoReader(barred) as one, VideoReader(out) as other:
            shares = [
                (np.abs(before.image.astype(int) - after.image).max(axis=2) > 16)[
                    160:240, 132 + before.index : 149 + before.index
                ].mean()
                for before, after in zip(one, other, strict=True)
            ]
        changed.append(float(np.mean(shares)))
    assert changed[0] > 0.2
    assert changed[1] < 0.05
