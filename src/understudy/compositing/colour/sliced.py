"""Sliced optimal transport: the whole distribution of colours, as a smooth map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.colour_map import NODES, ColourMap
from understudy.compositing.colour.guard import ColourLimits, guarded_map
from understudy.compositing.colour.mkl import linear_change
from understudy.compositing.colour.quantiles import transport
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.spaces import Colours, lab_from_rgb, through_rgb

_ROUNDS = 3  # of three directions each; more change nothing that is left after smoothing
_MOST_ROUNDS = 30
_COARSE = 9  # grid points an axis of what the linear map leaves: smooth, and filled by a few hundred colours
_PRIOR = 0.004  # share of the sample's weight at which a grid point is half believed
_MOST = np.array([8.0, 5.0, 5.0])  # Lab units that it may add to the linear map


def fit_sliced(drawn: ColourSample, target: ColourSample, limits: ColourLimits) -> ColourMap:
    """Carry the distribution of colours to the target's.

    The linear map of `fit_mkl` goes first. What is then left is transported along random directions,
    and the way that each colour went is spread on a coarse grid, smoothed, and falls to 0 where there
    are no colours: no colour's neighbours go another way.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.
        limits: how far to go.

    Returns:
        The map from the drawn face's colours to the target's.

    Reference:
        Pitie, Kokaram & Dahyot, N-dimensional probability density function transfer and its application
        to colour transfer, ICCV 2005; Rabin et al., Wasserstein barycenter and its application to texture
        mixing, SSVM 2011 (displacements of many directions averaged).
    """
    linear = through_rgb(linear_change(drawn, target, limits))
    counted, onto_counted = drawn.weights > 0, target.weights > 0
    colours, weights = drawn.colours[counted], drawn.weights[counted]
    start = linear(lab_from_rgb(colours)).astype(np.float64)
    onto = lab_from_rgb(target.colours[onto_counted]).astype(np.float64)
    moved = sliced_transport(start, weights, onto, target.weights[onto_counted]) - start
    rest = _spread(colours, weights, np.clip(moved, -_MOST, _MOST))
    return guarded_map(linear, drawn, limits, rest)


def sliced_transport(
    colours: NDArray[np.float64],
    weights: NDArray[np.float32],
    onto: NDArray[np.float64],
    onto_weights: NDArray[np.float32],
    rounds: int = _ROUNDS,
) -> NDArray[np.float64]:
    """Move colours until their distribution is another's along every direction looked at.

    Args:
        colours: (n, 3), any unit.
        weights: (n,) > 0.
        onto: (m, 3) colours of the other distribution.
        onto_weights: (m,) > 0.
        rounds: sets of three directions at right angles, 30 at most; always the same ones.

    Returns:
        (n, 3) where each colour has gone.
    """
    moved = colours.copy()
    for axes in _DIRECTIONS[:rounds]:
        here, there = moved @ axes, onto @ axes
        moved += (transport(here, weights, there, onto_weights) - here) @ axes.T
    return moved


def _spread(rgb: Colours, weights: NDArray[np.float32], moved: NDArray[np.float64]) -> Colours:
    """(NODES^3, 3) movement at each colour of the grid: near the sample's, 0 far from them."""
    at = rgb * np.float32(_COARSE - 1)
    # each colour counts at the grid points around it: hats along red, green and blue, smoothed, multiplied
    hats = np.maximum(0, 1 - np.abs(at[..., None] - np.arange(_COARSE, dtype=np.float32))) @ _BLUR
    known = np.concatenate([moved, np.ones((len(moved), 1))], axis=1).astype(np.float32)
    known *= (weights / weights.sum())[:, None]
    sheets = (hats[:, 2, :, None] * hats[:, 1, None, :]).reshape(-1, _COARSE**2)
    rows = (hats[:, 0, :, None] * known[:, None, :]).reshape(-1, _COARSE * 4)
    cube = (sheets.T @ rows).reshape(_COARSE, _COARSE, _COARSE, 4)  # blue, green, red
    cube = cube[..., :3] / (cube[..., 3:] + np.float32(_PRIOR))
    fine = (_FINER @ cube.reshape(_COARSE, -1)).reshape(NODES, _COARSE, -1)
    fine = (_FINER @ fine).reshape(NODES, NODES, _COARSE, 3)
    return np.asfortranarray((_FINER @ fine).reshape(-1, 3))


def _directions() -> list[NDArray[np.float64]]:
    """Sets of three directions at right angles, the first along the axes."""
    random = np.random.default_rng(5)
    return [np.eye(3), *(np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in range(_MOST_ROUNDS - 1))]


def _blur() -> NDArray[np.float32]:
    away = np.arange(_COARSE)[:, None] - np.arange(_COARSE)
    return np.exp(-0.5 * np.square(away / 0.7)).astype(np.float32)


def _finer() -> NDArray[np.float32]:
    at = np.linspace(0, _COARSE - 1, NODES)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(_COARSE))).astype(np.float32)


_BLUR, _FINER = _blur(), _finer()
_DIRECTIONS = _directions()
