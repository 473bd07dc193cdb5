"""The network of lips: from what is heard to what a mouth does.

Shapes: B recordings, T rows of 10 ms, F bands, K numbers that say what the mouth does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

KERNEL = 5


@dataclass(frozen=True, kw_only=True)
class LipsNetConfig:
    """Sizes of the network.

    Args:
        bands: F.
        outputs: K.
        width: channels of the convolutions.
        dilations: rows between the taps of each convolution; together they say how far it hears.
        dropout: share of channels that are left out while it learns.
    """

    bands: int
    outputs: int
    width: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    dropout: float = 0.2

    @property
    def reach(self) -> int:
        """Rows that are heard before and after the one that is answered."""
        return KERNEL // 2 * (1 + sum(self.dilations))


class LipsNet(nn.Module):
    """Convolutions that hear a little of the past and of what is about to be said: lips begin before sound.

    Args:
        config: sizes.
    """

    mean_K: Tensor
    spread_K: Tensor

    def __init__(self, config: LipsNetConfig) -> None:
        """Make it with random weights; mouths do what `mean_K` says until it has learnt."""
        super().__init__()
        self.config = config
        width = config.width
        self.first = nn.Conv1d(config.bands, width, KERNEL, padding=KERNEL // 2)
        self.blocks = nn.ModuleList(_Block(width, each, config.dropout) for each in config.dilations)
        self.last = nn.Conv1d(width, config.outputs, 1)
        nn.init.zeros_(self.last.weight)
        self.register_buffer("mean_K", torch.zeros(config.outputs))
        self.register_buffer("spread_K", torch.ones(config.outputs))

    def forward(self, heard_BFT: Tensor) -> Tensor:
        """What the mouth does.

        Args:
            heard_BFT: normalised levels of bands.

        Returns:
            (B, K, T).
        """
        x_BCT = self.first(heard_BFT)
        for block in self.blocks:
            x_BCT = block(x_BCT)
        return self.mean_K[:, None] + self.spread_K[:, None] * self.last(nn.functional.silu(x_BCT))


class _Block(nn.Module):
    """A convolution beside a path that changes nothing."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        padding = dilation * (KERNEL // 2)
        self.wide = nn.Conv1d(width, width, KERNEL, padding=padding, dilation=dilation)
        self.dropout = nn.Dropout1d(dropout)
        self.point = nn.Conv1d(width, width, 1)

    def forward(self, x_BCT: Tensor) -> Tensor:
        return x_BCT + self.point(self.dropout(nn.functional.silu(self.wide(nn.functional.silu(x_BCT)))))
