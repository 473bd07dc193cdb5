"""How a face's pixels have moved from frame to frame, far more exactly than its landmarks can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture
from understudy.core.types import Image, Matrix
from understudy.faces.face import FaceSquare, PixelShift
from understudy.faces.face_patch import PATCH_COVERAGE, PATCH_PX, Grey, face_patch

_FLAT = 2.0  # grey levels of contrast (standard deviation) below which there is nothing to follow
_LEAST = 1e-6  # of a movement's certainty, so that flat pictures move nowhere
_MAX_SIDES = 0.02  # from the anchor: what is further has a new one, as the fit is of the first order
_MAX_CHANGE = 0.02  # from the anchor: what looks less like it has a new one

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """What later frames are compared with.

    Args:
        square: where it was cut.
        grey: its pixels but for the rim, (n,), of zero mean and unit deviation.
        slopes: (n, 4) how they change with a shift in x and y (pixels of the patch), growth and turn.
        solve: (4, n) their pseudo-inverse.
    """

    square: FaceSquare
    grey: _Floats
    slopes: _Floats
    solve: _Floats


class ShiftMeter:
    """Compares the pixels of one face with those of an earlier frame, its anchor, at the same place.

    On a still picture with grain, encoded as video, shifts scatter by 0.0002 sides of the face square, the
    landmarks' by ten times as much. The anchor stays for as long as the face looks like it and is about
    there, so that errors do not add up.
    """

    def __init__(self, square: FaceSquare, patch: Grey) -> None:
        """Start at a face.

        Args:
            square: of the face, as fitted.
            patch: of its frame, cut by `patch_at`.
        """
        self._anchor = _anchor(square, patch)
        self._moved = np.zeros(4)

    def follow(self, image: Image | Picture, square: FaceSquare, patch: Grey) -> PixelShift:
        """How the face has moved since the frame before.

        Args:
            image: the next frame, (h, w, 3) RGB uint8.
            square: of the face in it, as fitted; where the next anchor is cut if one is needed.
            patch: of this frame, cut by `patch_at` from `square`.
        """
        anchor = self._anchor
        off = anchor.grey - _inner(_normal(face_patch(image, patch_at(anchor.square))))
        moved = anchor.solve @ off
        rest = off - anchor.slopes @ moved
        change = float(rest @ rest) / len(rest) / 2
        step, self._moved = moved - self._moved, moved
        if change > _MAX_CHANGE or np.abs(moved).max() > _MAX_SIDES * PATCH_PX / PATCH_COVERAGE:
            self._anchor, self._moved = _anchor(square, patch), np.zeros(4)
        unit = anchor.square.side_px * PATCH_COVERAGE / PATCH_PX
        cos, sin = unit * np.cos(anchor.square.roll_rad), unit * np.sin(anchor.square.roll_rad)
        x, y, growth, turn = step.tolist()
        half = PATCH_PX / 2
        return PixelShift(
            x_px=float(cos * x - sin * y),
            y_px=float(sin * x + cos * y),
            growth=growth / half,
            turn_rad=turn / half,
            change=change,
        )


def patch_at(square: FaceSquare) -> Matrix:
    """The (2, 3) `patch_from_image` of a face square."""
    return square.crop_from_frame(PATCH_PX, PATCH_COVERAGE)


def _anchor(square: FaceSquare, patch: Grey) -> _Anchor:
    grey = _normal(patch)
    down, across = cast(tuple[_Floats, _Floats], np.gradient(grey))
    rows, columns = np.mgrid[:PATCH_PX, :PATCH_PX] - (PATCH_PX - 1) / 2
    half = PATCH_PX / 2  # growth and turn count as what they move at the patch's edge
    grown, turned = (across * columns + down * rows) / half, (down * columns - across * rows) / half
    slopes = np.stack([_inner(slope) for slope in (across, down, grown, turned)], axis=1)
    solve: _Floats = np.linalg.solve(slopes.T @ slopes + _LEAST * np.eye(4), slopes.T).astype(np.float64)
    return _Anchor(square=square, grey=_inner(grey), slopes=slopes, solve=solve)


def _normal(patch: Grey) -> _Floats:
    """Zero mean, unit deviation: light does not count."""
    off = patch.astype(np.float64) - float(patch.mean())
    return off / max(float(off.std()), _FLAT)


def _inner(patch: _Floats) -> _Floats:
    """All but the rim, whose slopes are one-sided, as a vector."""
    return patch[1:-1, 1:-1].ravel()
