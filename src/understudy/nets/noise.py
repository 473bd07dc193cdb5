"""What the rest of a code goes through in training, so that it has no room for who it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from understudy.nets.part import Part


class Noise(nn.Module):
    """Adds noise to some numbers of every code, and blanks them all of some.

    Args:
        deviation: of the noise.
        drop: share of faces that are blanked.
    """

    def __init__(self, deviation: float, drop: float) -> None:
        """For whole batches, until `part` says otherwise."""
        super().__init__()
        self.deviation, self.drop = deviation, drop
        # what the batch is a part of; its faces get the noise that they would get in the whole one
        self.part: Part | None = None

    def forward(self, rest_BN: Tensor) -> Tensor:
        """(B, N) to the same shape; drawn by torch's generator."""
        part, device = self.part, rest_BN.device
        if part is None:
            keep = torch.rand(len(rest_BN), 1, device=device) >= self.drop
            noise = torch.randn_like(rest_BN)
        else:
            faces = len(rest_BN) * part.count
            keep = part.of(torch.rand(faces, 1, device=device)) >= self.drop
            noise = part.of(torch.randn(faces, rest_BN.shape[1], device=device, dtype=rest_BN.dtype))
        return (rest_BN + self.deviation * noise) * keep


def set_part(network: nn.Module, part: Part | None) -> None:
    """Say which part of the whole batch a network is given next; None for all of it."""
    for module in network.modules():
        if isinstance(module, Noise):
            module.part = part
