"""Which frames of a track are looked at closely: the others are like them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.order import median
from understudy.core.types import Image

EVERY = (
    4  # frames: a key every sixth of a second; light and what hides a face are followed between, see below
)
_SIDE = 16  # cells a side that faces are compared by
_SEEN = 2 / 3  # of the crop's side, in the middle: what is around a face may move as it likes
_UNLIKE = 20.0  # grey levels by which neighbouring cells show something else: a hand, or a mouth that opens
_SUDDEN = 5.0  # grey levels by which most cells differ: the light was switched


@dataclass(frozen=True, slots=True)
class Key:
    """Why a face is looked at closely.

    Args:
        regular: its turn has come, or it is the first of its track.
        unlike: some place in it is not as in the last key.
        sudden: nearly all of it is not as in the last key that colours were taken from.
    """

    regular: bool
    unlike: bool
    sudden: bool

    @property
    def is_of_colours(self) -> bool:
        """Whether colours are taken from it."""
        return self.regular or self.sudden

    @property
    def is_of_occluders(self) -> bool:
        """Whether it is looked for what passes before it."""
        return self.regular or self.unlike


class Keys:
    """Tells which faces are keys, track by track.

    Whether a frame is one does not depend on where the conversion began: the turn is that of the frame's
    number, and a face is compared to its last key alone.
    """

    def __init__(self) -> None:
        """Know no track."""
        self._last: dict[object, _Last] = {}

    def of(self, number: int, track: object, crop: Image) -> Key:
        """Tell of the next face of a track.

        Args:
            number: of the frame.
            track: whose.
            crop: (s, s, 3) RGB uint8, cut alike from frame to frame.
        """
        margin = round(crop.shape[0] * (1 - _SEEN) / 2)
        middle = crop[margin : crop.shape[0] - margin, margin : crop.shape[1] - margin]
        cells = np.asarray(cv2.resize(middle, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
        last = self._last.get(track)
        turn = number - number % EVERY
        if last is None or last.number < turn:
            self._last = {key: of for key, of in self._last.items() if of.number >= turn - EVERY}
            self._last[track] = _Last(number, cells, cells)
            return Key(regular=True, unlike=False, sudden=last is not None and _sudden(cells, last.lit))
        apart = np.abs(cells - last.looked).max(axis=2)
        unlike = float(cv2.blur(apart, (3, 3)).max()) > _UNLIKE
        sudden = _sudden(cells, last.lit)
        if unlike or sudden:
            self._last[track] = _Last(number, cells if sudden else last.lit, cells)
        return Key(regular=False, unlike=unlike or sudden, sudden=sudden)


@dataclass(frozen=True, slots=True)
class _Last:
    """What the next face of a track is compared to: cells of the last key of colours, and of the last key."""

    number: int
    lit: NDArray[np.float32]
    looked: NDArray[np.float32]


def _sudden(cells: NDArray[np.float32], before: NDArray[np.float32]) -> bool:
    # of most cells, whatever a hand does to the others; green is most of the light
    return abs(float(median((cells[..., 1] - before[..., 1]).ravel()))) > _SUDDEN
