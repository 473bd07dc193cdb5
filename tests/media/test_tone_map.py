"""HDR becomes SDR that looks like it: by a slow oracle, and a picture shown as HDR comes back."""

from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip, picture
from made_hdr import HLG, PQ, hdr_of, make_hdr_clip, sdr_of
from understudy.media.colour import ColourTags, ToRgb
from understudy.media.reader import VideoReader
from understudy.media.tone_map import ToneMap
from understudy.media.writer import VideoWriter


def mapped(rgb: np.ndarray, transfer: int) -> np.ndarray:
    return ToneMap(transfer)([rgb[..., channel] for channel in range(3)], np.eye(3, 4))


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_every_colour_equals_the_formulas(transfer: int) -> None:
    rng = np.random.default_rng(1)
    coloured = rng.integers(0, 65536, (40, 50, 3))
    grey = np.repeat(np.linspace(0, 65535, 2000).reshape(40, 50, 1), 3, axis=2)
    for signal in (coloured, grey):
        stored = signal.astype(np.uint16)
        error = mapped(stored, transfer).astype(int) - sdr_of(stored / 65535, transfer)
        assert np.abs(error).max() <= 1
        assert np.abs(error).mean() < 0.05


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_light_keeps_its_order_up_to_white(transfer: int) -> None:
    grey = np.repeat(np.linspace(0, 65535, 4096).astype(np.uint16)[None, :, None], 3, axis=2)
    levels = mapped(grey, transfer)[0]
    assert (np.diff(levels.astype(int), axis=0) >= 0).all()
    assert levels[0].tolist() == [0, 0, 0]
    assert levels[-1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_picture_shown_as_hdr_comes_back(tmp_path: Path, transfer: int, is_full: bool) -> None:
    image = picture(3, 96, 64)
    path = make_hdr_clip(tmp_path / "a.mkv", [hdr_of(image, transfer)] * 2, transfer, is_full=is_full)
    with VideoReader(path) as reader:
        frames = list(reader)
    assert reader.info.colour.is_hdr
    assert reader.info.bit_depth == 10
    error = frames[1].image.astype(int) - image
    dark = image.max(axis=2) < 180
    assert np.abs(error[dark]).mean() < 1
    # above, room is made for what is brighter than white
    assert np.abs(error).mean() < 3


def test_hdr_that_is_stored_as_rgb(tmp_path: Path) -> None:
    image = picture(3, 96, 64)
    signal = np.round(hdr_of(image, PQ) * 1023).astype(np.uint16)
    frame = av.VideoFrame.from_ndarray(signal, format="gbrp10le")
    tags = ColourTags(matrix=0, primaries=9, transfer=PQ, range=2)
    shown = ToRgb(tags, width_px=96, height_px=64)(frame)
    assert np.abs(shown.astype(int) - sdr_of(signal / 1023, PQ)).max() <= 1


def test_a_converted_hdr_video_is_tagged_as_the_sdr_that_it_is(tmp_path: Path) -> None:
    image = picture(3, 96, 64)
    path = make_hdr_clip(tmp_path / "a.mkv", [hdr_of(image, PQ)] * 3, PQ)
    out = tmp_path / "out.mp4"
    with VideoReader(path) as reader, VideoWriter(out, like=reader.info) as writer:
        shown = list(reader)
        for frame in shown:
            writer.write(frame)
    assert any("a.mkv is HDR: out.mp4 is tone-mapped to SDR" in told for told in writer.warnings)
    with VideoReader(out) as reader:
        again = list(reader)
    assert not reader.info.colour.is_hdr
    assert (reader.info.colour.matrix, reader.info.colour.primaries, reader.info.colour.transfer) == (1, 1, 1)
    assert np.abs(again[1].image.astype(int) - shown[1].image).mean() < 2


def test_ten_bits_of_sdr_are_left_as_they_are(tmp_path: Path) -> None:
    # BT.2020 with the transfer of SDR: wide colours, but nothing to tone-map
    path = make_clip(
        tmp_path / "a.mkv", frames=2, codec="ffv1", pixel_format="yuv420p10le", tags=(6, 9, 14, 1)
    )
    with VideoReader(path) as reader:
        first = next(iter(reader))
    assert not reader.info.colour.is_hdr
    assert np.abs(first.image.astype(int) - picture(0, 96, 64)).mean() < 1
