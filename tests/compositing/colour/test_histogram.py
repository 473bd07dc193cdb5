"""Curves of each channel against quantiles, rising and of limited slope."""

import numpy as np

from made_skin import sample_of
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.histogram import fit_histogram, monotone_curve

rng = np.random.default_rng(0)


def test_quantiles_of_each_channel_are_the_targets() -> None:
    grey = rng.beta(2, 2, (256, 1)) * 0.3
    drawn = np.array([0.5, 0.4, 0.35]) + grey
    target = np.array([0.45, 0.38, 0.3]) + 0.3 * (grey / 0.3) ** 1.2
    out = fit_histogram(sample_of(drawn), sample_of(target), ColourLimits()).colours(drawn.astype(np.float32))
    at = np.linspace(0.5, 0.95, 7)  # what is darker than the mean keeps at most its share of lightness
    np.testing.assert_allclose(np.quantile(out, at, axis=0), np.quantile(target, at, axis=0), atol=0.012)


def test_the_curve_goes_through_quantiles_where_slopes_allow() -> None:
    before = np.linspace(0.2, 0.8, 13)
    after = before**1.3
    knots, values = monotone_curve(before, after, 1.6)
    np.testing.assert_allclose(np.interp(before, knots, values), after, atol=3e-3)


def test_slopes_are_limited_and_the_median_is_kept() -> None:
    before = np.array([0.1, 0.1, 0.1, 0.5, 0.501, 0.9, 0.95])
    after = np.array([0.0, 0.2, 0.3, 0.4, 0.7, 0.7, 0.7])
    knots, values = monotone_curve(before, after, 1.5)
    assert (np.diff(knots) > 0).all()
    assert (np.diff(values) >= 0).all()
    apart = np.diff(knots) > 1e-6
    slope = np.diff(values)[apart] / np.diff(knots)[apart]
    assert slope.max() <= 1.5 + 1e-6
    assert slope.min() >= 1 / 1.5 - 1e-6
    assert abs(values[3] - after[3]) < 1e-12
