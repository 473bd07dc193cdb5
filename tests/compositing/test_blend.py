"""What holds for every blend: untouched outside, no more than strength, nothing where nothing differs."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.compositing.blend import BLENDS

names = pytest.mark.parametrize("name", BLENDS)


def blend(
    before: np.ndarray, face: np.ndarray, weight: np.ndarray, name: str = "feather", strength: float = 1.0
) -> np.ndarray:
    return BLENDS[name](strength=strength)(before, face, weight)


def disc(height: int = 120, width: int = 100, radius: float = 44, falloff: float = 10) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(x - (width - 1) / 2, y - (height - 1) / 2)
    return np.clip((radius - distance) / falloff, 0, 1).astype(np.float32)


def textured(seed: int, height: int = 120, width: int = 100, sigma: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    return np.clip(0.5 + 0.12 * noise / noise.std(), 0.05, 0.95).astype(np.float32)


@names
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(3, 70), st.integers(3, 70), st.floats(0, 0.98), st.floats(0, 1))
def test_pixels_without_weight_stay_to_the_bit(
    name: str, seed: int, height: int, width: int, sparsity: float, strength: float
) -> None:
    rng = np.random.default_rng(seed)
    before, face = rng.random((2, height, width, 3), np.float32)
    weight = rng.random((height, width), np.float32)
    weight[rng.random((height, width)) < sparsity] = 0
    face[weight == 0] = np.nan  # what is drawn there must not matter
    kept = before.copy(), face.copy(), weight.copy()
    after = blend(before, face, weight, name, strength=strength)
    assert after.dtype == np.float32
    assert np.array_equal(after[weight == 0], before[weight == 0])
    assert np.isfinite(after).all()
    assert after.min() >= 0
    assert after.max() <= 1
    for array, copy in zip((before, face, weight), kept, strict=True):
        assert np.array_equal(array, copy, equal_nan=True)


@names
def test_equal_pictures_stay_as_they_are(name: str) -> None:
    picture = textured(1)
    np.testing.assert_allclose(blend(picture, picture, disc(), name), picture, atol=2e-6)


@names
def test_strength_goes_from_nothing_to_everything(name: str) -> None:
    before, face, weight = textured(1), textured(2), disc()
    none, half, full = (blend(before, face, weight, name, strength=s) for s in (0.0, 0.5, 1.0))
    assert np.array_equal(none, before)
    assert np.abs(full - before).max() > 0.2
    free = (full > 0) & (full < 1)  # where nothing was cut off
    np.testing.assert_allclose(half[free], ((before + full) / 2)[free], atol=1e-5)


@names
def test_a_mask_of_zeros_and_one_of_ones(name: str) -> None:
    before, face = textured(1), textured(2)
    zeros = np.zeros(before.shape[:2], np.float32)
    assert np.array_equal(blend(before, face, zeros, name), before)
    assert np.isfinite(blend(before, face, zeros + 1, name)).all()


@names
def test_a_face_cut_off_by_the_frame_blends_as_far_as_it_is_there(name: str) -> None:
    before, face, weight = textured(1), textured(2), disc()
    part = blend(before[:, :50].copy(), face[:, :50].copy(), weight[:, :50].copy(), name)
    whole = blend(before, face, weight, name)
    difference = np.abs(part - whole[:, :50])
    assert difference[:, :30].mean() < 0.02


@pytest.mark.parametrize("name", ["pyramid", "poisson"])
def test_a_constant_difference_vanishes(name: str) -> None:
    before = textured(1) * 0.7
    face = before + np.array([0.1, -0.02, 0.05], np.float32)
    np.testing.assert_allclose(blend(before, face, disc(), name), before, atol=1e-3)
    assert np.abs(blend(before, face, disc(), "feather") - before).max() > 0.09


@pytest.mark.parametrize("name", ["pyramid", "poisson"])
def test_the_features_of_the_drawn_face_are_kept(name: str) -> None:
    before, face = textured(1, sigma=30) * 0.5 + 0.2, textured(2, sigma=1.5)
    after = blend(before, face + np.float32(0.03), disc(), name)
    inner = (slice(40, 80), slice(30, 70))
    fine = [p - cv2.GaussianBlur(p, (0, 0), 3) for p in (after, face)]
    correlation = np.corrcoef(fine[0][inner].ravel(), fine[1][inner].ravel())[0, 1]
    assert correlation > 0.99


def test_feather_is_the_linear_mix() -> None:
    before, face, weight = textured(1), textured(2), disc()
    oracle = before + 0.7 * weight[..., None].astype(np.float64) * (face - before)
    np.testing.assert_allclose(blend(before, face, weight, strength=0.7), oracle, atol=1e-6)


@names
def test_wrong_arguments_are_refused(name: str) -> None:
    before, face, weight = textured(1), textured(2), disc()
    with pytest.raises(ValueError, match="fit"):
        blend(before, face[1:], weight, name)
    with pytest.raises(ValueError, match="float32"):
        blend(before, face.astype(np.float64), weight, name)
    with pytest.raises(ValueError, match="strength"):
        blend(before, face, weight, name, strength=1.5)
