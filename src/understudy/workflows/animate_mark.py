"""The watermark in a face that was moved and not drawn: laid over it as light is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.mask import face_hull_mask
from understudy.compositing.mask_sets import ramp
from understudy.core.geometry import transform_points
from understudy.core.types import Image, Matrix, Points
from understudy.faces.face import FaceSquare
from understudy.provenance.watermark_embed import Watermark

_SIZE_PX, _COVERAGE = 160, 1.3  # of what is marked, and in sides of the face square
_FEATHER = 0.06  # of the face's side, inward from its border
# how far a moved face is shown beyond its outline, which hair and neck follow, and over what it fades inward
_REACHES, _FADES, _AROUND = 1.9, 0.25, 2.6

Floats = NDArray[np.float32]


class FaceMark:
    """Marks faces with a payload.

    Args:
        payload: 64 bits.
    """

    def __init__(self, payload: int) -> None:
        """Know the signs."""
        self._mark = Watermark(payload, size_px=_SIZE_PX, coverage=_COVERAGE)
        self._nothing = np.zeros((_SIZE_PX, _SIZE_PX, 3), np.float32)

    def change(
        self, mesh_px: Points, square: FaceSquare, time_s: float, box: tuple[int, int, int, int]
    ) -> Floats:
        """What is added to a part of a frame.

        Args:
            mesh_px: (468, 3) of the face as it is shown, frame pixels.
            square: of the same.
            time_s: when it is shown.
            box: x0, y0, x1, y1 of the part.

        Returns:
            (h, w, 3) float32, for RGB in [0, 1].
        """
        matrix = square.crop_from_frame(_SIZE_PX, _COVERAGE)
        hull = face_hull_mask(transform_points(matrix, mesh_px[:, :2]), _SIZE_PX)
        hull[[0, -1], :] = hull[:, [0, -1]] = 0
        mask = ramp(hull, 0, _FEATHER * _SIZE_PX / _COVERAGE)
        crop = self._mark.marked(self._nothing, time_s=time_s, frame_px=square.side_px) * mask[..., None]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        x0, y0, x1, y1 = box
        warped = cv2.warpAffine(crop, _from_part(matrix, box), (x1 - x0, y1 - y0), flags=flags)
        return np.asarray(warped, np.float32)

    def put_into(self, image: Image, mesh_px: Points, square: FaceSquare, time_s: float) -> None:
        """Mark a face of a whole (h, w, 3) RGB uint8 picture, in place; else as `change`."""
        box = box_around(square, (image.shape[1], image.shape[0]), _COVERAGE)
        if box is None:
            return
        x0, y0, x1, y1 = box
        part = image[y0:y1, x0:x1]
        marked = cv2.add(part.astype(np.float32), 255 * self.change(mesh_px, square, time_s, box))
        part[:] = np.clip(np.rint(marked), 0, 255).astype(np.uint8)


def moved_mask(
    meshes_px: tuple[Points, ...], square: FaceSquare, box: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """How much of a moved face is shown in a part of a frame: all of the face, less and less around it.

    Args:
        meshes_px: (468, 3) each, where the face was and is.
        square: of the face.
        box: x0, y0, x1, y1 of the part.

    Returns:
        (h, w) float32 in [0, 1].
    """
    matrix = square.crop_from_frame(_SIZE_PX, _AROUND)
    mask = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for mesh in meshes_px:
        points = transform_points(matrix, mesh[:, :2])
        centre = points.mean(axis=0)
        np.maximum(mask, face_hull_mask(centre + _REACHES * (points - centre), _SIZE_PX), out=mask)
    mask[[0, -1], :] = mask[:, [0, -1]] = 0
    shown = ramp(mask, 0, _FADES * _SIZE_PX / _AROUND)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    x0, y0, x1, y1 = box
    warped = cv2.warpAffine(shown, _from_part(matrix, box), (x1 - x0, y1 - y0), flags=flags)
    return np.asarray(warped, np.float32)


def box_around(
    square: FaceSquare, size_px: tuple[int, int], coverage: float, grid_px: tuple[int, int] = (1, 1)
) -> tuple[int, int, int, int] | None:
    """The part of a frame that a square reaches, enlarged, whichever way it is turned.

    Args:
        square: of a face.
        size_px: width and height of the frame.
        coverage: side of what is wanted, in sides of the square.
        grid_px: columns and rows on which it starts and ends; the frame's size is a multiple of them.

    Returns:
        x0, y0, x1, y1; None where nothing of it is in the frame.
    """
    turned = abs(math.cos(square.roll_rad)) + abs(math.sin(square.roll_rad))
    reach = square.side_px * coverage * turned / 2
    low, high = [], []
    for centre, length, grid in zip((square.x_px, square.y_px), size_px, grid_px, strict=True):
        low.append(max(0, math.floor((centre - reach) / grid) * grid))
        high.append(min(length, math.ceil((centre + reach + 1) / grid) * grid))
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    return low[0], low[1], high[0], high[1]


def _from_part(crop_from_frame: Matrix, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """The matrix from pixels of a part of the frame."""
    matrix = crop_from_frame.astype(np.float64)
    matrix[:, 2] += matrix[:, :2] @ np.array(box[:2], np.float64)
    return matrix
