"""What training is likely to bring from here, told by how held-out figures have gone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FLAT_GAIN = 0.002  # held-out SSIM: less is not seen
_HOUR_S = 3600.0
_FEWEST = 6  # validations that a slope can be told from
_RECENT = 3.0  # what is looked at begins at this part of the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What so much more time is likely to bring.

    Args:
        seconds: the time.
        gain: of held-out SSIM.
        uncertainty: its standard error.
    """

    seconds: float
    gain: float
    uncertainty: float


def is_flat(seconds: Sequence[float], ssim: Sequence[float]) -> bool:
    """Whether training as long again, an hour at most, is likely to bring nothing that is seen.

    One standard error more than is likely counts. Time is measured in the time that has passed, because
    what an hour brings to a model of five minutes nobody can tell after five minutes.
    """
    ahead = outlook(seconds, ssim, min(_HOUR_S, seconds[-1])) if len(seconds) else None
    return ahead is not None and ahead.gain + ahead.uncertainty < FLAT_GAIN


def outlook(seconds: Sequence[float], ssim: Sequence[float], further_s: float = _HOUR_S) -> Outlook | None:
    """Carry the recent course of held-out SSIM on.

    Learning curves are nearly straight over the logarithm of time and bend down later, so a line
    through the last two thirds of the time says at most what is to come. Its slope's standard error comes
    from how the validations scatter around it.

    Args:
        seconds: training time at each validation, rising.
        ssim: held-out SSIM there, likewise.
        further_s: the time that is asked about, from the last validation on.

    Returns:
        None where there are too few validations to tell.
    """
    at, values = np.asarray(seconds, float), np.asarray(ssim, float)
    now = float(at[-1]) if len(at) else 0.0
    recent = at >= now / _RECENT
    at, values = np.log(np.maximum(at[recent], 1e-9)), values[recent]
    if len(at) < _FEWEST or np.ptp(at) == 0:
        return None
    x = at - at.mean()
    slope = float(x @ values / (x @ x))
    left = values - values.mean() - slope * x
    error = math.sqrt(float(left @ left) / (len(at) - 2) / float(x @ x))
    e_folds = math.log((now + further_s) / now)
    return Outlook(seconds=further_s, gain=slope * e_folds, uncertainty=error * e_folds)
