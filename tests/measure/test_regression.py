import numpy as np
import pytest

from understudy.measure.regression import SeedNoise, judge, seed_noise

NOISE = SeedNoise(deviation=0.01, freedom=8)
BEFORE = [0.80, 0.82, 0.81]


def test_the_noise_is_the_pooled_deviation_within_pairs() -> None:
    pairs = [[1.0, 2.0, 3.0], [10.0, 10.0], [5.0]]
    noise = seed_noise(pairs)
    assert noise is not None
    assert noise.freedom == 3
    assert noise.deviation == pytest.approx(np.sqrt(2 / 3))
    assert seed_noise([[1.0], [2.0]]) is None


def test_a_change_within_the_noise_is_none() -> None:
    change = judge(BEFORE, [0.78], NOISE, higher_is_better=True)
    assert change.judgement == "same"
    assert change.before == pytest.approx(0.81)
    assert change.noise == pytest.approx(3.355 * 0.01 * np.sqrt(4 / 3))


@pytest.mark.parametrize(("now", "up", "judgement"), [(0.7, True, "worse"), (0.7, False, "better")])
def test_a_change_beyond_it_is_told_by_what_is_good(now: float, up: bool, judgement: str) -> None:
    assert judge(BEFORE, [now], NOISE, higher_is_better=up).judgement == judgement
    opposite = {"worse": "better", "better": "worse"}[judgement]
    assert judge(BEFORE, [0.92], NOISE, higher_is_better=up).judgement == opposite


def test_a_pair_that_is_noisier_than_the_others_keeps_its_own_noise() -> None:
    assert judge([0.6, 0.8, 1.0], [0.5], NOISE, higher_is_better=True).judgement == "same"


@pytest.mark.parametrize(("seeds_before", "seeds_now"), [(3, 1), (3, 3)])
def test_chance_is_taken_for_a_change_in_one_of_a_hundred_cases(seeds_before: int, seeds_now: int) -> None:
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(3000):
        pairs = rng.normal(0, 1, (4, seeds_before)).tolist()
        now = rng.normal(0, 1, seeds_now).tolist()
        change = judge(pairs[0], now, seed_noise(pairs), higher_is_better=True)
        wrong += change.judgement != "same"
    assert wrong / 3000 < 0.015


def test_too_few_seeds_know_no_noise() -> None:
    for noise in (None, SeedNoise(deviation=0.1, freedom=1)):
        change = judge([0.8], [0.1], noise, higher_is_better=True)
        assert (change.judgement, change.noise) == ("unknown", None)


def test_equal_seeds_still_leave_rounding() -> None:
    none = SeedNoise(deviation=0.0, freedom=8)
    assert judge([1.0, 1.0], [1.00005], none, higher_is_better=False).judgement == "same"
    assert judge([1.0, 1.0], [1.001], none, higher_is_better=False).judgement == "worse"


def test_what_cannot_be_measured_any_more_is_worse() -> None:
    change = judge(BEFORE, [0.9, None], NOISE, higher_is_better=True)
    assert (change.judgement, change.now) == ("worse", None)


@pytest.mark.parametrize(("before", "now"), [([], [1.0]), ([1.0], [])])
def test_nothing_cannot_be_compared(before: list[float], now: list[float | None]) -> None:
    with pytest.raises(ValueError, match="before"):
        judge(before, now, NOISE, higher_is_better=True)
