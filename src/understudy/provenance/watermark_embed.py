"""The watermark put into a drawn face, before that is put into its frame."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Mask
from understudy.provenance.watermark_pattern import (
    BLOCK_PX,
    CANVAS_PX,
    PUBLIC_KEY,
    Floats,
    epoch_at,
    pattern,
)

LEAST_PSNR_DB = 42.0  # of a marked face against itself unmarked, where it is shown
# grey levels, root mean square: what is not seen on smooth skin, what a level of detail hides, at most
_UNSEEN, _HIDDEN, _MOST_LEVEL = 1.1, 0.5, 3.0
_FINE = 16.0  # waves to a side of the face square above which they are detail
_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT = 5.0, 4.5, 8.0  # grey levels that a wave of the right sign is to have,
_HEIGHT_AT_PX = 300.0  # in a face of this size: coding takes more from a smaller one
_FARTHEST = 24.0  # grey levels by which a wave is changed at most: what is farther is the face's own feature
_SHORTEST_PX = 6.5  # frame pixels: shorter waves do not outlive coding
_SHORTEST_DRAWN_PX = 3.0  # drawn pixels: shorter ones are not kept when the drawn face is resampled
_PACE = 0.15  # share of a change of the mark that a frame makes: none flickers
_MOST_FOLLOWED = 64  # people at once

_LUMA_FROM_RGB = np.array([0.299, 0.587, 0.114], np.float32)  # of BT.601; that of BT.709 differs by little


@dataclass(slots=True)
class _Followed:
    """What is known of one person's face: how much it has of each wave, and what was added to that."""

    own: Floats
    added: Floats


