"""Change from frame to frame that the footage's own motion does not explain."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Matrix
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.measure.region import inner_face_mask, luma

_SIZE_PX = 160
_COVERAGE = 1.2
_PASSES_WITHIN = 3  # frames: what lasts longer is a gesture, or there to stay


class FlickerMeter:
    """Compares consecutive frames of output and target after undoing the target's motion.

    The motion is the dense optical flow of the target: the output should move alike, and the
    target's own rest (noise, what flow cannot follow) is subtracted.

    Reference:
        Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016.
    """

    def __init__(self) -> None:
        """Start with no past."""
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._last: tuple[Image, Image, tuple[int, int] | None] | None = None

    def update(
        self, output: Image, target: Image, face: Face | None, origin_px: tuple[int, int] | None = None
    ) -> float | None:
        """Take in the next frame of both.

        Args:
            output: (h, w, 3) RGB uint8.
            target: (h, w, 3) RGB uint8, the same moment.
            face: the face in the target, frame pixels, None where there is none.
            origin_px: x and y in the frame of the top left pixel of both, where they are only a window of
                it; windows of different frames may differ in place and size.

        Returns:
            Mean absolute difference inside the inner face in grey levels, output's minus target's:
            0 is as steady as the target, below 0 steadier. None in the first frame and without a
            face.
        """
        before, self._last = self._last, (output, target, origin_px)
        if face is None or before is None or (origin_px is None and before[1].shape != target.shape):
            return None
        crop_from_frame = face.square.crop_from_frame(_SIZE_PX, _COVERAGE)
        in_crop = face.landmarks_px[:, :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
        inside = inner_face_mask(in_crop, _SIZE_PX).astype(np.uint8)
        if not inside.any():
            return None
        now, was = (_from_window(crop_from_frame, origin) for origin in (origin_px, before[2]))
        now_output, now_target = (cut(image, now, _SIZE_PX) for image in (output, target))
        was_output, was_target = (cut(image, was, _SIZE_PX) for image in before[:2])
        where = self._where_it_was(now_target, was_target)
        own = _difference(now_target, was_target, where, inside)
        return _difference(now_output, was_output, where, inside) - own

    def _where_it_was(self, now: Image, before: Image) -> NDArray[np.float32]:
        """(s, s, 2) float32: for each pixel of `now` its place in `before`."""
        start = np.zeros((_SIZE_PX, _SIZE_PX, 2), np.float32)
        flow = self._flow.calc(luma(now).astype(np.uint8), luma(before).astype(np.uint8), start)
        return np.asarray(flow, np.float32) + _places()


def passing(changes: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much of what each frame shows comes and goes again.

    An eye that shuts from one frame to the next is a large change, too: motion does not lead there. But it
    is one change, and what flickers are two, when it comes and when it goes. Whether the second takes back
    the first is not known, so what changes for two frames counts as well.

    Args:
        changes: (n,) of `FlickerMeter`, each since the frame before; NaN where it is not known.

    Returns:
        (n,) the smaller of two changes that a frame lies between and that are at most three frames apart, of
        several such pairs the largest; NaN where no pair is known.
    """
    known = np.asarray(changes, np.float64)
    found = np.full(len(known), np.nan)
    for length in range(1, min(_PASSES_WITHIN, len(known) - 1) + 1):
        both = np.minimum(known[:-length], known[length:])
        for place in range(length):
            inside = found[place : place + len(both)]
            np.fmax(inside, both, out=inside)
    return found


def _from_window(crop_from_frame: Matrix, origin_px: tuple[int, int] | None) -> Matrix:
    """The same crop out of a window of the frame."""
    if origin_px is None:
        return crop_from_frame
    moved = crop_from_frame.copy()
    moved[:, 2] += moved[:, :2] @ np.array(origin_px, np.float32)
    return moved


@cache
def _places() -> NDArray[np.float32]:
    """(s, s, 2) float32: x and y of each pixel of a crop."""
    y, x = np.mgrid[0:_SIZE_PX, 0:_SIZE_PX].astype(np.float32)
    return np.stack([x, y], axis=-1)


def _difference(now: Image, before: Image, where: NDArray[np.float32], inside: NDArray[np.uint8]) -> float:
    x, y = cv2.split(where)
    moved = cv2.remap(before, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mean = cv2.mean(cv2.absdiff(now, moved), inside)
    return float(np.mean(mean[:3]))
