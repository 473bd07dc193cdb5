"""`tiny`: a 128 px network for minutes on two cores.

Dense 3x3 convolutions on 8 and 16 px grids are what a CPU computes fastest, so the picture enters
by 4x4 blocks, most of the work is done there, and one 4x4 pixel shuffle brings it back.

Shapes: face_B3HW a face in [0, 1]; code_BK its code; a decoder draws a face and its mask as B4HW.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from understudy.faces.expression import EXPRESSION_SIZE, PLACEMENT_SIZE
from understudy.nets.blocks import LEAK, ResidualBlock, Upscale, start_as_resize
from understudy.nets.noise import Noise


@dataclass(frozen=True, kw_only=True)
class TinyConfig:
    """Sizes of the network.

    Args:
        size_px: side of the aligned face, a multiple of 32.
        expression: numbers of the code that say lips, lids, brows, gaze, pose and where in the crop.
        rest: numbers of the code for all else that varies: light, teeth, wrinkles.
        noise: deviation of what is added to the rest in training; its own deviation is 1.
        drop: share of faces whose rest is blanked in training.
        encoder: channels at 1/8, 1/16 and 1/32 of the picture.
        decoder: channels at 1/32, 1/16, 1/8 and 1/4 of the picture.
    """

    size_px: int = 128
    expression: int = EXPRESSION_SIZE + PLACEMENT_SIZE
    rest: int = 64
    noise: float = 0.2
    drop: float = 0.15
    encoder: tuple[int, int, int] = (64, 128, 256)
    decoder: tuple[int, int, int, int] = (256, 128, 64, 32)

    @property
    def code(self) -> int:
        """Numbers in the code."""
        return self.expression + self.rest


class TinyEncoder(nn.Module):
    """A face of anybody to its code: the expression, in known numbers, and a narrow rest.

    Left to pixels alone, a shared encoder needs tens of thousands of steps before "smiling" is the
    same code for two people; until then a decoder that is given the other's code draws a blurred
    average. So the expression is read by supervision from the landmarks, against each identity's own
    resting face, and what else there is must pass a narrow, noisy channel that has no room for who it is.
    """

    def __init__(self, config: TinyConfig) -> None:
        """Build for `config`."""
        super().__init__()
        self.config = config
        a, b, c = config.encoder
        grid = config.size_px // 32
        self.blocks = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, a, 3, stride=2, padding=1),
            ResidualBlock(a),
            nn.LeakyReLU(LEAK),
            nn.Conv2d(a, b, 3, stride=2, padding=1),
            ResidualBlock(b),
            nn.LeakyReLU(LEAK),
            nn.Conv2d(b, c, 3, stride=2, padding=1),
            nn.LeakyReLU(LEAK),
            nn.Flatten(),
        )
        self.to_code = nn.Linear(c * grid * grid, config.code)
        self.norm = nn.LayerNorm(config.rest, elementwise_affine=False)
        self.noise = Noise(config.noise, config.drop)

    def forward(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to (B, K), what the decoders read: the code itself."""
        return self.code(face_B3HW)

    def code(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, S, S) to the code, (B, K): the expression, then the rest with unit deviation."""
        code = self.to_code(self.blocks(face_B3HW * 2 - 1)).float()
        expression, rest = code.split((self.config.expression, self.config.rest), dim=1)
        rest = self.norm(rest)
        if self.training:
            rest = self.noise(rest)
        return torch.cat([expression, rest], dim=1)

    def spread(self, code_BK: Tensor) -> Tensor:
        """The code to what the decoders read, the same here."""
        return code_BK

    def expression(self, code_BK: Tensor) -> Tensor:
        """What a code says about the expression, (B, X); see `faces.expression`."""
        return code_BK[:, : self.config.expression]


class TinyDecoder(nn.Module):
    """A code to one identity's face and its mask."""

    def __init__(self, config: TinyConfig) -> None:
        """Build for `config`."""
        super().__init__()
        a, b, c, d = config.decoder
        self.grid = config.size_px // 32
        self.from_code = nn.Linear(config.code, a * self.grid * self.grid)
        ups = [Upscale(a, b), Upscale(b, c), Upscale(c, d)]
        for up in ups:
            start_as_resize(up.conv, 2)
        self.styles = nn.ParameterList(
            [nn.Parameter(torch.stack([torch.ones(n), torch.zeros(n)])) for n in (a, b, c, d)]
        )
        self.ups = nn.ModuleList(ups)
        self.blocks = nn.ModuleList([ResidualBlock(n) for n in (b, c, d)])
        self.out = nn.Conv2d(d, 4 * 16, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)
        self.shuffle = nn.PixelShuffle(4)
        start_as_resize(self.out, 4)

    def forward(self, code_BK: Tensor, styles: list[Tensor] | None = None) -> Tensor:
        """Draw a code.

        Args:
            code_BK: (B, K).
            styles: (B, 2, C) gain and shift for each of the four channel widths, in place of the
                decoder's own: one decoder then draws many people, which is how the base is trained.

        Returns:
            A face and its mask, (B, 4, S, S) float32 in [0, 1].
        """
        own = styles or [style[None] for style in self.styles]
        x = self.act(self.from_code(code_BK)).unflatten(1, (-1, self.grid, self.grid))
        x = _style(x, own[0]).contiguous(memory_format=torch.channels_last)
        for up, block, style in zip(self.ups, self.blocks, own[1:], strict=True):
            x = block(_style(up(x), style))
        return torch.sigmoid(self.shuffle(self.out(self.act(x))).float())


def _style(x_BCHW: Tensor, style_B2C: Tensor) -> Tensor:
    gain, shift = style_B2C.to(x_BCHW.dtype)[..., None, None].unbind(dim=1)
    return x_BCHW * gain + shift
