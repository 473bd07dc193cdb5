"""What lies before a face, along a track: steady in time, and not late."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.occluder import mask_of_evidence, occlusion_evidence
from understudy.compositing.occluder_evidence import Tolerance
from understudy.core.types import Image, Mask, Points

_Floats = NDArray[np.float32]

_MOTION_PX = 9  # of `WORK_PX`, that an occluder may move from a frame to the next and still vouch for itself
_UNVOUCHED = 0.6  # of the evidence that no neighbouring frame knows of: a flash, a blink, a slip


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A frame whose mask is not made yet."""

    evidence: _Floats
    crop: Image
    hull: Mask


class TrackOcclusion:
    """Occlusion masks of one track, each made when `window` frames after it are known.

    A place that the frames before and after call hidden is hidden; what only one frame shows counts less.
    The crops must be cut alike from frame to frame, as `FaceSquare.crop_from_frame` cuts them.

    Args:
        tolerance: how well the person is usually drawn; a guess where None.
        window: frames looked at before and after, 0 or more.
    """

    def __init__(self, tolerance: Tolerance | None = None, window: int = 1) -> None:
        """Start before the track's first frame."""
        if window < 0:
            raise ValueError(f"need a window of 0 or more, got {window}")
        self.tolerance, self.window = tolerance, window
        self._frames: deque[_Waiting] = deque()  # those that still matter, the oldest first
        self._done = 0  # of them, how many have their mask

    def add(
        self,
        crop: Image,
        reconstruction: _Floats,
        reconstruction_mask: Mask,
        hull: Mask,
        landmarks_px: Points,
    ) -> Mask | None:
        """Take the next frame.

        Args:
            crop: (s, s, 3) RGB uint8, the target's.
            reconstruction: (s, s, 3) float32 RGB in [0, 1], the same drawn as the target itself.
            reconstruction_mask: (s, s) float32 in [0, 1], where that is drawn.
            hull: (s, s) float32 in [0, 1], see `mask.face_hull_mask`.
            landmarks_px: (468, 2) or (468, 3) in crop pixels.

        Returns:
            (s, s) float32 in [0, 1], the mask of the frame `window` frames earlier; None for the first ones.

        Raises:
            ValueError: as `occlusion_mask`.
        """
        evidence = occlusion_evidence(
            crop, reconstruction, reconstruction_mask, hull, landmarks_px, self.tolerance
        )
        self._frames.append(_Waiting(evidence=evidence, crop=crop, hull=hull))
        return self._next() if len(self._frames) - self._done > self.window else None

    def finish(self) -> Iterator[Mask]:
        """The masks of the frames that still wait, in order; the next frame begins another track."""
        while self._done < len(self._frames):
            yield self._next()
        self._frames.clear()
        self._done = 0

    def _next(self) -> Mask:
        """The mask of the oldest frame that waits."""
        at = self._done
        frame = self._frames[at]
        known = [each.evidence for each in self._frames]
        before, after = known[max(0, at - self.window) : at], known[at + 1 : at + 1 + self.window]
        mask = mask_of_evidence(joined(frame.evidence, before, after), frame.crop, frame.hull)
        self._done += 1
        if self._done > self.window:
            self._frames.popleft()
            self._done -= 1
        return mask


def joined(evidence: _Floats, before: list[_Floats], after: list[_Floats]) -> _Floats:
    """Evidence of one frame, with what the frames around it say.

    Args:
        evidence: (p, p) float32 of the frame.
        before: of the frames before it.
        after: of those after it.

    Returns:
        (p, p) float32.
    """
    result = evidence
    if before and after:
        gap = np.minimum(np.maximum.reduce(before), np.maximum.reduce(after))
        result = np.maximum(result, gap)
    around = [*before, *after]
    if not around:
        return result
    reach = np.ones((2 * _MOTION_PX + 1, 2 * _MOTION_PX + 1), np.uint8)
    vouched = np.asarray(cv2.dilate(np.maximum.reduce(around), reach), np.float32)
    return np.minimum(result, np.maximum(vouched, np.float32(_UNVOUCHED) * result))
