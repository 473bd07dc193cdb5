"""Small networks of every kind, and faces that they are trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from training.made_samples import made_samples
from understudy.nets.family import FamilyConfig
from understudy.nets.presets import PRESETS, Preset, family_preset
from understudy.nets.tiny import TinyConfig, TinyDecoder, TinyEncoder
from understudy.training.samples import Samples

_SMALL = TinyConfig(size_px=64, encoder=(8, 16, 24), decoder=(24, 16, 12, 8))


class PlainDecoder(nn.Module):
    """Like the one of `classic`, but small."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Sequential(nn.Conv2d(6, 64, 3, padding=1), nn.PixelShuffle(4))

    def forward(self, code_BCHW: Tensor) -> Tensor:
        return torch.sigmoid(self.up(code_BCHW).float())


# one that grows and keeps an average; one with all that `tiny` has; one with nothing of that, like `classic`
SMALL_PRESETS: dict[str, Preset] = {
    "seedling": family_preset(
        FamilyConfig(widths=(8, 8), blocks=(1, 1), narrow=8, rest=6, start_px=32),
        batch=2,
        learning_rate=1e-3,
        purpose="a test",
    ),
    "tiniest": replace(
        PRESETS["tiny"],
        size_px=64,
        encoder=lambda: TinyEncoder(_SMALL),
        decoder=lambda: TinyDecoder(_SMALL),
    ),
    "plain": replace(
        PRESETS["classic"],
        encoder=lambda: nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, 6, 3, padding=1)),
        decoder=PlainDecoder,
    ),
}


# of the one that has a critic
LOSSES = {"seedling": {"adversarial": 0.1}}


def bright_samples(names: str, size_px: int = 64) -> list[Samples]:
    """Faces brighter than any that fresh networks draw.

    The loss has a kink where what is drawn is the truth: there the smallest difference in rounding turns a
    pixel's gradient round.
    """
    identities = [made_samples(name, 20, size_px, seed) for seed, name in enumerate(names)]
    for seed, samples in enumerate(identities):
        rng = np.random.default_rng(seed)
        samples.planes[:, :3] = 255 - samples.planes[:, :3] // 8
        samples.planes[:, 3] = rng.integers(100, 256, (20, 1, 1), np.uint8)  # no two faces weigh the same
        samples.expressions[:, :, 0] /= 20
    return identities
