"""Which waves a watermark is made of, in the upright face and in time, and which sign each is given.

The face square is told in waves of a lapped transform: blocks of 16 px of a canvas, each with a few waves
that fade into those of the next block. The long ones that lie on the face carry the mark: coding keeps them,
and a little more or less light there looks like shading. All signs change every 0.3 seconds, one pattern
fading into the next, and after `CHIPS` patterns it begins anew: what a face has of a wave by itself changes
more slowly. In the luma all signs are known from the public key, by which a mark is found (the pilot); in the
difference of blue, of which the eye sees the least, they carry the payload.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_code import CODED_BITS, coded

PUBLIC_KEY = b"understudy watermark, second form"
CANVAS_PX = 128  # the face square's side on the canvas
CHIPS = 16  # patterns that take turns
CHIP_S = 0.3
PERIOD_S = CHIPS * CHIP_S
_BLOCK_PX = 16
_WAVES = 4  # a block and axis: of 2, 6, 10 and 14 to a side of the face square
_LEAST, _MOST = 2.0, 11.0  # waves to a side: shorter ones are seen and are not kept in a small face
# half axes and centre of what is replaced of a face, on the canvas, and how square it is
_REACH_PX, _CENTRE_PX, _SQUARENESS = (42.0, 52.0), (63.5, 64.0), 2.5

Floats = NDArray[np.float32]
Signs = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """What a key makes of the waves.

    Args:
        analysis: (m, CANVAS_PX) float32, its rows orthonormal but at the border: a canvas X has the waves
            `analysis @ X @ analysis.T`.
        at: rows and columns of the n that are used, in these.
        rest: likewise of the others, by which it is known what a face does.
        frequency: (n,) float32, how many of each go on a side of the face square.
        pilot: (CHIPS, n) int8 of -1 and 1, the signs of the luma.
        data: (CHIPS, n) those of the difference of blue, before they are multiplied by those of coded bits.
        bit: (CHIPS, n) which coded bit each of these carries.
    """

    analysis: Floats
    at: tuple[NDArray[np.intp], NDArray[np.intp]]
    rest: tuple[NDArray[np.intp], NDArray[np.intp]]
    frequency: Floats
    pilot: Signs
    data: Signs
    bit: NDArray[np.intp]

    def waves(self, canvases: Floats) -> tuple[Floats, Floats]:
        """(.., n) and (.., rest) float32, how much of each wave is in (.., CANVAS_PX, CANVAS_PX) canvases."""
        all_waves = self.analysis @ canvases @ self.analysis.T
        return tuple(
            np.asarray(all_waves[..., rows, columns], np.float32) for rows, columns in (self.at, self.rest)
        )  # type: ignore[return-value]

    def picture(self, amounts: NDArray[np.floating]) -> Floats:
        """(.., CANVAS_PX, CANVAS_PX) float32 made of (.., n) amounts of the waves."""
        return np.asarray(self.analysis.T @ self.all_waves(amounts) @ self.analysis, np.float32)

    def all_waves(self, amounts: NDArray[np.floating]) -> Floats:
        """(.., m, m) float32 of (.., n) amounts: 0 for those that are not used."""
        rows = len(self.analysis)
        waves = np.zeros((*amounts.shape[:-1], rows, rows), np.float32)
        waves[..., self.at[0], self.at[1]] = amounts
        return waves

    def signs_of(self, payload: int) -> Signs:
        """(2, CHIPS, n) int8 of -1 and 1, those of a mark with a payload: of luma and difference of blue."""
        return np.stack([self.pilot, self.data * coded(payload)[self.bit]])


@lru_cache(4)
def pattern(key: bytes = PUBLIC_KEY) -> Pattern:
    """What a key makes of the waves; the same on every machine and for ever."""
    analysis, frequencies, centres = _lapped()
    rows, columns = np.meshgrid(np.arange(len(analysis)), np.arange(len(analysis)), indexing="ij")
    waves = np.hypot(frequencies[rows], frequencies[columns])
    away = [
        np.abs((centres[each] - centre) / reach) ** _SQUARENESS
        for each, centre, reach in zip((columns, rows), _CENTRE_PX, _REACH_PX, strict=True)
    ]
    used = (waves > _LEAST) & (waves < _MOST) & (away[0] + away[1] < 1)
    at, rest = (np.nonzero(chosen) for chosen in (used, ~used))
    shape = (CHIPS, len(at[0]))
    count = math.prod(shape)
    stream = hashlib.shake_256(key).digest(10 * count)
    order = np.argsort(np.frombuffer(stream, "<u8", count), kind="stable")
    coins = np.frombuffer(stream, np.uint8, 2 * count, 8 * count).reshape(2, *shape) & 1
    pilot, data = (1 - 2 * coins.astype(np.int8)).astype(np.int8)
    bit = np.empty(count, np.intp)
    bit[order] = np.arange(count) % CODED_BITS
    return Pattern(
        analysis=analysis,
        at=(at[0], at[1]),
        rest=(rest[0], rest[1]),
        frequency=waves[at].astype(np.float32),
        pilot=pilot,
        data=data,
        bit=bit.reshape(shape),
    )


def carriers(times_s: NDArray[np.float64]) -> Floats:
    """How much there is of each pattern at times of the video: one fades into the next, none flickers.

    Args:
        times_s: (t,) seconds.

    Returns:
        (t, CHIPS) float32, two of each row above 0, the sum of squares 1.
    """
    number = np.floor(times_s / CHIP_S).astype(np.int64)
    angle = (times_s / CHIP_S - number) * (math.pi / 2)
    shown, each = np.zeros((len(times_s), CHIPS), np.float32), np.arange(len(times_s))
    shown[each, number % CHIPS] = np.cos(angle)
    shown[each, (number + 1) % CHIPS] = np.sin(angle)
    return shown


def _lapped() -> tuple[Floats, NDArray[np.float64], NDArray[np.float64]]:
    """The analysis matrix, and of each row how many waves go on a side and the middle of its block.

    Reference:
        Malvar, Lapped transforms for efficient transform/subband coding, IEEE Transactions on Acoustics,
        Speech and Signal Processing 1990, eq. 8 (the modulated lapped transform).
    """
    blocks = CANVAS_PX // _BLOCK_PX
    along = np.arange(2 * _BLOCK_PX)
    window = np.sin((along + 0.5) * math.pi / (2 * _BLOCK_PX)) * math.sqrt(2 / _BLOCK_PX)
    rows: list[NDArray[np.float64]] = []
    for block in range(blocks):
        for wave in range(_WAVES):
            phase = (along + (_BLOCK_PX + 1) / 2) * (wave + 0.5) * math.pi / _BLOCK_PX
            padded = np.zeros(CANVAS_PX + _BLOCK_PX)
            padded[block * _BLOCK_PX :][: 2 * _BLOCK_PX] = window * np.cos(phase)
            rows.append(padded[_BLOCK_PX // 2 :][:CANVAS_PX])
    frequencies = np.tile((np.arange(_WAVES) + 0.5) / (2 * _BLOCK_PX) * CANVAS_PX, blocks)
    centres = np.repeat((np.arange(blocks) + 0.5) * _BLOCK_PX - 0.5, _WAVES)
    return np.array(rows, np.float32), frequencies, np.asarray(centres, np.float64)
