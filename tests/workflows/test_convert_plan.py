"""Stretches cover what is missing, once."""

from __future__ import annotations

import random

from understudy.workflows.convert_plan import LEAST_FRAMES, Stretch, most_stretches, planned


def frames_of(stretches: list[Stretch], total: int) -> list[int]:
    return [i for each in stretches for i in range(each.next, total if each.end is None else each.end)]


def test_what_is_missing_is_covered_once() -> None:
    dice = random.Random(0)
    for _ in range(200):
        total = dice.randrange(1, 6000)
        begun = dice.randrange(0, total + 1)
        firsts = sorted(dice.sample(range(begun, total), min(3, total - begun)))
        ends = [*firsts[1:], total]
        made = {first: dice.randint(first, max(first, end)) for first, end in zip(firsts, ends, strict=True)}
        count = dice.randrange(1, 9)
        plan = planned(begun, made, total, count)
        there = set(range(begun)) | {i for first, after in made.items() for i in range(first, after)}
        assert frames_of(plan, total) == [i for i in range(total) if i not in there]
        assert plan[-1].end is None  # footage may be longer than it says
        assert [each.first for each in plan] == sorted({each.first for each in plan})
        assert all(each.next == made.get(each.first, each.first) for each in plan)


def test_as_many_as_are_wanted_and_pay() -> None:
    assert len(planned(0, {}, 4 * LEAST_FRAMES, 4)) == 4
    assert len(planned(0, {}, 4 * LEAST_FRAMES - 1, 4)) == 3
    assert len(planned(0, {}, 10, 4)) == 1
    assert most_stretches(4 * LEAST_FRAMES - 1) == 3


def test_late_stretches_are_shorter() -> None:
    """Frames before a stretch are passed over at a tenth of what it costs to convert them."""
    plan = planned(0, {}, 10_000, 4)
    ends = [*[each.end for each in plan[:-1]], 10_000]
    costs = [0.1 * each.first + (end or 0) - each.first for each, end in zip(plan, ends, strict=True)]
    assert max(costs) - min(costs) < 2


def test_a_gap_in_the_middle_goes_on_in_its_place() -> None:
    plan = planned(500, {500: 1000, 2000: 2300}, 2300, 1)
    assert plan == [Stretch(first=500, next=1000, end=2000), Stretch(first=2000, next=2300, end=None)]
