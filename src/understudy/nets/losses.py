"""Structural similarity of pictures inside a weight.

Shapes: drawn_B3HW and truth_B3HW pictures in [0, 1]; weight_B1HW how much each pixel counts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LUMA = (0.299, 0.587, 0.114)
C1, C2 = 0.01**2, 0.03**2  # of equation 13, for pictures in [0, 1]
WINDOW_PX = 11


class GaussianWindows(nn.Module):
    """The Gaussian windows of the structural similarity, on every `stride`-th row and column.

    Applied as two small matrix products: a CPU is slow at the depthwise convolution that they replace.
    """

    def __init__(
        self, size_px: int, *, stride: int = 1, window: int = WINDOW_PX, sigma_px: float = 1.5
    ) -> None:
        """Prepare for square pictures of `size_px`; only windows that lie wholly inside count."""
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

    def blur(self, picture: Tensor) -> Tensor:
        """(..., H, W) to the windows' weighted means, (..., V, V)."""
        # one long product for each direction, with a transposition between: many small products are slow
        across = _times(picture, self.rows.T)
        return _times(across.mT.contiguous(), self.rows.T).mT

    def spread(self, window: Tensor) -> Tensor:
        """(..., V, V) back to (..., H, W): the transpose of `blur`, which carries gradients."""
        down = _times(window.mT.contiguous(), self.rows)
        return _times(down.mT.contiguous(), self.rows)

    def at_centres(self, picture: Tensor) -> Tensor:
        """(..., H, W) at the windows' centres, (..., V, V)."""
        inner = slice(self.radius, picture.shape[-1] - self.radius, self.stride)
        return picture[..., inner, inner]


def _times(left: Tensor, right: Tensor) -> Tensor:
    """(..., n, k) times (k, m)."""
    return (left.reshape(-1, left.shape[-1]) @ right).view(*left.shape[:-1], -1)


class MaskedSsim(nn.Module):
    """Structural similarity of luma, averaged where a weight says it counts.

    Reference:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity,
        IEEE TIP 2004, eq. 13; window 11x11, sigma 1.5.
    """

    def __init__(self, size_px: int, *, stride: int = 1) -> None:
        """Prepare for square pictures of `size_px`."""
        super().__init__()
        self.windows = GaussianWindows(size_px, stride=stride)

    def forward(self, drawn_B3HW: Tensor, truth_B3HW: Tensor, weight_B1HW: Tensor) -> Tensor:
        """Mean similarity, (B,), 1 where equal."""
        luma = drawn_B3HW.new_tensor(LUMA)[:, None, None]
        a, b = (drawn_B3HW * luma).sum(dim=1), (truth_B3HW * luma).sum(dim=1)
        means, covariance, squares, variances = ssim_terms(
            self.windows.blur(torch.stack([a, b, a * a, b * b, a * b]))
        )
        similarity = means * covariance / (squares * variances)
        weight = self.windows.at_centres(weight_B1HW[:, 0])
        return (similarity * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp_min(1e-6)


def ssim_terms(blurred: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The two factors above and the two below the line of equation 13.

    Args:
        blurred: (5, ...) weighted means of a, b, a^2, b^2 and a b.
    """
    mean_a, mean_b, aa, bb, ab = blurred.unbind()
    product, square_a, square_b = mean_a * mean_b, mean_a * mean_a, mean_b * mean_b
    squares = square_a + square_b
    return 2 * product + C1, 2 * (ab - product) + C2, squares + C1, aa + bb - squares + C2
