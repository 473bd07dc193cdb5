"""How much of a face is hidden by a hand, a microphone, hair: it looks unlike the track's other faces there.

The landmarks stay where the face is behind what hides it, so the colours under them are those of the same
places of the same person, and change little along a track once the light's change is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.faces.mesh import FACE_OVAL, NOSE_TIP, template

PLACES = 144  # landmarks looked at: spread evenly, where the mesh crowds around eyes and lips
FEWEST_FACES = 16  # of a track, from which it is known how the face looks

_Floats = NDArray[np.float32]
_Flags = NDArray[np.bool_]

_DARK = 12.0  # grey levels added before the logarithm: noise in the dark is no change
# what is usual even where a track hardly changes: logarithms of luma, red to green, blue to green
_LEAST_CHANGE = np.array([0.1, 0.07, 0.07], np.float32)
_ROUNDS = 2  # of fitting the light
_OUTLIER = 0.1  # of the same, from which a place says little about the light
_MOST_CHANGE = 2.0  # in usual changes: a black microphone must not weigh on what is beside it
_REACH = 0.05  # face sides over which neighbouring places share their evidence
_HIDDEN_FROM, _HIDDEN_SLOPE = 0.85, 0.05  # in usual changes
_FACING = 0.35  # cosine of the angle to the camera, below which a place is seen too flat
_HEAD_DEPTH = 0.6  # of the template's depth: from there the face bulges to all sides


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceLook:
    """What is seen at some landmarks of one face, those of `places`.

    Args:
        colours: (n, 3) RGB uint8.
        is_inside: (n,) bool, whether the place lies within the frame.
    """

    colours: NDArray[np.uint8]
    is_inside: _Flags


def face_look(small: Image, points_px: NDArray[np.floating], is_inside: _Flags) -> FaceLook:
    """Take the colours at `places`.

    Args:
        small: (s, s, 3) RGB uint8, the upright face at about 50 px from forehead to chin.
        points_px: (468, 2) landmarks in its pixels.
        is_inside: (468,) bool, landmarks that lie within the frame.
    """
    blurred = cv2.blur(small, (3, 3))
    x, y = points_px[places()].T.astype(np.float32)
    colours = cv2.remap(blurred, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return FaceLook(colours=np.asarray(colours, np.uint8), is_inside=is_inside[places()])


def occlusion_shares(looks: Sequence[FaceLook], frame_from_head: NDArray[np.float64]) -> _Floats | None:
    """Guess how much of each face of a track is hidden.

    What hides it in most of the track, as glasses do, counts as a part of the face.

    Args:
        looks: n of one person in one piece of footage, without a cut.
        frame_from_head: (n, 3, 3) rotations of the heads.

    Returns:
        (n,) float32 in [0, 1], share of the seen area; None where the faces are too few.
    """
    if len(looks) < FEWEST_FACES:
        return None
    is_seen = facing(frame_from_head) & np.stack([look.is_inside for look in looks])
    seen = _log_colours(np.stack([look.colours for look in looks]))
    usual = _middle(seen.T, is_seen.T).T
    usual += _middle(_lit_alike(seen - usual, is_seen).T, is_seen.T).T
    unlike = _lit_alike(seen - usual, is_seen)
    spread = 1.48 * _middle(np.abs(unlike).T, is_seen.T).T
    change = np.sqrt(np.square(unlike / np.maximum(spread, _LEAST_CHANGE)).mean(axis=2))
    shown = is_seen.astype(np.float32)
    # a hand hides neighbours, too; a single place that differs is a wrinkle or a slip of the mesh
    change = (shown * np.minimum(change, _MOST_CHANGE)) @ _neighbours()
    change /= np.maximum(shown @ _neighbours(), 0.05)
    hidden = 1 / (1 + np.exp((_HIDDEN_FROM - change) / _HIDDEN_SLOPE))
    area = shown * areas()
    return ((hidden * area).sum(axis=1) / np.maximum(area.sum(axis=1), 1e-6)).astype(np.float32)


def facing(frame_from_head: NDArray[np.float64]) -> _Flags:
    """(n, `PLACES`) bool, the places that face the camera, of (n, 3, 3) rotations of heads."""
    return frame_from_head[:, 2] @ _normals().T < -_FACING


@cache
def places() -> NDArray[np.intp]:
    """(`PLACES`,) landmarks, each the farthest from those before it."""
    points = template()[:, :2]
    chosen = [NOSE_TIP]
    nearest = np.full(len(points), np.inf)
    while len(chosen) < PLACES:
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(nearest.argmax()))
    return np.array(chosen)


@cache
def areas() -> _Floats:
    """(`PLACES`,) share of the face's front that lies nearest to each place; sums to 1."""
    points = template()[places(), :2]
    outline = template()[list(FACE_OVAL), :2]
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    step = 0.01
    grid = np.stack(np.meshgrid(np.arange(x0, x1, step), np.arange(y0, y1, step)), axis=-1)
    mask = np.zeros(grid.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round((outline - [x0, y0]) / step).astype(np.int32)], 1)
    face = grid[mask > 0]
    nearest = ((face[:, None] - points) ** 2).sum(axis=-1).argmin(axis=1)
    return (np.bincount(nearest, minlength=PLACES) / len(face)).astype(np.float32)


