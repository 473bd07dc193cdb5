"""Whether anything outside the mask, or away from the face, was changed."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.core.types import Image, Mask
from understudy.faces.face import Face

_FACE_RADIUS = 0.9  # sides of the face square; hair and chin of the replaced face lie within
_SAMPLES_ACROSS = 256  # pixels looked at along a frame's longer side: a mean needs no more


def largest_change_outside(before: Image, after: Image, mask: Mask) -> int:
    """Largest absolute difference of two frames where the mask is 0.

    Args:
        before: (h, w, 3) RGB uint8, the target's frame.
        after: (h, w, 3) RGB uint8, the frame with the face pasted in, before encoding.
        mask: (h, w) float32, the mask in frame pixels.

    Returns:
        Grey levels, 0 to 255; 0 where the mask covers everything.

    Raises:
        ValueError: frames or mask of different size.
    """
    if before.shape != after.shape or before.shape[:2] != mask.shape:
        raise ValueError(f"sizes differ: {before.shape}, {after.shape}, mask {mask.shape}")
    outside = mask == 0
    if not outside.any():
        return 0
    return int(np.abs(before[outside].astype(np.int16) - after[outside]).max())


def background_difference(output: Image, target: Image, face: Face | None) -> float | None:
    """Mean absolute difference away from the face: what encoding, and anything else, did there.

    Once encoded no pixel is exactly what it was, so this is no proof that nothing was touched, as
    `largest_change_outside` is; it tells a conversion that changes the whole picture.

    Args:
        output: (h, w, 3) RGB uint8.
        target: (h, w, 3) RGB uint8, the same moment.
        face: the face in the target; where None the whole frame is background.

    Returns:
        Grey levels, mean over R, G, B of a regular sample of pixels; None where the face fills the frame.
    """
    step = max(1, max(target.shape[:2]) // _SAMPLES_ACROSS)
    size = max(1, target.shape[1] // step), max(1, target.shape[0] // step)
    some = [cv2.resize(image, size, interpolation=cv2.INTER_NEAREST) for image in (output, target)]
    apart = cv2.absdiff(*some)
    outside = np.ones(apart.shape[:2], np.uint8)
    if face is not None:
        centre = round(face.square.x_px / step), round(face.square.y_px / step)
        cv2.circle(outside, centre, round(_FACE_RADIUS * face.square.side_px / step), (0,), -1)
    if not outside.any():
        return None
    return float(np.mean(cv2.mean(apart, outside)[:3]))
