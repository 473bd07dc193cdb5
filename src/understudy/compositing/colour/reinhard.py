"""Mean and deviation of each Lab channel."""

from __future__ import annotations

import numpy as np

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits, guarded_map
from understudy.compositing.colour.moments import covariance, mean
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.spaces import Colours, lab_from_rgb

_LEAST_DEVIATION = 0.5  # Lab units; flatter than any lit skin


def fit_lab(drawn: ColourSample, target: ColourSample, limits: ColourLimits) -> ColourMap:
    """Carry mean and deviation of L*, a* and b* to those of the target.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.
        limits: how far to go.

    Returns:
        The map from the drawn face's colours to the target's.

    Reference:
        Reinhard et al., Color transfer between images, IEEE CG&A 21(5), 2001, eq. 10-11; in CIE Lab
        rather than l-alpha-beta.
    """
    before, after = lab_from_rgb(drawn.colours), lab_from_rgb(target.colours)
    spread = [
        np.maximum(np.sqrt(np.diag(covariance(lab, sample.weights))), _LEAST_DEVIATION)
        for lab, sample in ((before, drawn), (after, target))
    ]
    gain = np.clip(spread[1] / spread[0], 1 / limits.gain, limits.gain).astype(np.float32)
    centre = mean(before, drawn.weights).astype(np.float32)
    shift = (mean(after, target.weights) - mean(before, drawn.weights)).astype(np.float32)
    shift = np.clip(shift, -limits.most, limits.most)

    def change(lab: Colours) -> Colours:
        return np.asarray(gain * (lab - centre) + centre + shift, np.float32)

    return guarded_map(change, drawn, limits)
