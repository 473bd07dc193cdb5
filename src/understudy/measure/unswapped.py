"""Whether the output simply shows the target's own face: then it follows the target for free."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from understudy.core.types import Image
from understudy.faces.face import Face

_RADIUS = 0.3  # sides of the face square: eyes, nose and mouth
_SIDE_PX = 16  # so small that an encoder's noise averages out and another face does not
# Unswapped faces encoded at CRF 28 to 45 differ by 1.0 to 2.1 times what the background does, swapped
# ones by 2.4 times at CRF 40 and by more than 15 times at usual quality.
_OF_BACKGROUND, _LEVELS = 2.0, 1.5


def face_change(output: Image, target: Image, face: Face) -> float | None:
    """Mean absolute difference of two coarse pictures of the middle of the face, grey levels.

    Args:
        output: (h, w, 3) RGB uint8.
        target: (h, w, 3) RGB uint8, the same moment.
        face: the face in the target.

    Returns:
        0 to 255; None where the middle of the face lies outside the frame.
    """
    radius = _RADIUS * face.square.side_px
    height, width = target.shape[:2]
    x0, x1 = (int(np.clip(face.square.x_px + d, 0, width)) for d in (-radius, radius))
    y0, y1 = (int(np.clip(face.square.y_px + d, 0, height)) for d in (-radius, radius))
    if x1 <= x0 or y1 <= y0:
        return None
    size = (_SIDE_PX, _SIDE_PX)
    one, other = (
        cv2.resize(image[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA) for image in (output, target)
    )
    return float(np.mean(cv2.mean(cv2.absdiff(one, other))[:3]))


def unswapped_share(
    face_changes: Sequence[float | None], backgrounds: Sequence[float | None]
) -> float | None:
    """Share of frames, 0 to 1, whose face differs from the target's no more than its surroundings do.

    Args:
        face_changes: `face_change` of each frame, None where the target shows no face.
        backgrounds: `untouched.background_difference` of the same frames.

    Returns:
        None where no frame is known.
    """
    known = [
        change < _OF_BACKGROUND * (background or 0.0) + _LEVELS
        for change, background in zip(face_changes, backgrounds, strict=True)
        if change is not None
    ]
    return sum(known) / len(known) if known else None
