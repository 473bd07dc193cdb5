"""Where an output leads over time: what was put in must be found, chance must not."""

import numpy as np
import pytest

from measure.made_series import autoregressive
from understudy.measure.leads import best_shares, clear_stretches

TIMES_S = [i / 25 for i in range(500)]


def test_a_lead_in_part_of_the_time_is_found_there() -> None:
    a, b = 0.4 * autoregressive(1, 500, 0.5, 2).T
    a[100:250] += 5
    b[300:400] += 5
    found = clear_stretches({"a": a, "b": b}, TIMES_S)
    assert [stretch.label for stretch in found] == ["a", "b"]
    assert (found[0].start_s, found[0].end_s) == pytest.approx((4, 10), abs=0.4)
    assert (found[1].start_s, found[1].end_s) == pytest.approx((12, 16), abs=0.4)


def test_a_lead_that_drifts_but_never_ends_is_one_stretch() -> None:
    drift = 3 + np.sin(np.arange(500) / 60)
    noise = autoregressive(2, 500, 0.3)[:, 0]
    found = clear_stretches({"a": drift + 0.3 * noise, "b": np.zeros(500)}, TIMES_S)
    assert [(s.label, s.start_s, s.end_s) for s in found] == [("a", 0, TIMES_S[-1])]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_equals_hardly_ever_lead(rho: float) -> None:
    seconds = 0.0
    for seed in range(20):
        a, b = autoregressive(seed, 500, rho, 2).T
        seconds += sum(s.end_s - s.start_s for s in clear_stretches({"a": a, "b": b}, TIMES_S))
    assert seconds < 0.01 * 20 * TIMES_S[-1]


def test_one_has_to_lead_over_all_others() -> None:
    level = autoregressive(3, 500, 0.5, 3)
    a, b, c = (level + np.array([4, 4, 0])).T
    assert clear_stretches({"a": a, "b": b, "c": c}, TIMES_S) == []


def test_no_stretch_from_ties_gaps_or_one_output() -> None:
    a = autoregressive(4, 500)[:, 0]
    assert clear_stretches({"a": a, "b": a}, TIMES_S) == []
    assert clear_stretches({"a": a}, TIMES_S) == []
    assert clear_stretches({"a": a[:3], "b": a[:3] - 9}, TIMES_S[:3]) == []
    unknown = np.full(500, np.nan)
    assert clear_stretches({"a": a, "b": unknown}, TIMES_S) == []


def test_shares_count_frames_that_all_know() -> None:
    shares = best_shares({"a": np.array([1, 2, 3, np.nan]), "b": np.array([0, 2, 4, 0.0])})
    assert shares == {"a": pytest.approx(1 / 3), "b": pytest.approx(1 / 3)}  # the second frame is a draw
    assert best_shares({"a": np.array([np.nan]), "b": np.array([1.0])}) == {"a": None, "b": None}
