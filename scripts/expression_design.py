"""Expressions as muscles would move a mesh: direction and falloff around lips, lids and brows.

Where rendered people show an expression it is fitted on them (`make_expression_basis.py`); those that none of
them performs are drawn here, and so is where each may act.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understudy.faces.mesh import INNER_LIPS, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS, template

Floats = NDArray[np.float64]

_LOWER_LIP = (
    146, 91, 181, 84, 17, 314, 405, 321, 375, 95, 88, 178, 87, 14, 317, 402, 318, 324,
    77, 90, 180, 85, 16, 315, 404, 320, 307, 96, 89, 179, 86, 15, 316, 403, 319, 325,
)  # fmt: skip
_UPPER_LIP = (
    185, 40, 39, 37, 0, 267, 269, 270, 409, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    184, 74, 73, 72, 11, 302, 303, 304, 408, 183, 42, 41, 38, 12, 268, 271, 272, 407,
)  # fmt: skip
_MIDDLE = 0.06  # face units over which one side passes into the other


def left_share() -> Floats:
    """(468,) how much each point belongs to the person's left, the picture's right, in [0, 1]."""
    x = template()[:, 0].astype(np.float64)
    return _step(x, -_MIDDLE, _MIDDLE)


def inner_share() -> Floats:
    """(468,) how near each point is to the middle between the brows, in [0, 1]."""
    return 1 - _step(np.abs(template()[:, 0]).astype(np.float64), 0.07, 0.17)


def above(y: float, width: float = 0.06) -> Floats:
    """(468,) 1 for points well above a height of the template, 0 below."""
    return 1 - _step(template()[:, 1].astype(np.float64), y - width / 2, y + width / 2)


def brows_share() -> Floats:
    """(468,) 1 at the brows and above, 0 at the lids and below."""
    return above(-0.2, 0.06)


def lids_share() -> Floats:
    """(468,) 1 at the lids, 0 at brows and cheeks."""
    return near((*LEFT_EYELIDS, *RIGHT_EYELIDS), 0.025) * (1 - above(-0.235, 0.05))


def lips_share() -> Floats:
    """(468,) 1 at the lips, falling off towards nose and chin."""
    return near((*OUTER_LIPS, *INNER_LIPS), 0.045)


def upper_lip_share() -> Floats:
    """(468,) 1 at the upper lip and above it, 0 at the lower and below."""
    share = above(0.227, 0.02)
    share[list(_UPPER_LIP)], share[list(_LOWER_LIP)] = 1, 0
    return share


def near(points: Sequence[int], sigma: float) -> Floats:
    """(468,) 1 at some points, falling off with the distance to the nearest of them."""
    mesh = template().astype(np.float64)
    distance = np.linalg.norm(mesh[:, None] - mesh[list(points)][None], axis=-1).min(axis=1)
    return np.exp(-0.5 * (distance / sigma) ** 2)


def lips_moved(x: float, y: float) -> Floats:
    """Both lips to the side or up, with the skin around them."""
    return near((*OUTER_LIPS, *INNER_LIPS), 0.06)[:, None] * np.array([x, y, 0.0]) * above(0.44, 0.1)[:, None]


def jaw_sideways(x: float) -> Floats:
    """The chin to the side, the lower lip half as far; the ears stay."""
    mesh = template().astype(np.float64)
    down = _step(mesh[:, 1], 0.20, 0.50) * (1 - upper_lip_share())
    return down[:, None] * np.array([x, 0.0, 0.0])


def lip_rolled(*, upper: bool) -> Floats:
    """A lip that turns in: what is red of it shrinks towards the line between the lips."""
    mesh = template().astype(np.float64)
    points = list(_UPPER_LIP if upper else _LOWER_LIP)
    line = float(mesh[[13, 14], 1].mean())
    field = np.zeros_like(mesh)
    field[points, 1] = 0.75 * (line - mesh[points, 1])
    field[points, 2] = 0.01
    return _with_skin(field, points, 0.035)


def lips_closed(jaw: Floats) -> Floats:
    """The lower lip where it was before the jaw moved by (468, 3) `jaw`; skin below is drawn along."""
    points = list(_LOWER_LIP)
    field = np.zeros_like(jaw)
    field[points] = -jaw[points]
    return _with_skin(field, points, 0.05)


def lips_stretched(*, left: bool) -> Floats:
    """A corner of the mouth pulled outwards and a little down."""
    mesh = template().astype(np.float64)
    side = 1 if left else -1
    along = np.clip(side * mesh[:, 0] / abs(float(mesh[61, 0])), 0, 1)
    share = near((*OUTER_LIPS, *INNER_LIPS), 0.05) * along
    return share[:, None] * np.array([side * 0.045, 0.008, 0.015])


def _with_skin(field: Floats, points: Sequence[int], sigma: float) -> Floats:
    """The skin around moved points, moved like the nearest of them, less the further away it is."""
    mesh = template().astype(np.float64)
    distance = np.linalg.norm(mesh[:, None] - mesh[list(points)][None], axis=-1)
    weight = np.exp(-0.5 * (distance / sigma) ** 2) + 1e-12
    mean = weight @ field[list(points)] / weight.sum(axis=1, keepdims=True)
    around = mean * near(points, sigma)[:, None]
    lips = np.zeros(len(mesh), bool)
    lips[[*_UPPER_LIP, *_LOWER_LIP, *OUTER_LIPS, *INNER_LIPS]] = True
    around[lips] = 0  # the other lip stays
    around[list(points)] = field[list(points)]
    return around


def _step(values: Floats, low: float, high: float) -> Floats:
    at = np.clip((values - low) / (high - low), 0, 1)
    return at * at * (3 - 2 * at)
