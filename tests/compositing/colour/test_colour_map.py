"""A map adds what its table says: against interpolation by definition; and only around the mask."""

import numpy as np
import pytest

from made_skin import skin
from understudy.compositing.colour.colour_map import GRID, NODES, ColourMap

rng = np.random.default_rng(0)


def by_definition(change: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Oracle: trilinear interpolation between the eight grid points around a colour."""
    cube = change.reshape(NODES, NODES, NODES, 3)  # blue, green, red
    at = colour.astype(np.float64) * (NODES - 1)
    low = np.minimum(np.floor(at).astype(int), NODES - 2)
    part = at - low
    total = np.zeros(3)
    for r in range(2):
        for g in range(2):
            for b in range(2):
                weight = np.prod([p if s else 1 - p for p, s in zip(part, (r, g, b), strict=True)])
                total += weight * cube[low[2] + b, low[1] + g, low[0] + r]
    return np.clip(colour + total, 0, 1)


def test_a_smooth_change_is_interpolated() -> None:
    change = 0.2 * np.sin(3 * GRID) * (1 - GRID[:, ::-1])
    colours = rng.random((200, 3), dtype=np.float32)
    got = ColourMap.from_change(change.astype(np.float32)).colours(colours)
    expected = np.array([by_definition(change, colour) for colour in colours])
    assert np.abs(got - expected).max() < 1 / 255


def test_grid_colours_are_exact_and_all_three_channels_are_told_apart() -> None:
    change = (rng.random(GRID.shape) * 0.1).astype(np.float32)
    got = ColourMap.from_change(change).colours(GRID)
    np.testing.assert_allclose(got, np.clip(GRID + change, 0, 1), atol=1e-5)


def test_a_gradient_shows_no_bands() -> None:
    ramp = np.linspace(0.2, 0.8, 2000, dtype=np.float32)
    grey = np.repeat(ramp[:, None], 3, axis=1)
    got = ColourMap.from_change((GRID * 0.4).astype(np.float32)).colours(grey)
    steps = np.abs(got - np.clip(grey * 1.4, 0, 1))
    assert steps.max() < 0.5 / 255  # no more than rounding to bytes does


def test_bytes_equal_floats_and_the_picture_stays() -> None:
    colour_map = ColourMap.from_change(np.full(GRID.shape, 0.1, np.float32))
    image = np.round(skin(0) * 255).astype(np.uint8)
    before = image.copy()
    out = colour_map.apply(image)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, np.clip(image / 255 + 0.1, 0, 1), atol=1e-5)
    assert np.array_equal(image, before)
    floats = (image / np.float32(255)).astype(np.float32)
    kept = floats.copy()
    mask = np.ones(floats.shape[:2], np.float32)
    np.testing.assert_array_equal(colour_map.apply(floats, mask), out)
    np.testing.assert_array_equal(floats, kept)


def test_a_mask_limits_the_change_to_its_rectangle() -> None:
    colour_map = ColourMap.from_change(np.full(GRID.shape, 0.1, np.float32))
    image = skin(0)
    mask = np.zeros(image.shape[:2], np.float32)
    mask[10:30, 5:20] = 0.5
    part, whole = colour_map.apply(image, mask), colour_map.apply(image)
    np.testing.assert_array_equal(part[10:30, 5:20], whole[10:30, 5:20])
    outside = np.ones(image.shape[:2], bool)
    outside[10:30, 5:20] = False
    assert np.array_equal(part[outside], image[outside])
    assert np.array_equal(colour_map.apply(image, np.zeros_like(mask)), image)


def test_no_table_changes_nothing() -> None:
    image = skin(0)
    assert ColourMap().apply(image) is image
    assert np.array_equal(ColourMap().apply(image, np.ones(image.shape[:2], np.float32)), image)


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="grid"):
        ColourMap.from_change(np.zeros((27, 3), np.float32))
