"""Where the drawn face is blended in: eroded, feathered, and never cut off by the crop's edge."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import cv2
import numpy as np

from understudy.core.types import Mask, Points
from understudy.faces.mesh import FACE_OVAL, LANDMARK_COUNT

_SUBPIXEL_BITS = 6  # fixed-point bits that cv2 takes polygon corners in: 1/64 pixel
_SAMPLES = 4  # a pixel and axis; cv2's own antialiasing would put the border 0.6 pixels too far out
_WIDEST_BLUR_PX = 5.0  # wider ones are done at half the size: the same smooth curve for a quarter of the time


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


def face_hull_mask(landmarks_in_crop_px: Points, size_px: int) -> Mask:
    """Draw the convex hull of the face's outline.

    Args:
        landmarks_in_crop_px: (468, 2) or (468, 3) face mesh in crop pixels; may lie outside the crop.
        size_px: side of the crop.

    Returns:
        (size_px, size_px) float32: 1 inside, 0 outside, antialiased on the border.

    Convention:
        The centre of the top left pixel is (0, 0).

    Raises:
        ValueError: not 468 points, or a point that is not finite.
    """
    if landmarks_in_crop_px.shape[0] != LANDMARK_COUNT or not np.isfinite(landmarks_in_crop_px[:, :2]).all():
        raise ValueError(f"need {LANDMARK_COUNT} finite landmarks, got {landmarks_in_crop_px.shape}")
    outline = landmarks_in_crop_px[list(FACE_OVAL), :2].astype(np.float32)
    # corners far outside overflow cv2's fixed point, and only the part inside the crop is drawn
    hull = np.clip(cv2.convexHull(outline)[:, 0], -8.0 * size_px, 9.0 * size_px)
    fine = np.zeros((size_px * _SAMPLES, size_px * _SAMPLES), np.uint8)
    corners = ((hull + 0.5) * _SAMPLES - 0.5) * (1 << _SUBPIXEL_BITS)
    cv2.fillConvexPoly(fine, np.round(corners).astype(np.int32), (255,), cv2.LINE_8, _SUBPIXEL_BITS)
    drawn = cv2.resize(fine, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(drawn, np.float32) / np.float32(255)


def blend_mask(
    drawn_mask: Mask,
    target_hull_mask: Mask,
    face_side_px: float,
    config: BlendConfig | None = None,
) -> Mask:
    """Combine the decoder's mask and the target's hull, then erode and feather them.

    The joint mask is smoothed by a Gaussian whose value on a straight border is a known function of
    the distance to it; cutting that value at two distances gives erosion and feather in one step,
    keeps the fraction of a pixel that a binary distance transform loses, and rounds corners.

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
    joint = np.minimum(np.clip(sure, 0, 1), target_hull_mask)
    # a face that reaches the crop's edge must fade out before it, or the crop shows as a straight line
    joint[[0, -1], :] = 0
    joint[:, [0, -1]] = 0
    erode_px, feather_px = config.erode * face_side_px, config.feather * face_side_px
    sigma_px = max((erode_px + feather_px) / 2, 0.3)
    smooth = _blur(joint, sigma_px)
    low = _gaussian_step(erode_px / sigma_px)
    high = _gaussian_step((erode_px + feather_px) / sigma_px)
    ramp = np.clip((smooth - np.float32(low)) / np.float32(high - low), 0, 1)
    # never more than the joint mask: a hole (an occluder) narrower than the blur stays a hole
    return np.minimum(ramp, joint, dtype=np.float32)


def _blur(mask: Mask, sigma_px: float) -> Mask:
    """Gaussian blur, 0 beyond the edge."""
    if sigma_px <= _WIDEST_BLUR_PX:
        return np.asarray(
            cv2.GaussianBlur(mask, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT), np.float32
        )
    height, width = mask.shape
    half = cv2.resize(mask, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    smooth = _blur(np.asarray(half, np.float32), sigma_px / 2)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _gaussian_step(distance_in_sigma: float) -> float:
    """Value of a blurred half plane at this distance inside its border."""
    return 0.5 * (1 + erf(distance_in_sigma / sqrt(2)))
