"""The linear map that carries one covariance to another with the least movement."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits, guarded_map
from understudy.compositing.colour.moments import covariance, mean
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.spaces import Colours, through_rgb

_LEAST_DEVIATION = 0.006  # RGB, added to both sides: a direction without spread tells no gain


def monge_kantorovich(
    before: NDArray[np.float64], after: NDArray[np.float64], most_gain: float = np.inf
) -> NDArray[np.float64]:
    """The symmetric matrix T with T before T = after.

    Args:
        before: (3, 3) covariance, positive definite.
        after: (3, 3) covariance, positive definite.
        most_gain: largest gain along any direction, the smallest is its inverse.

    Returns:
        (3, 3), symmetric and positive definite.

    Reference:
        Pitie & Kokaram, The linear Monge-Kantorovitch linear colour mapping for example-based colour
        transfer, CVMP 2007, eq. 10.
    """
    root = _power(before, 0.5)
    inverse = _power(before, -0.5)
    carried = inverse @ _power(root @ after @ root, 0.5) @ inverse
    values, vectors = np.linalg.eigh((carried + carried.T) / 2)
    return (vectors * np.clip(values, 1 / most_gain, most_gain)) @ vectors.T


def fit_mkl(drawn: ColourSample, target: ColourSample, limits: ColourLimits) -> ColourMap:
    """Carry mean and covariance to those of the target, in RGB as it is encoded.

    Known changes of light and camera were undone better there than in Lab, and than in linear light,
    where the brightest colours decide (0.87, 0.90 and 1.06 Lab units of error were left). Unlike `fit_lab`
    it turns colour axes: where shadows are warmer than lit skin in the target, they become so in the
    drawn face.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.
        limits: how far to go.

    Returns:
        The map from the drawn face's colours to the target's.
    """
    return guarded_map(through_rgb(linear_change(drawn, target, limits)), drawn, limits)


def linear_change(
    drawn: ColourSample, target: ColourSample, limits: ColourLimits
) -> Callable[[Colours], Colours]:
    """The change of RGB that `fit_mkl` makes, before limits of the map as a whole.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.
        limits: how far gains may go.

    Returns:
        (n, 3) RGB to the same, not clipped.
    """
    floor = np.eye(3) * _LEAST_DEVIATION**2
    matrix = monge_kantorovich(
        covariance(drawn.colours, drawn.weights) + floor,
        covariance(target.colours, target.weights) + floor,
        limits.gain,
    )
    shift = mean(target.colours, target.weights) - mean(drawn.colours, drawn.weights) @ matrix
    affine = np.column_stack([matrix.T, shift])

    def change(rgb: Colours) -> Colours:
        return np.asarray(cv2.transform(rgb[None], affine)[0], np.float32)

    return change


def _power(matrix: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Power of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-12) ** power) @ vectors.T
