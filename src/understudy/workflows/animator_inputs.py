"""What the animator is told of a moved face: where its pixels come from, and where its landmarks are."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import inverse, transform_points
from understudy.core.types import Matrix, Points
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS, template
from understudy.faces.openings import BROWS
from understudy.training.animator_pairs import ORIGIN_PX

_FEATURES = (*LEFT_EYELIDS, *RIGHT_EYELIDS, *OUTER_LIPS, *INNER_LIPS)
_NOSE = (6, 4, 98, 327)
LANDMARKS = np.array((*_FEATURES, *BROWS[0], *BROWS[1], *_NOSE, *FACE_OVAL[::3]))
FEATURES = len(_FEATURES)  # the first ones are eyes and mouth


@cache
def mirrored() -> NDArray[np.int32]:
    """(k,) which of the `LANDMARKS` each one becomes in a mirrored face."""
    points = template()[LANDMARKS, :2]
    apart = np.linalg.norm(points[:, None] * (-1, 1) - points[None], axis=-1)
    return apart.argmin(axis=1).astype(np.int32)


def told_points(mesh_px: Points, crop_from_frame: Matrix, size_px: int) -> NDArray[np.float32]:
    """(k, 2) landmarks of a face as the network takes them, of (468, 3) frame pixels."""
    return _shares(transform_points(crop_from_frame, mesh_px[LANDMARKS, :2]), size_px)


def told_origin(
    places_px: NDArray[np.float32], square: FaceSquare, photo: FaceSquare, size_px: int, coverage: float
) -> NDArray[np.float32]:
    """Where places of a moved face's crop lie in the photo's crop.

    Args:
        places_px: (h, w, 2) where in the photo each pixel of the moved picture comes from.
        square: of the moved face.
        photo: of the photo's face.
        size_px: side of both crops.
        coverage: likewise, in sides of the square.

    Returns:
        (2, g, g) float32, x and y from -1 to 1, beyond the crop more.
    """
    frame_from_grid = inverse(square.crop_from_frame(ORIGIN_PX, coverage))
    found = cv2.warpAffine(
        places_px, frame_from_grid, (ORIGIN_PX, ORIGIN_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    points = np.asarray(found, np.float32).reshape(-1, 2)
    told = _shares(transform_points(photo.crop_from_frame(size_px, coverage), points), size_px)
    return np.ascontiguousarray(told.T).reshape(2, ORIGIN_PX, ORIGIN_PX)


def _shares(points_px: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """Pixels of a crop as x and y from -1 to 1, border to border."""
    return ((points_px + 0.5) * (2 / size_px) - 1).astype(np.float32)
