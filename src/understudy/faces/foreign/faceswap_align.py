"""Where faceswap's aligned pictures lie in their frames: its files store landmarks, not matrices.

faceswap fits the inner 51 points onto a mean face, solves the head's pose from 26 of the points in that
unit square, and moves the picture's centre to the middle of the skull.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import fit_similarity
from understudy.core.types import Matrix

HEAD_PADDING = 0.625  # share of the picture's side that is not the unit square
_FOCAL, _MIDDLE = 4.0, 0.5
_SKULL = (0.0, 0.0, -2.3)  # middle of the skull in the head model

# The mean face of dlib's aligner (points 17 to 67, Boost licence), which both programs fit to; faceswap
# shifts it so that its middle is at one half.
_MEAN_X = (
    *(0.000213256, 0.0752622, 0.18113, 0.29077, 0.393397, 0.586856, 0.689483, 0.799124, 0.904991, 0.98004),
    *(0.490127, 0.490127, 0.490127, 0.490127, 0.36688, 0.426036, 0.490127, 0.554217, 0.613373),
    *(0.121737, 0.187122, 0.265825, 0.334606, 0.260918, 0.182743),
    *(0.645647, 0.714428, 0.793132, 0.858516, 0.79751, 0.719335),
    *(0.254149, 0.340985, 0.428858, 0.490127, 0.551395, 0.639268, 0.726104, 0.642159, 0.556721, 0.490127),
    *(0.423532, 0.338094, 0.290379, 0.428096, 0.490127, 0.552157, 0.689874, 0.553364, 0.490127, 0.42689),
)
_MEAN_Y = (
    *(0.106454, 0.038915, 0.0187482, 0.0344891, 0.0773906, 0.0773906, 0.0344891, 0.0187482, 0.038915),
    *(0.106454, 0.203352, 0.307009, 0.409805, 0.515625, 0.587326, 0.609345, 0.628106, 0.609345, 0.587326),
    *(0.216423, 0.178758, 0.179852, 0.231733, 0.245099, 0.244077),
    *(0.231733, 0.179852, 0.178758, 0.216423, 0.244077, 0.245099),
    *(0.780233, 0.745405, 0.727388, 0.742578, 0.727388, 0.745405, 0.780233, 0.864805, 0.902192, 0.909281),
    *(0.902192, 0.864805, 0.784792, 0.778746, 0.785343, 0.778746, 0.784792, 0.824182, 0.831803, 0.824182),
)
_SHIFT = 0.5 - 0.490127

# Points of the anthropometric head model of the University of Coimbra (ISR), as number among the 68
# points, and x, y, z with y = 0 at the outer corners of the eyes; those of the other half are mirrored.
_HEAD = {
    6: (4.056931, -11.432347, 1.636229),
    7: (1.833492, -12.542305, 4.061275),
    8: (0.0, -12.901019, 4.070434),
    17: (6.825897, 1.275284, 4.402142),
    21: (1.330353, 1.636816, 6.903745),
    31: (1.930245, -5.060977, 5.914376),
    32: (0.746313, -5.136947, 6.263227),
    33: (0.0, -5.485328, 6.76343),
    36: (5.311432, 0.0, 3.987654),
    39: (1.78993, -0.091703, 4.413414),
    48: (2.774015, -7.566103, 5.048531),
    50: (0.509714, -7.056507, 6.566167),
    51: (0.0, -7.131772, 6.704956),
    57: (0.0, -8.601736, 6.097667),
    58: (0.589441, -8.443925, 6.109526),
}
_OTHER_HALF = {10: 6, 9: 7, 26: 17, 22: 21, 35: 31, 34: 32, 45: 36, 42: 39, 54: 48, 52: 50, 56: 58}


def aligned_from_frame(landmarks_px: NDArray[np.floating], size_px: int) -> Matrix:
    """The similarity with which faceswap (extraction since alignments 2.0) cuts a head.

    Args:
        landmarks_px: (68, 2) frame pixels.
        size_px: side of the aligned picture.

    Returns:
        (2, 3) float32.

    Raises:
        ValueError: the landmarks lie in one point, or no head is seen so.

    Convention:
        The centre of the top left pixel is (0, 0) in both pictures.
    """
    mean_face = np.column_stack([np.array(_MEAN_X) + _SHIFT, _MEAN_Y])
    points = landmarks_px.astype(np.float64)
    unit_from_frame = fit_similarity(points[17:], mean_face).astype(np.float64)  # pyright: ignore[reportArgumentType]
    unit_from_frame[:, 2] -= _skull_offset(points @ unit_from_frame[:, :2].T + unit_from_frame[:, 2])
    padding = round(size_px * HEAD_PADDING / 2)
    matrix = unit_from_frame * (size_px - 2 * padding)
    matrix[:, 2] += padding
    return matrix.astype(np.float32)


def _skull_offset(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,) how far the middle of the skull is seen from the middle of the unit square."""
    mirrored = {k: (-_HEAD[v][0], _HEAD[v][1], _HEAD[v][2]) for k, v in _OTHER_HALF.items()}
    head = dict(sorted((_HEAD | mirrored).items()))
    camera = np.array([[_FOCAL, 0, _MIDDLE], [0, _FOCAL, _MIDDLE], [0, 0, 1]])
    nothing = np.zeros((4, 1))
    solved, rotation, shift = cv2.solvePnP(
        np.array(list(head.values())), unit[list(head)], camera, nothing, flags=cv2.SOLVEPNP_ITERATIVE
    )
    if not solved:
        raise ValueError("its landmarks are those of no head")
    middle = cv2.projectPoints(np.array([_SKULL]), rotation, shift, camera, nothing)[0].reshape(2)
    if not (np.isfinite(middle).all() and np.abs(middle).max() < 10):
        raise ValueError("its landmarks are those of no head")
    return middle.astype(np.float64) - _MIDDLE
