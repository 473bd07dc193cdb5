"""`classic`: the network of the original face-swap method, at 64 px.

Shapes: face_B3HW a face in [0, 1]; code_BK its code; a decoder draws a face and its mask as B4HW.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from understudy.nets.blocks import LEAK, Upscale

CLASSIC_SIZE_PX = 64
CLASSIC_CODE = 1024


class ClassicEncoder(nn.Module):
    """A face of anybody to its code, and on to the small picture that every decoder starts from.

    69,662,976 parameters: four 5x5 stride-2 convolutions (128, 256, 512, 1024), dense
    16384 -> 1024 (the code) -> 16384, one upscale to 512 at 8x8.
    """

    def __init__(self) -> None:
        """Build the published sizes."""
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for out in (128, 256, 512, 1024):
            layers += [nn.Conv2d(channels, out, 5, stride=2, padding=2), nn.LeakyReLU(LEAK)]
            channels = out
        self.blocks = nn.Sequential(*layers, nn.Flatten())
        self.to_code = nn.Linear(1024 * 4 * 4, CLASSIC_CODE)
        self.from_code = nn.Linear(CLASSIC_CODE, 1024 * 4 * 4)
        self.up = Upscale(1024, 512)

    def forward(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, 64, 64) in [0, 1] to (B, 512, 8, 8), what the decoders read."""
        return self.spread(self.code(face_B3HW))

    def code(self, face_B3HW: Tensor) -> Tensor:
        """(B, 3, 64, 64) in [0, 1] to the code, (B, 1024)."""
        return self.to_code(self.blocks(face_B3HW))

    def spread(self, code_BK: Tensor) -> Tensor:
        """The code, (B, 1024), to (B, 512, 8, 8)."""
        small = self.from_code(code_BK).unflatten(1, (1024, 4, 4))
        return self.up(small.contiguous(memory_format=torch.channels_last))


class ClassicDecoder(nn.Module):
    """A code to one identity's face; a narrow parallel branch draws the mask.

    6,199,747 parameters draw the face: upscales to 256, 128, 64, a 5x5 convolution to RGB, sigmoid.
    """

    def __init__(self) -> None:
        """Build the published sizes, and the mask branch beside them."""
        super().__init__()
        self.face = nn.Sequential(
            Upscale(512, 256), Upscale(256, 128), Upscale(128, 64), nn.Conv2d(64, 3, 5, padding=2)
        )
        self.mask = nn.Sequential(
            Upscale(512, 32), Upscale(32, 16), Upscale(16, 8), nn.Conv2d(8, 1, 5, padding=2)
        )

    def forward(self, spread_BCHW: Tensor) -> Tensor:
        """(B, 512, 8, 8) to a face and its mask, (B, 4, 64, 64) float32 in [0, 1]."""
        return torch.sigmoid(torch.cat([self.face(spread_BCHW), self.mask(spread_BCHW)], dim=1).float())
