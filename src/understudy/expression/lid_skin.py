"""The skin of lids that come down: that of the photo, without the lashes that lie over it, and their line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.fill import filled
from understudy.expression.openings import lash_points, lids_lowered
from understudy.expression.patches import Box, blended, lined, outlined
from understudy.expression.topology import ABOVE_LIDS, CORNERS, LOWER_LIDS, UPPER_LIDS

# of an eye's width
_LASH_PX = 0.16  # what is dark and narrower is a lash
_LASHES, _RIM = 0.14, 0.06  # how far above and below the opening no bare skin is seen
_BEYOND = 0.16  # and beyond the outer corner
_FRINGE, _SKIN = 0.14, 0.94  # so near to these what is darker than this share of what is around is a lash
_SOFT = 0.03
_FADE, _CORNER_UP = 0.09, 0.12  # deviation: how softly bare skin begins below the brow; not at the corners
_BULGE = 0.14  # deviation: how round a lid is
_LIT, _UNLIT = 1.06, 0.92  # its light in the middle, at its border
_CHEEK = np.array((117, 346))  # skin below the eyes whose grain lids have
_GRAIN, _COARSEST = 3.0, 0.05  # most of it, in mean deviations; deviation of what is no grain
_LINE = 0.022  # deviation of the lashes' line
_LEAST = 0.02
_SEAM_PX = 1.5
_TEAR = 0.05  # of an eye's width: how far beyond the inner corner something wet is seen
_DARK, _AMOUNT = 15, 0.75  # percentile of the lashes' brightness; how much of their line is seen
_INNER = 0.35  # of that, at the inner corner

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
        bare = _without_lashes(patch, max(3, round(_LASH_PX * self._width)))
        self._bare = filled(bare, 1 - self._hidden(bare))
        self._lash = self._lash_colour(patch)
        self._grain = self._grain_of(photo)

    def draw(
        self,
        picture: Image,
        place: NDArray[np.float32],
        mesh_px: Points,
        now_from_photo: NDArray[np.floating],
    ) -> None:
        """Draw it between the lashes and the brow, the more the lids are shut; where they meet, the lashes.

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
        above = mesh_px[ABOVE_LIDS[self._side], :2][::-1]
        self._lay(picture, place, (lashes, above), min(1, 1.5 * shut))
        # where lids meet, lashes that pointed up and crumbs of white and iris would be seen
        met = max(0.0, 2 * shut - 1)
        below = moved[LOWER_LIDS[self._side], :2] + np.array([0, _SEAM_PX])
        outer, inner = mesh_px[CORNERS[self._side], :2]
        tear = inner + _TEAR * (inner - outer) + np.array([0, _SEAM_PX])
        self._lay(picture, place, (np.stack([outer, *below, tear]), above), met)
        self._draw_line(picture, np.stack([outer, *moved[UPPER_LIDS[self._side], :2], inner]), met)

    def _lay(
        self,
        picture: Image,
        place: NDArray[np.float32],
        edges: tuple[NDArray[np.floating], NDArray[np.floating]],
        share: float,
    ) -> None:
        """Bare skin down to the first edge, from the second one on, where it begins softly."""
        outline = np.concatenate(edges)
        box = Box.around(outline, 2).within(picture)
        if box is None or share <= 0:
            return
        part = place[box.top : box.top + box.height, box.left : box.left + box.width] - self._box.corner
        x, y = cv2.split(part)
        skin = cv2.remap(self._bare, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shape = (box.height, box.width)
        whole = outlined(outline - box.corner, shape)
        mask = cv2.GaussianBlur(whole, (0, 0), _SOFT * self._width)
        below = self._all_below(*edges) - box.corner
        mask *= np.clip(2 * outlined(below, shape, _FADE * self._width) - 1, 0, 1)
        round_ = cv2.GaussianBlur(whole, (0, 0), _BULGE * self._width, borderType=cv2.BORDER_CONSTANT)
        light = _UNLIT + (_LIT - _UNLIT) * np.minimum(1.2 * round_, 1)
        rows, columns = (np.arange(n) % m for n, m in zip(shape, self._grain.shape[:2], strict=True))
        lid = skin * light[..., None] + self._grain[rows[:, None], columns]
        blended(picture, box, lid.astype(np.float32), np.float32(share) * mask)

    def _all_below(self, lower: NDArray[np.floating], upper: NDArray[np.floating]) -> NDArray[np.floating]:
        """(n, 2) around what is below an upper edge, far beyond the lower one and to the sides."""
        aside = (lower[0] - lower[-1]) / 2
        up, down = self._width * np.array([[0, -_CORNER_UP], [0, 1]])
        first, last = lower[0] + aside, lower[-1] - aside
        return np.concatenate([np.stack([first + up, first + down, last + down, last + up]), upper])

    def _draw_line(self, picture: Image, edge: NDArray[np.floating], share: float) -> None:
        """The lashes of lids that have met, seen from above."""
        deviation = max(_LINE * self._width, 0.6)
        box = Box.around(edge, int(np.ceil(3 * deviation)) + 1).within(picture)
        if box is None or share <= 0:
            return
        mask = lined(edge - box.corner, (box.height, box.width), deviation)
        far = (np.arange(box.width) + box.left - edge[-1, 0]) / (edge[0, 0] - edge[-1, 0] or 1.0)
        mask *= np.float32(_INNER) + np.float32(1 - _INNER) * np.clip(far, 0, 1).astype(np.float32)
        dark = np.broadcast_to(self._lash, (box.height, box.width, 3))
        blended(picture, box, np.asarray(dark, np.float32), np.float32(_AMOUNT * share) * mask)

    def _hidden(self, patch: Image) -> _Floats:
        """(h, w) 1 where eyeball, lashes and the lids' rims are."""
        upper, lower = self._mesh[UPPER_LIDS[self._side], :2], self._mesh[LOWER_LIDS[self._side], :2]
        outer, inner = self._mesh[CORNERS[self._side], :2]
        down = (lower - upper).mean(axis=0)
        down = self._width * down / max(float(np.linalg.norm(down)), 1e-6)
        # lashes reach furthest at the outer corner
        corner = outer + _BEYOND * (outer - inner) - np.array([[0.0], [_LASHES]]) * down
        loop = np.stack([*corner[::-1], *(lower + _RIM * down), inner, *(upper - _LASHES * down)[::-1]])
        hidden = np.ceil(outlined(loop - self._box.corner, patch.shape))
        reach = 2 * round(_FRINGE * self._width) + 1
        near = cv2.dilate(hidden, np.ones((reach, reach), np.uint8))
        bright = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
        known = (1 - hidden).astype(np.float32)
        spread = _FRINGE * self._width
        around = cv2.GaussianBlur(known * bright, (0, 0), spread) / (
            cv2.GaussianBlur(known, (0, 0), spread) + np.float32(1e-6)
        )
        return np.maximum(hidden, (near > 0) & (bright < _SKIN * around)).astype(np.float32)

    def _grain_of(self, photo: Image) -> _Floats:
        """(h, w, 1) what of the cheek's brightness is grain: without it, skin that is filled in looks it."""
        centre = self._mesh[_CHEEK[self._side], :2]
        reach = np.array([0.5, 0.15]) * self._width
        cheek = Box.around(np.stack([centre - reach, centre + reach]), 0).cut(photo)
        patch = cv2.cvtColor(cheek, cv2.COLOR_RGB2GRAY).astype(np.float32)
        fine = patch - cv2.GaussianBlur(patch, (0, 0), max(0.8, _COARSEST * self._width))
        most = _GRAIN * float(np.abs(fine).mean())
        height, width = fine.shape
        return np.pad(np.clip(fine, -most, most), ((0, height), (0, width)), mode="symmetric")[..., None]

    def _lash_colour(self, patch: Image) -> _Floats:
        """(3,) what is dark where the lid ends."""
        at = np.round(self._mesh[UPPER_LIDS[self._side], :2] - self._box.corner).astype(int)
        reach = max(1, round(0.04 * self._width))
        near = np.concatenate(
            [
                patch[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].reshape(-1, 3)
                for x, y in at
            ]
        )
        return np.percentile(near, _DARK, axis=0).astype(np.float32)


def _without_lashes(patch: Image, width: int) -> Image:
    """What is dark and narrow filled from both sides, and what is left of it smoothed sideways."""
    closed = cv2.morphologyEx(patch, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), sigmaX=width / 3, sigmaY=0.5), np.uint8)


def _gaps(mesh_px: Points, side: int) -> Points:
    return mesh_px[LOWER_LIDS[side], :2] - mesh_px[UPPER_LIDS[side], :2]
