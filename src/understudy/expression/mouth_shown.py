"""The inside of a mouth as a picture shows it, taken apart into what the skull and what the jaw carry."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import fit_similarity
from understudy.core.types import Image, Mask, Points
from understudy.expression.patches import Box, outlined
from understudy.expression.topology import LOWER_LIP, UPPER_LIP
from understudy.faces.mesh import OUTER_LIPS, RIGID

LIP_CORNERS = np.array((78, 308))
_LIPS, _UPPER_FACE = np.array(OUTER_LIPS), np.array(RIGID)
_RIM = 0.02  # of the mouth's width: what of the lips' edges is seen as inside
_DARK = 0.6  # of the teeth's brightness: what is darker is none of them
_STEPS = 24
_OFF_USUAL = 0.15  # of the gap: how much higher or lower than usual a single tooth ends
_LOWER_ROW = 0.06  # of the mouth's width: less below the upper teeth is no row of teeth but what rims the lip
_AROUND = 0.35  # of the mouth's width: skin by which colours are compared

_Floats = NDArray[np.float32]


def gap_of(mesh_px: Points) -> float:
    """How far a mouth is open, over its width."""
    width = float(np.linalg.norm(np.diff(mesh_px[LIP_CORNERS, :2], axis=0)))
    gaps = np.linalg.norm(mesh_px[LOWER_LIP, :2] - mesh_px[UPPER_LIP, :2], axis=1)
    return float(gaps[3:6].mean()) / max(width, 1e-6)


def lips_outline(mesh_px: Points, shut_px: Points | None, growth: float) -> Points:
    """(20, 2) the edge of a mouth's opening, around it.

    Args:
        mesh_px: (468, 2) or (468, 3).
        shut_px: the mesh of the photo if its mouth is shut: the gap that landmarks leave there is none.
        growth: of the head since then.
    """
    left, right = mesh_px[LIP_CORNERS, :2]
    upper, lower = mesh_px[UPPER_LIP, :2], mesh_px[LOWER_LIP, :2]
    if shut_px is not None:
        gap = np.linalg.norm(lower - upper, axis=1, keepdims=True)
        none = growth * np.linalg.norm(shut_px[LOWER_LIP, :2] - shut_px[UPPER_LIP, :2], axis=1, keepdims=True)
        change = 0.5 * np.minimum(1, none / np.maximum(gap, 1e-6)) * (lower - upper)
        upper, lower = upper + change, lower - change
    return np.concatenate([left[None], lower, right[None], upper[::-1]]).astype(np.float32)


def shown(picture: Image, mesh_px: Points, home: Box) -> tuple[_Floats, _Floats, bool]:
    """What moves with the jaw and what with the skull, each (h, w, 4) colour times cover, and cover.

    The upper teeth end where, from the upper lip down, it becomes dark; what is below moves with the jaw.
    The third says that nothing is below but the rim of the lip, which is seen as long as nothing moves.
    """
    patch = home.cut(picture).astype(np.float32)
    shape = patch.shape[:2]
    width = float(np.linalg.norm(np.diff(mesh_px[LIP_CORNERS, :2], axis=0)))
    rim = max(1, round(_RIM * width))
    opening = lips_outline(mesh_px, None, 1.0) - home.corner
    inside = cv2.dilate(outlined(opening, shape), np.ones((2 * rim + 3, 2 * rim + 3), np.uint8))
    upper, lower = mesh_px[UPPER_LIP, :2] - home.corner, mesh_px[LOWER_LIP, :2] - home.corner
    end = _teeth_end(patch, upper, lower)
    split = upper + end[:, None] * (lower - upper)
    down = lower.mean(axis=0) - upper.mean(axis=0)
    down /= max(float(np.linalg.norm(down)), 1e-6)
    left, right = opening[0], opening[len(lower) + 1]
    higher = -3 * width * down
    loop = np.stack([left + higher, left, *(split - rim * down), right, right + higher])
    skull = inside * outlined(loop, shape)
    jaw = inside * np.clip(4 * (1 - outlined(loop, shape)), 0, 1)
    below, above = (np.dstack([patch * cover[..., None], cover]).astype(np.float32) for cover in (jaw, skull))
    gap = float(np.linalg.norm(lower[3:6] - upper[3:6], axis=1).mean())
    return below, above, (1 - float(end.mean())) * gap < _LOWER_ROW * width


def _teeth_end(patch: _Floats, upper: Points, lower: Points) -> NDArray[np.floating]:
    """(9,) how far down from the upper to the lower lip the upper teeth reach, 0 to 1."""
    share = np.linspace(0.04, 0.96, _STEPS)
    x, y = np.moveaxis(upper + share[:, None, None] * (lower - upper), -1, 0).astype(np.float32)
    bright = cv2.remap(patch, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).mean(axis=2)
    usual = _dark_from(bright[:, 2:7].mean(axis=1), share)
    if usual == 1.0:
        return np.ones(len(upper))
    near = [bright[:, max(0, at - 1) : at + 2].mean(axis=1) for at in range(len(upper))]
    each = np.array([_dark_from(one, share) for one in near])
    each = np.clip(each, usual - _OFF_USUAL, min(1.0, usual + _OFF_USUAL))
    return np.convolve(np.pad(each, 1, mode="edge"), np.full(3, 1 / 3), "valid")


def _dark_from(bright: NDArray[np.floating], share: NDArray[np.floating]) -> float:
    """Where, from the upper lip down, it becomes dark; 1 where it does not."""
    calm = np.convolve(np.pad(bright, 1, mode="edge"), np.full(3, 1 / 3), "valid")
    top = int(calm[: round(0.7 * _STEPS)].argmax())
    dark = np.flatnonzero(calm[top:] < _DARK * calm[top])
    return float(share[top + dark[0]]) if len(dark) else 1.0


def fitted(picture: Image, mesh_px: Points, photo: Image, photo_px: Points) -> tuple[Image, Points]:
    """Another picture of a mouth, laid where the photo's face is, in the photo's colours.

    Returns:
        A picture of the photo's size, and the other's mesh in it.
    """
    photo_from_other = fit_similarity(mesh_px[_UPPER_FACE, :2], photo_px[_UPPER_FACE, :2])
    # by the upper lip's corners' middle rather than the whole face, so that it lies in the mouth
    size = (photo.shape[1], photo.shape[0])
    flags = cv2.INTER_AREA
    warped = cv2.warpAffine(picture, photo_from_other, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    laid = np.asarray(warped, np.uint8)
    mesh = mesh_px.copy()
    mesh[:, :2] = mesh_px[:, :2] @ photo_from_other[:, :2].T + photo_from_other[:, 2]
    return _recoloured(laid, _skin_around(mesh, size), photo, _skin_around(photo_px, size)), mesh


def _skin_around(mesh_px: Points, size: tuple[int, int]) -> Mask:
    """(h, w) skin near a mouth."""
    shape = (size[1], size[0])
    lips = mesh_px[_LIPS, :2]
    centre = lips.mean(axis=0)
    wide = outlined(centre + (1 + _AROUND) * (lips - centre), shape)
    return np.clip(wide - outlined(centre + 1.1 * (lips - centre), shape), 0, 1)


def _recoloured(other: Image, its_skin: Mask, photo: Image, skin: Mask) -> Image:
    """Mean and deviation of skin in Lab, carried over; Reinhard et al., 2001."""
    lab, wanted = (
        np.asarray(cv2.cvtColor(np.float32(1 / 255) * image, cv2.COLOR_RGB2LAB), np.float32)
        for image in (other, photo)
    )
    (mean, sd), (wanted_mean, wanted_sd) = _spread(lab, its_skin), _spread(wanted, skin)
    if mean is None or wanted_mean is None:
        return other
    # light and dark by their ratio: teeth are far from skin, and a shift would make the dark grey
    grown = float(np.clip(wanted_mean[0] / max(float(mean[0]), 1.0), 0.4, 1.6))
    out = lab.copy()
    out[..., 0] *= grown
    tint = np.clip(wanted_sd[1:] / np.maximum(sd[1:], 0.5), 0.7, 1.4)
    out[..., 1:] = (lab[..., 1:] - mean[1:]) * tint + mean[1:] + 0.5 * (wanted_mean[1:] - mean[1:])
    rgb = cv2.cvtColor(out, cv2.COLOR_LAB2RGB)
    return np.clip(255 * rgb + 0.5, 0, 255).astype(np.uint8)


def _spread(lab: _Floats, mask: Mask) -> tuple[_Floats | None, _Floats]:
    weight = mask[..., None]
    total = float(weight.sum())
    if total < 1:
        return None, np.ones(3, np.float32)
    mean = (lab * weight).sum(axis=(0, 1)) / total
    return mean, np.sqrt((np.square(lab - mean) * weight).sum(axis=(0, 1)) / total)
