"""The pyramid blend: the target's light and contrast, the drawn face's detail."""

import cv2
import numpy as np
import pytest

from understudy.compositing.blend_pyramid import Pyramid, contrast_ratio, levels_for, raised, weighted_means

SIDE = 160


def disc(radius: float = 66, falloff: float = 12) -> np.ndarray:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) - (SIDE - 1) / 2
    return np.clip((radius - np.hypot(x, y)) / falloff, 0, 1).astype(np.float32)


def detail(seed: int, deviation: float, sigma: float = 1.5) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 1)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma) - cv2.GaussianBlur(noise, (0, 0), 2 * sigma)
    return np.repeat((deviation * noise / noise.std())[..., None], 3, axis=2).astype(np.float32)


def deviation(picture: np.ndarray) -> float:
    inner = (slice(50, 110), slice(50, 110))
    return float((picture - cv2.GaussianBlur(picture, (0, 0), 5))[inner].std())


@pytest.mark.parametrize("gain", [0.8, 1.25])
def test_the_targets_contrast_is_kept(gain: float) -> None:
    before, face = 0.5 + detail(1, 0.08), 0.45 + detail(2, 0.08 * gain)
    weight = disc()
    assert abs(contrast_ratio(before, face, weight, 4) * gain - 1) < 0.05
    kept = Pyramid(most_gain=1.35)(before, face, weight)
    assert abs(deviation(kept) / deviation(before) - 1) < 0.05
    # and without the correction it is the drawn face's
    left = Pyramid(contrast=0)(before, face, weight)
    assert abs(deviation(left) / deviation(face) - 1) < 0.05


def test_the_contrast_is_changed_no_more_than_allowed() -> None:
    before, face = 0.5 + detail(1, 0.09), 0.5 + detail(2, 0.03)
    after = Pyramid(most_gain=1.2)(before, face, disc())
    assert 1.15 < deviation(after) / deviation(face) < 1.25
    # a face without features, or none at all, has no contrast that could be told
    flat = np.full_like(before, 0.4)
    assert contrast_ratio(before, flat, disc(), 4) == 1
    assert contrast_ratio(before, face, np.zeros((SIDE, SIDE), np.float32), 4) == 1


def test_slow_light_is_the_targets() -> None:
    """A face lit from the other side: oracle, the same detail on the target's light."""
    ramp = np.linspace(-0.15, 0.15, SIDE, dtype=np.float32)[None, :, None]
    light, texture = np.broadcast_to(0.5 + ramp, (SIDE, SIDE, 3)).astype(np.float32), detail(2, 0.05)
    face = (0.5 - ramp + texture).astype(np.float32)
    after = Pyramid(contrast=0)(light, face, disc())
    inner = (slice(40, 120), slice(40, 120))
    assert np.abs(after - (light + texture))[inner].mean() < 0.012
    assert np.abs(face - (light + texture))[inner].mean() > 0.05


def test_fine_detail_is_not_averaged_along_the_border() -> None:
    """A linear mix of two textures loses contrast on its half-way line; bands do not."""
    before, face, weight = 0.5 + detail(1, 0.08), 0.5 + detail(2, 0.08), disc(falloff=30)
    ring = (weight > 0.2) & (weight < 0.8)
    after = Pyramid()(before, face, weight)
    mixed = before + weight[..., None] * (face - before)
    assert (after - 0.5)[ring].std() > 0.91 * 0.08
    assert (mixed - 0.5)[ring].std() < 0.88 * 0.08


def test_no_light_leaks_in_from_around_the_mask() -> None:
    before, face, weight = 0.5 + detail(1, 0.05), 0.5 + detail(2, 0.05), disc()
    spoilt = face.copy()
    spoilt[weight == 0] = 50
    np.testing.assert_allclose(Pyramid()(before, spoilt, weight), Pyramid()(before, face, weight), atol=1e-6)


def test_levels_follow_the_faces_size() -> None:
    sizes = [40, 80, 160, 320, 1280]
    masks = [np.ones((size, size), np.float32) for size in sizes]
    assert [levels_for(mask, 10) for mask in masks] == [2, 3, 4, 5, 7]
    assert levels_for(np.ones((3, 3), np.float32), 10) == 1


def test_settings_are_checked() -> None:
    for wrong in ({"cells": 0.5}, {"most_gain": 0.9}, {"contrast": 1.1}):
        with pytest.raises(ValueError, match=r"must lie|need"):
            Pyramid(**wrong)


def test_means_are_of_what_counts_alone_at_every_level() -> None:
    rng = np.random.default_rng(2)
    picture = rng.random((64, 48, 3)).astype(np.float32)
    weight = np.zeros((64, 48), np.float32)
    weight[20:50, 8:40] = rng.random((30, 32))
    (coarse, coarse_share), (fine, fine_share) = weighted_means(picture, weight, 3, 1)
    assert (coarse.shape, fine.shape) == ((8, 6, 3), (32, 24, 3))
    # by the definition: means of the picture times its weight over means of the weight
    total, share = picture * weight[..., None], weight
    for level, mean, mean_share in ((1, fine, fine_share), (3, coarse, coarse_share)):
        down, below = total, share
        for _ in range(level):
            down, below = cv2.pyrDown(down), cv2.pyrDown(below)
        known = below > 0.01
        np.testing.assert_allclose(mean_share, below, atol=1e-6)
        np.testing.assert_allclose(mean[known], (down / np.maximum(below, 1e-4)[..., None])[known], atol=1e-5)
    # whatever lies where nothing counts
    other = np.where(weight[..., None] > 0, picture, np.float32(7))
    for (one, _), (same, _) in zip(
        weighted_means(other, weight, 3, 1), [(coarse, None), (fine, None)], strict=True
    ):
        np.testing.assert_allclose(one, same, atol=1e-5)


@pytest.mark.parametrize("shape", [(64, 48), (37, 51)])
def test_an_even_picture_is_even_at_every_level_and_raised_again(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), (0.2, 0.5, 0.8), np.float32)
    weight = np.zeros(shape, np.float32)
    weight[10:30, 12:28] = 0.6
    for levels in ((2,), (4, 1), (3, 0)):
        for level, (mean, _) in zip(levels, weighted_means(picture, weight, *levels), strict=True):
            np.testing.assert_allclose(raised(mean, shape, level), picture, atol=1e-5)
