"""Batches of training pairs, the same for the same seed and step however often training resumes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from understudy.training.augment import AugmentConfig, Pair, make_pair
from understudy.training.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pairs of all identities, identity by identity, `size` each.

    Args:
        face_B3HW: what is read, float32 in [0, 1], channels last in memory.
        truth_B3HW: what should be drawn.
        mask_B1HW: the face.
        focus_B1HW: eyes and mouth.
        expression_BX: what the code should say.
    """

    face_B3HW: Tensor
    truth_B3HW: Tensor
    mask_B1HW: Tensor
    focus_B1HW: Tensor
    expression_BX: Tensor


def batches(
    identities: Sequence[Samples], size: int, seed: int, first_step: int, config: AugmentConfig | None = None
) -> Generator[Batch]:
    """Endless batches from `first_step` on.

    Args:
        identities: one entry an identity.
        size: faces an identity.
        seed: of every random choice; step n has the same batch whatever came before.
        first_step: number of the first batch.
        config: the augmentation.
    """
    settings = config or AugmentConfig()
    step = first_step
    while True:
        rng = np.random.default_rng([seed, step])
        pictures: list[np.ndarray] = []
        expressions: list[np.ndarray] = []
        for samples in identities:
            for index in rng.choice(samples.training, size):
                pair = make_pair(samples.images[index], samples.masks[index], samples.size_px, rng, settings)
                pictures.append(np.concatenate([pair.warped, pair.truth, pair.masks], axis=-1))
                expressions.append(what_to_read(samples.expressions[index], pair))
        yield to_batch(pictures, expressions)
        step += 1


def what_to_read(expression: np.ndarray, pair: Pair) -> np.ndarray:
    """The known part of a pair's code: the expression, mirrored if it is, and where the face lies."""
    return np.concatenate([expression[int(pair.flipped)], pair.placement])


def to_batch(pictures: Sequence[np.ndarray], expressions: Sequence[np.ndarray]) -> Batch:
    """Stack (s, s, 8) uint8 pictures (warped, truth, both masks) and their expressions."""
    # one place where uint8 HWC becomes float BCHW: a permuted view of HWC is channels last already
    parts = np.split(np.stack(pictures), (3, 6, 7), axis=-1)
    face, truth, mask, focus = (
        torch.from_numpy(np.ascontiguousarray(p)).float().mul_(1 / 255) for p in parts
    )
    # all in the layout of what the networks draw: mixed layouts make the losses slower
    return Batch(
        face_B3HW=face.permute(0, 3, 1, 2),
        truth_B3HW=truth.permute(0, 3, 1, 2),
        mask_B1HW=mask.permute(0, 3, 1, 2),
        focus_B1HW=focus.permute(0, 3, 1, 2),
        expression_BX=torch.from_numpy(np.stack(expressions)),
    )
