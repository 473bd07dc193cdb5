"""The learned animator: it mends a photo that a mesh has moved.

The warp says what the picture is; the network says how it is to be shifted further, what of it is wrong and
has to be drawn anew, and how its light changes. Where it says nothing the warp stays as it is, so an
untrained network is the warp, and detail beyond the network's own size is kept.

Shapes: photo_B3HW and warped_B3HW upright faces in [0, 1]; from_B2hw where each place of the warped face lies
in the photo's crop, and points_BK2 landmarks of the warped face; both as x, y from -1 to 1, border to border.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate

from understudy.nets.blocks import LEAK, ResidualBlock

_HEAT = 4  # pixels of the crop for one of the landmarks' maps
_SPREAD = 0.04  # deviation of a landmark's spot, of the crop's half side
_SHIFT = 0.15  # the most that pixels are shifted, in halves of the crop's side
_LIGHT = 0.3  # the most that light is changed
_RIM = 0.12  # share of the crop at each border over which all that is changed fades away
_MOSTLY_KEPT = -4.0  # of the mask before its sigmoid, at the start


@dataclass(frozen=True, kw_only=True)
class AnimatorConfig:
    """Sizes of the network.

    Args:
        size_px: side of the crop, a multiple of 16.
        coverage: side of the crop in sides of the face square.
        points: landmarks of which maps are drawn.
        widths: channels at 1, 1/2, 1/4, 1/8 and 1/16 of the crop's side.
        photo: channels of what is read from the photo at 1/2, 1/4 and 1/8.
        blocks: residual blocks at 1/16.
    """

    size_px: int = 256
    coverage: float = 1.6
    points: int = 108
    widths: tuple[int, int, int, int, int] = (24, 48, 96, 136, 184)
    photo: tuple[int, int, int] = (32, 64, 96)
    blocks: int = 2


@dataclass(frozen=True, kw_only=True)
class Mending:
    """What is to be done to a warped face, of the crop's size; 0 at its borders.

    Args:
        shift_B2HW: by how much further each place is fetched, as x, y in halves of the crop's side.
        anew_B1HW: share of each place that is drawn anew, in [0, 1].
        light_B3HW: what is added to what is kept.
        colour_B3HW: what is drawn anew, in [0, 1].
    """

    shift_B2HW: Tensor
    anew_B1HW: Tensor
    light_B3HW: Tensor
    colour_B3HW: Tensor

    def given(self, warped_B3HW: Tensor) -> Tensor:
        """A warped face of the crop's size, mended; about [0, 1]."""
        grid = places(warped_B3HW.shape[-1], self.shift_B2HW) + self.shift_B2HW
        kept = sampled(warped_B3HW, grid) + self.light_B3HW
        return kept + self.anew_B1HW * (self.colour_B3HW - kept)


