"""Confidence intervals over time: they must hold what they claim on series whose truth is known."""

import time
import tracemalloc

import numpy as np
import pytest

from measure.made_series import autoregressive
from understudy.measure import bootstrap
from understudy.measure.bootstrap import (
    correlation_difference_interval,
    correlation_interval,
    difference_interval,
    mean_interval,
)
from understudy.measure.expression import pearson


@pytest.mark.parametrize(("n", "rho"), [(100, 0.5), (400, 0.8), (1000, 0.9)])
def test_the_interval_of_a_mean_holds_the_true_mean_as_often_as_it_says(n: int, rho: float) -> None:
    trials = 200
    held = independent = 0
    for seed in range(trials):
        x = autoregressive(seed, n, rho)[:, 0]
        estimate = mean_interval(x, seed=seed)
        held += estimate.low <= 0 <= estimate.high  # type: ignore[union-attr, operator]
        independent += abs(x.mean()) <= 1.96 * x.std() / np.sqrt(n)
    assert 0.88 <= held / trials <= 0.98
    assert independent / trials < 0.8  # frames taken as independent claim far too much


def test_independent_frames_get_the_textbook_interval() -> None:
    x = np.random.default_rng(3).normal(5, 2, 2000)
    estimate = mean_interval(x)
    assert estimate.value == pytest.approx(x.mean())  # type: ignore[union-attr]
    assert estimate.half_width == pytest.approx(1.96 * x.std() / np.sqrt(2000), rel=0.2)  # type: ignore[union-attr]


def test_the_interval_of_r_holds_the_true_r() -> None:
    held, trials, truth = 0, 150, 0.6
    for seed in range(trials):
        x, rest = autoregressive(seed, 500, 0.7, 2).T
        estimate = correlation_interval(x, truth * x + np.sqrt(1 - truth**2) * rest, seed=seed)
        held += estimate.low <= truth <= estimate.high  # type: ignore[union-attr, operator]
    assert 0.88 <= held / trials <= 0.98


def test_the_interval_of_a_lead_in_r_holds_the_true_lead() -> None:
    held, trials = 0, 150
    for seed in range(trials):
        x, one, other = autoregressive(seed, 500, 0.7, 3).T
        estimate = correlation_difference_interval(0.8 * x + 0.6 * one, 0.6 * x + 0.8 * other, x, seed=seed)
        held += estimate.low <= 0.2 <= estimate.high  # type: ignore[union-attr, operator]
    assert 0.88 <= held / trials <= 0.98


def test_pairs_of_frames_tell_more_than_two_means() -> None:
    hard, a, b = autoregressive(5, 600, 0.9, 3).T
    a, b = hard + 0.2 * a + 0.5, hard + 0.2 * b
    paired = difference_interval(a, b)
    apart = mean_interval(a).half_width + mean_interval(b).half_width  # type: ignore[union-attr, operator]
    assert paired.value == pytest.approx(a.mean() - b.mean())  # type: ignore[union-attr]
    assert paired.half_width < 0.5 * apart  # type: ignore[union-attr, operator]
    assert paired.sign == 1  # type: ignore[union-attr]
    assert difference_interval(b, a).sign == -1  # type: ignore[union-attr]


def test_values_are_those_that_are_measured_elsewhere() -> None:
    x, y = autoregressive(1, 300, 0.8, 2).T
    assert correlation_interval(x, x + y).value == pytest.approx(pearson(list(x), list(x + y)))  # type: ignore[union-attr]
    lead = correlation_difference_interval(x + y, y, x)
    expected = pearson(list(x + y), list(x)) - pearson(list(y), list(x))  # type: ignore[operator]
    assert lead.value == pytest.approx(expected)  # type: ignore[union-attr]


def test_unknown_frames_are_left_out() -> None:
    x = list(autoregressive(4, 200)[:, 0])
    with_gaps = [None, *x[:80], float("nan"), *x[80:]]
    assert mean_interval(with_gaps) == mean_interval(x)
    paired = difference_interval(with_gaps, [1.0] * 150 + [None] * 52)
    assert paired.frames == 148  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="length"):
        difference_interval(x, x[1:])


def test_the_same_seed_gives_the_same_interval() -> None:
    x = autoregressive(6)[:, 0]
    assert mean_interval(x, seed=1) == mean_interval(x, seed=1)
    assert mean_interval(x, seed=1) != mean_interval(x, seed=2)


def test_what_does_not_vary_has_no_width_and_what_is_too_short_no_interval() -> None:
    still = mean_interval([0.25] * 50)
    assert (still.value, still.low, still.high, still.sign) == (0.25, 0.25, 0.25, 1)  # type: ignore[union-attr]
    x = list(autoregressive(7)[:, 0])
    same = difference_interval(x, x)
    assert (same.low, same.high, same.sign) == (0, 0, 0)  # type: ignore[union-attr]
    short = mean_interval([1.0, 2.0, 3.0])
    assert (short.value, short.low, short.half_width, short.sign) == (2.0, None, None, 0)  # type: ignore[union-attr]
    assert mean_interval([None, float("nan")]) is None
    assert mean_interval([]) is None
    assert correlation_interval([1.0] * 20, x[:20]) is None
    assert correlation_difference_interval(x, x, [1.0] * len(x)) is None
    perfect = correlation_interval(x, x)
    assert perfect.low == pytest.approx(1)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="confidence"):
        mean_interval(x, confidence=95)


def test_long_footage_takes_no_more_memory_and_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, z = np.random.default_rng(9).normal(size=(3, 8000))  # blocks of one frame
    tracemalloc.start()
    lead = correlation_difference_interval(x, y, z)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert peak_mb < 60
    assert lead.block_frames < 3  # type: ignore[union-attr]
    at_once = mean_interval(x[:500])
    monkeypatch.setattr(bootstrap, "_MOST_GATHERED", 10_000)
    assert mean_interval(x[:500]) == at_once


def test_a_thousand_frames_take_a_moment() -> None:
    x, y, z = autoregressive(8, 1000, 0.9, 3).T
    started = time.process_time()
    mean_interval(x)
    correlation_difference_interval(x, y, z)
    assert time.process_time() - started < 0.5
