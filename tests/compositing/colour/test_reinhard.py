"""Mean and deviation of Lab against the definition."""

import numpy as np

from made_skin import sample_of, srgb_to_lab
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.reinhard import fit_lab


def test_mean_and_deviation_are_the_targets() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([0.65, 0.5, 0.42]) + rng.normal(0, 0.04, (256, 1)) + rng.normal(0, 0.01, (256, 3))
    target = np.array([0.55, 0.45, 0.36]) + rng.normal(0, 0.05, (256, 1)) + rng.normal(0, 0.012, (256, 3))
    weights, onto_weights = rng.uniform(0.1, 1, 256), rng.uniform(0.1, 1, 256)
    colour_map = fit_lab(sample_of(drawn, weights), sample_of(target, onto_weights), ColourLimits())
    before, after = srgb_to_lab(drawn), srgb_to_lab(target)

    def moments(lab: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = (w[:, None] * lab).sum(axis=0) / w.sum()
        return mean, np.sqrt((w[:, None] * (lab - mean) ** 2).sum(axis=0) / w.sum())

    (mean, deviation), (to_mean, to_deviation) = moments(before, weights), moments(after, onto_weights)
    expected = (before - mean) * to_deviation / deviation + to_mean
    got = srgb_to_lab(colour_map.colours(drawn.astype(np.float32)).astype(np.float64))
    chroma = np.abs(got - expected)[:, 1:]
    assert chroma.max() < 0.7
    # lightness below the mean keeps at most its share, so it is compared above
    bright = before[:, 0] > mean[0]
    assert np.abs(got - expected)[bright, 0].max() < 0.5
