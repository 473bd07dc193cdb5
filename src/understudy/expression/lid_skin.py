"""The skin of lids that come down: that of the photo, without the lashes that lie over it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.openings import lash_points, lids_lowered
from understudy.expression.patches import Box, blended, outlined
from understudy.expression.topology import ABOVE_LIDS, CORNERS, LOWER_LIDS, UPPER_LIDS

_LASH_PX = 0.16  # of an eye's width: what is dark and narrower is a lash
_SOFT = 0.03
_LEAST = 0.02
_SEAM_PX = 1.5

_Floats = NDArray[np.float32]


class LidSkin:
    """The lids of one eye of a photo.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32.
        side: 0 for the picture's left eye, 1 for the right one.
    """

    def __init__(self, photo: Image, mesh_px: Points, side: int) -> None:
        """Take off the lashes."""
        self._side, self._mesh = side, mesh_px
        self._width = float(np.linalg.norm(np.subtract(*mesh_px[CORNERS[side], :2])))
        self._gaps = _gaps(mesh_px, side)
        around = mesh_px[np.concatenate([UPPER_LIDS[side], ABOVE_LIDS[side], LOWER_LIDS[side]]), :2]
        self._box = Box.around(around, round(0.3 * self._width) + 2)
        patch = self._box.cut(photo)
        self._bare = _without_lashes(patch, max(3, round(_LASH_PX * self._width)))
        self._calm = np.asarray(
            cv2.GaussianBlur(patch, (0, 0), sigmaX=0.12 * self._width, sigmaY=0.4), np.uint8
        )

    def draw(
        self,
        picture: Image,
        place: NDArray[np.float32],
        mesh_px: Points,
        now_from_photo: NDArray[np.floating],
    ) -> None:
        """Draw it between the lashes and the brow, the more the lids are shut.

        Args:
            picture: (h, w, 3) RGB uint8, changed in place.
            place: (h, w, 2) float32 where each of its pixels comes from.
            mesh_px: (468, 3) float32, where the face's mesh goes.
            now_from_photo: (2, 2), what the head's movement does to lengths.
        """
        open_gap = float(np.linalg.norm(self._gaps @ now_from_photo.T, axis=1).mean())
        shut = 1 - float(np.linalg.norm(_gaps(mesh_px, self._side), axis=1).mean()) / max(open_gap, 1e-6)
        if shut < _LEAST:
            return
        photo, moved = (
            lids_lowered(mesh.astype(np.float64), linear, self._mesh)
            for mesh, linear in ((self._mesh, np.eye(2)), (mesh_px, now_from_photo))
        )
        count = UPPER_LIDS.shape[1]
        lashes = lash_points(photo, moved, now_from_photo)[1][
            self._side * count : (self._side + 1) * count, :2
        ]
        outline = np.concatenate([lashes, mesh_px[ABOVE_LIDS[self._side], :2][::-1]])
        self._lay(picture, place, outline, self._bare, min(1, 1.5 * shut))
        # where lids meet, crumbs of white and iris would be seen
        seam = np.concatenate([lashes, moved[LOWER_LIDS[self._side], :2][::-1] + np.array([0, _SEAM_PX])])
        self._lay(picture, place, seam, self._calm, max(0.0, 2 * shut - 1))

    def _lay(
        self,
        picture: Image,
        place: NDArray[np.float32],
        outline: NDArray[np.floating],
        skin: Image,
        share: float,
    ) -> None:
        box = Box.around(outline, 2).within(picture)
        if box is None or share <= 0:
            return
        part = place[box.top : box.top + box.height, box.left : box.left + box.width] - self._box.corner
        x, y = cv2.split(part)
        seen = cv2.remap(skin, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        mask = outlined(outline - box.corner, (box.height, box.width), _SOFT * self._width)
        blended(picture, box, seen, np.float32(share) * mask)


def _without_lashes(patch: Image, width: int) -> Image:
    """What is dark and narrow filled from both sides, and what is left of it smoothed sideways."""
    filled = cv2.morphologyEx(patch, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    return np.asarray(cv2.GaussianBlur(filled, (0, 0), sigmaX=width / 3, sigmaY=0.5), np.uint8)


def _gaps(mesh_px: Points, side: int) -> Points:
    return mesh_px[LOWER_LIDS[side], :2] - mesh_px[UPPER_LIDS[side], :2]
