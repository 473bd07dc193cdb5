"""Turn faces into training pairs: a warped picture to read, a straight one to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_WARP_NODES = 5
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
class Pairs:
    """What the network reads and what it should draw, n of each.

    Args:
        warped: (n, s, s, 3) uint8, under the similarity and the warp.
        truth: (n, s, s, 4) uint8, the picture and the face mask under the similarity alone.
        focus: (n, s, s) uint8, eyes and mouth under the similarity alone.
        flipped: (n,) bool, whether all of a pair is mirrored.
        placement: (n, `PLACEMENT_SIZE`) float32, how the similarity turned, grew and moved the face;
            each divided by about its usual deviation.
    """

    warped: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    focus: NDArray[np.uint8]
    flipped: NDArray[np.bool_]
    placement: NDArray[np.float32]


def make_pairs(
    read: Sequence[NDArray[np.uint8]],
    truth: Sequence[NDArray[np.uint8]],
    focus: Sequence[NDArray[np.uint8]],
    size_px: int,
    rng: np.random.Generator,
    config: AugmentConfig,
) -> Pairs:
    """Draw a random pair of each sample.

    Four channels at a time: OpenCV warps those more than twice as fast as three.

    Args:
        read: n (side, side, 4) uint8 samples to read from, RGB and a mask that is not looked at.
        truth: n (side, side, 4) uint8 samples to draw, RGB and the face mask; often the same ones.
        focus: n (side, side) uint8, eyes and mouth of `truth`.
        size_px: side of the pairs, at most the samples'.
        rng: decides everything.
        config: how far.
    """
    count, size = len(read), (size_px, size_px)
    moves = _random_similarities(count, read[0].shape[0], size_px, rng, config)
    # the warp's nodes, in pixels of the pair, seen from the sample: then one map does both
    bends = _random_bends(count, rng, config.warp * size_px) @ moves.linear[:, None].transpose(0, 1, 3, 2)
    colours = _random_colours(count, rng, config)
    pairs = Pairs(
        warped=np.empty((count, *size, 3), np.uint8),
        truth=np.empty((count, *size, 4), np.uint8),
        focus=np.empty((count, *size), np.uint8),
        flipped=moves.flipped,
        placement=moves.placement,
    )
    straight = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}
    for i in range(count):
        matrix = moves.sample_from_pair[i]
        where = cv2.transform(_places(size_px), matrix)
        cv2.add(where, cv2.resize(bends[i], size, interpolation=cv2.INTER_CUBIC), where)
        warped = cv2.remap(read[i], where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        # only what is read changes colour: the drawn face is matched to its frame anyway, so the code
        # need not say how bright or tinted the picture was
        cv2.transform(cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB), colours[i], pairs.warped[i])
        cv2.warpAffine(truth[i], matrix, size, pairs.truth[i], **straight)  # type: ignore[call-overload]
        cv2.warpAffine(focus[i], matrix, size, pairs.focus[i], **straight)  # type: ignore[call-overload]
    return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """(n, 2, 3) `sample_from_pair`, its (n, 2, 2) linear part, and what `Pairs` says of them."""

    sample_from_pair: NDArray[np.float32]
    linear: NDArray[np.float32]
    flipped: NDArray[np.bool_]
    placement: NDArray[np.float32]


def _random_similarities(
    count: int, side_px: int, size_px: int, rng: np.random.Generator, config: AugmentConfig
) -> _Moves:
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
    return _Moves(
        sample_from_pair=np.concatenate([linear, centre[..., None]], axis=2).astype(np.float32),
        linear=linear.astype(np.float32),
        flipped=flipped,
        placement=placement.astype(np.float32),
    )


@cache
def _places(size_px: int) -> NDArray[np.float32]:
    """(s, s, 2) x and y of every pixel."""
    line = np.arange(size_px, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), axis=-1)


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
    """(n, 3, 4) float32: gain of each channel on the diagonal, and a common offset."""
    light = rng.uniform(-config.light, config.light, (count, 1))
    tint = rng.uniform(-config.tint, config.tint, (count, 3))
    offset = rng.uniform(-config.light, config.light, (count, 1)) * 255 / 3
    matrices = np.zeros((count, 3, 4), np.float32)
    matrices[:, range(3), range(3)] = 1 + light + tint
    matrices[:, :, 3] = offset
    return matrices