class Watermark:
    """Marks drawn faces with a payload.

    What a face has of each wave already is looked at: where the sign is right nothing is added, where a
    little makes it right that is, and the face's own strong features are left alone. So the mark is weakest
    where skin is smooth and strong where there is structure to hide it, and it outweighs the face that it
    lies on. It stays on the face like its skin and changes slowly.

    Args:
        payload: 64 bits.
        size_px: side of the drawn faces.
        coverage: the same in sides of the face square.
        key: who knows it can read the mark, and make one.
    """

    def __init__(self, payload: int, *, size_px: int, coverage: float, key: bytes = PUBLIC_KEY) -> None:
        """Know the signs."""
        self._pattern = pattern(key)
        self._signs = self._pattern.signs_of(payload).astype(np.float32)
        self._size_px, self._side_px = size_px, size_px / coverage
        self._followed: dict[Hashable, _Followed] = {}
        # of the middle of the crop to that of the canvas; pixel centres
        scale = self._side_px / CANVAS_PX
        shift = (size_px - 1) / 2 - scale * (CANVAS_PX - 1) / 2
        self._crop_from_canvas = np.array([[scale, 0, shift], [0, scale, shift]])

    def marked(
        self,
        drawn: Floats,
        mask: Mask,
        *,
        track: Hashable = 0,
        time_s: float = 0.0,
        frame_px: float | None = None,
    ) -> Floats:
        """A drawn face with the mark in it.

        Args:
            drawn: (s, s, 3) float32 RGB in [0, 1], upright, the face square in its middle.
            mask: (s, s) float32 in [0, 1], how much of it is shown.
            track: whose face it is; its frames come one after the other.
            time_s: when it is shown.
            frame_px: the face square's side in the frame; as drawn where None.

        Returns:
            The same, its luma changed and no difference of colours, not clipped; `drawn` itself stays.
        """
        added = self._change(drawn, mask, epoch_at(time_s), track, frame_px or self._side_px)
        return np.asarray(cv2.add(drawn, cv2.merge([added, added, added])), np.float32)

    def _change(
        self, drawn: Floats, mask: Mask, epoch: int, track: Hashable, frame_px: float
    ) -> NDArray[np.float32]:
        luma = cv2.transform(drawn, _LUMA_FROM_RGB[None] * np.float32(255))
        if (
            self._side_px > 1.3 * CANVAS_PX
        ):  # what the canvas cannot show would look like something else there
            luma = cv2.GaussianBlur(luma, (0, 0), 0.45 * self._side_px / CANVAS_PX)
        own = self._pattern.waves(self._warped(np.asarray(luma, np.float32), CANVAS_PX, inverse=True))
        followed = self._followed.get(track)
        if followed is not None:
            followed.own += np.float32(_PACE) * (own - followed.own)
        else:
            if len(self._followed) >= _MOST_FOLLOWED:
                del self._followed[next(iter(self._followed))]
            wanted = self._wanted(own, epoch, frame_px)
            followed = self._followed[track] = _Followed(own, wanted)
        wanted = self._wanted(followed.own, epoch, frame_px)
        followed.added += np.float32(_PACE) * (wanted - followed.added)
        picture = self._warped(self._pattern.picture(followed.added), self._size_px, inverse=False)
        picture *= np.float32(1 / 255)
        shown = picture * mask
        power = float(np.vdot(shown, shown)) / max(1.0, float(np.vdot(mask, mask)))
        return picture * np.float32(min(1.0, 10 ** (-LEAST_PSNR_DB / 20) / max(power, 1e-12) ** 0.5))

    def _wanted(self, own: Floats, epoch: int, frame_px: float) -> Floats:
        """(n,) float32 grey levels to be added: the least that make signs right, as far as it is unseen."""
        signs, blocks = self._signs[epoch], self._pattern.block
        height = _HEIGHT * (_HEIGHT_AT_PX / frame_px) ** 0.5
        height = min(max(height, _LEAST_HEIGHT), _MOST_HEIGHT)
        missing = np.maximum(np.float32(0), np.float32(height) - signs * own)
        missing[missing > height + _FARTHEST] = np.inf
        most = min(frame_px / _SHORTEST_PX, self._side_px / _SHORTEST_DRAWN_PX)
        missing[self._pattern.frequency > most] = np.inf
        order = np.lexsort((missing, blocks))
        spent = np.cumsum(np.minimum(np.square(missing[order]), np.float32(1e6)), dtype=np.float64)
        ends = np.searchsorted(blocks[order], blocks[order])  # where each one's block begins
        before = np.concatenate([[0.0], spent])[ends]
        within = order[spent - before <= self._budget(own)[blocks[order]]]
        wanted = np.zeros_like(own)
        wanted[within] = (missing * signs)[within]
        return wanted

    def _budget(self, own: Floats) -> Floats:
        """(blocks,) float32 sum of squares that may be added to each block: more where detail hides it."""
        side = CANVAS_PX // BLOCK_PX
        fine = np.square(own) * (self._pattern.frequency > _FINE)  # shading hides nothing
        power = np.bincount(self._pattern.block, fine, side * side).astype(np.float32)
        # waves of a block reach into the next ones: what hides them is to be there, too
        near = cv2.erode(power.reshape(side, side) ** np.float32(0.5) / BLOCK_PX, np.ones((2, 2), np.uint8))
        near = cv2.blur(near, (3, 3), borderType=cv2.BORDER_REPLICATE)
        level = np.minimum(np.float32(_UNSEEN) + np.float32(_HIDDEN) * near, np.float32(_MOST_LEVEL))
        return np.asarray(level * level * BLOCK_PX**2, np.float32).reshape(-1)

    def _warped(self, picture: Floats, size_px: int, *, inverse: bool) -> Floats:
        flags = cv2.INTER_CUBIC | (cv2.WARP_INVERSE_MAP if inverse else 0)
        size = (size_px, size_px)
        border = cv2.BORDER_REPLICATE if inverse else cv2.BORDER_CONSTANT
        warped = cv2.warpAffine(picture, self._crop_from_canvas, size, flags=flags, borderMode=border)
        return np.asarray(warped, np.float32)
