"""Speech as what it is made of, a row every few milliseconds; what analyses and makes it is exchangeable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples

RATE_HZ = 24_000
HOP_S = 0.005
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SpeechFrames:
    """Speech taken apart, n rows of `HOP_S`.

    Args:
        f0_hz: (n,) pitch; 0 where there is none.
        cepstrum: (n, k) mel-cepstrum of the spectral envelope; its first coefficient is the level.
        aperiodicity: (n, bands) how much of each band is noise, in dB at most 0; as the vocoder codes it.
    """

    f0_hz: Floats
    cepstrum: Floats
    aperiodicity: Floats

    def __len__(self) -> int:
        return len(self.f0_hz)

    @property
    def is_voiced(self) -> NDArray[np.bool_]:
        """(n,) where there is a pitch."""
        return self.f0_hz > 0

    def part(self, start: int, end: int) -> SpeechFrames:
        """The rows from `start` up to `end`."""
        return SpeechFrames(
            f0_hz=self.f0_hz[start:end],
            cepstrum=self.cepstrum[start:end],
            aperiodicity=self.aperiodicity[start:end],
        )

    def louder(self, factor: float) -> SpeechFrames:
        """The same with its sound multiplied."""
        cepstrum = self.cepstrum.copy()
        cepstrum[:, 0] += np.float32(np.log(factor))
        return SpeechFrames(f0_hz=self.f0_hz, cepstrum=cepstrum, aperiodicity=self.aperiodicity)


class Vocoder(Protocol):
    """Takes speech of `RATE_HZ` apart and makes it again."""

    def analyse(self, sound: Samples, *, up_to_hz: float = RATE_HZ / 2) -> SpeechFrames:
        """Take (n,) samples apart; row i is about sample i * HOP_S * RATE_HZ.

        Args:
            sound: the samples.
            up_to_hz: above that the recording holds nothing; see `bandwidth_hz`.
        """
        ...

    def synthesise(self, frames: SpeechFrames, samples: int) -> Samples:
        """Make (samples,) of sound; it starts and ends without a click."""
        ...


def in_stretches(rows: NDArray[np.bool_], fewest: int) -> NDArray[np.bool_]:
    """(n,) which of `rows` have as many as `fewest` beside each other."""
    kept = rows.copy()
    for start, end in stretches_of(rows):
        if end - start < fewest:
            kept[start:end] = False
    return kept


def stretches_of(rows: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(k, 2) first row of each stretch of `rows`, and the first behind it."""
    return np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8))).reshape(-1, 2)
