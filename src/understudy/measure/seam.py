"""Whether the border of the replaced face can be seen."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.faces.mesh import FACE_OVAL
from understudy.measure.region import luma

_SIZE_PX = 192
_COVERAGE = 1.5
_SECTORS = 24
# the blend may lie anywhere from just outside the outline to this far inside it, in sides of the square
_FROM, _TO, _BANDS = -0.03, 0.15, 9
_COUNTED = 0.75  # of a ring's sectors, see `frame_seam`


def seam(output: Image, target: Image, face: Face) -> float | None:
    """How much more the output changes across the face's border than the target does there.

    The border zone is cut into rings along the outline and sectors around it. In each cell the mean
    change of brightness inward is taken, where texture averages out and an edge along the border
    does not; the ring in which the output's edges exceed the target's most is where the seam is.
    Edges are compared by strength, so another face with an outline as sharp in its place is no seam.

    Args:
        output: (h, w, 3) RGB uint8.
        target: (h, w, 3) RGB uint8, the same moment.
        face: the face in the target.

    Returns:
        Grey levels a pixel of a 192 px crop 1.5 faces wide; 0 where output and target are equal.
        None where the outline lies outside the frame.
    """
    excess = _excess(output, target, face)
    return None if excess is None else max(float(ring.mean()) for ring in excess)


def frame_seam(output: Image, target: Image, face: Face) -> float | None:
    """As `seam`, of one frame alone: of each ring the quarter with the largest excess does not count.

    Brows, glasses and a beard's edge reach the border in a few places, and come and go with gestures; a
    clip's mean hides that, but of all frames they would be the worst. A step of 20 levels around half
    of a face still shows.
    """
    excess = _excess(output, target, face)
    if excess is None:
        return None
    counted = [np.sort(ring)[: max(1, round(len(ring) * _COUNTED))] for ring in excess]
    return max(float(ring.mean()) for ring in counted)


def _excess(output: Image, target: Image, face: Face) -> list[NDArray[np.float64]] | None:
    """By how much the output's edges are stronger than the target's, in each ring's sectors that are seen.

    None where there are none.
    """
    crop_from_frame = face.square.crop_from_frame(_SIZE_PX, _COVERAGE)
    outline = face.landmarks_px[list(FACE_OVAL), :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
    depth = _depth(outline)
    band = np.floor((depth * (_COVERAGE / _SIZE_PX) - _FROM) * (_BANDS / (_TO - _FROM)))
    y, x = np.nonzero((band >= 0) & (band < _BANDS) & _inside_frame(crop_from_frame, target.shape))
    cell = band[y, x].astype(np.int64) * _SECTORS + _sectors()[y, x]
    count = np.bincount(cell, minlength=_BANDS * _SECTORS)
    if not count.any():
        return None
    inward = np.stack([_slope(depth, 1, 0)[y, x], _slope(depth, 0, 1)[y, x]])
    inward /= np.maximum(np.linalg.norm(inward, axis=0), 1e-6)
    edges: list[NDArray[np.float64]] = []
    for image in (output, target):
        grey = luma(cut(image, crop_from_frame, _SIZE_PX))
        across = _slope(grey, 1, 0)[y, x] * inward[0] + _slope(grey, 0, 1)[y, x] * inward[1]
        total = np.bincount(cell, weights=across, minlength=len(count))
        edges.append(np.abs(total / np.maximum(count, 1)).reshape(_BANDS, _SECTORS))
    seen = (count > 0).reshape(_BANDS, _SECTORS)
    return [more[of_ring] for more, of_ring in zip(edges[0] - edges[1], seen, strict=True) if of_ring.any()]


@cache
def _sectors() -> NDArray[np.int64]:
    """(s, s) number of the sector around the crop's centre that each pixel lies in."""
    y, x = np.mgrid[0:_SIZE_PX, 0:_SIZE_PX] - (_SIZE_PX - 1) / 2
    return np.floor((np.arctan2(y, x) / (2 * np.pi) + 0.5) * _SECTORS).astype(np.int64) % _SECTORS


def _depth(outline: NDArray[np.floating]) -> NDArray[np.float32]:
    """(s, s) float32 distance to the hull of an outline in crop pixels, positive inside."""
    hull = cv2.convexHull(np.clip(outline, -_SIZE_PX, 2 * _SIZE_PX).astype(np.float32))
    drawn = np.zeros((_SIZE_PX, _SIZE_PX), np.uint8)
    cv2.fillConvexPoly(drawn, np.round(hull).astype(np.int32), (1,))
    inside = np.asarray(cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    outside = np.asarray(cv2.distanceTransform(1 - drawn, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    return inside - outside


def _slope(picture: NDArray[np.float32], x: int, y: int) -> NDArray[np.float32]:
    return np.asarray(cv2.Sobel(picture, cv2.CV_32F, x, y, ksize=3, scale=1 / 8), np.float32)


def _inside_frame(crop_from_frame: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(s, s) bool: crop pixels that the frame covers."""
    whole = np.ones(shape[:2], np.uint8)
    covered = cv2.warpAffine(
        whole, crop_from_frame.astype(np.float64), (_SIZE_PX, _SIZE_PX), flags=cv2.INTER_NEAREST
    )
    return np.asarray(covered, np.uint8) > 0
