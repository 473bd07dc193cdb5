"""Lids and lips that shut quite, and lashes that are carried rather than stretched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.topology import (
    ABOVE_LIDS,
    CORNERS,
    LOWER_LIDS,
    LOWER_LIP,
    UPPER_LIDS,
    UPPER_LIP,
)

_LIPS_SHUT = 0.008  # sides of the face: lips that are nearer together in the model touch
_LIDS_SHUT = 0.004
_LASH_HEIGHT = 0.12  # of an eye's width
_MOST_LASH = 0.55  # of the way to the next points above

_LIP_RIM = 0.03  # of the mouth's width
_OPENED = 4.0  # how much of that goes for each time by which a gap has grown
LID_EDGE = (
    0.045  # of an eye's width below the lids' landmarks: there the upper's lashes and the lower's rim end
)

_Wide = NDArray[np.float64]
# upper and lower edge, what counts as shut, by how much the lower one comes to meet the upper
_OPENINGS = (
    (UPPER_LIDS[0], LOWER_LIDS[0], _LIDS_SHUT, 0.0),
    (UPPER_LIDS[1], LOWER_LIDS[1], _LIDS_SHUT, 0.0),
    (UPPER_LIP, LOWER_LIP, _LIPS_SHUT, 0.5),
)
_NONE = 1e-3  # sides of the face: an opening that is none


def shutting_quite(
    moved: Points, photo: Points, now_from_photo: NDArray[np.floating], model_now: Points, model_photo: Points
) -> Points:
    """A moved mesh in which what the model has shut is shut, and nothing has crossed.

    Landmarks of a photo leave a gap that the model does not have, or the other way round. An opening that
    closes therefore closes by the same share in both.

    Args:
        moved: (468, 3) the mesh where it goes, frame pixels.
        photo: (468, 3) the mesh of the photo.
        now_from_photo: (2, 2) how the head has turned and grown in the picture.
        model_now: (468, 3) what the model makes of the face, in the template's frame.
        model_photo: (468, 3) what it made of the photo.

    Returns:
        (468, 3) float32.
    """
    out = moved.astype(np.float32).copy()
    down = now_from_photo[:, 1] / np.linalg.norm(now_from_photo[:, 1])
    for upper, lower, least, lower_gives in _OPENINGS:
        now = np.maximum(model_now[lower, 1] - model_now[upper, 1] - least, 0)
        was = np.maximum(model_photo[lower, 1] - model_photo[upper, 1] - least, 0)
        share = np.where(was < _NONE, 1, np.clip(now / np.maximum(was, _NONE), 0, 1))[:, None]
        gap = (out[lower] - out[upper])[:, :2]
        own = (photo[lower] - photo[upper])[:, :2] @ now_from_photo.T
        too_far = (gap @ down < np.minimum(own @ down, 0))[:, None]
        wanted = np.where(share < 1, share * own, np.where(too_far, 0, gap))
        out[upper, :2] += (1 - lower_gives) * (gap - wanted)
        out[lower, :2] -= lower_gives * (gap - wanted)
    return out


def lash_points(
    photo: NDArray[np.floating], moved: NDArray[np.floating], now_from_photo: NDArray[np.floating]
) -> tuple[_Wide, _Wide]:
    """The (14, 3) points where lashes end, in the photo and where they go: with the lid's edge.

    Args:
        photo: (468, 3) mesh.
        moved: (468, 3), where it goes.
        now_from_photo: (2, 2), what the head's movement does to lengths.
    """
    before, after = list[_Wide](), list[_Wide]()
    for upper, above, (outer, inner) in zip(UPPER_LIDS, ABOVE_LIDS, CORNERS, strict=True):
        up = (photo[above] - photo[upper]).astype(np.float64)
        length = np.maximum(np.linalg.norm(up[:, :2], axis=1), 1e-6)
        height = _LASH_HEIGHT * np.linalg.norm(photo[outer, :2] - photo[inner, :2])
        share = np.minimum(_MOST_LASH, height / length)[:, None]
        before.append(photo[upper] + share * up)
        now = (moved[above] - moved[upper]).astype(np.float64)
        now_length = np.maximum(np.linalg.norm(now[:, :2], axis=1), 1e-6)
        carried = np.linalg.norm(up[:, :2] @ now_from_photo.T, axis=1)
        kept = np.minimum(share[:, 0] * carried / now_length, _MOST_LASH)[:, None]
        after.append(moved[upper] + kept * now)
    return np.concatenate(before), np.concatenate(after)


def lids_lowered(mesh: _Wide, now_from_photo: NDArray[np.floating], photo: NDArray[np.floating]) -> _Wide:
    """A (468, 3) mesh with lids' edges a little lower, so that lashes and no white move with the skin."""
    out = mesh.copy()
    for upper, lower, (outer, inner) in zip(UPPER_LIDS, LOWER_LIDS, CORNERS, strict=True):
        down = LID_EDGE * float(np.linalg.norm(photo[outer, :2] - photo[inner, :2])) * now_from_photo[:, 1]
        out[upper, :2] += down
        out[lower, :2] += down
    return out


def lips_trimmed(photo: _Wide, moved: _Wide, now_from_photo: NDArray[np.floating]) -> _Wide:
    """A photo's (468, 3) mesh whose lips begin further out where their gap changes: without teeth."""
    apart = photo[LOWER_LIP, :2] - photo[UPPER_LIP, :2]
    was = np.linalg.norm(apart, axis=1, keepdims=True)
    carried = np.linalg.norm(apart @ now_from_photo.T, axis=1, keepdims=True)
    now = np.linalg.norm(moved[LOWER_LIP, :2] - moved[UPPER_LIP, :2], axis=1, keepdims=True)
    width = float(np.linalg.norm(photo[UPPER_LIP[0], :2] - photo[UPPER_LIP[-1], :2]))
    grown = now / np.maximum(carried, 1e-6) - 1
    changed = np.clip(np.maximum(-grown, _OPENED * grown), 0, 1) * np.clip(was / (_LIP_RIM * width) - 1, 0, 1)
    across = apart / np.maximum(was, 1e-6)
    out = photo.copy()
    out[LOWER_LIP, :2] += changed * _LIP_RIM * width * across
    out[UPPER_LIP, :2] -= changed * _LIP_RIM * width * across
    return out
