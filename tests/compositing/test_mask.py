"""The blend mask: exact outside, full inside, smooth between, and never cut off by the crop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.compositing.mask import BlendConfig, blend_mask, face_hull_mask
from understudy.faces.mesh import FACE_OVAL


def oval(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    """(468, 3) landmarks whose outline is an ellipse; all other points lie in its middle."""
    points = np.tile(np.array([cx, cy, 0], np.float32), (468, 1))
    turn = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[list(FACE_OVAL), 0] += (rx * np.sin(turn)).astype(np.float32)
    points[list(FACE_OVAL), 1] -= (ry * np.cos(turn)).astype(np.float32)
    return points


def centroid(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(mask.shape)
    return np.array([(columns * mask).sum(), (rows * mask).sum()]) / mask.sum()


def test_hull_has_the_outlines_area_and_place_to_a_fraction_of_a_pixel() -> None:
    mask = face_hull_mask(oval(47.3, 51.8, 30, 38), 96)
    # oracle: a point is inside when it is left of every edge; 8x8 samples a pixel
    outline = oval(47.3, 51.8, 30, 38)[list(FACE_OVAL), :2].astype(np.float64)
    at = (np.arange(96 * 8) + 0.5) / 8 - 0.5
    x, y = np.meshgrid(at, at)
    inside = np.ones(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        inside &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0
    oracle = inside.reshape(96, 8, 96, 8).mean(axis=(1, 3))
    assert abs(mask.sum() / oracle.sum() - 1) < 0.015
    np.testing.assert_allclose(centroid(mask), centroid(oracle), atol=0.05)
    assert np.abs(mask - oracle).max() < 0.4
    assert (mask[oracle == 1] == 1).all()


def test_hull_follows_a_quarter_of_a_pixel() -> None:
    a = centroid(face_hull_mask(oval(48, 48, 30, 38), 96))
    b = centroid(face_hull_mask(oval(48.25, 48, 30, 38), 96))
    np.testing.assert_allclose(b - a, [0.25, 0], atol=0.06)


def test_hull_outside_the_crop_is_empty_and_huge_is_full() -> None:
    assert face_hull_mask(oval(900, 48, 30, 38), 96).max() == 0
    assert face_hull_mask(oval(48, 48, 1e6, 1e6), 96).min() == 1


@pytest.mark.parametrize("points", [np.zeros((68, 2)), np.full((468, 3), np.nan)])
def test_hull_refuses_other_points(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="468"):
        face_hull_mask(points.astype(np.float32), 96)


@pytest.mark.parametrize("size", [48, 96, 160, 257])
def test_border_profile(size: int) -> None:
    """On a straight border: 0 up to the erosion, 1 from erosion + feather on, rising between."""
    side = size / 1.4
    half = np.zeros((size, size), np.float32)
    border = size // 3
    half[border:] = 1
    mask = blend_mask(np.ones_like(half), half, side)
    profile = mask[:, size // 2]
    erode, feather = 0.04 * side, 0.07 * side
    depth = np.arange(size) - border + 0.5
    assert (profile[depth < erode - 0.75] == 0).all()
    inside = (depth > erode + feather + 0.75) & (depth < size - border - erode - feather - 2)
    assert (profile[inside] == 1).all()
    rising = profile[: size // 2 + size // 6]
    assert (np.diff(rising) >= 0).all()
    assert np.diff(rising).max() < 1.6 / feather + 0.02


@given(st.floats(20, 70), st.floats(20, 70), st.floats(5, 60), st.floats(5, 60), st.integers(0, 2**32 - 1))
def test_exactly_zero_outside_both_masks_and_on_the_crops_edge(
    cx: float, cy: float, rx: float, ry: float, seed: int
) -> None:
    hull = face_hull_mask(oval(cx, cy, rx, ry), 96)
    drawn = np.random.default_rng(seed).random((96, 96), dtype=np.float32)
    mask = blend_mask(drawn, hull, 70)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert (mask[(hull == 0) | (drawn <= 0.25)] == 0).all()
    assert mask[[0, -1]].max() == 0
    assert mask[:, [0, -1]].max() == 0


def test_a_face_larger_than_the_crop_fades_out_before_its_edge() -> None:
    full = np.ones((96, 96), np.float32)
    mask = blend_mask(full, full, 70)
    assert mask[48, 48] == 1
    assert mask[:3].max() == 0
    assert np.abs(np.diff(mask[48])).max() < 0.35


def test_a_doubtful_decoder_still_blends_fully_and_an_occluder_stays_out() -> None:
    hull = face_hull_mask(oval(48, 48, 32, 40), 96)
    drawn = np.full((96, 96), 0.8, np.float32)
    drawn[60:68, 30:60] = 0.1
    mask = blend_mask(drawn, hull, 70)
    assert mask[40, 48] == 1
    assert mask[64, 45] == 0


def test_a_hole_of_one_pixel_stays_exactly_zero() -> None:
    hull = face_hull_mask(oval(48, 48, 32, 40), 96)
    drawn = np.ones((96, 96), np.float32)
    drawn[48, 48] = 0
    mask = blend_mask(drawn, hull, 70)
    assert mask[48, 48] == 0
    assert mask[48, 50] > 0.5


def test_without_erosion_the_crops_edge_is_still_zero() -> None:
    full = np.ones((96, 96), np.float32)
    mask = blend_mask(full, full, 70, BlendConfig(erode=0))
    assert mask[[0, -1]].max() == 0
    assert mask[:, [0, -1]].max() == 0


def test_more_erosion_and_feather_shrink_the_mask() -> None:
    hull = face_hull_mask(oval(48, 48, 32, 40), 96)
    small = blend_mask(hull, hull, 70, BlendConfig(erode=0.1))
    soft = blend_mask(hull, hull, 70, BlendConfig(feather=0.2))
    plain = blend_mask(hull, hull, 70)
    assert small.sum() < plain.sum()
    assert soft.sum() < plain.sum()


def test_wrong_arguments_are_refused() -> None:
    square = np.ones((8, 8), np.float32)
    with pytest.raises(ValueError, match="shape"):
        blend_mask(square, np.ones((9, 9), np.float32), 5)
    with pytest.raises(ValueError, match="feather"):
        BlendConfig(feather=0)
