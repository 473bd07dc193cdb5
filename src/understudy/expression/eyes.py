"""Eyeballs under the lids: an iris that moves over white, seen where the lids are open."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points, Vector
from understudy.expression.head_move import HeadMove, moved
from understudy.expression.openings import LID_EDGE
from understudy.expression.patches import Box, blended, outlined, warped
from understudy.expression.topology import CORNERS, LOWER_LIDS, UPPER_LIDS

BALL_IN_EYE_WIDTHS = 0.4  # radius of the ball, as `faces.gaze` has it
_RIM = 1.12  # of the iris' radius: up to where its dark rim fades into white
_LASH_SHADOW = 0.07  # of an eye's width below the upper lid: lashes and their shadow, no eyeball
_NOT_CLEAR = 0.02
_SPREAD = 0.12  # of the patch's width: how far white is carried to where it is hidden
_WHITE_OVER_SKIN = 0.9  # the least brightness of white
_FEW = 12  # pixels of white that tell its colour
_BLENDED_PX = 1.2  # deviation: over how much what is seen of an iris goes over into what is guessed
_BESIDE = 0.25  # of an eye's width: from how far the lashes' shadow over the iris is taken
_BARE = 0.3  # cover of the iris up to which that shadow is seen as it is
_MOST_DEG = 45.0
# of the iris' radius: how near to a corner of the eye and how far beyond a lid its centre goes
_FROM_CORNER, _BEHIND_LID = 0.8, 0.3
_LEAST_HALF = 0.12  # of an eye's width: half of what the lids of a narrowed eye are taken to be apart
_DARKEST = 0.55
_SHADE, _SHADED = 0.08, 0.35  # of an eye's width: how far lids' shadow reaches; how dark it is
_KEPT, _NOTHING = (
    0.04,
    0.02,
)  # of an eye's width: how far iris or lid go until the photo's own borders are gone

_Floats = NDArray[np.float32]


class Eye:
    """One eye of a photo, taken apart: the white, the iris, and the shadow of the lashes.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32.
        iris_px: (5, 2) float32, centre and rim.
        side: 0 for the picture's left eye, 1 for the right one.
        depth_px: how far the eye lies behind the head's centre.
    """

    def __init__(self, photo: Image, mesh_px: Points, iris_px: Points, side: int, depth_px: float) -> None:
        """Complete what lids hide in the photo."""
        self._side, self._depth = side, depth_px
        outer, inner = mesh_px[CORNERS[side], :2]
        self._width = float(np.linalg.norm(inner - outer))
        self._upper_px = mesh_px[UPPER_LIDS[side], :2]
        opening = lids_outline(mesh_px, side)
        around = np.concatenate([opening, iris_px - 0.3 * self._width, iris_px + 0.3 * self._width])
        self._box = Box.around(around, round(0.3 * self._width) + 2)
        patch = self._box.cut(photo).astype(np.float32)
        shape = patch.shape[:2]
        seen = outlined(opening - self._box.corner, shape) > 0.99
        clear = self._below_lid(seen, opening)
        centre = iris_px[0] - self._box.corner
        radius = float(np.median(np.linalg.norm(iris_px[1:] - iris_px[0], axis=1)))
        far = _far(shape, centre) / max(radius, 1e-6)
        self._axes, self._limits = _reach(mesh_px, side, iris_px[0], radius)
        self._white = _white(patch, clear, far)
        cover = np.clip((_RIM - far) / (_RIM - 0.92), 0, 1).astype(np.float32)
        guessed = cover[..., None] * _iris(patch, clear, centre, far) + (1 - cover[..., None]) * self._white
        known = _inwards((clear & (far < _RIM)).astype(np.float32))[..., None]
        colour = np.asarray(known * patch + (1 - known) * guessed, np.float32)
        self._iris = np.dstack([colour - (1 - cover[..., None]) * self._white, cover]).astype(np.float32)
        near = outlined(opening - self._box.corner, shape, 0.8)
        self._shadow = self._lash_shadow(patch, colour, near > 0.5, cover < _BARE)
        # what else the photo has there: it is as it was where nothing has moved
        rest = np.where(near[..., None] > 0.005, patch - colour * self._shadow, 0)
        self._rest = rest.astype(np.float32)

    def draw(self, picture: Image, mesh_px: Points, move: HeadMove, gaze_deg: Vector) -> None:
        """Draw it where the lids of a moved face are open.

        Args:
            picture: (h, w, 3) RGB uint8, changed in place.
            mesh_px: (468, 3) float32, where the face's mesh goes.
            move: of the head.
            gaze_deg: (2,) yaw and pitch by which the eye turns from where it looks in the photo.
        """
        opening = lids_outline(mesh_px, self._side, LID_EDGE * self._width * move.growth)
        box = Box.around(opening, 2).within(picture)
        if box is None:
            return
        now_from_photo = move.affine(self._depth)
        yaw, pitch = np.radians(np.clip(gaze_deg, -_MOST_DEG, _MOST_DEG)).tolist()
        shift = self._kept_in(BALL_IN_EYE_WIDTHS * self._width * np.array([np.sin(yaw), np.sin(pitch)]))
        white = warped(self._white, self._box, now_from_photo, box)
        iris = warped(self._iris, self._box, now_from_photo, box, shift)
        lid = (mesh_px[UPPER_LIDS[self._side], :2] - moved(now_from_photo, self._upper_px)).mean(axis=0)
        with_lid = now_from_photo.copy()
        with_lid[:, 2] += lid
        shadow = warped(self._shadow, self._box, with_lid, box)[..., None]
        eye = (iris[..., :3] + (1 - iris[..., 3:]) * white) * shadow
        mask = outlined(opening - box.corner, (box.height, box.width))
        gone = np.hypot(*shift) + np.hypot(*lid) / move.growth
        kept = np.exp(-np.square(gone / (_KEPT * self._width)))
        near_lids = 1 - np.clip(
            2 * cv2.GaussianBlur(mask, (0, 0), _SHADE * self._width * move.growth) - 0.6, 0, 1
        )
        eye *= (1 - (1 - kept) * _SHADED * near_lids)[..., None]
        if kept > _NOTHING:
            eye += kept * warped(self._rest, self._box, now_from_photo, box)
        blended(picture, box, eye, mask)

    def _kept_in(self, shift_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """A movement of the iris, (2,) photo pixels, that leaves part of it between the lids.

        Eyes do not turn until only white is seen: lids go along, which a gaze alone does not say.
        """
        low, high = self._limits
        along = np.clip(self._axes @ shift_px, low, high)
        return along @ self._axes

    def _lash_shadow(
        self, patch: _Floats, colour: _Floats, opening: NDArray[np.bool_], bare: NDArray[np.bool_]
    ) -> _Floats:
        """(h, w, 1) by how much the upper lid and its lashes darken the eyeball; over the iris as beside."""
        darker = (patch.mean(axis=2) + 1) / (colour.mean(axis=2) + 1)
        darker = np.where(opening, np.clip(darker, _DARKEST, 1), 1)
        white = (opening & bare).astype(np.float32)
        if white.any():  # a lash over a dark iris hardly shows, and would be missing where the iris has gone
            reach = {"sigmaX": _BESIDE * self._width, "sigmaY": 1.5, "borderType": cv2.BORDER_CONSTANT}
            total = cv2.GaussianBlur(white, (0, 0), **reach)
            beside = cv2.GaussianBlur((white * darker).astype(np.float32), (0, 0), **reach) / (total + 1e-6)
            darker = np.where(opening & ~bare & (total > 1e-3), np.minimum(darker, beside), darker)
        end = self._upper_px[:, 1].mean() - self._box.top + _LASH_SHADOW * self._width
        upper = np.arange(patch.shape[0])[:, None] < end
        calm = cv2.GaussianBlur(np.where(upper, darker, 1).astype(np.float32), (0, 0), 1.0)
        return np.asarray(calm[..., None], np.float32)

    def _below_lid(self, seen: NDArray[np.bool_], opening: Points) -> NDArray[np.bool_]:
        """Where the eyeball itself is seen: not at the lids' edges, nor in the lashes' shadow."""
        shape = seen.shape
        shadow = round(_LASH_SHADOW * self._width)
        lowered = outlined(opening + np.array([0, shadow], np.float32) - self._box.corner, shape) > 0.5
        edge = max(1, round(_NOT_CLEAR * self._width))
        clear = cv2.erode((seen & lowered).astype(np.uint8), np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
        return clear > 0


def lids_outline(mesh_px: Points, side: int, lowered_px: float = 0.0) -> Points:
    """(16, 2) the edge of an eye's opening, around it; the upper lid's lower by so much, at most shut."""
    outer, inner = mesh_px[CORNERS[side], :2]
    upper, lower = mesh_px[UPPER_LIDS[side], :2], mesh_px[LOWER_LIDS[side], :2]
    gap = np.linalg.norm(lower - upper, axis=1, keepdims=True)
    upper = upper + (lower - upper) * np.minimum(1, lowered_px / np.maximum(gap, 1e-6))
    return np.concatenate([outer[None], lower, inner[None], upper[::-1]]).astype(np.float32)


def _reach(
    mesh_px: Points, side: int, centre_px: Points, radius_px: float
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """(2, 2) an eye's axes, along and across, and how far along each its iris can go to either side."""
    ends = mesh_px[CORNERS[side], :2].astype(np.float64)
    left, right = ends[np.argsort(ends[:, 0])]
    width = float(np.linalg.norm(right - left))
    across = (right - left) / max(width, 1e-6)
    axes = np.stack([across, [-across[1], across[0]]])
    upper, lower = (mesh_px[lids[side], :2].mean(axis=0) for lids in (UPPER_LIDS, LOWER_LIDS))
    half = max(float((lower - upper) @ axes[1]) / 2, _LEAST_HALF * width)
    middle = np.array([axes[0] @ (left + right), axes[1] @ (upper + lower)]) / 2
    far = np.array([width / 2 - _FROM_CORNER * radius_px, half + _BEHIND_LID * radius_px])
    at = axes @ centre_px
    # where the photo's own iris is, it may stay
    return axes, (np.minimum(middle - far - at, 0), np.maximum(middle + far - at, 0))