class Animator(nn.Module):
    """Reads photo, warped face and where its landmarks are; says how the warped face is to be mended.

    What is read from the photo is fetched to where the mesh says that it went, and then further by a flow
    that is learnt, by as much as a mask says that it is seen there.

    Reference:
        Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019, section 3.2: features are
        warped by a dense flow and masked where they are hidden.
    """

    def __init__(self, config: AnimatorConfig | None = None) -> None:
        """Make it with random weights that change nothing yet."""
        super().__init__()
        self.config = config or AnimatorConfig()
        w0, w1, w2, w3, w4 = self.config.widths
        p1, p2, p3 = self.config.photo
        self.act = nn.LeakyReLU(LEAK)
        self.photo = nn.ModuleList([_down(3, p1), _down(p1, p2), _down(p2, p3)])
        self.stem = nn.Conv2d(3, w0, 3, padding=1)
        self.down = nn.ModuleList([_down(w0, w1), _down(w1, w2), _down(2 * w2, w3), _down(w3, w4)])
        self.guide = nn.Conv2d(self.config.points + 2, w2, 3, padding=1)
        self.middle = nn.Sequential(*(ResidualBlock(w4) for _ in range(self.config.blocks)))
        self.up3 = nn.Conv2d(w4 + w3 + p3, w3, 3, padding=1)
        self.mend3 = ResidualBlock(w3)
        self.flow = _nothing(nn.Conv2d(w3 + 2 * w2, 3, 3, padding=1))
        self.up2 = nn.Conv2d(w3 + 2 * w2 + p2, w2, 3, padding=1)
        self.mend2 = ResidualBlock(w2)
        self.up1 = nn.Conv2d(w2 + w1, w1, 3, padding=1)
        self.mend1 = ResidualBlock(w1)
        self.up0 = nn.Conv2d(w1 + w0, w0, 3, padding=1)
        self.head = _nothing(nn.Conv2d(w0, 9, 3, padding=1))
        assert self.head.bias is not None
        with torch.no_grad():
            self.head.bias[2] = _MOSTLY_KEPT

    def forward(
        self, photo_B3HW: Tensor, warped_B3HW: Tensor, from_B2hw: Tensor, points_BK2: Tensor
    ) -> Mending:
        """What is to be done to the warped faces."""
        act, size = self.act, self.config.size_px
        photo = list[Tensor]()
        x = photo_B3HW - 0.5
        for layer in self.photo:
            x = act(layer(x))
            photo.append(x)
        x0 = act(self.stem(warped_B3HW - 0.5))
        x1 = act(self.down[0](x0))
        x2 = act(self.down[1](x1))
        moved = resized(from_B2hw, size // 4)
        maps = torch.cat([heat_maps(points_BK2, size // _HEAT), moved - places(size // 4, moved)], dim=1)
        x2 = torch.cat([x2, act(self.guide(maps.to(x2.dtype)))], dim=1)
        x3 = act(self.down[2](x2))
        x4 = self.middle(act(self.down[3](x3)))
        fetched = sampled(photo[2], resized(from_B2hw, size // 8))
        y = self.mend3(act(self.up3(torch.cat([resized(x4, size // 8), x3, fetched], dim=1))))
        y = torch.cat([resized(y, size // 4), x2], dim=1)
        flow = self.flow(y)
        fetched = sampled(photo[1], moved + _SHIFT * torch.tanh(flow[:, :2].float()))
        fetched = fetched * torch.sigmoid(flow[:, 2:])
        y = self.mend2(act(self.up2(torch.cat([y, fetched], dim=1))))
        y = self.mend1(act(self.up1(torch.cat([resized(y, size // 2), x1], dim=1))))
        y = act(self.up0(torch.cat([resized(y, size), x0], dim=1)))
        out = self.head(y).float()
        rim = _rim(size, out)
        return Mending(
            shift_B2HW=_SHIFT * rim * torch.tanh(out[:, :2]),
            anew_B1HW=rim * torch.sigmoid(out[:, 2:3]),
            light_B3HW=_LIGHT * rim * torch.tanh(out[:, 3:6]),
            colour_B3HW=torch.sigmoid(out[:, 6:]),
        )


def heat_maps(points_BK2: Tensor, size_px: int, spread: float = _SPREAD) -> Tensor:
    """A soft spot for each landmark, (B, K, size, size), 1 at its middle."""
    axis = _axis(size_px, points_BK2)
    x, y = (torch.exp(-0.5 * ((axis - points_BK2[..., k, None]) / spread) ** 2) for k in (0, 1))
    return y[..., :, None] * x[..., None, :]


def places(size_px: int, like: Tensor) -> Tensor:
    """Where the middles of a square's pixels lie, (1, 2, size, size), x and y from -1 to 1."""
    axis = _axis(size_px, like)
    return torch.stack([axis.expand(size_px, -1), axis[:, None].expand(-1, size_px)])[None]


def sampled(picture_BCHW: Tensor, places_B2hw: Tensor) -> Tensor:
    """What lies at places of a picture, (B, C, h, w); its border goes on beyond it."""
    # places in 16 bits would be off by half a pixel
    grid = places_B2hw.permute(0, 2, 3, 1).float()
    found = grid_sample(picture_BCHW.float(), grid, padding_mode="border", align_corners=False)
    return found.to(picture_BCHW.dtype)


def resized(picture_BCHW: Tensor, size_px: int) -> Tensor:
    """The same, (B, C, size, size)."""
    return interpolate(picture_BCHW, (size_px, size_px), mode="bilinear", align_corners=False)


def _axis(size_px: int, like: Tensor) -> Tensor:
    return (torch.arange(size_px, device=like.device, dtype=torch.float32) + 0.5) * (2 / size_px) - 1


def _rim(size_px: int, like: Tensor) -> Tensor:
    """(size, size) 1 inside, falling smoothly to 0 at the borders."""
    share = ((1 - _axis(size_px, like).abs()) / (2 * _RIM)).clamp(0, 1)
    smooth = share * share * (3 - 2 * share)
    return smooth[:, None] * smooth


def _down(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)


def _nothing(layer: nn.Conv2d) -> nn.Conv2d:
    """A layer that says nothing yet."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
