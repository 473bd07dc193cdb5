"""What the animator minimises.

Shapes: drawn_B3HW and truth_B3HW pictures in [0, 1]; points_BK2 landmarks, x and y from -1 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from understudy.nets.animator import Mending, heat_maps, resized
from understudy.nets.losses import MaskedSsim

_MAP_PX = 64
_FACE, _FEATURE = 0.22, 0.05  # deviations of the spots that make up the face, and eyes and mouth
_LEVELS = 3


@dataclass(frozen=True, kw_only=True)
class AnimatorLossConfig:
    """What counts how much.

    Args:
        l1: of the absolute difference.
        ssim: of 1 - SSIM, the mean of three sizes.
        edges: of the absolute difference of both gradients.
        shift: of how unsteady the shift is from place to place.
        anew: of how much is drawn anew, so that what need not be is kept.
        focus: how much more a pixel of eyes and mouth counts than one of the cheek.
        around: how much one beside the face counts.
    """

    l1: float = 2.0
    ssim: float = 1.0
    edges: float = 1.0
    shift: float = 0.5
    anew: float = 0.02
    focus: float = 2.0
    around: float = 0.15


class AnimatorLoss(nn.Module):
    """How far mended faces are from the truth.

    Args:
        size_px: of the crops.
        features: how many of the landmarks, the first ones, are eyes and mouth.
        config: what counts how much.
    """

    def __init__(self, size_px: int, features: int, config: AnimatorLossConfig | None = None) -> None:
        """Prepare windows for three sizes."""
        super().__init__()
        self.config, self._features = config or AnimatorLossConfig(), features
        self.ssim = nn.ModuleList([MaskedSsim(size_px >> level, stride=2) for level in range(_LEVELS)])

    def weight(self, points_BK2: Tensor, size_px: int) -> Tensor:
        """How much each pixel counts, (B, 1, size, size)."""
        face = heat_maps(points_BK2[:, self._features :], _MAP_PX, _FACE).amax(dim=1, keepdim=True)
        near = heat_maps(points_BK2[:, : self._features], _MAP_PX, _FEATURE).amax(dim=1, keepdim=True)
        return resized(self.config.around + face + self.config.focus * near, size_px)

    def forward(
        self, mending: Mending, drawn_B3HW: Tensor, truth_B3HW: Tensor, points_BK2: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The loss, and the SSIM at full size, each a scalar."""
        config = self.config
        weight = self.weight(points_BK2, drawn_B3HW.shape[-1])
        mean = weight / weight.mean()
        difference = drawn_B3HW - truth_B3HW
        loss = config.l1 * (difference.abs() * mean).mean()
        for axis in (2, 3):
            step = difference.diff(dim=axis)
            loss = loss + config.edges * (step.abs() * mean.narrow(axis, 0, step.shape[axis])).mean()
            loss = loss + config.shift * mending.shift_B2HW.diff(dim=axis).abs().mean()
        loss = loss + config.anew * mending.anew_B1HW.mean()
        likeness = list[Tensor]()
        for level, ssim in enumerate(self.ssim):
            pooled = (
                avg_pool2d(one, 1 << level) if level else one for one in (drawn_B3HW, truth_B3HW, weight)
            )
            likeness.append(ssim(*pooled).mean())
        return loss + config.ssim * (1 - torch.stack(likeness).mean()), likeness[0].detach()
