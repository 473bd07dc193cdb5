"""Who is best in a figure, on series whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from measure.made_series import autoregressive
from understudy.measure.comparison import Comparison, Series
from understudy.measure.contest import Contest, compare_figure, frame_quality, frame_values
from understudy.measure.expression import pearson
from understudy.measure.figure_kinds import FIGURES

KINDS = {kind.key: kind for kind in FIGURES}
N = 400
TIMES_S = [i / 25 for i in range(N)]


def contest(key: str, outputs: dict[str, Series], **options: object) -> Contest:
    found = compare_figure(KINDS[key], outputs, TIMES_S, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def with_offsets(name: str, offsets: dict[str, float], noise: float = 0.3) -> dict[str, Series]:
    hard = autoregressive(0, N, 0.9)[:, 0]
    own = autoregressive(2, N, 0.5, len(offsets)).T
    return {
        label: {name: list(hard + offset + noise * x)}
        for (label, offset), x in zip(offsets.items(), own, strict=True)
    }


@pytest.mark.parametrize(
    ("key", "name", "winner"), [("truth_ssim", "ssim", "b"), ("gaze_deg", "gaze_deg", "a")]
)
def test_the_better_one_wins_in_the_figures_own_direction(key: str, name: str, winner: str) -> None:
    found = contest(key, with_offsets(name, {"a": 0.0, "b": 1.0}))
    assert (found.best, found.verdict, found.verdict_in_words) == (winner, "wins", winner)
    (lead,) = found.leads.values()
    assert lead.value == pytest.approx(1, abs=0.2)  # type: ignore[union-attr]
    assert lead.low > 0  # type: ignore[union-attr, operator]
    assert found.best_share[winner] > 0.9  # type: ignore[operator]
    assert {stretch.label for stretch in found.stretches} == {winner}


def test_equals_tie_and_so_does_the_same_file_twice() -> None:
    found = contest("truth_ssim", with_offsets("ssim", {"a": 0.0, "b": 0.01}))
    assert (found.verdict, found.verdict_in_words) == ("tie", "tie")
    same = with_offsets("ssim", {"a": 0.0})["a"]
    found = contest("truth_ssim", {"a": same, "b": same})
    assert (found.verdict, found.ties_with) == ("tie", ["b"])
    assert found.best_share == {"a": 0, "b": 0}
    assert found.stretches == []


def test_an_output_of_the_easy_frames_only_is_not_best_for_them() -> None:
    level = np.where(np.arange(N) < N // 2, 10.0, 0.0)
    noise = 0.1 * autoregressive(5, N, 0.3)[:, 0]
    outputs: dict[str, Series] = {
        "whole": {"ssim": list(level + 1)},
        "half": {"ssim": [*(level + noise)[: N // 2], *[None] * (N // 2)]},
    }
    found = contest("truth_ssim", outputs)
    assert found.values["half"].value > found.values["whole"].value  # type: ignore[union-attr]
    assert (found.best, found.verdict) == ("whole", "wins")


def test_two_that_cannot_be_told_apart_are_named_before_a_third() -> None:
    found = contest("truth_ssim", with_offsets("ssim", {"a": 1.0, "b": 1.01, "c": 0.0}))
    assert found.verdict == "tie"
    assert set(found.verdict_in_words.split(" or ")) == {"a", "b"}


def test_a_correlation_is_that_of_the_measure_and_frames_add_up_to_it() -> None:
    target, noise, more = autoregressive(3, N, 0.9, 3).T
    outputs: dict[str, Series] = {
        "near": {"mouth_open_target": list(target), "mouth_open_output": list(target + 0.3 * noise)},
        "far": {"mouth_open_target": list(target), "mouth_open_output": list(target + 3 * more)},
    }
    found = contest("mouth_open_r", outputs)
    assert (found.best, found.verdict) == ("near", "wins")
    series = outputs["far"]
    r = pearson(series["mouth_open_output"], series["mouth_open_target"])
    assert found.values["far"].value == pytest.approx(r)  # type: ignore[union-attr]
    taken = frame_values(KINDS["mouth_open_r"], series)
    assert 1 - taken.mean() == pytest.approx(r)
    assert frame_quality(KINDS["mouth_open_r"], series).mean() < 0


def test_shares_of_frames_are_percent() -> None:
    source = [0.3, 0.6, None, 0.3]
    series: Series = {
        "d_source": source,
        "d_target": [0.5] * 4,
        "mouth_open_target": [1.0, 1.0, 1.0, None],
        "mouth_open_output": [1.0, None, None, 1.0],
    }
    nearer = frame_values(KINDS["nearer_to_source"], series)
    np.testing.assert_array_equal(nearer, [100, 0, np.nan, 100])
    found = frame_values(KINDS["face_found"], series)
    np.testing.assert_array_equal(found, [100, 0, 0, np.nan])


def test_what_is_not_swapped_is_shown_and_not_ranked() -> None:
    outputs = with_offsets("pose_deg", {"swap": 2.0, "other": 5.0, "nothing": 0.0})
    found = contest("pose_deg", outputs, unswapped=["nothing"])
    assert (found.best, found.unranked, found.verdict) == ("swap", ["nothing"], "wins")
    assert found.values["nothing"] is not None
    assert found.best_share["nothing"] is None
    ranked = contest("truth_ssim", with_offsets("ssim", {"swap": 0.0, "nothing": 1.0}), unswapped=["nothing"])
    assert ranked.best == "nothing"  # the truth tells by itself
    alone = contest("pose_deg", {"nothing": outputs["nothing"]}, unswapped=["nothing"])
    assert (alone.best, alone.verdict) == (None, None)


def test_who_has_nobody_to_be_better_than_is_best_in_no_share_of_the_frames() -> None:
    outputs = with_offsets("pose_deg", {"swap": 2.0, "nothing": 0.0})
    found = contest("pose_deg", outputs, unswapped=["nothing"])
    assert (found.best, found.verdict) == ("swap", "only one")
    assert found.best_share == {"swap": None, "nothing": None}
    assert found.stretches == []


def test_what_was_not_measured() -> None:
    assert compare_figure(KINDS["truth_ssim"], {"a": {}, "b": {}}, TIMES_S) is None
    one: Series = with_offsets("ssim", {"a": 0.0})["a"]
    found = contest("truth_ssim", {"a": one, "b": {"ssim": [None] * N}})
    assert (found.best, found.verdict, found.values["b"]) == ("a", "only one", None)


@pytest.mark.parametrize(("frames", "motion", "is_ranked"), [(N, 0.002, False), (7, 1, False), (8, 1, True)])
def test_no_verdict_on_following_what_hardly_moves(frames: int, motion: float, is_ranked: bool) -> None:
    """`Comparison.correlation` withholds the same figures."""
    target, noise, more = motion * autoregressive(3, frames, 0.9, 3).T / 3
    series = {"near": target + 0.1 * noise, "far": target + 2 * more}
    outputs: dict[str, Series] = {
        label: {"brow_target": list(target), "brow_output": list(output)} for label, output in series.items()
    }
    found = compare_figure(KINDS["brow_r"], outputs, TIMES_S[:frames])
    assert (found is not None) == is_ranked
    assert np.isfinite(frame_values(KINDS["brow_r"], outputs["near"])).any() == is_ranked
    for one in outputs.values():
        assert (Comparison(series=one).correlation("brow") is not None) == is_ranked


def test_a_lead_is_chance_where_the_target_rests_in_the_frames_that_both_know() -> None:
    target, noise = autoregressive(3, N, 0.9, 2).T
    target[N // 2 :] *= 0.0005
    known_late: list[float | None] = [None] * (N // 2) + [float(v) for v in target[N // 2 :]]
    known_late[:20] = [float(v) for v in target[:20] + 5 * noise[:20]]
    near = target + 0.0001 * noise
    near[:20] = np.nan
    outputs: dict[str, Series] = {
        "near": {"brow_target": list(target), "brow_output": list(near)},
        "late": {"brow_target": list(target), "brow_output": known_late},
    }
    found = contest("brow_r", outputs)
    assert (found.best, found.verdict, found.leads) == ("near", "tie", {"late": None})