@cache
def _normals() -> NDArray[np.float64]:
    """(`PLACES`, 3) unit vectors out of the head, in the template's frame; those of a bulge, good enough."""
    out = template()[places()] - [0, 0, _HEAD_DEPTH * template()[:, 2].max()]
    return out / np.linalg.norm(out, axis=1, keepdims=True)


@cache
def _neighbours() -> _Floats:
    """How much each place (rows) counts in the mean around another (columns)."""
    points = template()[places(), :2]
    distance = np.linalg.norm(points[:, None] - points, axis=-1)
    weight = np.exp(-0.5 * (distance / _REACH) ** 2) * areas()[:, None]
    return (weight / weight.sum(axis=0)).astype(np.float32)


def _log_colours(colours: NDArray[np.uint8]) -> _Floats:
    """(n, `PLACES`, 3) float32: logarithms of luma, of red over green, of blue over green."""
    logs = np.log(colours.astype(np.float32) + _DARK)
    red, green, blue = logs[..., 0], logs[..., 1], logs[..., 2]
    return np.stack([logs.mean(axis=-1), red - green, blue - green], axis=-1)


def _lit_alike(change: _Floats, is_seen: _Flags) -> _Floats:
    """Take out of (n, `PLACES`, 3) changes what light does: a slope of luma over the face, a tint.

    Fitted to what most of the face agrees on, so that what is hidden has little say.
    """
    slope = np.column_stack([np.ones(PLACES), template()[places(), :2]]).astype(np.float32)
    products = (slope[:, :, None] * slope[:, None, :]).reshape(PLACES, 9)
    luma = change[..., 0]
    rest = luma - _middle(luma, is_seen)[:, None]
    for _ in range(_ROUNDS):
        weight = is_seen * areas() / (1 + np.square(rest / _OUTLIER)) ** 2
        system = (weight @ products).reshape(-1, 3, 3) + 1e-6 * np.eye(3, dtype=np.float32)
        fit = np.linalg.solve(system, ((weight * luma) @ slope)[..., None])[..., 0]
        rest = luma - fit @ slope.T
    tints = [one - _middle(one, is_seen)[:, None] for one in (change[..., 1], change[..., 2])]
    return np.stack([rest, *tints], axis=-1)


def _middle(values: _Floats, is_known: _Flags) -> _Floats:
    """Median along the last axis of what is known, 0 where nothing is; much faster than `nanmedian`."""
    ranked = np.sort(np.where(is_known, values, np.float32(np.inf)), axis=-1)
    count = is_known.sum(axis=-1)
    at = np.broadcast_to(np.maximum(count - 1, 0) // 2, ranked.shape[:-1])
    found = np.take_along_axis(ranked, at[..., None], axis=-1)[..., 0]
    return np.where(count > 0, found, np.float32(0))
