"""What lies before a face: found where the footage disagrees with the face's own reconstruction."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.looked import Looked
from understudy.compositing.occluder_evidence import WORK_PX, Tolerance, change, in_crop, small
from understudy.core.order import percentile
from understudy.core.types import Image, Mask

_Floats = NDArray[np.float32]

_MOST = 1.3  # in usual changes, twice `_WEAK`: a black microphone must not weigh on what is beside it
_VAGUE_PX = 7  # of `WORK_PX`, twice the border within which a drawn mask may end early
_SHARED_PX = 1.5  # of `WORK_PX`, over which neighbours share their evidence
_ORDINARY = (
    40.0  # percentile of the face that must look ordinary; a face drawn badly everywhere hides nothing
)
_WEAK, _STRONG = 0.6, 1.0  # in usual changes: what belongs to an occluder, and what tells of one
_LEAST_AREA = 0.012  # of the face: smaller islands are wrinkles, glints, slips of the mesh
_CLOSED_PX = 5  # of `WORK_PX`: gaps in an occluder that are as good as it
_EDGE_PX, _EDGE_CONTRAST = 3, 1e-3  # of the guided filter that finds an occluder's border in the footage


def occlusion_mask(looked: Looked, tolerance: Tolerance | None = None) -> Mask:
    """Tell where something lies before a face, in one frame.

    Args:
        looked: the face.
        tolerance: how well the person is usually drawn; a guess where None.

    Returns:
        (s, s) float32 in [0, 1], 1 where something lies before the face, 0 off the face.

    Raises:
        ValueError: not 468 landmarks, or some that are not finite.
    """
    return mask_of_evidence(occlusion_evidence(looked, tolerance), looked.crop, looked.hull)


def occlusion_evidence(looked: Looked, tolerance: Tolerance | None = None) -> _Floats:
    """How unlike itself the face looks; arguments as of `occlusion_mask`.

    Returns:
        (`WORK_PX`, `WORK_PX`) float32 in usual changes, shared among neighbours; 0 off the face.
    """
    region, drawn_mask = small(looked.hull), small(looked.reconstruction_mask)
    inside = region > 0.5
    if not inside.any():
        return np.zeros((WORK_PX, WORK_PX), np.float32)
    usual = in_crop(tolerance or _GUESSED, looked.landmarks_px, looked.crop.shape[0])
    unlike = change(looked.crop, looked.reconstruction, np.minimum(region, drawn_mask)) / usual
    strength = np.asarray(cv2.sqrt(cv2.transform(np.square(unlike), _HALVES)), np.float32)
    strength /= np.float32(max(1.0, 2 * percentile(strength[inside], _ORDINARY)))
    # where no face is drawn although one is there, something else is seen; not at the border, which is vague
    undrawn = cv2.erode(region, np.ones((_VAGUE_PX, _VAGUE_PX), np.uint8)) - drawn_mask
    strength = np.maximum(strength, np.float32(2 * _MOST) * (undrawn - np.float32(0.25)))
    strength = np.minimum(strength, np.float32(_MOST)) * region
    shared = cv2.GaussianBlur(strength, (0, 0), _SHARED_PX)
    shared /= np.maximum(cv2.GaussianBlur(region, (0, 0), _SHARED_PX), np.float32(0.2))
    return np.where(inside, shared, np.float32(0))


def mask_of_evidence(evidence: _Floats, crop: Image, hull: Mask) -> Mask:
    """Join evidence to whole things, and find their border in the footage.

    Args:
        evidence: (`WORK_PX`, `WORK_PX`) float32, of one frame or joined over some.
        crop: (s, s, 3) RGB uint8.
        hull: (s, s) float32 in [0, 1].

    Returns:
        (s, s) float32 in [0, 1].
    """
    area = float(small(hull).sum())
    weak = (evidence > _WEAK).astype(np.uint8)
    if area <= 0 or evidence.max() <= _STRONG:
        return np.zeros_like(hull, np.float32)
    weak = cv2.morphologyEx(weak, cv2.MORPH_CLOSE, np.ones((_CLOSED_PX, _CLOSED_PX), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=4)
    strong = np.bincount(labels[evidence > _STRONG], minlength=len(stats))
    kept = (stats[:, cv2.CC_STAT_AREA] >= _LEAST_AREA * area) & (strong > 0.25 * _LEAST_AREA * area)
    kept[0] = False
    return refined(kept[np.asarray(labels, np.intp)].astype(np.float32), crop) * hull


def refined(mask: _Floats, crop: Image) -> Mask:
    """Move a coarse mask's border to edges of the picture nearby.

    Args:
        mask: (`WORK_PX`, `WORK_PX`) float32 in [0, 1].
        crop: (s, s, 3) RGB uint8.

    Returns:
        (s, s) float32 in [0, 1].

    Reference:
        He, Sun, Tang, Guided image filtering, PAMI 2013, eq. 5 to 8; He, Sun, Fast guided filter, 2015.
    """
    size = crop.shape[0]
    guide_full = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    guide = small(guide_full)

    def mean(values: _Floats) -> _Floats:
        return cast(_Floats, cv2.blur(values, (2 * _EDGE_PX + 1, 2 * _EDGE_PX + 1)))

    mean_guide, mean_mask = mean(guide), mean(mask)
    slope = (mean(np.multiply(guide, mask, dtype=np.float32)) - mean_guide * mean_mask) / (
        mean(guide * guide) - mean_guide * mean_guide + np.float32(_EDGE_CONTRAST)
    )
    offset = mean_mask - slope * mean_guide
    slope, offset = mean(np.asarray(slope, np.float32)), mean(np.asarray(offset, np.float32))
    slope, offset = (
        cv2.resize(each, (size, size), interpolation=cv2.INTER_LINEAR) for each in (slope, offset)
    )
    soft = slope * guide_full + offset
    return np.clip((soft - np.float32(0.3)) / np.float32(0.3), 0, 1, dtype=np.float32)


_HALVES = np.full((1, 3), 0.5, np.float32)
_GUESSED = Tolerance.guessed()
