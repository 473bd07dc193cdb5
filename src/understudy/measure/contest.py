"""Several outputs of one target compared in one figure: who is best, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from understudy.measure.block_length import Values
from understudy.measure.bootstrap import (
    Estimate,
    correlation_difference_interval,
    correlation_interval,
    difference_interval,
    mean_interval,
)
from understudy.measure.comparison import Series
from understudy.measure.expression import says_something
from understudy.measure.figure_kinds import SERIES, Better, FigureKind
from understudy.measure.leads import Stretch, best_shares, clear_stretches

Verdict = Literal["wins", "tie", "only one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """How the outputs stand in one figure.

    Args:
        key: the figure, one of `figure_kinds.FIGURES`.
        name: as in `FigureKind`, like the next five.
        values: output to its figure with interval; None where it could not be measured.
        unranked: outputs that are not swapped and would win by that; they are shown and not compared.
        best: the output that is best on common frames; None where no ranked one has a value.
        verdict: "wins" where the best one's lead over each other output is outside chance, "tie"
            where it is not, "only one" where there is nothing to compare with.
        ties_with: outputs that the best one cannot be told from.
        leads: other outputs to how much better the best one is on the frames that both know (above 0 is
            better, whichever direction that is), with interval.
        best_share: output to the share of frames, 0 to 1, in which it alone is best; None where it takes
            no part or has nobody to be better than.
        stretches: times in which one output is clearly better than all others.
    """

    key: str
    name: str
    better: Better
    unit: str
    digits: int
    explanation: str
    follows: bool
    values: dict[str, Estimate | None]
    unranked: list[str]
    best: str | None
    verdict: Verdict | None
    ties_with: list[str]
    leads: dict[str, Estimate | None]
    best_share: dict[str, float | None]
    stretches: list[Stretch]

    @property
    def verdict_in_words(self) -> str:
        """Who is best."""
        if self.verdict == "wins":
            return str(self.best)
        if self.verdict == "tie" and len(self.ties_with) < len(self.leads):
            return f"{self.best} or {', '.join(self.ties_with)}"
        return "tie" if self.verdict == "tie" else "-"


def compare_figure(
    kind: FigureKind,
    outputs: Mapping[str, Series],
    times_s: Sequence[float],
    *,
    unswapped: Collection[str] = (),
    seed: int = 0,
) -> Contest | None:
    """Compare outputs in one figure.

    Args:
        kind: the figure.
        outputs: label to the series of `Comparison`, one value for each of the same frames.
        times_s: (n,) times of the frames, rising.
        unswapped: labels of outputs that still show the target's own face.
        seed: of the resampling.

    Returns:
        How they stand; None where the figure was measured in none of them.
    """
    values = {label: estimate(kind, series, seed=seed) for label, series in outputs.items()}
    if all(value is None for value in values.values()):
        return None
    unranked = [label for label in outputs if kind.needs_swap and label in unswapped]
    sign = 1 if kind.better == "higher" else -1
    ranked = [label for label, e in values.items() if e is not None and label not in unranked]
    best = _best(kind, {label: outputs[label] for label in ranked}, sign, seed)
    leads = {
        label: _lead(kind, outputs[best], outputs[label], sign, seed)
        for label in ranked
        if best is not None and label != best
    }
    ties = [label for label, lead in leads.items() if lead is None or lead.sign <= 0]
    per_frame = {label: frame_quality(kind, outputs[label]) for label in ranked}
    return Contest(
        key=kind.key,
        name=kind.name,
        better=kind.better,
        unit=kind.unit,
        digits=kind.digits,
        explanation=kind.explanation,
        follows=kind.follows,
        values=values,
        unranked=unranked,
        best=best,
        verdict=None if best is None else "only one" if not leads else "tie" if ties else "wins",
        ties_with=ties,
        leads=leads,
        best_share=dict.fromkeys(outputs) | (best_shares(per_frame) if len(per_frame) > 1 else {}),
        stretches=clear_stretches(per_frame, times_s),
    )


def estimate(kind: FigureKind, series: Series, *, seed: int = 0) -> Estimate | None:
    """One output's figure with its interval; None where it was not measured, or would be chance."""
    if kind.follows:
        return correlation_interval(*_followed(kind, series), seed=seed)
    return mean_interval(frame_values(kind, series), seed=seed)


def frame_values(kind: FigureKind, series: Series) -> Values:
    """(n,) the figure frame by frame, NaN where not known: its mean is the figure.

    Of a correlation, what each frame takes from 1: half the squared distance of the two standardised
    series.
    """
    if kind.follows:
        output, target = _followed(kind, series)
        return np.square(_standardised(output, target) - _standardised(target, output)) / 2
    if kind.key == "nearer_to_source":
        source, target = _of(series, "d_source"), _of(series, "d_target")
        return np.where(np.isfinite(source + target), 100.0 * (source < target), np.nan)
    if kind.key == "face_found":
        target, output = _of(series, "mouth_open_target"), _of(series, "mouth_open_output")
        return np.where(np.isfinite(target), 100.0 * np.isfinite(output), np.nan)
    return _of(series, SERIES[kind.key])


def frame_quality(kind: FigureKind, series: Series) -> Values:
    """(n,) `frame_values`, turned so that higher is better."""
    values = frame_values(kind, series)
    return values if kind.better == "higher" and not kind.follows else -values


def _best(kind: FigureKind, outputs: Mapping[str, Series], sign: int, seed: int) -> str | None:
    """Who leads over the others on common frames: a short output is not best for its easy frames."""
    best: str | None = None
    for label, series in outputs.items():
        lead = None if best is None else _lead(kind, series, outputs[best], sign, seed)
        if best is None or (lead is not None and lead.value > 0):
            best = label
    return best


def _lead(kind: FigureKind, best: Series, other: Series, sign: int, seed: int) -> Estimate | None:
    if kind.follows:
        (one, target), (another, _) = _followed(kind, best), _followed(kind, other)
        if not says_something(target[np.isfinite(one + another + target)]):
            return None
        return correlation_difference_interval(one, another, target, seed=seed)
    return difference_interval(sign * frame_values(kind, best), sign * frame_values(kind, other), seed=seed)


def _followed(kind: FigureKind, series: Series) -> tuple[Values, Values]:
    """The measure of output and target that a correlation is taken of, unknown where it would be chance."""
    measure = kind.key.removesuffix("_r")
    output, target = _of(series, f"{measure}_output"), _of(series, f"{measure}_target")
    if not says_something(target[np.isfinite(output + target)]):
        return np.full_like(output, np.nan), np.full_like(target, np.nan)
    return output, target


def _standardised(values: Values, other: Values) -> Values:
    """Values with mean 0 and deviation 1 over the frames that both know."""
    known = np.isfinite(values) & np.isfinite(other)
    if known.sum() < 3 or np.ptp(values[known]) < 1e-9:
        return np.full(len(values), np.nan)
    return np.where(known, (values - values[known].mean()) / values[known].std(), np.nan)


def _of(series: Series, name: str) -> Values:
    values = series.get(name)
    return np.full(_length(series), np.nan) if values is None else np.array(values, np.float64)


def _length(series: Series) -> int:
    return max(map(len, series.values()), default=0)
