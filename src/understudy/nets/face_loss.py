"""What training minimises of a drawn face, and its gradient, worked out by hand.

Left to automatic differentiation the same sum costs some thirty passes over the pictures; a small
network is so fast that this was an eighth of a step.

Shapes: drawn_B4HW and truth_B4HW a face and its mask in [0, 1], channels last in memory;
focus_B1HW eyes and mouth. P is all pixels of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from understudy.nets.losses import LUMA, GaussianWindows, ssim_terms


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What counts how much.

    Args:
        l1: weight of the absolute difference, colours included.
        ssim: weight of 1 - SSIM.
        mask: weight of the drawn mask's absolute difference.
        focus: how much more a pixel of eyes and mouth counts than one of the cheek.
        outside: how much a pixel outside the face counts: the blend needs a sane rim.
        stride: every how many pixels a window of the similarity lies.
    """

    l1: float = 4.0
    ssim: float = 1.0
    mask: float = 0.5
    focus: float = 5.0
    outside: float = 0.05
    stride: int = 2


_HUGE = 1e30
_ROW = 16  # pixels that one row of a matrix product takes together


class FaceLoss(nn.Module):
    """L1 and 1 - SSIM inside the face, eyes and mouth counting more, and L1 of the mask."""

    def __init__(self, size_px: int, config: LossConfig | None = None) -> None:
        """Prepare for square pictures of `size_px`, a multiple of 4."""
        super().__init__()
        self.config = config or LossConfig()
        self.windows = GaussianWindows(size_px, stride=self.config.stride)
        # a weighted sum over four interleaved channels, for 16 pixels a row: as a matrix product it takes
        # one fast pass, as a product with four numbers a slow one
        self.luma: Tensor
        self.colours: Tensor
        row = torch.eye(_ROW)
        self.register_buffer("luma", torch.kron(row, torch.tensor([[*LUMA, 0.0]])), persistent=False)
        self.register_buffer("colours", torch.kron(row, torch.tensor([[1.0, 1, 1, 0]])), persistent=False)
        self.register_buffer("masks", torch.tensor([0.0, 0, 0, 1]).repeat(_ROW), persistent=False)
        self.masks: Tensor

    @torch.no_grad()
    def forward(self, drawn_B4HW: Tensor, truth_B4HW: Tensor, focus_B1HW: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and its gradient to `drawn_B4HW` in the same shape and layout."""
        config = self.config
        count, _, height, width = drawn_B4HW.shape
        drawn, truth = _rows(drawn_B4HW), _rows(truth_B4HW)
        focus = focus_B1HW.reshape(count, height, width)
        weight_BHW = truth_B4HW[:, 3] * (1 + config.focus * focus) + config.outside
        value, gradient = self._l1(drawn, truth, weight_BHW)
        a_BHW, b_BHW = ((x @ self.luma.T).view(count, height, width) for x in (drawn, truth))
        similarity, gradient_BHW = _ssim(a_BHW, b_BHW, weight_BHW, self.windows)
        gradient.addmm_(gradient_BHW.view(-1, _ROW), self.luma, alpha=-config.ssim)
        return value + config.ssim * (1 - similarity), gradient.view(count, height, width, 4).permute(
            0, 3, 1, 2
        )

    def _l1(self, drawn: Tensor, truth: Tensor, weight_BHW: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted absolute difference of colours and mask, a scalar and its gradient, in rows."""
        colour = self.config.l1 / (3 * weight_BHW.sum().clamp_min(1e-6))
        mask = self.masks * (self.config.mask / weight_BHW.numel())
        share = torch.addmm(mask, weight_BHW.view(-1, _ROW), self.colours * colour)
        difference = drawn - truth
        # the sign: clamping has fast code, `sign` has none
        gradient = (difference * _HUGE).clamp_(-1, 1).mul_(share)
        return torch.dot(difference.view(-1), gradient.view(-1)), gradient


def _rows(picture_B4HW: Tensor) -> Tensor:
    """(P / 16, 64), a view of pictures that are channels last: 16 pixels of four channels a row."""
    return picture_B4HW.permute(0, 2, 3, 1).reshape(-1, 4 * _ROW)


def _ssim(
    a_BHW: Tensor, b_BHW: Tensor, weight_BHW: Tensor, windows: GaussianWindows
) -> tuple[Tensor, Tensor]:
    """Mean weighted similarity of a batch, a scalar, and its gradient to `a`, (B, H, W).

    Reference:
        Wang et al., IEEE TIP 2004, eq. 13, differentiated.
    """
    blurred = windows.blur(torch.stack([a_BHW, b_BHW, a_BHW * a_BHW, b_BHW * b_BHW, a_BHW * b_BHW]))
    mean_a, mean_b, *_ = blurred
    means, covariance, squares, variances = ssim_terms(blurred)
    weight = windows.at_centres(weight_BHW)
    share = weight / (weight.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6) * len(weight))
    shared = share / (squares * variances)
    similarity = shared * means * covariance  # each window's part of the mean
    of_product = 2 * shared * means
    of_square = -similarity / variances
    of_mean = mean_b * (2 * shared * covariance - of_product) - 2 * mean_a * (
        similarity / squares + of_square
    )
    back = windows.spread(torch.stack([of_mean, of_square, of_product]))
    gradient = torch.addcmul(back[0], back[1], a_BHW, value=2).addcmul_(back[2], b_BHW)
    return similarity.sum(), gradient
