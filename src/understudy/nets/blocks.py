"""The parts that face networks are built from.

Shapes: x_BCHW is a batch of feature maps, channels last in memory.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAK = 0.1


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))), which starts as the identity."""

    def __init__(self, channels: int) -> None:
        """Two 3x3 convolutions of `channels`."""
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        return x_BCHW + self.second(self.act(self.first(self.act(x_BCHW))))


class Upscale(nn.Module):
    """Double the resolution: a 3x3 convolution to four times the channels, then a pixel shuffle.

    Reference:
        Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
        Convolutional Neural Network, CVPR 2016.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Map (B, in, H, W) to (B, out, 2H, 2W)."""
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 4 * out_channels, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) to (B, out, 2H, 2W)."""
        return doubled(self.act(self.conv(x_BCHW)))


def doubled(x_BCHW: Tensor) -> Tensor:
    """A pixel shuffle by two that leaves channels last in memory, on every device.

    PyTorch's own does so on a processor only: on a GPU all that follows would be turned over and back.

    Args:
        x_BCHW: (B, 4C, H, W), channels last in memory.

    Returns:
        (B, C, 2H, 2W), channels last in memory.
    """
    return nn.functional.pixel_shuffle(x_BCHW, 2) if x_BCHW.device.type == "cpu" else doubled_by_views(x_BCHW)


def doubled_by_views(x_BCHW: Tensor) -> Tensor:
    """`doubled` by one copy of a view."""
    count, channels, height, width = x_BCHW.shape
    apart = x_BCHW.permute(0, 2, 3, 1).reshape(count, height, width, channels // 4, 2, 2)
    rows = apart.permute(0, 1, 4, 2, 5, 3).reshape(count, 2 * height, 2 * width, channels // 4)
    return rows.permute(0, 3, 1, 2)


def start_as_resize(conv: nn.Conv2d, factor: int) -> None:
    """Let a convolution before a pixel shuffle by `factor` start as nearest-neighbour resizing.

    Reference:
        Aitken et al., Checkerboard artifact free sub-pixel convolution, 2017.
    """
    with torch.no_grad():
        for values in conv.parameters():  # weight and bias
            values.copy_(values[:: factor**2].repeat_interleave(factor**2, dim=0))


class Downscale(nn.Module):
    """Halve the resolution without aliasing: a mean over 2x2, then a 3x3 convolution.

    A strided convolution does about as well on held-out faces (`benchmarks/parts.py`).

    Reference:
        Zhang, Making Convolutional Networks Shift-Invariant Again, ICML 2019 (here with a box filter).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Map (B, in, 2H, 2W) to (B, out, H, W)."""
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, 2H, 2W) to (B, out, H, W)."""
        return self.conv(nn.functional.avg_pool2d(self.act(x_BCHW), 2))


def keep_deviation(layer: nn.Conv2d | nn.Linear) -> None:
    """Let a layer that leaky units precede or follow start without shrinking what passes it.

    PyTorch's own start shrinks to less than half, and a deep network's output to nothing.

    Reference:
        He et al., Delving Deep into Rectifiers, ICCV 2015, eq. 15.
    """
    nn.init.kaiming_normal_(layer.weight, a=LEAK)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
