"""Looks for the watermark of speech; `watermark_read` says how what chance does is bounded."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.sound_mark import (
    BANDS,
    CHIPS,
    HOP,
    RATE_HZ,
    Samples,
    SoundPattern,
    band_lines,
    sound_pattern,
    window,
)
from understudy.provenance.watermark_code import CHECK_BITS, CODED_BITS, decoded
from understudy.provenance.watermark_detect import Detection
from understudy.provenance.watermark_read import chance

LEAST_S = 1.5
_STEP = HOP // 2  # samples by which the time is shifted at once
_STEPS = HOP // _STEP  # of a chip
_CLOCKS = CHIPS * _STEPS
_SECTION = round(16 * RATE_HZ / _STEP)  # steps that are looked at together
_QUIETEST_DB = 45.0  # below the loudest: what is softer says nothing
_AROUND = 4  # bands on both sides: what they do together is speech
_PACES = 60  # of a section's paces so many are told apart
_LARGEST = 3.0  # deviations: more is speech

Floats = NDArray[np.float64]


class SoundLooker:
    """Looks at sound that comes block by block, and remembers little of it."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._waiting = np.zeros(0, np.float32)
        self._levels: list[Floats] = []  # of a section that is not complete
        self._period = np.zeros((_CLOCKS, BANDS))  # what is said of each band at each step of a period
        self._steps = 0

    @property
    def seconds(self) -> float:
        """How much there was."""
        return (self._steps + sum(map(len, self._levels))) * _STEP / RATE_HZ

    def add(self, blocks: Iterable[Samples]) -> None:
        """Take in (n,) float32 blocks at `RATE_HZ`, one after the other."""
        for block in blocks:
            sound = np.concatenate([self._waiting, block])
            count = max(0, (len(sound) - 2 * HOP) // _STEP + 1)
            if count:
                self._levels.append(_levels(sound, count))
            self._waiting = sound[count * _STEP :]
            while sum(map(len, self._levels)) >= 2 * _SECTION:
                levels = np.concatenate(self._levels)
                self._look(levels[:_SECTION])
                self._levels = [levels[_SECTION:]]

    def found(self, pattern: SoundPattern | None = None) -> Detection | None:
        """What is likeliest a mark; nothing is taken in any more.

        Args:
            pattern: that the mark was made with; of the public key where None.

        Returns:
            None where there is too little sound, or none at all.
        """
        if self.seconds < LEAST_S:
            return None
        if self._levels:
            self._look(np.concatenate(self._levels))
            self._levels = []
        if not self._period.any():
            return None
        pattern = pattern or sound_pattern()
        places = (np.arange(_CLOCKS)[:, None] + _STEPS * np.arange(CHIPS)) % _CLOCKS
        folded = self._period[places]  # (clocks, chips, bands)
        length = np.sqrt((np.square(folded) * np.abs(pattern.pilot)).sum(axis=(1, 2)))
        scores = np.einsum("kcb,cb->k", folded, pattern.pilot) / np.maximum(length, 1e-30)
        clock = int(scores.argmax())
        votes = folded[clock] * pattern.data
        payload = decoded(np.bincount(pattern.bit.ravel(), votes.ravel(), CODED_BITS))
        by_check = 1.0 if payload is None else 2.0**-CHECK_BITS
        p_value = min(chance(float(scores[clock]), math.log(_CLOCKS)), by_check)
        return Detection(payload=payload, score=float(scores[clock]), p_value=min(1.0, 2 * p_value))

    def _look(self, levels: Floats) -> None:
        evidence = _evidence(levels)
        at = (self._steps + np.arange(len(evidence))) % _CLOCKS
        np.add.at(self._period, at, evidence)
        self._steps += len(levels)


def _levels(sound: Samples, count: int) -> Floats:
    """(count, BANDS) power at each step."""
    lines = band_lines()
    cut = np.lib.stride_tricks.sliding_window_view(sound, 2 * HOP)[::_STEP][:count]
    power = np.square(np.abs(np.fft.rfft(cut * window(), axis=1)))
    return np.add.reduceat(power[:, : lines[-1]], lines[:-1], axis=1)


def _evidence(levels: Floats) -> Floats:
    """(t, BANDS) by how much a chip that begins at each step is louder than it would be, by how sure that is.

    Known without any sign: what a filter matched to faint signs sees in levels that mostly change slowly.
    """
    least = max(float(levels.max()) * 10 ** (-_QUIETEST_DB / 10), 1e-30)
    is_heard, change = levels > least, 10 * np.log10(np.maximum(levels, least))
    wide = np.cumsum(np.pad(change, ((0, 0), (_AROUND + 1, _AROUND)), mode="edge"), axis=1)
    change = change - (wide[:, 2 * _AROUND + 1 :] - wide[:, : -2 * _AROUND - 1]) / (2 * _AROUND + 1)
    seen = np.fft.rfft(change, axis=0)
    power = np.square(np.abs(seen)).mean(axis=1)
    near = max(3, len(power) // _PACES)
    total = np.cumsum(np.pad(power, (near + 1, near), mode="edge"))
    smooth = (total[2 * near + 1 :] - total[: -2 * near - 1]) / (2 * near + 1)
    white = np.fft.irfft(seen / np.maximum(smooth, 1e-30)[:, None], n=len(change), axis=0)
    white /= max(float(np.sqrt(np.square(white).mean())), 1e-30)
    white = np.clip(white, -_LARGEST, _LARGEST) * is_heard
    total = np.cumsum(np.pad(white, ((1, _STEPS - 1), (0, 0))), axis=0)
    return total[_STEPS:] - total[:-_STEPS]
