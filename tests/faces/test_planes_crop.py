"""A crop out of a picture's planes against one out of its RGB."""

from pathlib import Path

import numpy as np
import pytest

from clips import make_clip
from understudy.faces.crop import cut
from understudy.faces.planes_crop import cut_planes
from understudy.media.reader import VideoReader


@pytest.mark.parametrize("turn", [0.0, 0.4])
@pytest.mark.parametrize("scale", [0.3, 0.55, 0.97, 1.7])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuvj420p"])
def test_it_is_the_crop_out_of_rgb(tmp_path: Path, pixel_format: str, scale: float, turn: float) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2, size_px=(320, 240), pixel_format=pixel_format)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    middle = np.array([150.3, 118.6])  # some of it beyond the frame at the smallest scale
    linear = np.array([[cos, sin], [-sin, cos]])
    matrix = np.column_stack([linear, 48 - linear @ middle]).astype(np.float32)
    with VideoReader(path) as reader:
        for frame in reader.partial():
            planes = frame.image.planes()
            assert planes is not None
            difference = cut_planes(planes, matrix, 96).astype(float) - cut(frame.image, matrix, 96)
            assert np.abs(difference).mean() < 1.2  # sharp edges of chroma are where both differ
            assert np.abs(difference.mean(axis=(0, 1))).max() < 0.25


@pytest.mark.parametrize(("rotation", "pixel_format"), [(90, "yuv420p"), (0, "yuv420p10le")])
def test_what_is_turned_or_deep_has_no_planes(tmp_path: Path, rotation: int, pixel_format: str) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1, rotation_deg=rotation, pixel_format=pixel_format)
    with VideoReader(path) as reader:
        assert next(iter(reader.partial())).image.planes() is None
