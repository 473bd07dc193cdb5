"""How unlike its own reconstruction a face looks at each place: what hides it was never learnt.

The networks draw a target's face as they know it. Where the footage shows something else (a hand, a
microphone, a strand of hair), the two disagree; what the person always wears is drawn, and counts as face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.order import median
from understudy.core.types import Image, Mask, Points
from understudy.faces.mesh import (
    INNER_LIPS,
    LANDMARK_COUNT,
    LEFT_EYELIDS,
    OUTER_LIPS,
    RIGHT_EYELIDS,
    template,
)

WORK_PX = 64  # side that evidence is gathered at: a reconstruction is no sharper

_Floats = NDArray[np.float32]

_DARK = 0.05  # added before the logarithm: noise in the dark is no change
# logarithms, from which a pixel says little about the light
_OUTLIER = np.array([0.12, 0.06, 0.06], np.float32)
_MUCH_BETTER = 2.0  # times as many pixels agree: then the light did change
_ROUNDS = 3  # of fitting the light
_FITTED_EVERY = 2  # rows and columns: light varies slowly
_STIFF = 0.05  # how much the fit is held to "drawn as it is", as a share of the pixels
_MARGIN = 0.2  # of the template's side, which tolerances reach beyond it
_LEAST = np.array([0.07, 0.035, 0.035], np.float32)  # what is usual even where a face is drawn well
_UNKNOWN = np.array([0.10, 0.055, 0.055], np.float32)  # the same of a person of whom nothing is known
_FEATURES = np.array([0.22, 0.08, 0.08], np.float32)  # what eyes, brows and the mouth add to it
_BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
_SURE = 3.0  # deviations beyond the median that are still usual
_ROOM = 1.5  # what differs as usual in all channels must stay well below a sign of something


@dataclass(frozen=True, slots=True, eq=False)
class Tolerance:
    """How much a face usually differs from its reconstruction, on the template's face.

    Args:
        usual: (`WORK_PX`, `WORK_PX`, 3) float32, logarithms of luma, of red over green, of blue over green.
    """

    usual: _Floats

    @classmethod
    def guessed(cls) -> Tolerance:
        """Where nothing is known of the person: eyes, brows and mouth vary most."""
        x0, y0, step = _canvas()
        features = np.zeros((WORK_PX, WORK_PX), np.float32)
        for part in (LEFT_EYELIDS, RIGHT_EYELIDS, OUTER_LIPS, INNER_LIPS, *_BROWS):
            points = (template()[list(part), :2] - (x0, y0)) / step
            hull = cv2.convexHull(np.round(points).astype(np.int32))
            cv2.fillConvexPoly(features, hull, (1.0,))
        features = cv2.GaussianBlur(cv2.dilate(features, np.ones((5, 5), np.uint8)), (0, 0), 1.5)
        return cls((_UNKNOWN + features[..., None] * _FEATURES).astype(np.float32))

    @classmethod
    def learned(cls, changes: Sequence[_Floats]) -> Tolerance:
        """From faces of the person, of which less than half are hidden at any place.

        Args:
            changes: `on_template(change(...), ...)` of each; 16 or more say something.
        """
        if not changes:
            return cls.guessed()
        stack = np.stack(changes)
        middle = np.median(stack, axis=0)
        spread = 1.48 * np.median(np.abs(stack - middle), axis=0)
        usual = cv2.dilate((_ROOM * (middle + _SURE * spread)).astype(np.float32), np.ones((3, 3), np.uint8))
        return cls(np.maximum(cv2.GaussianBlur(usual, (0, 0), 1.0), _LEAST))


def change(crop: Image, reconstruction: _Floats, region: Mask) -> _Floats:
    """How far a crop is from its reconstruction, after light and sharpness are made alike.

    A place counts as alike where the reconstruction shows its colour within a pixel of `WORK_PX`.

    Args:
        crop: (s, s, 3) RGB uint8.
        reconstruction: (s, s, 3) float32 RGB in [0, 1].
        region: (`WORK_PX`, `WORK_PX`) float32 in [0, 1], where the face is.

    Returns:
        (`WORK_PX`, `WORK_PX`, 3) float32, never negative, as `Tolerance.usual`.
    """
    seen = _log_colours(np.asarray(small(crop), np.float32) / np.float32(255))
    drawn = _log_colours(small(reconstruction))
    drawn = _lit_as(drawn, seen, region)
    kernel = np.ones((3, 3), np.uint8)
    above, below = seen - cv2.dilate(drawn, kernel), cv2.erode(drawn, kernel) - seen
    return np.maximum(np.maximum(above, below), 0, dtype=np.float32)


def small(picture: NDArray[np.uint8] | _Floats) -> _Floats:
    """A picture at `WORK_PX`, averaged where it is larger."""
    return cast(_Floats, cv2.resize(picture, (WORK_PX, WORK_PX), interpolation=cv2.INTER_AREA))


def on_template(changes: _Floats, landmarks_px: Points, size_px: int) -> _Floats:
    """What lies in a crop, moved to where it lies on the template's face.

    Args:
        changes: (`WORK_PX`, `WORK_PX`, 3) float32, of a crop.
        landmarks_px: (468, 2) in its pixels, or more columns.
        size_px: side of the crop in those.
    """
    bend = _template_terms_inverse() @ _at_work(landmarks_px, size_px)
    x, y = (_grid_terms() @ bend).T.reshape(2, WORK_PX, WORK_PX).astype(np.float32)
    return cast(_Floats, cv2.remap(changes, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def in_crop(tolerance: Tolerance, landmarks_px: Points, size_px: int) -> _Floats:
    """What is usual at each place of a crop: the inverse of `on_template`."""
    terms = _terms((_at_work(landmarks_px, size_px) / (WORK_PX / 2) - 1).T)
    products = terms.T @ terms + 1e-3 * np.eye(terms.shape[1])
    bend = np.linalg.solve(products, terms.T @ _template_at_work())
    x, y = (_grid_terms() @ bend).T.reshape(2, WORK_PX, WORK_PX).astype(np.float32)
    return cast(_Floats, cv2.remap(tolerance.usual, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _log_colours(rgb: _Floats) -> _Floats:
    """(h, w, 3) logarithms of luma, of red over green, of blue over green."""
    logs = cv2.log(rgb + np.float32(_DARK))
    mix = np.array([[1 / 3, 1 / 3, 1 / 3], [1, -1, 0], [0, -1, 1]], np.float32)
    return cast(_Floats, cv2.transform(logs, mix))


def _lit_as(drawn: _Floats, seen: _Floats, region: Mask) -> _Floats:
    """Gain, offset and slope of each channel that make most of the face alike; what differs has no say.

    The networks draw the light that they see, so that no change is the first thought: a hand as large as the
    face must not pass for a change of light.
    """
    inside = region > 0.5
    if np.count_nonzero(inside) < 64:
        return drawn
    every = np.s_[::_FITTED_EVERY, ::_FITTED_EVERY]
    some, terms = inside[every], _light_terms()
    own = drawn[every][some]
    wanted = np.ascontiguousarray((seen[every][some] - own).T)
    known = np.empty((3, wanted.shape[1], 5), np.float32)
    known[..., 0], known[..., 1:4], known[..., 4] = own.T, terms[every][some], wanted
    fits, agree = _fitted(known, wanted)
    if wanted.shape[1] > _MUCH_BETTER * agree:  # else there are not so many pixels
        lit, more = _fitted(known, wanted - median(wanted.T)[:, None])
        fits = lit if more > _MUCH_BETTER * agree else fits
    return np.asarray(drawn * (1 + fits[:, 0]) + terms @ fits[:, 1:].T, np.float32)


@cache
def _light_terms() -> _Floats:
    """(`WORK_PX`, `WORK_PX`, 3): 1, x, y of each pixel in [-1, 1]."""
    y, x = (np.indices((WORK_PX, WORK_PX), np.float32) + 0.5) / np.float32(WORK_PX / 2) - 1
    return np.asarray(np.stack([np.ones_like(x), x, y], axis=-1), np.float32)


def _fitted(known: _Floats, rest: _Floats) -> tuple[_Floats, int]:
    """Fit each channel to the pixels that agree in all three.

    Args:
        known: (3, n, 5) float32 of each channel: the drawn value, 1, x, y, and what is to be added to it.
        rest: (3, n) float32, from which to start telling who agrees.

    Returns:
        (3, 4) float32, and how many pixels agree.
    """
    count = known.shape[1]
    hold = _STIFF * count * np.diag([1.0, 0.0, 0.2, 0.2]).astype(np.float32)
    hold += np.float32(1e-6) * np.eye(4, dtype=np.float32)
    terms = np.ascontiguousarray(known[..., :4].transpose(0, 2, 1))
    fits = np.zeros((3, 4), np.float32)
    for _ in range(_ROUNDS):
        weight = 1 / np.square(1 + _away(rest))
        sums = (terms * weight) @ known  # (3, 4, 5): the sums of least squares
        share = np.float32(max(float(weight.mean()), 1e-3))
        fits = np.linalg.solve(sums[..., :4] + share * hold, sums[..., 4:])[..., 0]
        rest = known[..., 4] - (fits[:, None] @ terms)[:, 0]
    return fits, int(np.count_nonzero(_away(rest) < 1))


def _away(rest: _Floats) -> _Floats:
    """(n,) how far pixels are from what is fitted, 1 where they say little, of (3, n)."""
    return np.square(rest / _OUTLIER[:, None]).sum(axis=0)


@cache
def _canvas() -> tuple[float, float, float]:
    """Where the template's canvas begins, and the side of its pixels, in the template's units."""
    low, high = template()[:, :2].min(axis=0), template()[:, :2].max(axis=0)
    side = float((high - low).max()) * (1 + 2 * _MARGIN)
    x0, y0 = (low + high) / 2 - side / 2
    return float(x0), float(y0), side / WORK_PX


@cache
def _template_at_work() -> NDArray[np.float64]:
    x0, y0, step = _canvas()
    return (template()[:, :2].astype(np.float64) - (x0, y0)) / step - 0.5


def _at_work(landmarks_px: Points, size_px: int) -> NDArray[np.float64]:
    if landmarks_px.shape[0] != LANDMARK_COUNT or not np.isfinite(landmarks_px[:, :2]).all():
        raise ValueError(f"need {LANDMARK_COUNT} finite landmarks, got {landmarks_px.shape}")
    return (landmarks_px[:, :2].astype(np.float64) + 0.5) * (WORK_PX / size_px) - 0.5


def _terms(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 6) of (2, n): a quadratic follows the turn of a head and much of a face's motion."""
    x, y = xy
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


@cache
def _grid_terms() -> NDArray[np.float64]:
    y, x = np.indices((WORK_PX, WORK_PX), np.float64)
    return _terms(np.stack([x.ravel(), y.ravel()]) / (WORK_PX / 2) - 1)


@cache
def _template_terms_inverse() -> NDArray[np.float64]:
    inverse = np.linalg.pinv(_terms((_template_at_work() / (WORK_PX / 2) - 1).T))
    return np.asarray(inverse, np.float64)