def _white(patch: _Floats, clear: NDArray[np.bool_], far: _Floats) -> _Floats:
    """The white of the eye, also behind the iris and behind the lids: what is near and bright counts."""
    known = clear & (far > _RIM)
    if int(known.sum()) < _FEW:
        return np.broadcast_to(_guessed_white(patch), patch.shape).astype(np.float32)
    bright = patch.mean(axis=2)
    low, high = np.percentile(bright[known], (20, 95))
    weight = np.where(known, np.clip((bright - low) / max(high - low, 1), 0.03, 1), 0)
    weight = weight.astype(np.float32)
    reach = _SPREAD * patch.shape[1]
    total = cv2.GaussianBlur(weight, (0, 0), reach)[..., None] + 1e-6
    filled = cv2.GaussianBlur(patch * weight[..., None], (0, 0), reach) / total
    least = _guessed_white(patch).mean() * _WHITE_OVER_SKIN
    filled = filled * np.maximum(1, least / np.maximum(filled.mean(axis=2, keepdims=True), 1))
    near = cv2.GaussianBlur(known.astype(np.float32), (0, 0), 1.0)[..., None]
    # what is much darker than white is a lash, or the iris' rim
    share = patch.mean(axis=2, keepdims=True) / np.maximum(filled.mean(axis=2, keepdims=True), 1)
    near = np.clip(2 * near - 1, 0, 1) * np.clip((share - 0.6) / 0.25, 0, 1)
    return (near * patch + (1 - near) * filled).astype(np.float32)


