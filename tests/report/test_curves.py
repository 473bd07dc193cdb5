"""Curves of long footage keep what matters."""

from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.report.curves import thinned


def test_short_lines_stay_as_they_are():
    assert thinned([0.0, 1.0], [None, 2.0], 10) == ([0.0, 1.0], [None, 2.0])


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.one_of(st.none(), st.floats(-1e3, 1e3)), min_size=50, max_size=400))
def test_a_thinned_line_keeps_its_ends_of_scale_and_its_gaps(values):
    times = [float(i) for i in range(len(values))]
    x, y = thinned(times, values, 40)
    assert len(x) == len(y) <= 40
    assert x == sorted(set(x))
    assert all(values[int(at)] == value for at, value in zip(x, y, strict=True))
    known = [value for value in values if value is not None]
    if known:
        kept = [value for value in y if value is not None]
        assert (min(kept), max(kept)) == (min(known), max(known))


def test_a_stretch_without_values_stays_a_gap():
    values = [1.0] * 100 + [None] * 100 + [1.0] * 100
    assert None in thinned([float(i) for i in range(300)], values, 20)[1]
