"""Batches of training pairs, the same for the same seed and step however often training resumes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.core.prefetch import prefetch
from understudy.training.augment import AugmentConfig, Pairs, make_pairs
from understudy.training.processor import usable_cores
from understudy.training.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pairs of all identities, identity by identity, `size` each.

    Args:
        face_B3HW: what is read, channels last in memory; uint8, or float32 in [0, 1] once `unpacked`.
        truth_B4HW: what should be drawn: the picture and the face mask, laid out as networks draw them.
        focus_B1HW: eyes and mouth.
        expression_BX: what the code should say, float32.
    """

    face_B3HW: Tensor
    truth_B4HW: Tensor
    focus_B1HW: Tensor
    expression_BX: Tensor

    def unpacked(self) -> Batch:
        """The same in float32: the one place where what is learnt from becomes that.

        To be called by the thread that trains: another one's PyTorch would start threads of its own,
        which take turns with those of the networks.
        """
        return Batch(
            face_B3HW=self.face_B3HW * (1 / 255),
            truth_B4HW=self.truth_B4HW * (1 / 255),
            focus_B1HW=self.focus_B1HW * (1 / 255),
            expression_BX=self.expression_BX,
        )


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
        chosen = [(s, index) for s in identities for index in rng.choice(s.training, size)]
        layers = [samples.layers[index] for samples, index in chosen]
        focus = [samples.focus[index] for samples, index in chosen]
        pairs = make_pairs(layers, layers, focus, identities[0].size_px, rng, settings)
        yield to_batch(pairs, np.stack([samples.expressions[index] for samples, index in chosen]))
        step += 1


def made_ahead(made: Generator[Batch]) -> Generator[Batch]:
    """The same batches, made by a thread while the last ones are learnt from.

    On two cores the networks have both: a thread would only take turns with them, so there is none.
    """
    return prefetch(made) if usable_cores() > 2 else made


def to_batch(pairs: Pairs, expressions: NDArray[np.float32]) -> Batch:
    """Stack pairs as tensors.

    Args:
        pairs: n of them.
        expressions: (n, 2, `EXPRESSION_SIZE`) float32 of what is read, as it is and in a mirror.
    """
    seen = expressions[np.arange(len(expressions)), pairs.flipped.astype(int)]
    return Batch(
        face_B3HW=_to_tensor(pairs.warped),
        truth_B4HW=_to_tensor(pairs.truth),
        focus_B1HW=_to_tensor(pairs.focus[..., None]),
        expression_BX=torch.from_numpy(np.concatenate([seen, pairs.placement], axis=1)),
    )


def _to_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(n, s, s, c) to BCHW; a permuted view of HWC is channels last already."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2)
