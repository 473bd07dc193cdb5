"""The network that tells what lies before a face, learnt from a few masks that a person has drawn.

Shapes: B pictures, C channels, H x W pixels, both divisible by 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

CHANNELS = 11  # see `compositing.segmenter.seen_of`
WIDTHS = (12, 24, 40, 56)  # of the features at H, H/2, H/4, H/8
_GROUPS = 4


class OccluderNet(nn.Module):
    """A small U-Net: a few strokes are all that it learns from.

    Reference:
        Ronneberger, Fischer, Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation,
        MICCAI 2015.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        """Make it with random weights.

        Args:
            widths: of the features, each at half the size of the one before.
        """
        super().__init__()
        self.first = _Double(CHANNELS, widths[0])
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(_Double(narrow, wide) for narrow, wide in pairs)
        self.up = nn.ModuleList(_Double(wide + narrow, narrow) for narrow, wide in reversed(pairs))
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, seen_BCHW: Tensor) -> Tensor:
        """(B, `CHANNELS`, H, W) to (B, H, W): the logarithm of the odds that something hides the face."""
        x_BCHW = self.first(seen_BCHW)
        kept: list[Tensor] = []
        for block in self.down:
            kept.append(x_BCHW)
            x_BCHW = block(nn.functional.avg_pool2d(x_BCHW, 2))
        for block in self.up:
            wide_BCHW = nn.functional.interpolate(x_BCHW, scale_factor=2.0, mode="nearest")
            x_BCHW = block(torch.cat([wide_BCHW, kept.pop()], dim=1))
        return self.last(x_BCHW)[:, 0]


class _Double(nn.Sequential):
    """Two 3x3 convolutions, each normalised in groups of channels."""

    def __init__(self, from_channels: int, to_channels: int) -> None:
        super().__init__(
            nn.Conv2d(from_channels, to_channels, 3, padding=1),
            nn.GroupNorm(_GROUPS, to_channels),
            nn.SiLU(),
            nn.Conv2d(to_channels, to_channels, 3, padding=1),
            nn.GroupNorm(_GROUPS, to_channels),
            nn.SiLU(),
        )
