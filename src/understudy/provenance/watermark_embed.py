"""The watermark put into a drawn face, before that is put into its frame."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.provenance.watermark_pattern import CANVAS_PX, PUBLIC_KEY, Floats, carriers, pattern

LEAST_PSNR_DB = 42.0  # of a marked face against itself unmarked, where it is shown
# grey levels, root mean square: in the luma of a face of so many frame pixels, at least, at most
_LEVEL, _AT_PX, _LEAST_LEVEL, _MOST_LEVEL = 1.3, 300.0, 1.2, 1.45
_GROWTH = 0.2  # a smaller face is shown smaller, and coding takes more from it
_BLUE_LEVEL = 0.65  # of the difference of blue
_AMOUNT = 7.07  # of each wave that makes a root mean square of 1 where the waves are
# what one grey level of luma, and of the difference of blue, is in red, green and blue (BT.601)
# luma and blue; a third column, as three channels become three in half the time of two
_RGB_FROM_CHANGE = np.array([[1, 0, 0], [1, -0.344, 0], [1, 1.772, 0]], np.float32) / np.float32(255)


class Watermark:
    """Marks drawn faces with a payload.

    What is added depends on the time alone, and lies on the face as light does.

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
        # the waves as the crop shows them, from the canvas's middle to that of the crop; pixel centres. They
        # lie along rows and columns, so that what would be a warp of every picture is done once
        scale = self._side_px / CANVAS_PX
        shift = (size_px - 1) / 2 - scale * (CANVAS_PX - 1) / 2
        along = np.ascontiguousarray(self._pattern.analysis.T)
        crop_from_canvas = np.array([[1, 0, 0], [0, scale, shift]])
        size = (along.shape[1], size_px)
        shown = cv2.warpAffine(along, crop_from_canvas, size, flags=cv2.INTER_CUBIC)
        at = np.concatenate(self._pattern.at)
        self._used = slice(int(at.min()), int(at.max()) + 1)  # the others lie nowhere on the face
        self._waves = np.ascontiguousarray(shown[:, self._used], np.float32)

    def marked(
        self,
        drawn: Floats,
        *,
        time_s: float = 0.0,
        frame_px: float | None = None,
        corner: tuple[int, int] = (0, 0),
    ) -> Floats:
        """A drawn face, or a part of one, with the mark in it.

        Args:
            drawn: (h, w, 3) float32 RGB in [0, 1], upright; the face square lies in its middle.
            time_s: when it is shown.
            frame_px: the face square's side in the frame; as drawn where None.
            corner: column and row of a part's first pixel.

        Returns:
            The same changed, not clipped; `drawn` itself stays.
        """
        level = _LEVEL * (_AT_PX / (frame_px or self._side_px)) ** _GROWTH
        level = min(max(level, _LEAST_LEVEL), _MOST_LEVEL)
        signs = carriers(np.array([time_s]))[0] @ self._signs
        amounts = signs * np.array([[_AMOUNT * level], [_AMOUNT * _BLUE_LEVEL]], np.float32)
        (height, width), (x, y) = drawn.shape[:2], corner
        down, across = self._waves[y : y + height], self._waves[x : x + width]
        waves = self._pattern.all_waves(amounts)[:, self._used, self._used]
        luma, blue = (down @ each @ across.T for each in waves)
        change = cv2.transform(cv2.merge([luma, blue, blue]), _RGB_FROM_CHANGE)
        return np.asarray(cv2.add(drawn, change, dst=change), np.float32)
