"""Quantiles of each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits, guarded_map
from understudy.compositing.colour.quantiles import quantiles
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.spaces import Colours, through_rgb

_AT = np.linspace(0.02, 0.98, 13)  # beyond them single cells decide
_LEAST_STEP = 0.0025  # RGB between knots; nearer ones tell no gain


def fit_histogram(drawn: ColourSample, target: ColourSample, limits: ColourLimits) -> ColourMap:
    """Carry the histograms of red, green and blue to those of the target, each by a rising curve.

    The curve goes through the medians; its slope stays within the gain's limits, and beyond the
    outermost quantiles it is that of a plain shift.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.
        limits: how far to go.

    Returns:
        The map from the drawn face's colours to the target's.
    """
    curves = [
        monotone_curve(
            quantiles(drawn.colours[:, i], drawn.weights, _AT),
            quantiles(target.colours[:, i], target.weights, _AT),
            limits.gain,
        )
        for i in range(3)
    ]

    def change(rgb: Colours) -> Colours:
        out = [rgb[:, i] + np.interp(rgb[:, i], x, y - x) for i, (x, y) in enumerate(curves)]
        return np.stack(out, axis=1).astype(np.float32)

    return guarded_map(through_rgb(change), drawn, limits)


def monotone_curve(
    before: NDArray[np.float64], after: NDArray[np.float64], most_gain: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve from quantiles to quantiles whose slope is limited.

    Args:
        before: (k,) quantiles, not falling.
        after: (k,) quantiles at the same ranks.
        most_gain: steepest slope; the flattest is its inverse.

    Returns:
        (k,) knots and (k,) values there; the middle knot keeps its value.
    """
    run, rise = np.diff(before), np.diff(after)
    # a floor under both, so that slopes between knots that coincide are 1 and not a matter of noise
    slope = np.clip((rise + _LEAST_STEP) / (run + _LEAST_STEP), 1 / most_gain, most_gain)
    steps = np.concatenate([[0.0], np.cumsum(slope * run)])
    middle = len(before) // 2
    return before + np.arange(len(before)) * 1e-9, after[middle] + steps - steps[middle]
