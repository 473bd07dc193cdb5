"""Averaged weights: what a model draws with, while training goes on with the ones that still tremble."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


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
    def update(self, encoder: nn.Module, decoders: nn.ModuleList, step: int) -> None:
        """Move towards the weights of now.

        Args:
            encoder: as it is after the step.
            decoders: likewise.
            step: steps of the model before this one; the average of few steps is short.
        """
        keep = min(self.decay, (1 + step) / (10 + step))
        averaged: list[Tensor] = [*self.encoder.parameters(), *self.decoders.parameters()]
        new: list[Tensor] = [*encoder.parameters(), *decoders.parameters()]
        # one call for all: a network has a hundred tensors, most of them small
        torch._foreach_lerp_(averaged, new, 1 - keep)  # pyright: ignore[reportPrivateImportUsage]
