"""Move the face of a photo as its mesh moves; hair and background follow less and less."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.faces.mesh import FACE_OVAL, LANDMARK_COUNT, template

# rings around the face: how far from its centre, in distances of the border, and how much they follow it
_RINGS = ((1.15, 0.85), (1.4, 0.5), (1.8, 0.15), (2.3, 0.0))
_FINE = 2  # pixels between two places at which the movement is worked out; between them it is straight
_SUBPIXEL = 4  # bits
_OVAL = np.array(FACE_OVAL)

_Wide = NDArray[np.float64]


class PhotoWarp:
    """A photo and the mesh that lies on it, to be moved to other meshes.

    Each pixel of the result looks up where it comes from: the nearest triangle to the camera says it, so a
    turned head hides what is behind it. A map of places is made at every second pixel and enlarged, so the
    seams of triangles are smooth; pixels beyond the last ring are those of the photo.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32 mesh of the face in it.
    """

    def __init__(self, photo: Image, mesh_px: Points) -> None:
        """Place the rings around the face."""
        self._photo = photo
        self._mesh = mesh_px.astype(np.float64)
        self._points = _with_rings(self._mesh, self._mesh)

    def warped(self, mesh_px: Points) -> Image:
        """The photo with its face moved to a (468, 3) float32 mesh, of the same size."""
        height, width = self._photo.shape[:2]
        # the first place is that of the first pixel, the next that of the one `_FINE` further
        place_from_pixel = np.array([[1 / _FINE, 0, 0], [0, 1 / _FINE, 0]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        fine = cv2.warpAffine(
            self.places(mesh_px), place_from_pixel, (width, height), flags=flags,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        x, y = cv2.split(fine)
        moved = cv2.remap(self._photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.uint8)

    def places(self, mesh_px: Points) -> NDArray[np.float32]:
        """Where each `_FINE`-th pixel comes from: (ceil(h / f) + 1, ceil(w / f) + 1, 2) x, y in the photo."""
        height, width = (-(-side // _FINE) + 1 for side in self._photo.shape[:2])
        moved = _with_rings(self._mesh, mesh_px.astype(np.float64))
        faces = triangles()
        number = _nearest(moved, faces, width, height)
        photo_from_moved = _affine(moved[faces, :2], self._points[faces, :2])
        y, x = np.nonzero(number)
        matrix = photo_from_moved[number[y, x] - 1]
        at = np.stack([x * _FINE, y * _FINE, np.ones_like(x)], axis=1).astype(np.float32)
        grid = np.meshgrid(np.arange(width) * _FINE, np.arange(height) * _FINE)
        place = np.stack(grid, axis=-1).astype(np.float32)
        place[y, x] = np.einsum("nij,nj->ni", matrix, at)
        return place


@cache
def triangles() -> NDArray[np.intp]:
    """(t, 3) which points span the face and the rings around it."""
    mesh = template()[:, :2].astype(np.float64)
    span = cv2.Subdiv2D((-2, -2, 4, 4))
    for x, y in mesh.tolist():
        span.insert((x, y))
    corners = np.asarray(span.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = (np.abs(corners) < 1.5).all(axis=(1, 2))
    corners = corners[inside]
    found = np.square(corners[:, :, None] - mesh).sum(axis=-1).argmin(axis=-1)
    border = mesh[_OVAL].astype(np.float32)
    middles = mesh[found].mean(axis=1)
    within = [cv2.pointPolygonTest(border, (float(x), float(y)), True) > -1e-4 for x, y in middles]
    found = found[np.array(within)]
    count = len(_OVAL)
    rings = [_OVAL, *(LANDMARK_COUNT + count * k + np.arange(count) for k in range(len(_RINGS)))]
    strips = []
    for inner, outer in pairwise(rings):
        a, b, c, d = inner, np.roll(inner, -1), outer, np.roll(outer, -1)
        strips += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
    return np.concatenate([found, *strips])


def _with_rings(mesh: _Wide, moved: _Wide) -> _Wide:
    """(468 + rings, 3) points of a mesh moved from where it lay, and of the rings, which follow less."""
    border, goes = mesh[_OVAL], moved[_OVAL] - mesh[_OVAL]
    centre = border.mean(axis=0)
    rings = [centre + (border - centre) * far + goes * follows for far, follows in _RINGS]
    behind = np.abs(border - centre).max()
    for step, ring in enumerate(rings, 1):
        ring[:, 2] = max(mesh[:, 2].max(), moved[:, 2].max()) + step * behind  # hair never hides the face
    return np.concatenate([moved, *rings])


def _nearest(points: _Wide, faces: NDArray[np.intp], width: int, height: int) -> NDArray[np.int32]:
    """(height, width) 1 + number of the triangle nearest to the camera at each place, 0 where none is."""
    number = np.zeros((height, width), np.int32)
    corners = np.round(points[:, :2] / _FINE * (1 << _SUBPIXEL)).astype(np.int32)[faces]
    for at in np.argsort(-points[faces, 2].mean(axis=1), kind="stable").tolist():
        cv2.fillConvexPoly(number, corners[at], at + 1, cv2.LINE_8, _SUBPIXEL)
    return number


def _affine(here: _Wide, there: _Wide) -> NDArray[np.float32]:
    """(t, 2, 3) matrices that carry (t, 3, 2) triangles onto others; a flat one stays at its corner."""
    a = here[:, 1:] - here[:, :1]
    b = there[:, 1:] - there[:, :1]
    determinant = a[:, 0, 0] * a[:, 1, 1] - a[:, 0, 1] * a[:, 1, 0]
    flat = np.abs(determinant) < 1e-3
    a[flat], b[flat] = np.eye(2), 0
    linear = np.linalg.solve(a, b).swapaxes(1, 2)
    shift = there[:, 0] - np.einsum("tij,tj->ti", linear, here[:, 0])
    return np.concatenate([linear, shift[..., None]], axis=2).astype(np.float32)
