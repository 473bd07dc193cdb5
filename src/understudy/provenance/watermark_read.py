"""Reads waves as evidence for a mark, and says what chance would make of it.

What the chance of a false find is said to be is a bound that holds for any footage, not a fit to some: signs
are coins that were tossed before anybody saw the footage, and whatever weights a face gives them, the sum of
n coins with weights of square sum 1 exceeds z at most 3.18 times as often as a normal variable does.

Reference:
    Bentkus and Dzindzalieta, A tight Gaussian bound for weighted sums of Rademacher random variables,
    Bernoulli 2015, theorem 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_align import Place
from understudy.provenance.watermark_code import CODED_BITS
from understudy.provenance.watermark_pattern import EPOCH_S, EPOCHS, Floats, Pattern

_ABOVE_NORMAL = 3.1787  # how many times as often as a normal variable at most
_HEIGHT = 5.0  # grey levels above which more of a wave is no surer sign
_OWN = 9.0  # grey levels about which a wave is rather the face's own
_CLOCK_S = 0.5  # by how much the time is shifted at once
_CEILINGS = (
    19.0,
    26.0,
    36.0,
)  # waves to a side up to which is looked: small or small-made faces have no shorter


def evidence_of(waves: Pattern, lumas: Sequence[Floats], place: Place) -> Floats:
    """(frames, n) float32, how surely each wave goes up (above 0) or down: known without any sign."""
    seen = np.stack([waves.waves(place.canvas(luma)) for luma in lumas])
    # a wave that is made to have a sign is small; what a face's own features give is large
    return np.clip(seen / np.float32(_HEIGHT), -1, 1) * np.exp(
        np.square(seen / np.float32(_OWN)) / np.float32(-2)
    )


class Reader:
    """Reads views with the time shifted in several ways, and up to several numbers of waves to a side."""

    def __init__(self, waves: Pattern, times: NDArray[np.float64]) -> None:
        self._waves = waves
        self._pilot = waves.pilot[np.argsort(waves.frequency[waves.pilot], kind="stable")]
        self._ends = np.searchsorted(waves.frequency[self._pilot], _CEILINGS) - 1
        self._signs = waves.signs[:, self._pilot].astype(np.float32)
        # an image has an epoch, but no time
        step_s = EPOCH_S if float(np.ptp(times)) < _CLOCK_S else _CLOCK_S
        clocks = np.arange(0, EPOCHS * EPOCH_S, step_s)
        self._epochs = ((times + clocks[:, None]) // EPOCH_S).astype(np.int64) % EPOCHS
        self._shown = (self._epochs[:, None] == np.arange(EPOCHS)[:, None]).astype(np.float32)
        self.count = len(clocks) * len(_CEILINGS)

    def scores(self, evidence: Floats) -> Floats:
        """(clocks, ceilings) what the pilot says, in standard deviations of what other coins would say."""
        summed = self._shown @ evidence[:, self._pilot]  # (clocks, EPOCHS, pilots)
        said = np.cumsum((summed * self._signs).sum(axis=1), axis=1)[:, self._ends]
        square = np.cumsum(np.square(summed).sum(axis=1), axis=1)[:, self._ends]
        return np.asarray(said / np.sqrt(np.maximum(square, np.float32(1e-12))), np.float32)

    def alone(self, evidence: Floats, clock: int, ceiling: int) -> Floats:
        """(frames,) the same of each frame, with one reading."""
        used = slice(0, int(self._ends[ceiling]) + 1)
        seen = evidence[:, self._pilot[used]]
        said = (seen * self._signs[self._epochs[clock]][:, used]).sum(axis=1)
        return said / np.sqrt(np.maximum(np.square(seen).sum(axis=1), np.float32(1e-12)))

    def together(self, evidence: Floats, frames: Sequence[int], clock: int, ceiling: int) -> float:
        """The same of some frames together."""
        used = self._pilot[: int(self._ends[ceiling]) + 1]
        summed = self._shown[clock][:, frames] @ evidence[:, used]
        said = float((summed * self._signs[:, : len(used)]).sum())
        return said / max(float(np.square(summed).sum()), 1e-12) ** 0.5

    def soft(self, evidence: Floats, clock: int, ceiling: int) -> NDArray[np.float64]:
        """(CODED_BITS,) what each coded bit is held for."""
        data = self._waves.data
        votes = (evidence[:, data] * self._waves.signs[self._epochs[clock]][:, data]).sum(axis=0)
        votes[self._waves.frequency[data] > _CEILINGS[ceiling]] = 0
        return np.bincount(self._waves.bit, votes, CODED_BITS).astype(np.float64)


def chance(score: float, log_tests: float) -> float:
    """A bound on the chance that the best of some tests comes out so high without a mark.

    Args:
        score: in standard deviations.
        log_tests: natural logarithm of their number.
    """
    tail = _ABOVE_NORMAL / 2 * math.erfc(max(0.0, score) / math.sqrt(2))
    return math.exp(min(0.0, log_tests + math.log(tail))) if tail > 0 else 0.0
