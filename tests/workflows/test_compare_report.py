"""Which moments a wall keeps of long footage."""

from __future__ import annotations

from understudy.measure.contest import Contest
from understudy.measure.leads import Stretch
from understudy.workflows.compare_report import clear_moments


def contest(*stretches: tuple[float, float]) -> Contest:
    return Contest(
        key="pose_deg",
        name="pose",
        better="lower",
        unit="",
        digits=2,
        explanation="",
        follows=False,
        values={},
        unranked=[],
        best=None,
        verdict=None,
        ties_with=[],
        leads={},
        best_share={},
        stretches=[Stretch(label="a", start_s=start, end_s=end) for start, end in stretches],
    )


def test_the_longest_lead_of_each_figure_is_shown_and_no_moment_twice() -> None:
    contests = [contest((1, 2), (30, 34)), contest(), contest((50, 51)), contest((31, 33.1))]
    assert clear_moments(contests) == [32, 50.5]


def test_a_wall_keeps_room_for_the_start() -> None:
    assert len(clear_moments([contest((10 * i, 10 * i + 1)) for i in range(30)])) == 9
