"""What training hands the network, and what it must make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.training.augment import AUGMENTATION, make_pairs, random_moves
from understudy.training.model import Model
from understudy.training.samples import Samples

_LINES = 9  # of the grid that shows the warp, across and down
_POINTS = 25  # of each line


@dataclass(frozen=True, kw_only=True)
class Undone:
    """One training pair.

    Args:
        read: (s, s, 3) RGB uint8, moved, bent and recoloured: what the network is given.
        drawn: (s, s, 3), what it makes of it now.
        wanted: (s, s, 3), what it should make of it: moved alike, but neither bent nor recoloured.
        grid: (lines, points, 2) float32 in [0, 1], a square grid bent as the face is.
        bend_px: how far the warp moves a point, root mean square, in pixels of s.
        error: mean absolute difference of what is drawn and what is wanted, inside the face, in grey levels.
    """

    read: Image
    drawn: Image
    wanted: Image
    grid: NDArray[np.float32]
    bend_px: float
    error: float


def undone(model: Model, samples: Samples, index: int, seed: int) -> Undone:
    """Make a training pair of a face, and let the network try.

    Args:
        model: that tries.
        samples: of the person; their own decoder draws.
        index: of the face among them.
        seed: of the random movement.
    """
    size, side = samples.size_px, samples.planes.shape[-1]
    config = AUGMENTATION[model.preset_name]
    rng = np.random.default_rng([seed, index])
    moves = random_moves(1, side, size, rng, config)
    face = torch.from_numpy(samples.planes[index : index + 1].copy())
    pairs = make_pairs(face, face, moves, size)
    read = _image(pairs.warped_B3HW[0])
    drawn, _ = model.draw(read[None], samples.identity)
    truth = pairs.truth_B4HW[0].permute(1, 2, 0).numpy()
    inside = truth[..., 3] > 0.5
    error = float(np.abs(drawn[0] - truth[..., :3])[inside].mean()) * 255 if inside.any() else 0.0
    # seen from the pair: the sample's pixels are turned as the similarity says
    linear = moves.straight[0, :, :2].astype(np.float64)
    bends = moves.bends[0].astype(np.float64) @ np.linalg.inv(linear).T
    return Undone(
        read=read,
        drawn=np.rint(drawn[0] * 255).astype(np.uint8),
        wanted=np.rint(truth[..., :3] * 255).astype(np.uint8),
        grid=_grid(bends / size),
        bend_px=float(np.sqrt(np.square(bends).sum(axis=-1).mean())),
        error=error,
    )


def _image(picture_3HW: torch.Tensor) -> Image:
    return np.rint(picture_3HW.permute(1, 2, 0).numpy() * 255).astype(np.uint8)


def _grid(bends: NDArray[np.float64]) -> NDArray[np.float32]:
    """Lines of a grid where the warp brings them; `bends` (5, 5, 2) are shares of the picture.

    A pixel of what is read shows the sample's pixel a bend further on: what is seen moves the other way.
    """
    ends, along = np.linspace(0.06, 0.94, _LINES), np.linspace(0.06, 0.94, _POINTS)
    across = np.stack(np.meshgrid(along, ends), axis=-1)
    down = across[..., ::-1]
    lines = np.concatenate([across, down])
    at = lines * len(bends) - 0.5
    first = np.clip(np.floor(at).astype(int), 0, len(bends) - 2)
    share = np.clip(at - first, 0, 1)
    x, y = first[..., 0], first[..., 1]
    u, v = share[..., :1], share[..., 1:]
    top = bends[y, x] * (1 - u) + bends[y, x + 1] * u
    low = bends[y + 1, x] * (1 - u) + bends[y + 1, x + 1] * u
    return (lines - (top * (1 - v) + low * v)).astype(np.float32)
