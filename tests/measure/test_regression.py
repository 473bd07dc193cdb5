import pytest

from understudy.measure.regression import compare_runs


def test_a_change_within_the_noise_of_the_seeds_is_none() -> None:
    change = compare_runs([0.80, 0.82, 0.81], [0.795], higher_is_better=True)
    assert change.verdict == "same"
    assert change.before == pytest.approx(0.81)
    assert change.noise == pytest.approx(0.02)


@pytest.mark.parametrize(("now", "up", "verdict"), [(0.78, True, "worse"), (0.78, False, "better")])
def test_a_change_beyond_it_is_told_by_what_is_good(now: float, up: bool, verdict: str) -> None:
    assert compare_runs([0.80, 0.82, 0.81], [now], higher_is_better=up).verdict == verdict
    opposite = {"worse": "better", "better": "worse"}[verdict]
    assert compare_runs([0.80, 0.82, 0.81], [0.84], higher_is_better=up).verdict == opposite


def test_a_baseline_of_one_seed_knows_no_noise() -> None:
    change = compare_runs([0.8], [0.1], higher_is_better=True)
    assert (change.verdict, change.noise) == ("unknown", None)


def test_equal_seeds_still_leave_rounding() -> None:
    assert compare_runs([1.0, 1.0], [1.00005], higher_is_better=False).verdict == "same"
    assert compare_runs([1.0, 1.0], [1.001], higher_is_better=False).verdict == "worse"


@pytest.mark.parametrize(("before", "now"), [([], [1.0]), ([1.0], [])])
def test_nothing_cannot_be_compared(before: list[float], now: list[float]) -> None:
    with pytest.raises(ValueError, match="before"):
        compare_runs(before, now, higher_is_better=True)
