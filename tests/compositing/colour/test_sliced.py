"""Sliced transport brings whole distributions together, and its map is smooth."""

import numpy as np

from made_skin import sample_of
from understudy.compositing.colour.choice import distribution_distance
from understudy.compositing.colour.colour_map import GRID
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.mkl import fit_mkl
from understudy.compositing.colour.sliced import fit_sliced, sliced_transport
from understudy.compositing.colour.spaces import lab_from_rgb

rng = np.random.default_rng(0)
ones = np.ones(256, np.float32)


def test_a_rotation_and_scale_is_transported() -> None:
    cloud = rng.gamma(2, 1, (256, 3)) * [8, 3, 2]
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    onto = cloud @ turn.T * 1.4 + [10, -5, 3]
    moved = sliced_transport(cloud, ones, onto, ones, rounds=20)
    np.testing.assert_allclose(moved.mean(axis=0), onto.mean(axis=0), atol=0.2)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(onto.T), rtol=0.1, atol=2)
    before = distribution_distance(cloud, ones, onto, ones)
    assert distribution_distance(moved, ones, onto, ones) < 0.05 * before


def test_weights_count_as_repeated_colours() -> None:
    cloud, onto = rng.normal(size=(40, 3)), rng.normal(size=(50, 3)) + 2
    weights = rng.integers(1, 4, 50)
    weighted = sliced_transport(cloud, np.ones(40, np.float32), onto, weights.astype(np.float32))
    many = np.repeat(onto, weights * 20, axis=0)
    plain = sliced_transport(cloud, np.ones(40, np.float32), many, np.ones(len(many), np.float32))
    assert np.abs(weighted - plain).mean() < 0.15


def curved() -> tuple[np.ndarray, np.ndarray]:
    """Colours along a line, and what a curve of light makes of them: no linear map does that."""
    light = rng.uniform(0.3, 0.85, (256, 1))
    drawn = light * [1.0, 0.8, 0.7] + rng.normal(0, 0.005, (256, 3))
    bent = 0.55 + (light - 0.55) * 0.8 + 0.35 * (light - 0.55) ** 2
    target = bent * [1.0, 0.75, 0.6] + rng.normal(0, 0.005, (256, 3)) + 0.06 * np.sin(12 * light) * [1, 0, -1]
    return np.clip(drawn, 0, 1).astype(np.float32), np.clip(target, 0, 1).astype(np.float32)


def test_a_curved_change_is_followed_better_than_by_a_linear_map() -> None:
    drawn, target = curved()
    samples, limits = (sample_of(drawn), sample_of(target)), ColourLimits()
    onto = lab_from_rgb(target)
    left = [
        distribution_distance(lab_from_rgb(fit(*samples, limits).colours(drawn)), ones, onto, ones)
        for fit in (fit_mkl, fit_sliced)
    ]
    assert left[1] < 0.75 * left[0]


def test_the_map_is_about_as_smooth_as_the_linear_one() -> None:
    drawn, target = curved()
    samples = sample_of(drawn), sample_of(target)
    for axis in range(3):  # the largest step between neighbours on the grid
        steps = [
            np.abs(
                np.diff(fit(*samples, ColourLimits()).colours(GRID).reshape(17, 17, 17, 3), axis=axis)
            ).max()
            for fit in (fit_mkl, fit_sliced)
        ]
        assert steps[1] < steps[0] + 0.04
