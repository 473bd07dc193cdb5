"""The 468-point face mesh: which point is what, and the mean face that poses are solved against."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from understudy.core.types import Points

LANDMARK_COUNT = 468

# "left" and "right" are those of the picture, for a face seen from the front
LEFT_EYE_OUTER, LEFT_EYE_INNER = 33, 133
RIGHT_EYE_INNER, RIGHT_EYE_OUTER = 362, 263
FOREHEAD, CHIN, NOSE_TIP, NOSE_BASE = 10, 152, 4, 2

# the eyelids, in the order in which the iris network gives them: corner, lower lid, corner, upper lid
LEFT_EYELIDS = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
RIGHT_EYELIDS = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
INNER_LIPS = (
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip

# eye corners, bridge and base of the nose, temples, ears, hairline: no expression moves them much
RIGID = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 98, 327, 2, 127, 356, 234, 454, 10, 109, 338,
)  # fmt: skip


@cache
def template() -> Points:
    """The mean face that poses and squares are solved against.

    Returns:
        (468, 3) float32, in units of the face square: forehead to chin is 1 high, the origin is
        the centre of the square and half-way between the nose tip and the ears in depth;
        x to the picture's right, y down, z away from the camera.

    Reference:
        The mean over the neutral frontal frames of rendered people (`scripts/make_mesh_template.py`).
    """
    with (files("understudy") / "assets" / "mesh_template.npy").open("rb") as file:
        points = np.load(file, allow_pickle=False).astype(np.float32)
    points.setflags(write=False)
    return points
