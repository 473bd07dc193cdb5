"""Faces put into the planes of decoded pictures."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.filter import Graph

from understudy.core.types import Image, Mask
from understudy.media.colour import ColourTags
from understudy.media.partial import DecodedPicture, PartsToRgb
from understudy.media.rotation import Orientation
from understudy.media.tone_map import HLG, PQ, signal_of, tone_map_of

WIDTH, HEIGHT, X0, Y0, SIDE = 128, 96, 30, 20, 40
SDR = ColourTags(matrix=1, primaries=1, transfer=1, range=1)
FULL = ColourTags(matrix=6, primaries=1, transfer=1, range=2)
DEEP = {"PQ": ColourTags(matrix=9, primaries=9, transfer=PQ, range=1),
        "HLG": ColourTags(matrix=9, primaries=9, transfer=HLG, range=1)}  # fmt: skip
PLAIN = Orientation()


def decoded(pixel_format: str, tags: ColourTags, orientation: Orientation) -> DecodedPicture:
    """Soft coloured waves, always the same."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(x / 9 + y / 14), np.sin(x / 17 - y / 6), np.sin((x + y) / 12)]
    image = (110 + 60 * np.stack(waves, axis=-1)).astype(np.uint8)
    if tags.is_hdr:
        image = np.rint(255 * signal_of(tags.transfer, image.astype(np.float32) / 255)).astype(np.uint8)
    picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
        format=pixel_format, dst_colorspace={1: 1, 6: 5, 9: 9}[tags.matrix],
        src_color_range=2, dst_color_range=tags.range,
    )  # fmt: skip
    return DecodedPicture(picture, PartsToRgb(tags, orientation, width_px=WIDTH, height_px=HEIGHT))


def soft_disc() -> Mask:
    disc = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(disc, (SIDE // 2, SIDE // 2), 12, (1.0,), -1)
    disc = cv2.GaussianBlur(disc, (0, 0), 1.5)
    disc[disc < 1e-3] = 0
    return np.asarray(disc, np.float32)


def window_of(image: Image) -> Image:
    return image[Y0 : Y0 + SIDE, X0 : X0 + SIDE]


def put(picture: DecodedPicture, weight: Mask) -> tuple[Image, Image, np.ndarray]:
    """Blend one colour into a window; the whole picture before and after, and what the window should be."""
    before = picture.whole().copy()
    old = window_of(before).astype(np.float32) / 255
    after = old + (np.array([0.7, 0.5, 0.4], np.float32) - old) * weight[..., None]
    picture.put(X0, Y0, after, weight)
    return before, picture.whole(), 255 * after


@pytest.mark.parametrize(
    ("pixel_format", "tags"),
    [(f"yuv{chroma}p{bits}", SDR) for chroma in (420, 422, 444) for bits in ("", "10le")]
    + [("yuvj420p", FULL), ("yuv420p", FULL), ("rgb24", SDR), ("nv12", SDR)]
    + [("yuv420p10le", tags) for tags in DEEP.values()],
)
@pytest.mark.parametrize(
    "orientation",
    [PLAIN, Orientation(rotation_deg=90), Orientation(rotation_deg=180, is_mirrored=True)],
)  # fmt: skip
def test_a_face_is_seen_where_it_was_put_and_nowhere_else(
    pixel_format: str, tags: ColourTags, orientation: Orientation
) -> None:
    weight = soft_disc()
    picture = decoded(pixel_format, tags, orientation)
    before, after, wanted = put(picture, weight)
    outside = np.ones(before.shape[:2], bool)
    window_of(outside)[weight > 0] = False
    assert (before[outside] == after[outside]).all()
    error = np.abs(window_of(after) - wanted)
    assert error[weight > 0.999].max() <= 2.6  # once rounded as stored, once more when it is looked at
    assert error[weight > 0].mean() < 1.6  # but chroma stays as it was at the very border


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le"])
def test_planes_keep_their_bits_where_nothing_is_put(pixel_format: str) -> None:
    picture = decoded(pixel_format, SDR, PLAIN)
    assert picture.coded is not None
    before = [bytes(plane) for plane in picture.coded.planes]
    window = window_of(picture.whole()).astype(np.float32) / 255
    picture.put(X0, Y0, 1 - window, np.zeros((SIDE, SIDE), np.float32))
    assert [bytes(plane) for plane in picture.coded.planes] == before
    # a weight so small that it cannot be seen takes nothing of the depth away
    picture.put(X0, Y0, window, np.full((SIDE, SIDE), 1e-6, np.float32))
    assert [bytes(plane) for plane in picture.coded.planes] == before


def test_ten_bits_are_used() -> None:
    """A ramp too flat for 8 bits has steps of a quarter."""
    picture = decoded("yuv444p10le", SDR, PLAIN)
    ramp = np.linspace(0.5, 0.52, SIDE, dtype=np.float32)
    picture.put(X0, Y0, np.dstack([np.tile(ramp, (SIDE, 1))] * 3), np.ones((SIDE, SIDE), np.float32))
    assert picture.coded is not None
    luma = np.frombuffer(memoryview(picture.coded.planes[0]), np.uint16).reshape(HEIGHT, -1)
    assert len(np.unique(luma[Y0 + 5, X0 : X0 + SIDE])) > 15


def test_a_decoder_keeps_its_pictures() -> None:
    """It predicts the next ones from them."""
    picture = decoded("yuv420p", SDR, PLAIN)
    assert picture.coded is not None
    graph = Graph()
    source = graph.add_buffer(
        width=WIDTH, height=HEIGHT, format=picture.coded.format, time_base=Fraction(1, 25)
    )
    graph.link_nodes(source, graph.add("null"), graph.add("buffersink")).configure()
    graph.push(picture.coded)
    held = graph.pull()  # the same memory
    assert isinstance(held, av.VideoFrame)
    before = held.to_ndarray().copy()
    put(picture, soft_disc())
    assert (held.to_ndarray() == before).all()
    assert (picture.coded.to_ndarray() != before).any()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_the_way_back_to_a_signal_is_the_tone_maps_inverse(transfer: int) -> None:
    shown = np.random.default_rng(2).uniform(0.05, 0.9, (20, 30, 3)).astype(np.float32)
    signal = signal_of(transfer, shown)
    assert ((signal >= 0) & (signal <= 1)).all()
    planes = [np.rint(65535 * signal[..., i]).astype(np.uint16) for i in range(3)]
    again = tone_map_of(transfer)(planes, np.eye(3, 4))
    inside = (signal > 1e-3).all(axis=2)  # colours that BT.2020 has, too
    assert np.abs(again[inside] / 255 - shown[inside]).max() < 0.012


def test_a_second_face_lies_over_the_first() -> None:
    picture = decoded("yuv420p", SDR, PLAIN)
    everywhere = np.ones((SIDE, SIDE), np.float32)
    for grey in (0.2, 0.6):
        picture.put(X0, Y0, np.full((SIDE, SIDE, 3), grey, np.float32), everywhere)
    assert np.abs(window_of(picture.whole())[5:-5, 5:-5].astype(int) - 153).max() <= 1