def _guessed_white(patch: _Floats) -> _Floats:
    """Of an eye that shows none: a little brighter than skin, with half its tint."""
    skin = np.percentile(patch.reshape(-1, 3), 80, axis=0)
    return (0.3 * skin + 0.7 * skin.mean()).astype(np.float32)


def _iris(patch: _Floats, clear: NDArray[np.bool_], centre: Points, far: _Floats) -> _Floats:
    """The photo's pixels where the eyeball is seen; elsewhere the iris mirrored, or the mean around it."""
    height, width = patch.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = patch.copy()
    known = clear.astype(np.float32)
    inside = clear & (far < _RIM)
    if not inside.any():
        return out
    # by distance from the centre
    ring = np.minimum((far * 8).astype(int), 15)
    count = np.bincount(ring[inside], minlength=16)
    sums = np.stack([np.bincount(ring[inside], patch[inside][:, c], 16) for c in range(3)], axis=1)
    at = np.flatnonzero(count)
    profile = np.stack([np.interp(np.arange(16), at, sums[at, c] / count[at]) for c in range(3)], axis=1)
    around = profile[ring].astype(np.float32)
    mirrored = cv2.remap(patch, x, 2 * float(centre[1]) - y, cv2.INTER_LINEAR)
    mirrored_known = cv2.remap(known, x, 2 * float(centre[1]) - y, cv2.INTER_LINEAR)[..., None]
    guess = np.where(mirrored_known > 0.99, mirrored, around)
    guess = cv2.GaussianBlur(guess, (0, 0), 0.7)
    return np.where(clear[..., None], patch, guess).astype(np.float32)


def _inwards(mask: _Floats) -> _Floats:
    """(h, w) a mask of 0 and 1 with a soft border, which lies within it."""
    return np.clip(2 * cv2.GaussianBlur(mask, (0, 0), _BLENDED_PX) - 1, 0, 1).astype(np.float32)


def _far(shape: tuple[int, ...], centre: Points) -> _Floats:
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    return np.hypot(x - centre[0], y - centre[1]).astype(np.float32)
