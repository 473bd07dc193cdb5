"""Which frames of an output are its worst and its best, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.faces.openings import MEASURES

Values = NDArray[np.float64]
Series = Mapping[str, Sequence[float | None]]

HIGHEST = 6.0  # deviations; further off is no worse to look at
_MAD_TO_SIGMA = 1.4826
_LEAST_GAP_S = 0.4

NO_FACE = "no face found in the output"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedFrame:
    """One frame and how it came to its place.

    Args:
        position: index into the series.
        time_s: its presentation time.
        score: 0 is as good as this output gets, `HIGHEST` the worst there is.
        reason: why, in words.
    """

    position: int
    time_s: float
    score: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The ends of the scale.

    Args:
        worst: worst first.
        best: best first; none of them is among the worst.
        figures: names of the figures that took part.
    """

    worst: list[RankedFrame]
    best: list[RankedFrame]
    figures: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """Something that can be wrong with a frame.

    Args:
        name: in a list of what takes part.
        floor: a deviation that nobody would see; keeps noise from being ranked.
        value: the series to (n,), higher is worse, NaN where not known; None where it is not there.
        words: what is wrong in a frame; the series and the position in, words out.
    """

    name: str
    floor: float
    value: Callable[[Series], Values | None]
    words: Callable[[Series, int], str]


def rank_frames(series: Series, count: int = 6) -> Ranking:
    """Rank frames by how far their figures lie above what is usual in this output.

    Each figure of a frame becomes a robust z-score: its distance above the figure's median in
    standard deviations, estimated by the median absolute deviation, 0 below the median and at most
    `HIGHEST`. The score is the root mean square of those that are known. A frame in which the target
    shows a face and the output none gets `HIGHEST`. Frames without a face in the target take no part.

    Args:
        series: as of `EvaluateResult.series`.
        count: how many of each end; they are apart by a share of the length, so that one bad moment
            does not fill the list.

    Returns:
        Both ends; fewer frames where there are not so many apart, no worst where all are alike.
    """
    times = _known(series, "time_s")
    if times is None or not len(times):
        return Ranking(worst=[], best=[], figures=[])
    found = [(figure, values) for figure in _FIGURES if (values := figure.value(series)) is not None]
    found = [(figure, values) for figure, values in found if np.isfinite(values).any()]
    if not found:
        return Ranking(worst=[], best=[], figures=[])
    z = np.stack([_deviations(values, figure.floor) for figure, values in found])
    score, tie = _scores(z)
    lost = _lost(series, len(times))
    score[lost] = HIGHEST
    gap_s = max(_LEAST_GAP_S, float(np.nanmax(times) - np.nanmin(times)) / (2 * count))

    def worst_words(at: int) -> str:
        return NO_FACE if lost[at] else found[int(np.nanargmax(z[:, at]))][0].words(series, at)

    def best_words(at: int) -> str:
        order = np.argsort(z[:, at])  # what is not known sorts last
        names = [found[i][0].name for i in order[:2] if np.isfinite(z[i, at])]
        return f"best in {' and '.join(names)}"

    bad = np.where(score > 0, score, np.nan)
    worst = _spread(np.lexsort((-tie, -bad)), bad, times, count, gap_s)
    left = np.where(lost, np.nan, score)
    left[worst] = np.nan
    best = _spread(np.lexsort((tie, left)), left, times, count, gap_s)
    return Ranking(
        worst=[_frame(at, times, score, worst_words(at)) for at in worst],
        best=[_frame(at, times, score, best_words(at)) for at in best],
        figures=[figure.name for figure, _ in found],
    )


def _frame(at: int, times: Values, score: Values, reason: str) -> RankedFrame:
    return RankedFrame(position=at, time_s=float(times[at]), score=float(score[at]), reason=reason)


def _deviations(values: Values, floor: float) -> Values:
    """Signed robust z-scores, at most `HIGHEST` either way."""
    middle = np.nanmedian(values)
    spread = max(_MAD_TO_SIGMA * float(np.nanmedian(np.abs(values - middle))), floor)
    return np.clip((values - middle) / spread, -HIGHEST, HIGHEST)


def _scores(z: Values) -> tuple[Values, Values]:
    """Root mean square above the median, and the plain mean, which parts frames of equal score."""
    known = np.isfinite(z)
    n = np.maximum(known.sum(axis=0), 1)
    above = np.where(known, np.maximum(np.nan_to_num(z), 0), 0)
    score = np.sqrt(np.square(above).sum(axis=0) / n)
    score[~known.any(axis=0)] = np.nan
    return score, np.where(known, np.nan_to_num(z), 0).sum(axis=0) / n


