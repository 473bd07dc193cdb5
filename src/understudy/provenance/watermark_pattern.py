"""Which waves a watermark is made of, in the upright face, and which sign each is given.

The face square is told in waves of a lapped transform: blocks of 8 px of a canvas, each with a few waves that
fade into those of the next block. Those of middling length that lie on the face carry the mark, by whether
they go up or down. By a key, some have signs that are known, by which a mark is found (the pilot); the rest
carry the payload. All signs change every two seconds, so that what the face itself has of a wave, which
stays, is not taken for the mark: the longer a video, the surer.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_code import CODED_BITS, coded

PUBLIC_KEY = b"understudy watermark, first form"
CANVAS_PX = 128  # the face square's side on the canvas
EPOCHS = 4  # that take turns
EPOCH_S = 2.0
BLOCK_PX = 8
_WAVES = 5  # a block and axis: of 4, 12, .. 36 to a side of the face square
_LEAST, _MOST = (
    8.0,
    36.0,
)  # waves to a side: longer ones are the face's shape, shorter ones do not outlive coding
# half axes and centre of what is replaced of a face, on the canvas, and how square it is
_REACH_PX, _CENTRE_PX, _SQUARENESS = (45.0, 55.0), (63.5, 62.0), 2.5
_PILOT = 0.4  # share of the waves

Floats = NDArray[np.float32]
Signs = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """What a key makes of the waves.

    Args:
        analysis: (m, CANVAS_PX) float32, its rows orthonormal but at the border: a canvas X has the waves
            `analysis @ X @ analysis.T`.
        at: rows and columns of the n that are used, in these.
        block: (n,) which block each lies in, row by row.
        frequency: (n,) float32, how many of each go on a side of the face square.
        signs: (EPOCHS, n) int8 of -1 and 1, by the key alone.
        pilot: indices into the n of those whose signs are these.
        data: of those whose signs are multiplied by those of coded bits.
        bit: (len(data),) which coded bit each carries.
    """

    analysis: Floats
    at: tuple[NDArray[np.intp], NDArray[np.intp]]
    block: NDArray[np.intp]
    frequency: Floats
    signs: Signs
    pilot: NDArray[np.intp]
    data: NDArray[np.intp]
    bit: NDArray[np.intp]

    def waves(self, canvas: Floats) -> Floats:
        """(n,) float32, how much of each wave is in a canvas."""
        return np.asarray((self.analysis @ canvas @ self.analysis.T)[self.at], np.float32)

    def picture(self, amounts: NDArray[np.floating]) -> Floats:
        """(CANVAS_PX, CANVAS_PX) float32 made of (n,) amounts of the waves."""
        all_waves = np.zeros((len(self.analysis),) * 2, np.float32)
        all_waves[self.at] = amounts
        return np.asarray(self.analysis.T @ all_waves @ self.analysis, np.float32)

    def signs_of(self, payload: int) -> Signs:
        """(EPOCHS, n) int8 of -1 and 1, those of a mark with a payload."""
        signs = self.signs.copy()
        signs[:, self.data] *= coded(payload)[self.bit]
        return signs


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
    rows, columns = np.nonzero((waves > _LEAST) & (waves < _MOST) & (away[0] + away[1] < 1))
    count = len(rows)
    stream = hashlib.shake_256(key).digest((8 + EPOCHS) * count)
    order = np.argsort(np.frombuffer(stream, "<u8", count), kind="stable")
    coins = np.frombuffer(stream, np.uint8, EPOCHS * count, 8 * count).reshape(EPOCHS, count) & 1
    pilots = round(_PILOT * count)
    return Pattern(
        analysis=analysis,
        at=(rows, columns),
        block=rows // _WAVES * (CANVAS_PX // BLOCK_PX) + columns // _WAVES,
        frequency=waves[rows, columns].astype(np.float32),
        signs=(1 - 2 * coins.astype(np.int8)).astype(np.int8),
        pilot=order[:pilots],
        data=order[pilots:],
        bit=np.arange(count - pilots) % CODED_BITS,
    )


def epoch_at(time_s: float) -> int:
    """Which signs are used at a time of the video."""
    return int(time_s // EPOCH_S) % EPOCHS


def _lapped() -> tuple[Floats, NDArray[np.float64], NDArray[np.float64]]:
    """The analysis matrix, and of each row how many waves go on a side and the middle of its block.

    Reference:
        Malvar, Lapped transforms for efficient transform/subband coding, IEEE Transactions on Acoustics,
        Speech and Signal Processing 1990, eq. 8 (the modulated lapped transform).
    """
    blocks = CANVAS_PX // BLOCK_PX
    along = np.arange(2 * BLOCK_PX)
    window = np.sin((along + 0.5) * math.pi / (2 * BLOCK_PX)) * math.sqrt(2 / BLOCK_PX)
    rows: list[NDArray[np.float64]] = []
    for block in range(blocks):
        for wave in range(_WAVES):
            phase = (along + (BLOCK_PX + 1) / 2) * (wave + 0.5) * math.pi / BLOCK_PX
            padded = np.zeros(CANVAS_PX + BLOCK_PX)
            padded[block * BLOCK_PX :][: 2 * BLOCK_PX] = window * np.cos(phase)
            rows.append(padded[BLOCK_PX // 2 :][:CANVAS_PX])
    frequencies = np.tile((np.arange(_WAVES) + 0.5) / (2 * BLOCK_PX) * CANVAS_PX, blocks)
    centres = np.repeat((np.arange(blocks) + 0.5) * BLOCK_PX - 0.5, _WAVES)
    return np.array(rows, np.float32), frequencies, np.asarray(centres, np.float64)
