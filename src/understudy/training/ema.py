"""Averaged weights: what a model draws with, while training goes on with the ones that still tremble."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_EVERY = 4  # steps that are followed at once: reading and writing all weights takes 4 % of a `standard` step
_EACH = 200  # steps in which the average is short, and each is followed


class Averaged(nn.Module):
    """An exponential moving average of an encoder's and its decoders' weights.

    Args:
        encoder: averaged from here on.
        decoders: likewise.
        decay: share of the average that a step leaves as it is.

    Reference:
        Polyak & Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    def __init__(self, encoder: nn.Module, decoders: nn.ModuleList, decay: float) -> None:
        """Start with copies of the weights as they are."""
        super().__init__()
        self.decay = decay
        self.encoder = copy.deepcopy(encoder)
        self.decoders = copy.deepcopy(decoders)
        self.requires_grad_(False)

    @torch.no_grad()
    def update(
        self, encoder: nn.Module, decoders: nn.ModuleList, step: int, first_steps: Sequence[int] = ()
    ) -> None:
        """Move towards the weights of now; late in a training, at every fourth step as far as in four.

        Args:
            encoder: as it is after the step.
            decoders: likewise.
            step: steps of the model before this one; the average of few steps is short. Which steps are
                followed depends on it alone, so that resuming changes nothing.
            first_steps: steps of the model before each decoder's first; 0 if left out.
        """
        firsts = [0, *(first_steps or [0] * len(decoders))]
        for own, other, first in zip(
            [self.encoder, *self.decoders], [encoder, *decoders], firsts, strict=True
        ):
            together = 1 if step - first < _EACH else _EVERY
            if (step + 1) % together:
                continue
            keep = min(self.decay, (1 + step - first) / (10 + step - first)) ** together
            averaged: list[Tensor] = list(own.parameters())
            new: list[Tensor] = list(other.parameters())
            # one call for a network: it has a hundred tensors, most of them small
            torch._foreach_lerp_(averaged, new, 1 - keep)  # pyright: ignore[reportPrivateImportUsage]
