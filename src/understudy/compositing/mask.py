"""Where the drawn face is blended in: eroded, feathered, and never cut off by the crop's edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.mask_sets import ramp
from understudy.core.types import Mask, Points
from understudy.faces.mesh import CHIN, FACE_OVAL, FOREHEAD, LANDMARK_COUNT

_SUBPIXEL_BITS = 6  # fixed-point bits that cv2 takes polygon corners in: 1/64 pixel
_SAMPLES = 4  # a pixel and axis; cv2's own antialiasing would put the border 0.6 pixels too far out


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendConfig:
    """How the blend mask is shaped, as shares of the face's side.

    Args:
        erode: how far inside the face's border the blend begins.
        feather: width of the falloff from 0 to 1, inward from there.
        certain: drawn mask values from `1 - certain` down count as 0 and from `certain` up as 1, so
            that a decoder that is never quite sure still blends fully.
    """

    erode: float = 0.04
    feather: float = 0.07
    certain: float = 0.75

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.erode < 0 or self.feather <= 0 or not 0.5 < self.certain <= 1:
            raise ValueError(f"need erode >= 0, feather > 0, 0.5 < certain <= 1, got {self}")


def face_hull_mask(landmarks_in_crop_px: Points, size_px: int, forehead: float = 0.0) -> Mask:
    """Draw the convex hull of the face's outline.

    Args:
        landmarks_in_crop_px: (468, 2) or (468, 3) face mesh in crop pixels; may lie outside the crop.
        size_px: side of the crop.
        forehead: how much farther up the hull reaches, as a share of the mesh's height from chin to
            forehead: the mesh ends on the forehead, below the hair.

    Returns:
        (size_px, size_px) float32: 1 inside, 0 outside, antialiased on the border.

    Convention:
        The centre of the top left pixel is (0, 0).

    Raises:
        ValueError: not 468 points, or a point that is not finite, or a negative forehead.
    """
    if forehead < 0:
        raise ValueError(f"need a forehead of 0 or more, got {forehead}")
    if landmarks_in_crop_px.shape[0] != LANDMARK_COUNT or not np.isfinite(landmarks_in_crop_px[:, :2]).all():
        raise ValueError(f"need {LANDMARK_COUNT} finite landmarks, got {landmarks_in_crop_px.shape}")
    outline = landmarks_in_crop_px[list(FACE_OVAL), :2].astype(np.float32)
    if forehead:
        outline = _with_forehead(outline, landmarks_in_crop_px[[CHIN, FOREHEAD], :2], forehead)
    # corners far outside overflow cv2's fixed point, and only the part inside the crop is drawn
    hull = np.clip(cv2.convexHull(outline)[:, 0], -8.0 * size_px, 9.0 * size_px)
    # drawn finely, and averaged, no further than it reaches
    x0, y0 = np.clip(np.floor(hull.min(axis=0)) - 1, 0, size_px - 1).astype(int).tolist()
    x1, y1 = np.clip(np.ceil(hull.max(axis=0)) + 2, 1, size_px).astype(int).tolist()
    fine = np.zeros(((y1 - y0) * _SAMPLES, (x1 - x0) * _SAMPLES), np.uint8)
    corners = ((hull - (x0, y0) + 0.5) * _SAMPLES - 0.5) * (1 << _SUBPIXEL_BITS)
    cv2.fillConvexPoly(fine, np.round(corners).astype(np.int32), (255,), cv2.LINE_8, _SUBPIXEL_BITS)
    mask = np.zeros((size_px, size_px), np.float32)
    mask[y0:y1, x0:x1] = cv2.resize(fine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    mask /= np.float32(255)
    return mask


def blend_mask(
    drawn_mask: Mask,
    target_hull_mask: Mask,
    face_side_px: float,
    config: BlendConfig | None = None,
) -> Mask:
    """Combine the decoder's mask and the target's hull, then erode and feather them.

    Args:
        drawn_mask: (h, w) float32 in [0, 1], what the decoder drew.
        target_hull_mask: (h, w) float32 in [0, 1], see `face_hull_mask`.
        face_side_px: side of the face square in crop pixels (crop side / coverage).
        config: shape of the border; the defaults where None.

    Returns:
        (h, w) float32: exactly 0 outside both masks' overlap and on the crop's edge, exactly 1
        from `erode + feather` inward, falling monotonically between.

    Raises:
        ValueError: masks of different shape, or a side that is not positive.
    """
    config = config or BlendConfig()
    if drawn_mask.shape != target_hull_mask.shape or face_side_px <= 0:
        shapes = f"{drawn_mask.shape} and {target_hull_mask.shape}"
        raise ValueError(f"need masks of one shape and a positive side, got {shapes}, {face_side_px}")
    doubt = np.float32(1 - config.certain)
    sure = (drawn_mask.astype(np.float32, copy=False) - doubt) / np.float32(2 * config.certain - 1)
    joint = np.maximum(np.minimum(sure, target_hull_mask, out=sure), np.float32(0), out=sure)
    # a face that reaches the crop's edge must fade out before it, or the crop shows as a straight line
    joint[0] = joint[-1] = 0
    joint[:, 0] = joint[:, -1] = 0
    erode_px, feather_px = config.erode * face_side_px, config.feather * face_side_px
    eroded = ramp(joint, erode_px, erode_px + feather_px)
    # never more than the joint mask: a hole (an occluder) narrower than the blur stays a hole
    return np.minimum(eroded, joint, dtype=np.float32)


def _with_forehead(outline_px: Points, ends_px: Points, share: float) -> Points:
    """Stretch the upper half of an outline upward, the top by a share of the height, its middle not at all.

    Args:
        outline_px: (n, 2).
        ends_px: (2, 2), chin and top.
        share: of the height.

    Returns:
        (2n, 2), the outline and the stretched one.
    """
    chin, top = ends_px.astype(np.float32)
    height_sq = float(np.square(top - chin).sum())
    if height_sq == 0:
        return outline_px
    # 0 at the chin, 1 at the top
    height = (outline_px - chin) @ (top - chin) / np.float32(height_sq)
    lifted = np.clip(2 * height - 1, 0, 1) * np.float32(share)
    # the old outline stays within the new one, at the temples, too
    return np.concatenate([outline_px, outline_px + lifted[:, None] * (top - chin)])
