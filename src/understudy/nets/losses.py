"""What training minimises: pictures inside a mask, masks, codes.

Shapes: drawn_BCHW and truth_BCHW pictures in [0, 1]; weight_B1HW how much each pixel counts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LUMA = (0.299, 0.587, 0.114)


def weighted_l1(drawn_BCHW: Tensor, truth_BCHW: Tensor, weight_B1HW: Tensor) -> Tensor:
    """Mean absolute difference where `weight` says it counts; a scalar."""
    error = (drawn_BCHW - truth_BCHW).abs().mean(dim=1, keepdim=True)
    return (error * weight_B1HW).sum() / weight_B1HW.sum().clamp_min(1e-6)


class MaskedSsim(nn.Module):
    """Structural similarity of luma, averaged where a weight says it counts.

    The Gaussian window is applied as two small matrix products, on every `stride`-th row and
    column: a CPU is slow at the depthwise convolution that it replaces.

    Reference:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity,
        IEEE TIP 2004, eq. 13; window 11x11, sigma 1.5.
    """

    def __init__(self, size_px: int, *, stride: int = 1, window: int = 11, sigma_px: float = 1.5) -> None:
        """Prepare for square pictures of `size_px`; only positions with the whole window inside count."""
        super().__init__()
        self.radius, self.stride = window // 2, stride
        offsets = torch.arange(window) - window // 2
        kernel = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
        kernel /= kernel.sum()
        starts = torch.arange(0, size_px - window + 1, stride)
        rows = torch.zeros(len(starts), size_px)
        rows.scatter_(1, starts[:, None] + torch.arange(window)[None], kernel.expand(len(starts), -1))
        self.rows: Tensor
        self.register_buffer("rows", rows, persistent=False)

    def forward(self, drawn_B3HW: Tensor, truth_B3HW: Tensor, weight_B1HW: Tensor) -> Tensor:
        """Mean similarity, (B,), 1 where equal."""
        luma = drawn_B3HW.new_tensor(LUMA)[:, None, None]
        a, b = (drawn_B3HW * luma).sum(dim=1), (truth_B3HW * luma).sum(dim=1)
        blurred = self.rows @ torch.stack([a, b, a * a, b * b, a * b]) @ self.rows.T
        mean_a, mean_b, aa, bb, ab = blurred.unbind()
        c1, c2 = 0.01**2, 0.03**2
        top = (2 * mean_a * mean_b + c1) * (2 * (ab - mean_a * mean_b) + c2)
        bottom = (mean_a**2 + mean_b**2 + c1) * (aa - mean_a**2 + bb - mean_b**2 + c2)
        r, n = self.radius, weight_B1HW.shape[-1]
        weight = weight_B1HW[:, 0, r : n - r : self.stride, r : n - r : self.stride]
        return (top / bottom * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp_min(1e-6)
