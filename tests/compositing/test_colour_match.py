"""Colour matching: the statistics are reached, limits hold, occluders do not count."""

import cv2
import numpy as np
import pytest

from understudy.compositing.colour_match import (
    LabStatistics,
    MatchLimits,
    StatisticsSmoother,
    lab_statistics,
    match,
)

full = np.ones((48, 48), np.float32)


def skin(seed: int, lightness: float = 60, a: float = 12, b: float = 16, spread: float = 5) -> np.ndarray:
    """A smooth skin-like patch, float32 RGB."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (48, 48, 3)).astype(np.float32), (0, 0), 3)
    noise = noise / noise.std() * spread * np.array([1, 0.3, 0.3], np.float32)
    lab = np.array([lightness, a, b], np.float32) + noise
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)


def srgb_to_lab(rgb: np.ndarray) -> np.ndarray:
    """Oracle: CIE Lab (D65) by its definition, in double precision."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]]
    t = linear @ np.array(to_xyz).T / [0.950456, 1.0, 1.088754]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def test_statistics_equal_the_definition() -> None:
    image = skin(0)
    weights = np.random.default_rng(1).random((48, 48), dtype=np.float32) * 0.9 + 0.1
    stats = lab_statistics(image, weights)
    assert stats is not None
    lab = srgb_to_lab(image.astype(np.float64)).reshape(-1, 3)
    w = weights.reshape(-1, 1) / weights.sum()
    mean = (w * lab).sum(axis=0)
    np.testing.assert_allclose(stats.mean, mean, atol=0.1)
    np.testing.assert_allclose(stats.deviation, np.sqrt((w * (lab - mean) ** 2).sum(axis=0)), atol=0.1)


def test_match_reaches_the_targets_statistics_from_bytes_and_floats() -> None:
    drawn, target = skin(0, 45, 8, 10, 6), skin(1, 65, 15, 20, 5)
    to = lab_statistics(target, full)
    assert to is not None
    for image in (drawn, np.round(drawn * 255).astype(np.uint8)):
        matched = match(image, lab_statistics(image, full), to)
        assert matched.dtype == np.float32
        got = lab_statistics(matched, full)
        assert got is not None
        np.testing.assert_allclose(got.mean[1:], to.mean[1:], atol=0.4)
        np.testing.assert_allclose(got.deviation[1:], to.deviation[1:], atol=0.4)
        # lightness: what is darker than the mean keeps its share, so the mean falls a little short
        assert to.mean[0] - 2.5 < got.mean[0] < to.mean[0] + 0.4


def test_black_stays_black_where_a_dark_face_is_matched_to_a_light_one() -> None:
    drawn, target = skin(0, 35, 8, 10, 6), skin(1, 75, 15, 20, 5)
    drawn[20:24, 20:24] = 0.0  # a pupil
    matched = match(drawn, lab_statistics(drawn, full), lab_statistics(target, full))
    assert matched[20:24, 20:24].max() < 0.25  # lifted with the rest it would be a grey of 0.45
    plain = np.ones((48, 48), bool)
    plain[18:26, 18:26] = False
    assert matched[plain].mean() > drawn[plain].mean() + 0.2


def test_matching_to_itself_changes_nothing() -> None:
    image = skin(0)
    stats = lab_statistics(image, full)
    np.testing.assert_allclose(match(image, stats, stats), image, atol=2e-3)


def test_an_occluder_does_not_move_the_statistics() -> None:
    clean = skin(0)
    occluded = clean.copy()
    occluded[:12, 8:40] = [0.1, 0.8, 0.2]  # 17 % of the crop is a green sleeve
    a, b = lab_statistics(clean, full), lab_statistics(occluded, full)
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(a.mean, b.mean, atol=1.0)
    np.testing.assert_allclose(a.deviation, b.deviation, atol=1.0)


def test_moderate_shadow_counts() -> None:
    image = skin(0)
    shaded = image.copy()
    shaded[:, :24] *= 0.75
    a, b = lab_statistics(image, full), lab_statistics(shaded, full)
    assert a is not None
    assert b is not None
    assert b.mean[0] < a.mean[0] - 3


@pytest.mark.parametrize("covered", [0, 5])
def test_a_tiny_mask_gives_none_and_none_changes_nothing(covered: int) -> None:
    mask = np.zeros((48, 48), np.float32)
    mask.ravel()[:covered] = 1
    image = skin(0)
    assert lab_statistics(image, mask) is None
    assert np.array_equal(match(image, None, lab_statistics(image, full)), image)
    assert np.array_equal(match(image, lab_statistics(image, full), None), image)


def test_limits_bound_gain_and_shift() -> None:
    flat = LabStatistics(mean=np.array([20, 0, 0], np.float32), deviation=np.zeros(3, np.float32))
    wild = LabStatistics(mean=np.array([95, 90, -90], np.float32), deviation=np.full(3, 60, np.float32))
    image = skin(0, 20, 0, 0, 1)
    matched = match(image, flat, wild, MatchLimits(gain=1.5, lightness=10, chroma=5))
    assert np.isfinite(matched).all()
    assert matched.min() >= 0
    assert matched.max() <= 1
    change = srgb_to_lab(matched.astype(np.float64)) - srgb_to_lab(image.astype(np.float64))
    assert abs(change[..., 0].mean() - 10) < 1
    assert abs(change[..., 1].mean() - 5) < 1


def test_a_mask_limits_the_change_to_its_rectangle() -> None:
    image, target = skin(0), skin(1, 70)
    mask = np.zeros((48, 48), np.float32)
    mask[10:30, 5:20] = 0.5
    stats = lab_statistics(image, full), lab_statistics(target, full)
    part = match(image, *stats, mask=mask)
    whole = match(image, *stats)
    np.testing.assert_allclose(part[10:30, 5:20], whole[10:30, 5:20], atol=1e-6)
    assert np.array_equal(part[30:], image[30:])
    assert np.array_equal(match(image, *stats, mask=np.zeros_like(mask)), image)


def test_smoothing_damps_flicker_and_settles() -> None:
    def stats(lightness: float) -> LabStatistics:
        return LabStatistics(mean=np.array([lightness, 0, 0], np.float32), deviation=np.ones(3, np.float32))

    smoother = StatisticsSmoother(8)
    assert smoother.update(None) is None
    seen = []
    for i in range(40):
        out = smoother.update(stats(50 + 4 * (-1) ** i))
        assert out is not None
        seen.append(float(out.mean[0]))
    assert np.ptp(seen[-10:]) < 1.0
    assert abs(np.mean(seen[-10:]) - 50) < 0.5
    held = smoother.update(None)
    assert held is not None
    assert held.mean[0] == seen[-1]
    # after memory_frames frames of a step, 1/e of it is left
    step = StatisticsSmoother(8)
    step.update(stats(0))
    for _ in range(8):
        out = step.update(stats(10))
    assert out is not None
    assert abs(out.mean[0] - 10 * (1 - np.exp(-1))) < 1e-3
    free = StatisticsSmoother(0)
    free.update(stats(0))
    out = free.update(stats(10))
    assert out is not None
    assert out.mean[0] == 10


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        lab_statistics(skin(0), np.ones((4, 4), np.float32))
    with pytest.raises(ValueError, match="negative"):
        StatisticsSmoother(-1)
