"""Masks beside the picture: in step with the footage, as they were, and gone on with."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.media import parts
from understudy.media.any_writer import check_matte
from understudy.media.matte import MatteWriter
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader

CLIPS = {
    "plain": {"audio": ("aac",)},
    "rotated": {"rotation_deg": 90},
    "variable rate": {"time_base": Fraction(1, 90000), "pts": [0, 3003, 6001, 20000, 20010, 45000]},
    "29.97": {"rate_hz": Fraction(30000, 1001), "time_base": Fraction(1, 30000)},
    "full range": {"pixel_format": "yuvj420p", "tags": (1, 1, 1, 2)},
    "PQ": {"codec": "libx265", "pixel_format": "yuv420p10le", "tags": (9, 9, 16, 1)},
    "odd": {"pixel_format": "yuv444p", "size_px": (95, 63)},
}  # fmt: skip


def mask_of(index: int, height_px: int, width_px: int) -> np.ndarray:
    """A soft ellipse that moves."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    away = np.hypot((x - width_px / 2 - index % 7) / 20, (y - height_px / 3) / 14)
    return np.clip(1.5 - away, 0, 1).astype(np.float32)


def matte(target: Path, out: Path, *, stop: int | None = None) -> int:
    """Write the matte of a clip, from where an earlier run stopped; where that was."""
    with VideoReader(target) as reader:
        writer = MatteWriter(out, like=reader.info, key="a")
        for frame in reader.partial():
            if frame.index == stop:
                writer.discard()
                return writer.next_frame
            size = (frame.image.height_px, frame.image.width_px)
            writer.write_mask(mask_of(frame.index, *size), frame)
        writer.close()
    assert writer.warnings == []
    return writer.next_frame


@pytest.mark.parametrize("kind", CLIPS)
def test_a_video_of_masks(tmp_path: Path, kind: str) -> None:
    target, out = make_clip(tmp_path / "a.mp4", **CLIPS[kind]), tmp_path / "matte.mp4"
    matte(target, out)
    assert presentation_times(out) == presentation_times(target)
    assert packets_digest(out) == []  # it is silent
    with VideoReader(out) as reader, VideoReader(target) as other:
        assert reader.info.codec == "h264"
        assert reader.info.orientation == other.info.orientation
        assert not reader.info.colour.is_hdr
        errors = []
        for frame in reader:
            grey = frame.image.astype(float)
            assert np.ptp(grey, axis=-1).max() <= 3
            errors.append(grey[..., 1] - 255 * mask_of(frame.index, *grey.shape[:2]))
    assert np.abs(errors).max() < 8
    assert np.abs(errors).mean() < 1


@pytest.mark.parametrize(("kind", "levels"), [("plain", 255), ("rotated", 255), ("PQ", 65535)])
def test_images_of_masks(tmp_path: Path, kind: str, levels: int) -> None:
    target, out = make_clip(tmp_path / "a.mp4", **CLIPS[kind]), tmp_path / "matte" / "m%03d.png"
    matte(target, out)
    files = sorted(out.parent.iterdir())
    assert len(files) == 25
    for index, file in enumerate(files):
        pixels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert pixels.ndim == 2  # grey, not coloured
        assert pixels.dtype == (np.uint8 if levels == 255 else np.uint16)
        assert np.array_equal(pixels, np.rint(mask_of(index, *pixels.shape) * np.float32(levels)))


@pytest.mark.parametrize("name", ["matte.mp4", "matte/%d.png"])
def test_a_matte_goes_on_where_it_was_stopped(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 7)
    target = make_clip(tmp_path / "a.mp4", frames=60)
    assert matte(target, tmp_path / name, stop=40) == 0
    assert matte(target, tmp_path / name) == {"matte.mp4": 35, "matte/%d.png": 25}[name]
    if name.endswith("mp4"):
        assert presentation_times(tmp_path / name) == presentation_times(target)
    else:
        assert len(list((tmp_path / "matte").iterdir())) == 60


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=2)
    with VideoReader(target) as reader:
        info = reader.info
        for name, said in (
            ("b.mp4", "the output's name, too"),
            ("a.mp4", "input too"),
            ("m.gif", "cannot write .gif"),
            ("m.png", "one name for many"),
            ("no/m.mp4", "does not exist"),
        ):
            with pytest.raises(MediaError, match=said):
                check_matte(tmp_path / name, info, tmp_path / "b.mp4")
        check_matte(tmp_path / "m.mp4", info, tmp_path / "b.mp4")
        writer = MatteWriter(tmp_path / "m.mp4", like=info)
        with pytest.raises(ValueError, match="need masks"):
            writer.write_mask(np.zeros((96, 64), np.float32), next(iter(reader)))
        writer.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_ffmpeg_says_it_is_plain_h264(tmp_path: Path) -> None:
    """A profile that every player and compositor knows, not 4:0:0 or lossless."""
    target = make_clip(tmp_path / "a.mp4", frames=4)
    matte(target, tmp_path / "m.mov")
    with av.open(str(tmp_path / "m.mov")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.codec_context.profile == "High"
