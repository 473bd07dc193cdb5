"""The family: one architecture from 128 px to 1024 px, which can grow while it is trained.

Level 0 is a grid of 8x8, and each further one doubles it. Pictures enter by 4x4 blocks and leave by a 4x4
pixel shuffle, so that the finest grid is a quarter of the picture: dense 3x3 convolutions on small grids
are what both CPUs and GPUs compute fastest. From the level of `start_px` up every level reads the picture
at its own size and adds its own part to what is drawn: a level that is missing leaves a smaller picture,
and one that is faded in changes it little by little.

Shapes: face_B3HW a face in [0, 1]; code_BK its code; spread_BN the code and the small map that the shared
inter stage makes of it, in one row; a decoder draws a face and its mask as B4HW.

Reference:
    Karras et al., Progressive Growing of GANs, ICLR 2018, and the skip connections of Karras et al.,
    Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020, fig. 7b.
    Naruniec et al., High-Resolution Neural Face Swapping for Visual Effects, EGSR 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from understudy.faces.expression import EXPRESSION_SIZE, PLACEMENT_SIZE
from understudy.nets.blocks import LEAK, Downscale, ResidualBlock, Upscale, keep_deviation, start_as_resize
from understudy.nets.grown import Grown
from understudy.nets.noise import Noise

Inter = Literal["shared", "split"]

_PATCH = 4  # side of the blocks that pictures enter and leave by
_GRID = 8  # of level 0
_CODE_GRID = 4  # of what the code is read from, and made into


@dataclass(frozen=True, kw_only=True)
class FamilyConfig:
    """Sizes of the network.

    Args:
        widths: channels on grids of 8, 16, 32 and so on; how many there are decides the picture's size.
        blocks: residual blocks on each of these grids.
        narrow: channels at 4x4, which the code is read from.
        rest: numbers of the code for all else than the expression: light, teeth, wrinkles.
        inter: whether all of what decoders start from is made of the code by one stage for everybody
            ("shared"), or half of it by a stage of each identity ("split", for people who look unlike).
        start_px: side of the smallest picture that is drawn, where growing starts.
        expression: numbers of the code that say lips, lids, brows, gaze, pose and where in the crop.
        noise: deviation of what is added to the rest in training; its own deviation is 1.
        drop: share of faces whose rest is blanked in training.

    Reference:
        The split is LIAE's: Perov et al., DeepFaceLab, 2020, section 3.2.
    """

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    narrow: int
    rest: int
    inter: Inter = "shared"
    start_px: int = 128
    expression: int = EXPRESSION_SIZE + PLACEMENT_SIZE
    noise: float = 0.2
    drop: float = 0.15

    @property
    def size_px(self) -> int:
        """Side of the aligned face."""
        return _PATCH * _GRID * 2 ** (len(self.widths) - 1)

    @property
    def code(self) -> int:
        """Numbers in the code."""
        return self.expression + self.rest

    @property
    def doublings(self) -> int:
        """How often the picture doubles from `start_px`."""
        return (self.size_px // self.start_px).bit_length() - 1

    @property
    def start_level(self) -> int:
        """The level that the smallest picture is drawn on."""
        return len(self.widths) - 1 - self.doublings

    @property
    def shared_width(self) -> int:
        """Channels at 8x8 that the shared inter stage makes."""
        return self.widths[0] if self.inter == "shared" else self.widths[0] // 2


class InterStage(nn.Module):
    """A code to a small map: what decoders start from."""

    def __init__(self, config: FamilyConfig, width: int) -> None:
        """Build for `width` channels at 8x8."""
        super().__init__()
        self.from_code = nn.Linear(config.code, config.narrow * _CODE_GRID**2)
        self.act = nn.LeakyReLU(LEAK)
        self.up = Upscale(config.narrow, width)
        keep_deviation(self.from_code)
        keep_deviation(self.up.conv)
        start_as_resize(self.up.conv, 2)

    def forward(self, code_BK: Tensor) -> Tensor:
        """(B, K) to (B, width, 8, 8)."""
        # the row lists channels last, as the convolution wants them in memory
        small = self.act(self.from_code(code_BK)).view(len(code_BK), _CODE_GRID, _CODE_GRID, -1)
        return self.up(small.permute(0, 3, 1, 2))


class FamilyEncoder(nn.Module):
    """A face of anybody to its code, and on to the small map that every decoder starts from.

    As in `tiny`, the code says the expression in known numbers, and the rest is narrow and noisy.
    """

    def __init__(self, config: FamilyConfig) -> None:
        """Build for `config`."""
        super().__init__()
        self.config, self.grown = config, Grown(config.doublings)
        widths = config.widths
        self.unshuffle = nn.PixelUnshuffle(_PATCH)
        self.entries = nn.ModuleList(
            [nn.Conv2d(3 * _PATCH**2, width, 3, padding=1) for width in widths[config.start_level :]]
        )
        self.blocks = nn.ModuleList([_blocks(*pair) for pair in zip(widths, config.blocks, strict=True)])
        self.downs = nn.ModuleList(
            [Downscale(*pair) for pair in zip(widths, (config.narrow, *widths[:-1]), strict=True)]
        )
        self.act = nn.LeakyReLU(LEAK)
        self.to_code = nn.Linear(config.narrow * _CODE_GRID**2, config.code)
        self.norm = nn.LayerNorm(config.rest, elementwise_affine=False)
        self.noise = Noise(config.noise, config.drop)
        self.inter = InterStage(config, config.shared_width)
        for down in self.downs:
            keep_deviation(down.conv)  # type: ignore[arg-type]

    def forward(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, s, s) in [0, 1], s the size that is grown to, to (B, N), what the decoders read."""
        return self.spread(self.code(face_B3HW))

    def code(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, s, s) to the code, (B, K): the expression, then the rest with unit deviation."""
        code = self.to_code(self.act(self._read(face_B3HW * 2 - 1)).flatten(1)).float()
        expression, rest = code.split((self.config.expression, self.config.rest), dim=1)
        rest = self.norm(rest)
        if self.training:
            rest = self.noise(rest)
        return torch.cat([expression, rest], dim=1)

    def spread(self, code_BK: Tensor) -> Tensor:
        """The code to (B, N): itself, and the shared inter stage's map, channels last."""
        shared_BCHW = self.inter(code_BK)
        return torch.cat([code_BK, shared_BCHW.permute(0, 2, 3, 1).flatten(1)], dim=1)

    def expression(self, spread_BN: Tensor) -> Tensor:
        """What a code says about the expression, (B, X); see `faces.expression`."""
        return spread_BN[:, : self.config.expression]

    def _read(self, picture_B3HW: Tensor) -> Tensor:
        """(B, 3, s, s) in [-1, 1] to (B, narrow, 4, 4)."""
        first, top = self.config.start_level, self.config.start_level + self.grown.doublings
        x = self._enter(top, picture_B3HW)
        for level in range(top, -1, -1):
            x = self.downs[level](self.blocks[level](x))
            if level > first:
                picture_B3HW = avg_pool2d(picture_B3HW, 2)
                share = self.grown.fade if level == top else 1.0
                x = self._enter(level - 1, picture_B3HW) + (x if share == 1 else x * share)
        return x

    def _enter(self, level: int, picture_B3HW: Tensor) -> Tensor:
        return self.entries[level - self.config.start_level](self.unshuffle(picture_B3HW))


