"""Figures that say how useful a face is."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.core.types import Image
from understudy.faces.face import Face

_SIDE_PX = 128
SMALLEST_SIDE_PX = 24.0


def sharpness(crop: Image) -> float:
    """Mean absolute Laplacian of the middle of a crop's luma at a fixed size, in grey levels.

    Args:
        crop: (s, s, 3) RGB uint8, upright face.
    """
    quarter = crop.shape[0] // 4
    middle = crop[quarter:-quarter, quarter:-quarter]
    grey = cv2.cvtColor(
        cv2.resize(middle, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    )
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_32F)).mean())


def reason_to_reject(face: Face) -> str:
    """Why a face is plainly of no use for training, "" where it is of use."""
    if face.square.side_px < SMALLEST_SIDE_PX:
        return f"smaller than {SMALLEST_SIDE_PX:g} px"
    return ""
