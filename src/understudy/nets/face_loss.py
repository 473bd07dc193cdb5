"""What training minimises of a drawn face, and its gradient, worked out by hand.

Left to automatic differentiation the same sum costs some thirty passes over the pictures; a small
network is so fast that this was an eighth of a step.

Shapes: drawn_B4HW and truth_B4HW a face and its mask in [0, 1]; focus_B1HW eyes and mouth; hidden_B1HW what
lies before the face: of the picture nothing is asked there, and of the mask what `truth` says.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from understudy.nets.losses import C1, C2, LUMA, GaussianWindows


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
        rim: share of the picture at each edge that no window looks at; the face mask does not reach there.
    """

    l1: float = 4.0
    ssim: float = 1.0
    mask: float = 0.5
    focus: float = 5.0
    outside: float = 0.05
    stride: int = 3
    rim: float = 1 / 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All that a loss is a mean over, where the pictures given are only a part of it.

    Args:
        pictures: how many there are in all.
        weight: sum of `FaceLoss.weight` over all of them, 0-d.
    """

    pictures: int
    weight: Tensor


class FaceLoss(nn.Module):
    """L1 and 1 - SSIM inside the face, eyes and mouth counting more, and L1 of the mask."""

    def __init__(self, size_px: int, config: LossConfig | None = None) -> None:
        """Prepare for square pictures of `size_px`."""
        super().__init__()
        self.config = config or LossConfig()
        margin = round(size_px * self.config.rim)
        self.inner = slice(margin, size_px - margin)
        self.windows = GaussianWindows(size_px - 2 * margin, stride=self.config.stride)

    @torch.no_grad()
    def forward(
        self,
        drawn_B4HW: Tensor,
        truth_B4HW: Tensor,
        focus_B1HW: Tensor,
        whole: Whole | None = None,
        hidden_B1HW: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The loss, and its gradient to `drawn_B4HW` in the same shape; the parts' add up to the whole's."""
        config, inner = self.config, self.inner
        pictures = len(drawn_B4HW) if whole is None else whole.pictures
        weight_BHW = self.weight(truth_B4HW, focus_B1HW, hidden_B1HW)
        difference = drawn_B4HW.contiguous() - truth_B4HW
        total = weight_BHW.sum() if whole is None else whole.weight
        value, gradient = self._l1(difference, weight_BHW, total, pictures)
        if not config.ssim:
            return value, gradient
        off, grey = (_luma(x[:, :3, inner, inner]) for x in (difference, truth_B4HW))
        seen = None if hidden_B1HW is None else 1 - hidden_B1HW[:, 0, inner, inner]
        if seen is not None:  # windows that reach what is hidden see what is drawn in both pictures
            grey.addcmul_(1 - seen, off)
            off.mul_(seen)
        similarity, off_gradient = _ssim(off, grey, weight_BHW[:, inner, inner], self.windows, pictures)
        if seen is not None:
            off_gradient.mul_(seen)
        for channel, share in enumerate(LUMA):
            gradient[:, channel, inner, inner].add_(off_gradient, alpha=-config.ssim * share)
        return value + config.ssim * (len(drawn_B4HW) / pictures - similarity), gradient

    def weight(self, truth_B4HW: Tensor, focus_B1HW: Tensor, hidden_B1HW: Tensor | None = None) -> Tensor:
        """How much each pixel counts, (B, H, W)."""
        mask = truth_B4HW[:, 3]
        weight = torch.addcmul(mask, mask, focus_B1HW[:, 0], value=self.config.focus)
        weight.add_(self.config.outside)
        return weight if hidden_B1HW is None else weight.mul_(1 - hidden_B1HW[:, 0])

    def _l1(
        self, difference_B4HW: Tensor, weight_BHW: Tensor, total: Tensor, pictures: int
    ) -> tuple[Tensor, Tensor]:
        """Weighted absolute difference of colours and mask, a scalar and its gradient."""
        colour = self.config.l1 / (3 * total.clamp_min(1e-6))
        mask = weight_BHW.new_full((), self.config.mask / (pictures * weight_BHW[0].numel()))
        gradient = torch.empty_like(difference_B4HW)
        torch.copysign((weight_BHW * colour)[:, None], difference_B4HW[:, :3], out=gradient[:, :3])
        torch.copysign(mask, difference_B4HW[:, 3], out=gradient[:, 3])
        return torch.dot(difference_B4HW.view(-1), gradient.view(-1)), gradient


def _luma(picture_B3HW: Tensor) -> Tensor:
    """(B, H, W), contiguous."""
    red, green, blue = picture_B3HW.unbind(1)
    return torch.mul(red, LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


def _ssim(
    off_BHW: Tensor, truth_BHW: Tensor, weight_BHW: Tensor, windows: GaussianWindows, pictures: int
) -> tuple[Tensor, Tensor]:
    """Mean weighted similarity, a scalar, and its gradient to `off`, (B, H, W).

    Worked out from the sum p and the difference q of both pictures, whose squares say all: four maps are
    averaged instead of five. With u, v the windows' variances of p and q, equation 13 is
    (p^2 - q^2 + 2 c1)(u - v + 2 c2) / ((p^2 + q^2 + 2 c1)(u + v + 2 c2)).

    Args:
        off_BHW: what is drawn, less the truth.
        truth_BHW: the truth.
        weight_BHW: how much each pixel counts.
        windows: for pictures of this size.
        pictures: what to take the mean over, which these may be a part of.

    Reference:
        Wang et al., IEEE TIP 2004, eq. 13, differentiated.
    """
    maps = off_BHW.new_empty(4, *off_BHW.shape)
    p, q, pp, qq = maps.unbind()
    torch.add(off_BHW, truth_BHW, alpha=2, out=p)
    q.copy_(off_BHW)
    torch.mul(p, p, out=pp)
    torch.mul(q, q, out=qq)
    mean_p, mean_q, u, v = windows.blur(maps).unbind()
    square_p, square_q = mean_p * mean_p, mean_q * mean_q
    u, v = u - square_p, v - square_q
    light = (square_p + square_q).add_(2 * C1)  # below the line
    contrast = (u + v).add_(2 * C2)
    of_light, of_contrast = (square_p - square_q).add_(2 * C1) / light, (u - v).add_(2 * C2) / contrast
    weight = windows.at_centres(weight_BHW)
    share = weight / (weight.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6) * pictures)
    similarity = share * of_light * of_contrast  # each window's part of the mean
    # derivatives: to u and v, then to the means, on which u and v depend too
    by_contrast, by_light = share * of_light / contrast, 2 * share * of_contrast / light
    to_u, to_v = (1 - of_contrast) * by_contrast, (-1 - of_contrast) * by_contrast
    to_mean = ((1 - of_light) * by_light - 2 * to_u) * mean_p
    to_mean += ((-1 - of_light) * by_light - 2 * to_v) * mean_q
    back = windows.spread(torch.stack([to_mean, to_u, to_v]))
    return similarity.sum(), back[0].addcmul_(back[1], p, value=2).addcmul_(back[2], q, value=2)