class FamilyDecoder(nn.Module):
    """A code to one identity's face and its mask."""

    def __init__(self, config: FamilyConfig) -> None:
        """Build for `config`."""
        super().__init__()
        self.config, self.grown = config, Grown(config.doublings)
        widths = config.widths
        own_width = widths[0] - config.shared_width
        self.inter = InterStage(config, own_width) if own_width else None
        self.blocks = nn.ModuleList([_blocks(*pair) for pair in zip(widths, config.blocks, strict=True)])
        ups = [Upscale(*pair) for pair in pairwise(widths)]
        heads = [nn.Conv2d(w, 4 * _PATCH**2, 3, padding=1) for w in widths[config.start_level :]]
        for up in ups:
            keep_deviation(up.conv)
            start_as_resize(up.conv, 2)
        for head in heads:
            start_as_resize(head, _PATCH)
        self.ups, self.heads = nn.ModuleList(ups), nn.ModuleList(heads)
        self.act = nn.LeakyReLU(LEAK)
        self.shuffle = nn.PixelShuffle(_PATCH)

    def forward(self, spread_BN: Tensor) -> Tensor:
        """Draw a code.

        Args:
            spread_BN: (B, N) from the encoder.

        Returns:
            A face and its mask, (B, 4, s, s) float32 in [0, 1], s the size that is grown to.
        """
        first, top = self.config.start_level, self.config.start_level + self.grown.doublings
        x = self.blocks[0](self._small_map(spread_BN))
        drawn: Tensor | None = None
        for level in range(top + 1):
            if level:
                x = self.blocks[level](self.ups[level - 1](x))
            if level < first:
                continue
            part = self.shuffle(self.heads[level - first](self.act(x))).float()
            if drawn is None:
                drawn = part
                continue
            drawn = interpolate(drawn, scale_factor=2, mode="bilinear")
            drawn = drawn.add(part, alpha=self.grown.fade if level == top else 1.0)
        assert drawn is not None
        return torch.sigmoid(drawn)

    def _small_map(self, spread_BN: Tensor) -> Tensor:
        """(B, widths[0], 8, 8): the shared inter stage's map, and the identity's own where it is split."""
        code, row = spread_BN[:, : self.config.code], spread_BN[:, self.config.code :]
        shared = row.view(len(row), _GRID, _GRID, -1).permute(0, 3, 1, 2)
        if self.inter is None:
            return shared
        return torch.cat([shared, self.inter(code).to(shared.dtype)], dim=1)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[ResidualBlock(width) for _ in range(count)])
