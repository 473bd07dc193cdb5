"""Which frames of a swap came out worst, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from understudy.measure.frame_quality import EXPRESSION, FLICKER, IDENTITY, SEAM, FrameQuality

WORST_COUNT = 12
NOTABLE = 2.0  # deviations above the median; nearer to it a frame is as usual
APART_FRAMES = 12  # half a second: neighbours are bad for one reason

# deviations that nobody sees: a figure that hardly varies makes no frame bad. In five moving faces 1.3 grey
# levels of what comes and goes were not to be seen
_LEAST_DEVIATION = {IDENTITY: 0.01, EXPRESSION: 0.003, SEAM: 0.1, FLICKER: 1.0}
_TO_STANDARD = 1.4826  # of a median deviation to the standard deviation of normal values
_FEWEST = 8  # readings that say what is usual


def scored(
    qualities: Sequence[FrameQuality], usual: Sequence[FrameQuality] | None = None
) -> list[FrameQuality]:
    """Say how bad each frame is among all of them, or among those of another swap.

    A figure lies z median deviations above the median of all frames; below the median z is 0. Its part is
    ln(1 + z), because figures differ in how far their usual extremes lie out. The parts add up as squares.

    Args:
        qualities: of one swap, in any order; those of its pieces put together.
        usual: frames whose medians and deviations count, such as those of the swap before a training, so
            that both are told on one scale; the same frames if None.

    Returns:
        The same frames with `badness`, `reason` and `parts`.

    Reference:
        Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993 (the modified z-score).
    """
    parts: list[dict[str, float]] = [{} for _ in qualities]
    for name in dict.fromkeys(name for one in qualities for name in one.figures):
        known = _known(qualities if usual is None else usual, name)
        if np.isfinite(known).sum() < _FEWEST:
            continue
        median = float(np.nanmedian(known))
        deviation = _TO_STANDARD * float(np.nanmedian(np.abs(known - median)))
        above = _known(qualities, name) - median
        above = np.maximum(above, 0) / max(deviation, _LEAST_DEVIATION.get(name, 0.0), 1e-12)
        for i in np.flatnonzero(np.isfinite(above)).tolist():
            parts[i][name] = math.log1p(above[i])
    return [
        replace(
            one,
            badness=float(np.sqrt(sum(value * value for value in part.values()))),
            reason=max(part, key=part.__getitem__) if any(part.values()) else "",
            parts=part,
        )
        for one, part in zip(qualities, parts, strict=True)
    ]


def _known(qualities: Sequence[FrameQuality], name: str) -> NDArray[np.float64]:
    """(n,) a figure of each frame, not a number where it is not known."""
    values = np.array([one.figures.get(name, np.nan) for one in qualities], np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def worst_frames(
    qualities: Iterable[FrameQuality], count: int = WORST_COUNT, apart_frames: int = APART_FRAMES
) -> list[FrameQuality]:
    """The worst frames, spread over time and over what can be bad.

    One figure alone could fill the list. So each has its share, and more only where the others are as usual.

    Args:
        qualities: of `scored`.
        count: how many at most.
        apart_frames: frames that lie nearer to one that was chosen are left out.

    Returns:
        The worst first; none that is as usual in all figures. `reason` is the figure that it is here for.

    Raises:
        ValueError: a frame is not scored.
    """
    qualities = list(qualities)
    if any(one.badness is None for one in qualities):
        raise ValueError("the frames are not scored yet")
    candidates = [
        replace(one, reason=name)
        for one in qualities
        for name, part in one.parts.items()
        if part >= math.log1p(NOTABLE)
    ]
    candidates.sort(key=lambda one: (-one.parts[one.reason], one.frame_index))
    share = math.ceil(count / max(len({one.reason for one in candidates}), 1))
    chosen: list[FrameQuality] = []
    for most in (share, count):
        for one in candidates:
            if len(chosen) == count:
                break
            if sum(other.reason == one.reason for other in chosen) < most and all(
                abs(one.frame_index - other.frame_index) >= apart_frames for other in chosen
            ):
                chosen.append(one)
    return sorted(chosen, key=lambda one: (-(one.badness or 0.0), one.frame_index))
