"""Resampling: in the right place, within the picture's own range, sharp, and without aliasing."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.compositing.resample import resampled

FLAGS = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP


def crop_from_window(scale: float, angle: float, size: int, window: int) -> np.ndarray:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, (size - 1) / 2 - linear @ np.full(2, (window - 1) / 2)])


def smooth(size: int, scale: float) -> np.ndarray:
    y, x = (np.mgrid[0:size, 0:size] - (size - 1) / 2) / scale
    return np.stack([np.sin(x / 9 + y / 20), np.cos(x / 15 - y / 9), np.sin((x + y) / 12)], -1).astype("f4")


@pytest.mark.parametrize(("size", "window", "scale"), [(64, 512, 1 / 8), (256, 300, 0.9), (512, 60, 8.5)])
def test_a_picture_stays_in_its_place(size: int, window: int, scale: float) -> None:
    """Oracle: the same function drawn on the window's pixels."""
    matrix = crop_from_window(scale, 0, size, window)
    unit = size / 60  # both pictures are about as detailed, so that no method can fail for lack of pixels
    out = resampled(smooth(size, unit), matrix, window, window)
    truth = smooth(window, unit / scale)
    edge = max(3, window // 16)
    inner = (slice(edge, -edge), slice(edge, -edge))
    # half a crop pixel off would be 0.05 at size 64
    assert np.abs(out - truth)[inner].max() < 0.03


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 1.1), st.floats(-3.2, 3.2), st.integers(0, 2**32 - 1))
def test_no_point_leaves_the_range_of_the_pixels_around_it(scale: float, angle: float, seed: int) -> None:
    picture = np.random.default_rng(seed).random((12, 14, 3), np.float32)
    matrix = crop_from_window(scale, angle, 12, 40)
    out = resampled(picture, matrix, 40, 40)
    for y, x in np.random.default_rng(seed).integers(0, 40, (60, 2)):
        at = matrix[:, :2] @ [x, y] + matrix[:, 2]
        near = 0.3  # points lie between halves or fourths of a pixel; OpenCV knows places to 1/32
        rows = np.clip(np.arange(int(np.floor(at[1] - near)), int(np.floor(at[1] + near)) + 2), 0, 11)
        columns = np.clip(np.arange(int(np.floor(at[0] - near)), int(np.floor(at[0] + near)) + 2), 0, 13)
        cell = picture[rows[:, None], columns]
        assert (out[y, x] >= cell.min(axis=(0, 1)) - 1e-5).all()
        assert (out[y, x] <= cell.max(axis=(0, 1)) + 1e-5).all()


@pytest.mark.parametrize("scale", [1 / 8, 0.5, 0.9])
def test_an_edge_does_not_ring_as_it_does_with_a_plain_cubic(scale: float) -> None:
    picture = np.full((64, 64, 3), 0.25, np.float32)
    picture[:, 32:] = 0.75
    matrix = crop_from_window(scale, 0.1, 64, 200)
    plain = cv2.warpAffine(picture, matrix, (200, 200), flags=FLAGS, borderMode=cv2.BORDER_REPLICATE)
    assert plain.max() > 0.79
    out = resampled(picture, matrix, 200, 200)
    assert out.min() >= 0.25 - 1e-6
    assert out.max() <= 0.75 + 1e-6


@pytest.mark.parametrize("scale", [1 / 4, 0.5])
def test_is_as_sharp_as_a_plain_cubic(scale: float) -> None:
    """Against the picture that was reduced: peaks are a little lower, but it is no linear filter."""
    rng = np.random.default_rng(0)
    large = cv2.GaussianBlur(rng.random((256, 256, 3), np.float32), (0, 0), 1 / scale)
    size = round(256 * scale)
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    matrix = crop_from_window(scale, 0, size, 256)
    plain = cv2.warpAffine(small, matrix, (256, 256), flags=FLAGS, borderMode=cv2.BORDER_REPLICATE)
    linear = cv2.warpAffine(small, matrix, (256, 256), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    out = resampled(small, matrix, 256, 256)
    inner = (slice(20, -20), slice(20, -20))
    errors = [float(np.sqrt(np.square(p - large)[inner].mean())) for p in (out, plain, linear)]
    assert errors[0] < 1.2 * errors[1]
    assert errors[0] < 0.9 * errors[2]


def test_a_picture_much_larger_than_the_window_does_not_alias() -> None:
    checker = np.repeat((np.indices((512, 512)).sum(axis=0) % 2)[..., None], 3, axis=2).astype(np.float32)
    out = resampled(checker, crop_from_window(8.5, 0.2, 512, 60), 60, 60)
    assert np.abs(out[8:-8, 8:-8] - 0.5).max() < 0.05


def test_a_matrix_that_is_no_similarity_is_refused() -> None:
    for matrix in (np.zeros((2, 3)), np.full((2, 3), np.nan)):
        with pytest.raises(ValueError, match="similarity"):
            resampled(np.zeros((8, 8, 3), np.float32), matrix, 8, 8)