def _spread(order: NDArray[np.intp], score: Values, times: Values, count: int, gap_s: float) -> list[int]:
    """The first of `order` that have a score and are `gap_s` apart."""
    chosen: list[int] = []
    for at in order.tolist():
        if len(chosen) == count:
            break
        if np.isfinite(score[at]) and all(abs(times[at] - times[other]) >= gap_s for other in chosen):
            chosen.append(at)
    return chosen


def _lost(series: Series, n: int) -> NDArray[np.bool_]:
    """Frames whose target shows a face and whose output does not."""
    target, output = _known(series, f"{MEASURES[0]}_target"), _known(series, f"{MEASURES[0]}_output")
    if target is None or output is None:
        return np.zeros(n, np.bool_)
    return np.isfinite(target) & ~np.isfinite(output)


def _known(series: Series, name: str) -> Values | None:
    return np.array(series[name], np.float64) if name in series else None


def _plain(name: str, sign: float = 1.0) -> Callable[[Series], Values | None]:
    def value(series: Series) -> Values | None:
        values = _known(series, name)
        return None if values is None else sign * values

    return value


def _apart(measure: str) -> Callable[[Series], Values | None]:
    """How far output and target differ beyond what two people always differ by."""

    def value(series: Series) -> Values | None:
        output, target = _known(series, f"{measure}_output"), _known(series, f"{measure}_target")
        if output is None or target is None or not np.isfinite(output - target).any():
            return None
        return np.abs(output - target - np.nanmedian(output - target))

    return value


def _nearer_to_target(series: Series) -> Values | None:
    source, target = _known(series, "d_source"), _known(series, "d_target")
    return None if source is None or target is None else source - target


def _mouth_words(series: Series, at: int) -> str:
    output, target = float(series["mouth_open_output"][at] or 0), float(series["mouth_open_target"][at] or 0)
    shut, opened = 0.05, 0.1  # inter-ocular distances
    if output < shut and target > opened:
        return "mouth shut while the target's is open"
    if target < shut and output > opened:
        return "mouth open while the target's is shut"
    return f"mouth {'less' if output < target else 'further'} open than the target's"


def _eye_words(series: Series, at: int) -> str:
    values = [np.array(series[f"eye_open_{name}"], np.float64) for name in ("output", "target")]
    output, target = (float(value[at] / max(np.nanmedian(value), 1e-6)) for value in values)
    shut, opened = 0.5, 0.75  # of each person's usual opening
    if output < shut and target > opened:
        return "eyes shut while the target's are open"
    if target < shut and output > opened:
        return "eyes open while the target's are shut"
    return f"eyes {'less' if output < target else 'further'} open than the target's"


def _identity_words(series: Series, at: int) -> str:
    source, target = series["d_source"][at] or 0.0, series["d_target"][at] or 0.0
    return (
        "nearer to the target than to the source"
        if source > target
        else "less like the source than elsewhere"
    )


def _degrees(text: str, name: str) -> Callable[[Series, int], str]:
    return lambda series, at: f"{text}, {series[name][at] or 0:.0f}° off"


def _always(text: str) -> Callable[[Series, int], str]:
    return lambda _series, _at: text


_FIGURES = (
    _Figure(name="mouth", floor=0.02, value=_apart("mouth_open"), words=_mouth_words),
    _Figure(name="eyes", floor=0.01, value=_apart("eye_open"), words=_eye_words),
    _Figure(
        name="expression",
        floor=0.01,
        value=_plain("rms"),
        words=_always("another expression than the target's"),
    ),
    _Figure(
        name="gaze", floor=1.5, value=_plain("gaze_deg"), words=_degrees("eyes look elsewhere", "gaze_deg")
    ),
    _Figure(
        name="pose", floor=0.75, value=_plain("pose_deg"), words=_degrees("head turned otherwise", "pose_deg")
    ),
    _Figure(
        name="flicker", floor=0.3, value=_plain("flicker"), words=_always("face jumps from the frame before")
    ),
    _Figure(name="seam", floor=0.3, value=_plain("seam"), words=_always("the mask's border shows")),
    _Figure(name="identity", floor=0.03, value=_nearer_to_target, words=_identity_words),
    _Figure(name="truth", floor=0.01, value=_plain("ssim", -1.0), words=_always("far from the truth")),
)
