"""The watermark in speech: bands that are a little louder or softer, by a pattern of signs.

Sound is cut into tiles, a chip long and a band wide. Signs of half of the bands are known from the key alone
(the pilot): by them a mark is found. The others carry the payload. It outlives coding, other sample rates,
levels and noise below speech; not another tempo or pitch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_code import CODED_BITS, coded

RATE_HZ = 24_000  # of the sound that is marked and looked at
HOP = 256  # samples: a chip lasts so long, and the window that it shows in twice as long
CHIPS = 128  # of a period: 1.4 s
BANDS = 72
_LOWEST_HZ, _BAND_HZ = 281.25, 93.75  # two lines of the spectrum each, up to 7 kHz
# speech itself changes slowly: of chips four times as long half as much is left of it by whitening
_LEVEL_DB = 1.25
_KEY = b"understudy sound 1"

Samples = NDArray[np.float32]
Signs = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class SoundPattern:
    """Signs of all tiles of a period.

    Args:
        pilot: (CHIPS, BANDS) int8 of -1, 1, and 0 in bands that carry the payload.
        data: the other way round: signs that coded bits are multiplied by.
        bit: (CHIPS, BANDS) which coded bit lies in each tile; of no meaning where `data` is 0.
    """

    pilot: Signs
    data: Signs
    bit: NDArray[np.int64]

    def signs_of(self, payload: int) -> Signs:
        """(CHIPS, BANDS) int8 of -1 and 1."""
        return np.asarray(self.pilot + self.data * coded(payload)[self.bit], np.int8)


@cache
def sound_pattern(key: bytes = _KEY) -> SoundPattern:
    """The pattern that follows from a key."""
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(key).digest(), "big")))
    signs = rng.choice(np.array([-1, 1], np.int8), (CHIPS, BANDS))
    # of neighbouring bands one is the pilot's, in turns from chip to chip: none depends on one part of speech
    is_pilot = (np.add.outer(np.arange(CHIPS), np.arange(BANDS)) % 2 == 0).astype(np.int8)
    places = rng.permutation(CHIPS * BANDS // 2) % CODED_BITS
    bit = np.zeros((CHIPS, BANDS), np.int64)
    bit[is_pilot == 0] = places
    return SoundPattern(pilot=signs * is_pilot, data=signs * (1 - is_pilot), bit=bit)


def band_lines() -> NDArray[np.int64]:
    """(BANDS + 1,) the first line of the spectrum of each band, and the one after the last."""
    line_hz = RATE_HZ / (2 * HOP)
    return np.rint((_LOWEST_HZ + _BAND_HZ * np.arange(BANDS + 1)) / line_hz).astype(np.int64)


def window() -> NDArray[np.float64]:
    """(2 * HOP,) square root of Hann's: applied twice, its halves add up to one."""
    return np.sin(np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP))


class SoundMark:
    """Marks speech, block by block.

    Args:
        payload: 0 to 2**64 - 1.
    """

    def __init__(self, payload: int, key: bytes = _KEY) -> None:
        """Know the signs.

        Raises:
            ValueError: the payload has more bits, or is negative.
        """
        signs = sound_pattern(key).signs_of(payload)
        gains = np.ones((CHIPS, HOP + 1))
        lines = band_lines()
        for band in range(BANDS):
            gains[:, lines[band] : lines[band + 1]] = 10 ** (_LEVEL_DB / 20 * signs[:, band, None])
        self._gains = gains

    def marked(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The same sound with the mark in it, however it is cut into blocks; as long, not clipped.

        Args:
            blocks: (n,) float32 each, at `RATE_HZ`, one after the other.

        Yields:
            Blocks of other lengths, together as long.
        """
        shape, length, given, frame = window(), 0, 0, 0
        waiting = np.zeros(HOP)  # half a frame before the first sample, so that each lies in two frames
        tail = np.zeros(HOP)  # what the last frame adds to the hop that comes
        for block in _with_end(blocks):
            if block is None:
                rest = -len(waiting) % HOP + HOP
                waiting = np.concatenate([waiting, np.zeros(rest)])
            else:
                length += len(block)
                waiting = np.concatenate([waiting, block.astype(np.float64)])
            ready = []
            while len(waiting) >= 2 * HOP:
                spectrum = np.fft.rfft(shape * waiting[: 2 * HOP])
                changed = shape * np.fft.irfft(spectrum * self._gains[frame % CHIPS])
                ready.append(tail + changed[:HOP])
                tail, waiting, frame = changed[HOP:], waiting[HOP:], frame + 1
            out = np.concatenate(ready) if ready else np.zeros(0)
            # the first hop lies before the sound
            skip = HOP if ready and frame == len(ready) else 0
            out = out[skip:]
            if block is None:
                out = np.concatenate([out, tail])[: length - given]
            given += len(out)
            if len(out):
                yield out.astype(np.float32)


def _with_end(blocks: Iterable[Samples]) -> Iterator[Samples | None]:
    yield from blocks
    yield None
