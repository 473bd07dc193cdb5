"""Turn one face into a training pair: a warped picture to read, a straight one to draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Matrix, Vector

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


# `tiny` is told where the face lies, by an alignment that is steady: it need not learn to draw
# crooked faces sharply, and a warp as strong as the original's changes what mouth and eyes do
AUGMENTATION: dict[str, AugmentConfig] = {
    "classic": AugmentConfig(),
    "tiny": AugmentConfig(rotation_deg=4.0, scale=0.03, shift=0.025, warp=2 / 256, light=0.2, tint=0.08),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What the network reads and what it should draw.

    Args:
        warped: (s, s, 3) uint8, under the similarity and the warp.
        truth: (s, s, 3) uint8, under the similarity alone.
        masks: (s, s, 2) uint8, under the similarity alone.
        flipped: whether both are mirrored.
        placement: (`PLACEMENT_SIZE`,) float32, how the similarity turned, grew and moved the face;
            each divided by about its usual deviation.
    """

    warped: Image
    truth: Image
    masks: NDArray[np.uint8]
    flipped: bool
    placement: Vector


def make_pair(
    image: Image,
    masks: NDArray[np.uint8],
    size_px: int,
    rng: np.random.Generator,
    config: AugmentConfig,
    truth_image: Image | None = None,
    truth_masks: NDArray[np.uint8] | None = None,
) -> Pair:
    """Draw one random pair.

    Args:
        image: (side, side, 3) uint8 sample.
        masks: (side, side, 2) uint8.
        size_px: side of the pair, at most the sample's.
        rng: decides everything.
        config: how far.
        truth_image: what should be drawn, where it is not `image` itself.
        truth_masks: its masks.
    """
    move = _random_similarity(image.shape[0], size_px, rng, config)
    sample_from_pair = move.sample_from_pair
    field = _random_warp(size_px, rng, config.warp * size_px)
    where = cv2.transform(_places(size_px) + field, sample_from_pair)
    warped = cv2.remap(image, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    # only what is read changes colour: the drawn face is matched to its frame anyway, so the code
    # need not say how bright or tinted the picture was
    warped = cv2.LUT(warped, _random_colours(rng, config))
    return Pair(
        warped=np.asarray(warped, np.uint8),
        truth=_straight(image if truth_image is None else truth_image, sample_from_pair, size_px),
        masks=_straight(masks if truth_masks is None else truth_masks, sample_from_pair, size_px),
        flipped=move.flipped,
        placement=move.placement,
    )


def _straight(picture: NDArray[np.uint8], sample_from_pair: Matrix, size_px: int) -> NDArray[np.uint8]:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (size_px, size_px)
    return np.asarray(
        cv2.warpAffine(picture, sample_from_pair, size, flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    sample_from_pair: Matrix
    flipped: bool
    placement: Vector


def _random_similarity(side_px: int, size_px: int, rng: np.random.Generator, config: AugmentConfig) -> _Move:
    """A similarity about the centre, perhaps mirrored, and where it puts the face in the pair."""
    turn = np.radians(rng.uniform(-config.rotation_deg, config.rotation_deg))
    zoom = 1 + rng.uniform(-config.scale, config.scale)
    flipped = bool(rng.random() < config.flip)
    mirror = np.diag([-1.0 if flipped else 1.0, 1.0])
    linear = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ mirror
    shift = rng.uniform(-config.shift, config.shift, 2) * size_px
    centre = (side_px - 1) / 2 + shift - linear @ np.full(2, (size_px - 1) / 2)
    # seen from the pair, the face is turned and moved the other way; a mirror turns it back
    moved = np.linalg.inv(linear) @ -shift / size_px
    placement = np.array(
        [
            (turn if flipped else -turn) / _TURN_UNIT_RAD,
            -np.log(zoom) / _SHARE_UNIT,
            *(moved / _SHARE_UNIT),
        ]
    )
    return _Move(
        sample_from_pair=np.column_stack([linear, centre]).astype(np.float32),
        flipped=flipped,
        placement=placement.astype(np.float32),
    )


@cache
def _places(size_px: int) -> NDArray[np.float32]:
    """(s, s, 2) x and y of every pixel."""
    line = np.arange(size_px, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), axis=-1)


def _random_warp(size_px: int, rng: np.random.Generator, jitter_px: float) -> NDArray[np.float32]:
    """(s, s, 2) displacement in pixels: a jittered grid without its own best similarity.

    Subtracting the similarity fit from the warp is the same as drawing towards the similarity fit of
    the grid, and keeps the truth sharp: it is resampled once, by the augmentation's similarity.
    """
    jitter = rng.normal(0, jitter_px, (_WARP_NODES, _WARP_NODES, 2))
    line = np.linspace(-1, 1, _WARP_NODES)
    x, y = np.meshgrid(line, line)
    jitter -= jitter.mean(axis=(0, 1))
    for mode in (np.stack([x, y], axis=-1), np.stack([-y, x], axis=-1)):  # growing, turning
        jitter -= (jitter * mode).sum() / (mode * mode).sum() * mode
    field = cv2.resize(jitter.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field, np.float32)


def _random_colours(rng: np.random.Generator, config: AugmentConfig) -> NDArray[np.uint8]:
    """(1, 256, 3) uint8 lookup table: gain of each channel, and a common offset."""
    gain = 1 + rng.uniform(-config.light, config.light) + rng.uniform(-config.tint, config.tint, 3)
    offset = rng.uniform(-config.light, config.light) * 255 / 3
    table = np.arange(256)[:, None] * gain + offset
    return np.clip(np.round(table), 0, 255).astype(np.uint8)[None]
