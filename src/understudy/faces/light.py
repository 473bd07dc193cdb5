"""How bright a face is, how much of it is burnt out or black, and from which side the light comes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.faces.crop import reduced
from understudy.faces.mesh import FACE_OVAL

LIGHT_PX = 96  # light needs no detail
# from the chin up to the forehead, along the middle of the face
_MIDLINE = (152, 175, 199, 200, 18, 17, 0, 164, 2, 94, 19, 1, 4, 5, 195, 197, 6, 168, 8, 9, 151, 10)
_RIGHT_OVAL = FACE_OVAL[: FACE_OVAL.index(152)]  # from the forehead down, on the picture's right
_LEAST_HALF = 0.2  # a half that shows less of the face than this is too foreshortened to be compared
_BLACK, _BURNT = 6, 249  # luma up to and from which nothing can be told apart
_LUMA = np.arange(256, dtype=np.float32)
_SUB = 4  # bits of a pixel's fraction in OpenCV's drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceLight:
    """Light on one face.

    Args:
        brightness: mean luma of the face, 0 .. 255.
        side: luma of the picture's right half of the face less that of the left, over their sum,
            -1 .. 1; NaN where the head is turned so far that a half is hardly seen.
        clipped: share of the face that is black or burnt out, 0 .. 1.
    """

    brightness: float
    side: float
    clipped: float


def face_light(crop: Image, points_px: NDArray[np.floating]) -> FaceLight | None:
    """Measure the light on the skin inside the face's outline.

    Args:
        crop: (s, s, 3) RGB uint8 with the upright face.
        points_px: (468, 2) landmarks in pixels of the crop.

    Returns:
        The light; None where the face lies outside of the crop.
    """
    luma = cv2.cvtColor(reduced(crop, LIGHT_PX), cv2.COLOR_RGB2GRAY)
    points = (points_px + 0.5) * (LIGHT_PX / crop.shape[0]) - 0.5
    face = _filled(points, FACE_OVAL, luma.shape)
    counts = cv2.calcHist([luma], [0], face, [256], [0, 256]).ravel()
    area = float(counts.sum())
    if not area:
        return None
    right = _filled(points, (*_RIGHT_OVAL, *_MIDLINE), luma.shape) & face
    right_area = cv2.countNonZero(right)
    brightness = float(counts @ _LUMA) / area
    side = float("nan")
    if min(right_area, area - right_area) >= _LEAST_HALF * area:
        b = cv2.mean(luma, right)[0]
        a = (brightness * area - b * right_area) / (area - right_area)
        side = (b - a) / max(a + b, 1e-6)
    clipped = float(counts[: _BLACK + 1].sum() + counts[_BURNT:].sum()) / area
    return FaceLight(brightness=brightness, side=side, clipped=clipped)


def _filled(
    points: NDArray[np.floating], outline: tuple[int, ...], shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """1 inside the outline, 0 outside."""
    mask = np.zeros(shape, np.uint8)
    corners = np.round(points[list(outline)] * (1 << _SUB)).astype(np.int32)
    cv2.fillPoly(mask, [corners], 1, cv2.LINE_8, _SUB)
    return mask
