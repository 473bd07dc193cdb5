"""Move the face of a photo as its mesh moves; hair turns with the head, neck and background less and less."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.head_move import HeadMove, moved
from understudy.expression.openings import lash_points, lids_lowered, lips_trimmed
from understudy.expression.raster import Sheet, raster
from understudy.expression.topology import (
    LOWER_LIDS,
    LOWER_LIP,
    OVAL,
    UPPER_LIDS,
    UPPER_LIP,
    face_triangles,
    ring_triangles,
)

# rings around the face: how far from its centre in distances of the border, how much they follow what the
# border does beside moving with the head, and how much they move with the head where there is no neck
_RINGS = (
    (1.12, 0.7, 1.0),
    (1.3, 0.3, 1.0),
    (1.55, 0.1, 1.0),
    (1.9, 0.0, 1.0),
    (2.4, 0.0, 0.55),
    (3.1, 0.0, 0.0),
)
_NECK = (-0.2, 0.5)  # below the chin, in heights of the face: from where to where the neck follows less
_COARSE = 4  # pixels between places outside the face, where the movement is smooth

_CALMED_PX = 3
_OPENINGS = tuple(
    np.array([*upper, *lower[::-1]])
    for upper, lower in (*zip(UPPER_LIDS, LOWER_LIDS, strict=True), (UPPER_LIP, LOWER_LIP))
)

_Wide = NDArray[np.float64]


class PhotoWarp:
    """A photo and the mesh that lies on it, to be moved to other meshes.

    Each pixel of the result looks up where it comes from. Skin that a turned head would hide is squeezed
    to a narrow strip instead (depth is made flatter than it is where it is steep), so there is no edge to
    be ragged. Pixels beyond the last ring are those of the photo.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32 mesh of the face in it.
        depth_px: (468,) how far each point lies behind the head's centre; the mesh's own where None.
    """

    def __init__(self, photo: Image, mesh_px: Points, depth_px: NDArray[np.floating] | None = None) -> None:
        """Place the rings around the face."""
        self._photo = photo
        self._mesh = mesh_px.astype(np.float64)
        self._depth = np.asarray(mesh_px[:, 2] if depth_px is None else depth_px, np.float64)
        border = self._mesh[OVAL, :2]
        self._centre = border.mean(axis=0)
        self._rings = [self._centre + (border - self._centre) * far for far, _, _ in _RINGS]
        self._height = float(np.ptp(border[:, 1]))
        self._outline_depth = float(self._depth[OVAL].max())

    @cached_property
    def _apart(self) -> _Wide:
        """(468, 468) distances of the points from one another."""
        return np.linalg.norm(self._mesh[:, None, :2] - self._mesh[None, :, :2], axis=-1)

    def warped(self, place: NDArray[np.float32]) -> Image:
        """The photo's pixels of (h, w, 2) `places`."""
        x, y = cv2.split(place)
        out = cv2.remap(self._photo, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.uint8)

    def places(self, mesh_px: Points, move: HeadMove | None = None) -> NDArray[np.float32]:
        """Where each pixel comes from when the face has moved.

        Args:
            mesh_px: (468, 3) float32, where the face's mesh goes, `flattened` where its head turns.
            move: of the head, which hair and ears follow; none where None.

        Returns:
            (h, w, 2) float32 x, y in the photo.
        """
        move = move or HeadMove.none()
        before, after = self._points(mesh_px, move)
        height, width = self._photo.shape[:2]
        face, rings = face_triangles(), ring_triangles(len(_RINGS))
        whole = Sheet(
            left=0, top=0, width=-(-width // _COARSE) + 1, height=-(-height // _COARSE) + 1, step=_COARSE
        )
        coarse, _ = raster(before, after, np.concatenate([rings, face]), whole)
        # the first place is that of the first pixel, the next that of the one `_COARSE` further
        grid_from_pixel = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]])
        place = np.asarray(
            cv2.warpAffine(
                coarse, grid_from_pixel, (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
            ), np.float32,
        )  # fmt: skip
        sheet = Sheet.around(after[OVAL, :2], width, height)
        if sheet is not None:
            fine, number = raster(before, after, face, sheet)
            part = place[sheet.top : sheet.top + sheet.height, sheet.left : sheet.left + sheet.width]
            within = (number > 0).astype(np.uint8)
            cv2.copyTo(fine, within, part)
            _calm(part, within, after - (sheet.left, sheet.top))
        return place

    def flattened(self, mesh_px: Points, move: HeadMove) -> Points:
        """A moved mesh with no part of it hidden: depth goes back no steeper than the turn allows.

        Reference:
            The largest function below another that is nowhere steeper than L is min over q of
            f(q) + L |p - q| (Hausdorff 1919; McShane 1934).
        """
        if not move.turn[:2, 2].any():  # as in footage, whose heads stay as they are
            return mesh_px
        depth = (self._depth[None] + move.steepest * self._apart).min(axis=1)
        out = mesh_px.astype(np.float32).copy()
        out[:, :2] += move.deeper(depth - self._depth)
        return out

    def _points(self, mesh_px: Points, move: HeadMove) -> tuple[_Wide, _Wide]:
        """(468 + 14 + rings, 2) points in the photo and where they go."""
        linear = move.affine(0)[:, :2]
        mesh = lids_lowered(mesh_px.astype(np.float64), linear, self._mesh)
        photo = lids_lowered(lips_trimmed(self._mesh, mesh, linear), np.eye(2), self._mesh)
        lashes_before, lashes_after = lash_points(photo, mesh, linear)
        outline = move.outline(self._outline_depth)
        own = mesh[OVAL, :2] - moved(outline, self._mesh[OVAL])
        rings = list[_Wide]()
        for ring, (_, follows, far) in zip(self._rings, _RINGS, strict=True):
            with_head = (moved(outline, ring) - ring) * (far * self._not_neck(ring))[:, None]
            rings.append(ring + with_head + follows * own)
        before = np.concatenate([photo[:, :2], lashes_before[:, :2], *self._rings])
        return before, np.concatenate([mesh[:, :2], lashes_after[:, :2], *rings])

    def _not_neck(self, points: _Wide) -> _Wide:
        """(n,) 1 for what moves with the head, 0 for shoulders."""
        up = self._mesh[10, :2] - self._mesh[152, :2]
        below = (self._mesh[152, :2] - points) @ up / float(up @ up)
        share = np.clip((below - _NECK[0]) / (_NECK[1] - _NECK[0]), 0, 1)
        return 1 - share * share * (3 - 2 * share)


def _calm(place: NDArray[np.float32], within: NDArray[np.uint8], points: _Wide) -> None:
    """Take steps out of (h, w, 2) places, in place, where a strip is squeezed to less than a pixel.

    Within a triangle they stay the same. Where lids or lips part or meet, a step has to be: in between lies
    what is not to be seen.
    """
    calmed = within.copy()
    calmed[[0, -1]], calmed[:, [0, -1]] = 0, 0
    for opening in _OPENINGS:
        outline = [np.round(points[opening]).astype(np.int32)]
        cv2.fillPoly(calmed, outline, 0)
        cv2.polylines(calmed, outline, True, 0, _CALMED_PX + 2)
    cv2.copyTo(cv2.blur(place, (_CALMED_PX, _CALMED_PX)), calmed, place)
