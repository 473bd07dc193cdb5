"""Turn faces into training pairs: a warped picture to read, a straight one to draw.

Everything random is drawn on the host, a few numbers a face, by a generator that is the same everywhere; the
pictures are moved where they lie, all of a batch at once.

Shapes: faces_N5SS uint8, a batch of samples, planar: RGB, the face mask, and eyes and mouth; where something
was drawn over any face, a sixth plane says what is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_WARP_NODES = 5
_BASIS = 2 + _WARP_NODES
_TURN_UNIT_RAD = 0.05  # about what a preset's turns deviate by
_SHARE_UNIT = 0.02


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """How far a face is moved and recoloured.

    Args:
        rotation_deg: largest turn either way.
        scale: largest zoom, as a share.
        shift: largest shift, as a share of the picture.
        warp: deviation of a warp node, as a share of the picture; the original's 5 of 256.
        flip: probability of mirroring.
        light: largest change of all channels of what is read, as a share.
        tint: largest change of one channel of what is read, as a share.
    """

    rotation_deg: float = 10.0
    scale: float = 0.05
    shift: float = 0.05
    warp: float = 5 / 256
    flip: float = 0.5
    light: float = 0.15
    tint: float = 0.05


# `tiny` and the family are told where the face lies, by an alignment that is steady: they need not learn to
# draw crooked faces sharply, and a warp as strong as the original's changes what mouth and eyes do
_GENTLE = AugmentConfig(rotation_deg=4.0, scale=0.03, shift=0.025, warp=2 / 256, light=0.2, tint=0.08)

AUGMENTATION: dict[str, AugmentConfig] = {
    "classic": AugmentConfig(),
    "tiny": _GENTLE,
    "standard": _GENTLE,
    "high": _GENTLE,
    "ultra": _GENTLE,
    "cinema": _GENTLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How each of n faces is moved, bent and recoloured.

    Args:
        straight: (n, 2, 3) float32 `sample_from_pair` of the similarity.
        bends: (n, 5, 5, 2) float32, how far the nodes of the warp move, in pixels of the sample.
        colours: (n, 3, 2) float32, gain and offset of each channel of what is read.
        flipped: (n,) bool, whether all of a pair is mirrored.
        placement: (n, `PLACEMENT_SIZE`) float32, how the similarity turned, grew and moved the face;
            each divided by about its usual deviation.
    """

    straight: NDArray[np.float32]
    bends: NDArray[np.float32]
    colours: NDArray[np.float32]
    flipped: NDArray[np.bool_]
    placement: NDArray[np.float32]

    def part(self, first: int, count: int) -> Moves:
        """Those of faces that follow each other."""
        return self.rows(slice(first, first + count))

    def rows(self, some: slice | NDArray[np.intp]) -> Moves:
        """Those of some of the faces."""
        return Moves(**{field.name: getattr(self, field.name)[some] for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What the network reads and what it should draw, n of each, float32 in [0, 1].

    Args:
        warped_B3HW: under the similarity and the warp, recoloured.
        truth_B4HW: the picture and the face mask under the similarity alone.
        focus_B1HW: eyes and mouth under the similarity alone.
        hidden_B1HW: what lies before the face, likewise; the face mask leaves it out. None where nothing is.
    """

    warped_B3HW: Tensor
    truth_B4HW: Tensor
    focus_B1HW: Tensor
    hidden_B1HW: Tensor | None = None


def random_moves(
    count: int, side_px: int, size_px: int, rng: np.random.Generator, config: AugmentConfig
) -> Moves:
    """Draw how faces are moved.

    Args:
        count: faces.
        side_px: side of the samples.
        size_px: side of the pairs, at most the samples'.
        rng: decides everything.
        config: how far.
    """
    similarities = _random_similarities(count, side_px, size_px, rng, config)
    # the warp's nodes, in pixels of the pair, seen from the sample: then one map does both
    linear = similarities.sample_from_pair[:, None, :, :2]
    bends = _random_bends(count, rng, config.warp * size_px) @ linear.transpose(0, 1, 3, 2)
    return Moves(
        straight=similarities.sample_from_pair,
        bends=bends,
        colours=_random_colours(count, rng, config),
        flipped=similarities.flipped,
        placement=similarities.placement,
    )


def make_pairs(read_N5SS: Tensor, drawn_N5SS: Tensor, moves: Moves, size_px: int) -> Pairs:
    """Move faces, on the device that they lie on.

    Args:
        read_N5SS: samples to read from, of which only the picture is looked at.
        drawn_N5SS: samples to draw, with their own masks; often the same ones.
        moves: how.
        size_px: side of the pairs.
    """
    count, _, side, _ = read_N5SS.shape
    numbers = sent(_numbers(moves, side), read_N5SS.device)
    colours, maps = numbers[:, :6].view(count, 3, 2, 1), numbers[:, 6:].view(count, 2, 2, _BASIS, _BASIS)
    basis = _basis(size_px, numbers.device)
    # (n, 2, 2, 7, w) to x and y side by side, so that the second product writes them where they are read
    across = (maps @ basis.T).permute(0, 1, 3, 4, 2).reshape(count, 2, _BASIS, 2 * size_px)
    where = (basis @ across).view(count, 2, size_px, size_px, 2)
    drawn = drawn_N5SS.float()
    read = drawn[:, :3] if read_N5SS is drawn_N5SS else read_N5SS[:, :3].float()
    warped = _sampled(read, where[:, 1])
    # only what is read changes colour: the drawn face is matched to its frame anyway, so the code
    # need not say how bright or tinted the picture was
    warped = torch.addcmul(colours[:, :, 1:], warped, colours[:, :, :1]).clamp_(0, 1)
    truth = _sampled(drawn, where[:, 0]).mul_(1 / 255)
    if truth.shape[1] == 5:
        return Pairs(warped_B3HW=warped, truth_B4HW=truth[:, :4], focus_B1HW=truth[:, 4:])
    hidden = truth[:, 5:].clamp(max=1)  # rounding would make it more than all
    truth[:, 3:4] *= 1 - hidden
    return Pairs(warped_B3HW=warped, truth_B4HW=truth[:, :4], focus_B1HW=truth[:, 4:5], hidden_B1HW=hidden)


def sent(numbers: NDArray[Any], device: torch.device) -> Tensor:
    """A few numbers on the device that computes, without waiting for what it was told before."""
    tensor = torch.from_numpy(numbers)
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def _sampled(picture_NCSS: Tensor, where_NHW2: Tensor) -> Tensor:
    return nn.functional.grid_sample(
        picture_NCSS, where_NHW2, mode="bilinear", padding_mode="border", align_corners=True
    )


def _numbers(moves: Moves, side_px: int) -> NDArray[np.float32]:
    """(n, 202) float32, what moves the pictures: gains and offsets of the channels, then two maps.

    A map says where in the sample, from -1 to 1, a pixel of the pair lies: for x and y each a (7, 7) matrix
    between the values of `_basis` at its row and its column.
    """
    count = len(moves.straight)
    maps = np.zeros((count, 2, 2, _BASIS, _BASIS), np.float32)
    maps[:, :, :, 0, 0] = moves.straight[:, None, :, 2]
    maps[:, :, :, 0, 1] = moves.straight[:, None, :, 0]  # of the column
    maps[:, :, :, 1, 0] = moves.straight[:, None, :, 1]  # of the row
    maps[:, 1, :, 2:, 2:] = moves.bends.transpose(0, 3, 1, 2)
    maps *= 2 / (side_px - 1)
    maps[..., 0, 0] -= 1
    colours = moves.colours / np.float32(255)
    return np.concatenate([colours.reshape(count, -1), maps.reshape(count, -1)], axis=1)


@cache
def _basis(size_px: int, device: torch.device) -> Tensor:
    """(s, 7) float32: at each pixel 1, its number, and the cubic weights of the warp's five nodes.

    Reference:
        Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -0.75.
    """
    pixels = np.arange(size_px)
    places = (pixels + 0.5) * _WARP_NODES / size_px - 0.5
    first = np.floor(places).astype(int) - 1
    nodes = np.zeros((size_px, _WARP_NODES))
    for tap in range(4):
        apart = np.abs(places - first - tap)
        near = 1.25 * apart**3 - 2.25 * apart**2 + 1
        far = -0.75 * (apart**3 - 5 * apart**2 + 8 * apart - 4)
        at = np.clip(first + tap, 0, _WARP_NODES - 1)
        np.add.at(nodes, (pixels, at), np.where(apart <= 1, near, far))
    basis = np.column_stack([np.ones(size_px), pixels, nodes]).astype(np.float32)
    return torch.from_numpy(basis).to(device)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Similarities:
    """(n, 2, 3) `sample_from_pair`, and what `Moves` says of them."""

    sample_from_pair: NDArray[np.float32]
    flipped: NDArray[np.bool_]
    placement: NDArray[np.float32]


def _random_similarities(
    count: int, side_px: int, size_px: int, rng: np.random.Generator, config: AugmentConfig
) -> _Similarities:
    """Similarities about the centre, perhaps mirrored, and where they put the face in the pair."""
    turn = np.radians(rng.uniform(-config.rotation_deg, config.rotation_deg, count))
    zoom = 1 + rng.uniform(-config.scale, config.scale, count)
    flipped = rng.random(count) < config.flip
    shift = rng.uniform(-config.shift, config.shift, (count, 2)) * size_px
    mirror = np.where(flipped, -1.0, 1.0)
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    linear = np.stack([cos * mirror, -sin, sin * mirror, cos], axis=-1).reshape(count, 2, 2)
    centre = (side_px - 1) / 2 + shift - linear.sum(axis=2) * (size_px - 1) / 2
    # seen from the pair, the face is turned and moved the other way; a mirror turns it back
    moved = np.linalg.solve(linear, -shift[..., None])[..., 0] / size_px
    placement = np.column_stack(
        [-turn * mirror / _TURN_UNIT_RAD, -np.log(zoom) / _SHARE_UNIT, moved / _SHARE_UNIT]
    )
    return _Similarities(
        sample_from_pair=np.concatenate([linear, centre[..., None]], axis=2).astype(np.float32),
        flipped=flipped,
        placement=placement.astype(np.float32),
    )


def _random_bends(count: int, rng: np.random.Generator, jitter_px: float) -> NDArray[np.float32]:
    """(n, 5, 5, 2) displacements in pixels: a jittered grid without its own best similarity.

    Subtracting the similarity fit from the warp is the same as drawing towards the similarity fit of
    the grid, and keeps the truth sharp: it is resampled once, by the augmentation's similarity.
    """
    jitter = rng.normal(0, jitter_px, (count, _WARP_NODES, _WARP_NODES, 2))
    line = np.linspace(-1, 1, _WARP_NODES)
    x, y = np.meshgrid(line, line)
    jitter -= jitter.mean(axis=(1, 2), keepdims=True)
    for mode in (np.stack([x, y], axis=-1), np.stack([-y, x], axis=-1)):  # growing, turning
        share = (jitter * mode).sum(axis=(1, 2, 3), keepdims=True) / (mode * mode).sum()
        jitter -= share * mode
    return jitter.astype(np.float32)


def _random_colours(count: int, rng: np.random.Generator, config: AugmentConfig) -> NDArray[np.float32]:
    """(n, 3, 2) float32: gain of each channel, and the offset that all of a face have."""
    light = rng.uniform(-config.light, config.light, (count, 1))
    tint = rng.uniform(-config.tint, config.tint, (count, 3))
    offset = rng.uniform(-config.light, config.light, (count, 1)) * 255 / 3
    return np.stack([1 + light + tint, np.repeat(offset, 3, axis=1)], axis=-1).astype(np.float32)
