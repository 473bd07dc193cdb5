"""The line between shut lips, in a photo that shows them open and so has none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.mouth_shown import LIP_CORNERS, gap_of
from understudy.expression.patches import Box, blended, lined
from understudy.expression.topology import LOWER_LIP, UPPER_LIP

_WIDE, _LEAST_PX = 0.012, 0.6  # deviation of its falloff: of the mouth's width, at least so much
_DARK, _AMOUNT = 0.55, 0.5  # of the gums' colour; how much of it is seen
_GONE = 0.05  # of the mouth's width: a gap that has none


def draw_lip_line(picture: Image, mesh_px: Points, gum: NDArray[np.float32]) -> None:
    """Darken where lips meet, as they do in any face: without, the two lips are one.

    Args:
        picture: (h, w, 3) RGB uint8, changed in place.
        mesh_px: (468, 3) float32, where the face's mesh goes.
        gum: (3,) float32 RGB 0 to 255, in the photo's light.
    """
    amount = _AMOUNT * (1 - gap_of(mesh_px) / _GONE)
    if amount <= 0:
        return
    left, right = mesh_px[LIP_CORNERS, :2]
    between = (mesh_px[UPPER_LIP, :2] + mesh_px[LOWER_LIP, :2]) / 2
    line = np.concatenate([left[None], between, right[None]])
    deviation = max(_WIDE * float(np.linalg.norm(right - left)), _LEAST_PX)
    box = Box.around(line, int(np.ceil(3 * deviation)) + 1).within(picture)
    if box is None:
        return
    share = np.float32(amount) * lined(line - box.corner, (box.height, box.width), deviation)
    dark = np.broadcast_to(np.float32(_DARK) * gum, (box.height, box.width, 3))
    blended(picture, box, dark.astype(np.float32), share)
