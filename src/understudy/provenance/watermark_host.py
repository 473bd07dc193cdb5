"""What a face looks like by itself, taken away as far as its mesh tells: what is left holds the mark."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_pattern import CANVAS_PX, Floats

_GRID_PX = 8  # of the canvas, between points whose movement is told
_NEAR_PX = 8.0  # how near landmarks tell it
_ROUNDS = 3  # of turning a movement round
_PIXELS = np.meshgrid(np.arange(CANVAS_PX, dtype=np.float32), np.arange(CANVAS_PX, dtype=np.float32))


def left_over(canvases: Floats, meshes: Floats | None) -> Floats:
    """Canvases less what the face that moves by its mesh would look like.

    Args:
        canvases: (t, CANVAS_PX, CANVAS_PX, 2) float32 luma and difference of blue.
        meshes: (t, k, 2) landmarks in canvas pixels; None where they are not known: then the face is taken to
            stay as it is.

    Returns:
        The same shape.
    """
    if meshes is None:
        return canvases - canvases.mean(axis=0)
    moved = _movements(meshes)
    own = np.mean([_shifted(canvas, move) for canvas, move in zip(canvases, moved, strict=True)], axis=0)
    return np.stack(
        [canvas - _shifted(own, _back(move)) for canvas, move in zip(canvases, moved, strict=True)]
    )


def _movements(meshes: Floats) -> list[Floats]:
    """(CANVAS_PX, CANVAS_PX, 2) each: how far what lies at a pixel of the mean face has moved in a frame."""
    usual = meshes.mean(axis=0)
    places = np.arange(_GRID_PX / 2 - 0.5, CANVAS_PX, _GRID_PX, dtype=np.float32)
    points = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 1, 2)
    away = np.square(points - usual).sum(axis=-1)
    weights = np.exp(away / -(2 * _NEAR_PX**2)) + 1e-9
    weights /= weights.sum(axis=1, keepdims=True)
    coarse = (weights @ (meshes - usual)).reshape(-1, len(places), len(places), 2).astype(np.float32)
    size = (CANVAS_PX, CANVAS_PX)
    return [np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_LINEAR), np.float32) for each in coarse]


def _back(move: Floats) -> Floats:
    """The movement the other way, told at the pixels of the frame."""
    back = -move
    for _ in range(_ROUNDS - 1):
        back = -_shifted(move, back)
    return back


def _shifted(picture: NDArray[np.float32], move: Floats) -> Floats:
    """What lies as far from each pixel as is said."""
    x, y = (pixels + move[..., axis] for axis, pixels in enumerate(_PIXELS))
    shifted = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shifted, np.float32)
