"""How a face's pixels have moved from frame to frame, far more exactly than its landmarks can say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import AnyFrame, Picture
from understudy.core.types import Image, Matrix
from understudy.faces.face import Face, FaceSquare, PixelShift
from understudy.faces.face_patch import PATCH_COVERAGE, PATCH_PX, Grey, face_patch

_FLAT = 2.0  # grey levels of contrast (standard deviation) below which there is nothing to follow
_LEAST = 1e-6  # of a movement's certainty, so that flat pictures move nowhere
_MAX_SIDES = 0.02  # from the anchor: what is further has a new one, as the fit is of the first order
_MAX_CHANGE = 0.02  # from the anchor: what looks less like it has a new one
_LOOK_AWAY = 3  # frames after that, for which nothing is measured: it is not still, and may still move
_SLOPES = (np.mgrid[:PATCH_PX, :PATCH_PX] - (PATCH_PX - 1) / 2)[:, 1:-1, 1:-1] / (PATCH_PX / 2)
_UNKNOWN = PixelShift(x_px=0.0, y_px=0.0, growth=0.0, turn_rad=0.0, change=math.inf)

_Floats = NDArray[np.float64]
AFrame = TypeVar("AFrame", bound=AnyFrame)


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

    def __init__(self, image: Image | Picture, square: FaceSquare) -> None:
        """Start at a face of an (h, w, 3) RGB uint8 frame."""
        self._anchor = _anchor(image, square)
        self._moved = np.zeros(4)
        self._wait = 0

    def follow(self, image: Image | Picture, square: FaceSquare) -> PixelShift:
        """How the face has moved since the frame before; unknown for a few frames once it has moved far.

        Args:
            image: the next frame, (h, w, 3) RGB uint8.
            square: of the face in it, as fitted; where the next anchor is cut if one is needed.
        """
        if self._wait:
            self._wait -= 1
            if not self._wait:
                self._anchor = _anchor(image, square)
            return _UNKNOWN
        anchor = self._anchor
        off = anchor.grey - _normal(face_patch(image, patch_at(anchor.square)))[0]
        moved = anchor.solve @ off
        rest = off - anchor.slopes @ moved
        change = float(rest @ rest) / len(rest) / 2
        step, self._moved = (moved - self._moved).tolist(), moved
        if change > _MAX_CHANGE or np.abs(moved).max() > _MAX_SIDES * PATCH_PX / PATCH_COVERAGE:
            self._moved, self._wait = np.zeros(4), _LOOK_AWAY
        unit = anchor.square.side_px * PATCH_COVERAGE / PATCH_PX
        cos, sin = unit * math.cos(anchor.square.roll_rad), unit * math.sin(anchor.square.roll_rad)
        x, y, growth, turn = step
        half = PATCH_PX / 2
        return PixelShift(
            x_px=cos * x - sin * y,
            y_px=sin * x + cos * y,
            growth=growth / half,
            turn_rad=turn / half,
            change=change,
        )


def patch_at(square: FaceSquare) -> Matrix:
    """The (2, 3) `patch_from_image` of a face square."""
    return square.crop_from_frame(PATCH_PX, PATCH_COVERAGE)


def with_shifts(found: Iterable[tuple[AFrame, list[Face]]]) -> Iterator[tuple[AFrame, list[Face]]]:
    """Pass consecutive frames through, each face with its shift since the frame before."""
    meters: dict[int, ShiftMeter] = {}
    for frame, faces in found:
        before, meters = meters, {}
        measured: list[Face] = []
        for face in faces:
            meter = before.get(face.track)
            if meter is not None:
                face = replace(face, shift=meter.follow(frame.image, face.square))
            meters[face.track] = meter or ShiftMeter(frame.image, face.square)
            measured.append(face)
        yield frame, measured


def _anchor(image: Image | Picture, square: FaceSquare) -> _Anchor:
    patch = face_patch(image, patch_at(square))
    grey, contrast = _normal(patch)
    across = (patch[1:-1, 2:] - patch[1:-1, :-2]) / (2 * contrast)
    down = (patch[2:, 1:-1] - patch[:-2, 1:-1]) / (2 * contrast)
    rows, columns = _SLOPES  # growth and turn count as what they move at the patch's edge
    slopes = np.stack([across, down, across * columns + down * rows, down * columns - across * rows])
    slopes = slopes.reshape(4, -1).astype(np.float64)
    solve: _Floats = np.linalg.inv(slopes @ slopes.T + _LEAST * np.eye(4)) @ slopes
    return _Anchor(square=square, grey=grey, slopes=slopes.T, solve=solve)


def _normal(patch: Grey) -> tuple[_Floats, float]:
    """All but the rim, (n,), of zero mean and unit deviation, as light does not count; and the deviation."""
    inner = patch[1:-1, 1:-1].ravel().astype(np.float64)
    inner -= inner.sum() / inner.size
    contrast = max(math.sqrt(float(inner @ inner) / inner.size), _FLAT)
    return inner / contrast, contrast
