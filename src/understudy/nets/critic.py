"""A critic: it tells drawn pictures from real ones, piece by piece.

Shapes: picture_B3HW in [0, 1]; the scores of its pieces B1hw.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_WIDTHS = (64, 128, 256)
_LEAK = 0.2
_GAIN = 4.0  # details are small numbers


class PatchCritic(nn.Module):
    """How real each piece of a picture looks, a piece being some 70 pixels wide.

    Its layers cannot enlarge a difference between two pictures: then what it wants stays of use, however
    well it tells them apart.

    Reference:
        Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017,
        section 3.2.2.
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018.
    """

    def __init__(self) -> None:
        """Build with random weights; of pictures of any size."""
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in _WIDTHS:
            layers += [spectral_norm(nn.Conv2d(before, width, 4, stride=2, padding=1)), nn.LeakyReLU(_LEAK)]
            before = width
        layers += [spectral_norm(nn.Conv2d(before, before, 3, padding=1)), nn.LeakyReLU(_LEAK)]
        layers.append(spectral_norm(nn.Conv2d(before, 1, 3, padding=1)))
        self.layers = nn.Sequential(*layers)
        self.train()

    def forward(self, picture_B3HW: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 1, H / 8, W / 8), higher where it looks real."""
        return self.layers(picture_B3HW * _GAIN)

    def train(self, mode: bool = True) -> PatchCritic:
        """Nothing differs in training: see `settle`."""
        del mode
        return super().train(False)

    def settle(self) -> None:
        """Follow the weights with what is known of their norms; once a step, however it is divided."""
        super().train(True)
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                _ = layer.weight  # to look at it is one step of the power iteration
        super().train(False)


def hinge(real_B1HW: Tensor, drawn_B1HW: Tensor) -> Tensor:
    """What a critic minimises, of its scores; 0 where all real ones are above 1 and all drawn below -1.

    Reference:
        Lim & Ye, Geometric GAN, 2017.
    """
    return torch.relu(1 - real_B1HW).mean() + torch.relu(1 + drawn_B1HW).mean()
