"""Where chroma lies: seen from decoded pictures, and minded by what is put into them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip, yuv_from_rgb
from understudy.compositing.paste import place_planes
from understudy.core.chroma import at_sites
from understudy.media.chroma_site import chroma_site
from understudy.media.colour import ColourTags, FromRgb
from understudy.media.partial import DecodedPicture
from understudy.media.reader import VideoReader
from understudy.media.rotation import Orientation
from understudy.media.writer import VideoWriter

LEFT, MIDDLE, TOP_LEFT = (0.0, 0.5), (0.5, 0.5), (0.0, 0.0)
STATED = {  # what each encoder is told, by the definitions of the standards
    "H.264": ({}, LEFT),
    "H.264 of 10 bits": ({"pixel_format": "yuv420p10le"}, LEFT),
    "centred": ({"codec_options": {"qp": "0", "x264-params": "chromaloc=1"}}, MIDDLE),
    "top left": ({"codec_options": {"qp": "0", "x264-params": "chromaloc=2"}}, TOP_LEFT),
    "HEVC": ({"codec": "libx265"}, LEFT),
    "4:2:2": ({"pixel_format": "yuv422p"}, TOP_LEFT),
    "4:4:4": ({"pixel_format": "yuv444p"}, TOP_LEFT),
    "Motion JPEG": ({"codec": "mjpeg", "pixel_format": "yuvj420p", "codec_options": {"qscale": "1"}}, MIDDLE),
}


def first_of(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize("kind", STATED)
def test_it_is_what_the_footage_says(tmp_path: Path, kind: str) -> None:
    options, expected = STATED[kind]
    frame = first_of(make_clip(tmp_path / "a.mov", frames=3, **options))
    before = [bytes(plane) for plane in frame.planes]
    assert chroma_site(frame) == expected
    assert [bytes(plane) for plane in frame.planes] == before


def test_a_small_picture_is_taken_for_what_is_usual(tmp_path: Path) -> None:
    assert chroma_site(first_of(make_clip(tmp_path / "a.mp4", frames=1, size_px=(14, 14)))) == LEFT


@pytest.mark.parametrize("grid", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("site", [(0, 0), (0, 0.5), (0.5, 0.5), (1, 0.5), (0.5, 1), (1, 1)])
def test_values_are_those_at_the_sites(grid: tuple[int, int], site: tuple[float, float]) -> None:
    """Oracle: of a ramp, whose mean around a place is its value there."""
    site = tuple(each if length == 2 else 0.0 for each, length in zip(site, grid, strict=True))
    y, x = np.mgrid[:16, :24].astype(np.float32)
    found = at_sites(3 * x + 7 * y, grid, site)
    at_y, at_x = np.mgrid[: 16 // grid[1], : 24 // grid[0]]
    wanted = 3 * (at_x * grid[0] + site[0]) + 7 * (at_y * grid[1] + site[1])
    np.testing.assert_allclose(found[1:-1, 1:-1], wanted[1:-1, 1:-1], atol=1e-3)


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_place_goes_where_its_pixel_goes(rotation_deg: int, is_mirrored: bool) -> None:
    orientation = Orientation(rotation_deg=rotation_deg, is_mirrored=is_mirrored)
    for y in range(2):
        for x in range(4):
            coded = np.zeros((2, 4), np.float32)
            coded[y, x] = 1
            upright = orientation.upright(coded)
            at = np.argwhere(upright)[0][::-1]
            assert orientation.upright_place((x, y), (4, 2)) == tuple(at)


@pytest.mark.parametrize("kind", ["H.264", "centred", "top left", "HEVC", "Motion JPEG"])
def test_what_is_written_says_the_same(tmp_path: Path, kind: str) -> None:
    """Else a player would shift the colours of the whole picture."""
    options, expected = STATED[kind]
    target = make_clip(tmp_path / "a.mov", frames=3, **options)
    for codec in ("h264", "hevc"):
        with VideoReader(target) as reader:
            assert reader.info.chroma_site == expected
            out = tmp_path / f"{codec}.mp4"
            with VideoWriter(out, like=reader.info, native=True, codec=codec) as writer:
                for frame in reader.partial():
                    assert isinstance(frame.image, DecodedPicture)
                    assert frame.image.coded is not None
                    writer.write_coded(frame.image.coded, frame.time_s)
        with VideoReader(out) as reader:
            assert reader.info.chroma_site == expected


SITED = [{}, STATED["centred"][0], STATED["top left"][0], {"rotation_deg": 90}]
SITED += [{"rotation_deg": 180, "is_mirrored": True}, {"codec": "libx265", "pixel_format": "yuv422p10le"}]


@pytest.mark.parametrize("options", SITED)
@pytest.mark.parametrize("way", ["planes", "window"])
def test_a_face_is_not_shifted_against_its_colours(tmp_path: Path, options: dict, way: str) -> None:
    """Waves of colour put in by either way come out as they are, and half a pixel beside would not."""
    grey = np.full((64, 96, 3), 110, np.uint8)
    target = make_clip(tmp_path / "a.mp4", frames=3, image=grey, tags=(1, 1, 1, 1), **options)
    with VideoReader(target) as reader:
        picture = next(iter(reader.partial())).image
    assert isinstance(picture, DecodedPicture)
    height, width = picture.height_px, picture.width_px
    y, x = np.mgrid[:height, :width]
    red, blue = np.sin(x / 3), np.sin(y / 3)
    face = (0.45 + 0.2 * np.stack([red, -0.3 * red - 0.1 * blue, blue], -1)).astype(np.float32)
    ones = np.ones((height, width), np.float32)
    if way == "window":
        picture.put(0, 0, face, ones)
    else:
        identity = np.eye(2, 3, dtype=np.float32)
        size, grid = (width, height), picture.editable_grid_px
        placed = place_planes(picture.stored(face), ones, identity, size, grid, picture.chroma_site)
        assert placed is not None
        assert placed.window.box == (0, 0, width, height)
        picture.mix(0, 0, placed.luma, placed.chroma, placed.weight)
    error = (picture.whole() - 255 * face)[8:-8, 8:-8]
    # a wave that is half a pixel off lags by a sixth of a radian
    phase = [np.abs((error[..., c] * np.cos(at[8:-8, 8:-8] / 3)).mean()) for c, at in ((0, x), (2, y))]
    assert max(phase) < 0.8  # 1.6 and more where it is taken for the middle
    assert np.abs(error).mean() < 3


@pytest.mark.parametrize("site", [LEFT, MIDDLE, TOP_LEFT])
@pytest.mark.parametrize("range_", [1, 2])
def test_rgb_as_a_whole_becomes_chroma_at_its_place(site: tuple[float, float], range_: int) -> None:
    """Oracle: the formulas of BT.709 at these places, of a ramp, whose mean around a place is its value."""
    height, width = 48, 64
    y, x = (np.arange(length, dtype=np.float64) for length in (height, width))

    def colours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across, down = np.meshgrid(x, y)
        return np.stack([40 + 3 * across, 128 - across + down, 30 + 4 * down], -1)

    tags = ColourTags(matrix=1, range=range_)
    from_rgb = FromRgb(tags, height_px=height, pixel_format="yuv420p", site=site)
    found = [
        np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width].astype(float)
        for plane in from_rgb(np.rint(colours(x, y)).astype(np.uint8)).planes
    ]
    at_sites_ = colours(x[::2] + site[0], y[::2] + site[1])
    for plane, part, rgb in zip(found, (0, 1, 2), (colours(x, y), at_sites_, at_sites_), strict=True):
        wanted = yuv_from_rgb(rgb, 0.2126, 0.0722, full=range_ == 2)[part]
        difference = (plane - wanted)[1:-1, 1:-1]
        assert np.abs(difference).max() <= 1.01
        assert abs(difference.mean()) < 0.15  # half a pixel beside is 0.6 and more


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "h264"), ("b.mp4", "hevc"), ("c.mov", "prores"), ("d.mkv", "ffv1")]
)
def test_a_video_made_of_rgb_has_its_colours_in_place(tmp_path: Path, name: str, codec: str) -> None:
    """As above, and where a codec says nothing of it, as FFmpeg shows it."""
    grey = np.full((64, 96, 3), 110, np.uint8)
    target = make_clip(tmp_path / "a.mkv", frames=2, image=grey, codec="ffv1", pixel_format="bgr0")
    y, x = np.mgrid[:64, :96]
    red, blue = np.sin(x / 3), np.sin(y / 3)
    face = np.rint(255 * (0.45 + 0.2 * np.stack([red, -0.3 * red - 0.1 * blue, blue], -1))).astype(np.uint8)
    out = tmp_path / name
    with VideoReader(target) as reader, VideoWriter(out, like=reader.info, codec=codec) as writer:
        for frame in reader:
            writer.write(replace(frame, image=face))
    with VideoReader(tmp_path / name) as reader:
        error = (next(iter(reader)).image.astype(float) - face)[8:-8, 8:-8]
    phase = [np.abs((error[..., c] * np.cos(at[8:-8, 8:-8] / 3)).mean()) for c, at in ((0, x), (2, y))]
    assert max(phase) < 0.8


@pytest.mark.parametrize("options", SITED)
def test_pixels_beside_a_face_keep_their_bits(tmp_path: Path, options: dict) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=3, **options)
    with VideoReader(target) as reader:
        frame = next(iter(reader.partial()))
    picture = frame.image
    assert isinstance(picture, DecodedPicture)
    before = picture.whole().copy()
    y, x = np.mgrid[:40, :40].astype(np.float32)
    mask = np.clip(1.5 - np.hypot(x - 19, y - 19) / 12, 0, 1).astype(np.float32)
    face = picture.stored(np.full((40, 40, 3), (0.9, 0.2, 0.6), np.float32))
    matrix = np.array([[0.9, 0.2, -9.3], [-0.2, 0.9, -3.1]], np.float32)
    size, grid = (picture.width_px, picture.height_px), picture.editable_grid_px
    placed = place_planes(face, mask, matrix, size, grid, picture.chroma_site)
    assert placed is not None
    picture.mix(placed.window.x0, placed.window.y0, placed.luma, placed.chroma, placed.weight)
    weight = np.zeros(before.shape[:2], np.float32)
    x0, y0, x1, y1 = placed.window.box
    weight[y0:y1, x0:x1] = placed.weight
    assert not (picture.whole() != before).any(axis=2)[weight == 0].any()
    assert (picture.whole() != before).any(axis=2)[weight > 0.5].mean() > 0.9
