"""Blend by bands: the target's light, the drawn face's features, the target's contrast."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, pi, sqrt

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage, applied, check_arguments, check_share, tripled
from understudy.core.types import Mask

_MOST_LEVELS = 7
_FEW = 1e-4  # share of a coarse pixel below which it takes a coarser one's value
_FLAT = 1e-3  # deviation of a face without features, of which no contrast can be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyramid:
    """Keep the target's coarse bands and contrast; take the finer bands from the drawn face.

    Each band passes over at the mask's half-way line within about its own wavelength: fine
    texture of two faces is never averaged, which would look blurred, and light passes softly.

    Args:
        strength: 0 leaves the window as it is, 1 blends fully.
        cells: what is coarser than so many pixels across the face is the target's.
        contrast: share of the difference in contrast that is taken away.
        most_gain: the largest change of contrast; the smallest is its inverse. Two people's features differ
            in contrast, too, in the same light.

    Reference:
        Burt and Adelson, A multiresolution spline with application to image mosaics, ACM ToG 2(4),
        1983; the target's coarse bands and contrast as in Naruniec et al., High-Resolution Neural
        Face Swapping for Visual Effects, EGSR 2020.
    """

    strength: float = 1.0
    cells: float = 5.0
    contrast: float = 1.0
    most_gain: float = 1.1

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_share("strength", self.strength)
        check_share("contrast", self.contrast)
        if self.cells < 1 or self.most_gain < 1:
            raise ValueError(f"need cells >= 1 and most_gain >= 1, got {self}")

    def __call__(self, before: FloatImage, face: FloatImage, weight: Mask) -> FloatImage:
        """Blend; arguments and result as of `blend_parts.Blend`."""
        check_arguments(before, face, weight)
        if not weight.any():
            return before.copy()
        levels = levels_for(weight, self.cells)
        # outside its mask the drawn face may hold anything, even no numbers: it would spread over the pyramid
        shown = before.copy()
        cv2.copyTo(face, (weight > 0).view(np.uint8), shown)
        ratio = contrast_ratio(before, shown, weight, levels)
        gain = float(np.clip(1 + self.contrast * (ratio - 1), 1 / self.most_gain, self.most_gain))
        change = np.asarray(cv2.addWeighted(shown, gain, before, -1, 0, dst=shown), np.float32)
        cv2.subtract(change, coarse_part(change, weight, levels), dst=change)
        change = _banded(change, weight, levels)
        # the change is 0 well before the mask is, but for the coarsest bands' tails
        edge = np.minimum(weight * np.float32(4), np.float32(1))
        return applied(before, change, edge * np.float32(self.strength))


def levels_for(weight: Mask, cells: float) -> int:
    """Halvings after which a face of this size is `cells` pixels wide (at least 1)."""
    side_px = sqrt(float(weight.sum()) * 4 / pi)
    most = max(1, int(log2(max(2, min(weight.shape)))) - 1)
    return max(1, min(round(log2(max(side_px / cells, 1))), most, _MOST_LEVELS))


def contrast_ratio(before: FloatImage, face: FloatImage, weight: Mask, levels: int) -> float:
    """Deviation of the target's luma over that of the drawn face, both without their coarse bands.

    Measured at half size, where the face is shown fully: neither grain nor the border has a say. 1 where
    there is nothing to compare.
    """
    planes = [cv2.pyrDown(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in (before, face)]
    both = np.asarray(cv2.merge([*planes, planes[0]]), np.float32)
    share = np.asarray(cv2.pyrDown(weight), np.float32)
    share = np.maximum(share * np.float32(2) - np.float32(1), np.float32(0))
    if share.max() <= 0:
        return 1.0
    rest = cv2.subtract(both, coarse_part(both, share, levels - 1))
    power = cv2.sumElems(cv2.multiply(cv2.multiply(rest, rest), tripled(share)))
    target, drawn = (sqrt(value / float(share.sum())) for value in power[:2])
    return target / drawn if min(target, drawn) > _FLAT else 1.0


def coarse_part(picture: FloatImage, weight: Mask, levels: int) -> FloatImage:
    """A picture's coarse part: of its masked pixels only, whatever lies around them."""
    ((mean, _),) = weighted_means(picture, weight, levels)
    return raised(mean, weight.shape, levels)


def weighted_means(picture: FloatImage, weight: Mask, *levels: int) -> list[tuple[FloatImage, Mask]]:
    """The weighted mean around each pixel of some levels of a pyramid.

    Args:
        picture: (h, w, 3) float32.
        weight: (h, w) float32 in [0, 1], how much each pixel counts.
        levels: halvings to each, the most first, none twice.

    Returns:
        Of each its means, (h', w', 3) float32, where little is known those of the level before, in the
        first the mean of all; and its mean weight, (h', w') float32.
    """
    total = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.float32)  # 1 is the fourth
    total, share = np.asarray(cv2.multiply(total, _fourfold(weight)), np.float32), weight
    found: list[tuple[FloatImage, Mask]] = []
    for level in range(max(levels) + 1):
        if level:
            total = np.asarray(cv2.pyrDown(total), np.float32)
            share = np.asarray(cv2.extractChannel(total, 3), np.float32)
        if level in levels:
            found.append((total, share))
    whole = np.asarray(cv2.sumElems(total), np.float32)
    around = np.empty_like(total)
    around[:] = whole / max(float(whole[3]), _FEW)
    means: list[tuple[FloatImage, Mask]] = []
    coarser = levels[0]
    for level, (total, share) in zip(levels, reversed(found), strict=True):
        around = raised(around, share.shape, coarser - level)
        mean = np.asarray(cv2.divide(total, _fourfold(np.maximum(share, np.float32(_FEW)))), np.float32)
        cv2.copyTo(around, (share <= _FEW).view(np.uint8), mean)
        means.append((np.asarray(cv2.cvtColor(mean, cv2.COLOR_RGBA2RGB), np.float32), share))
        around, coarser = mean, level
    return means


def raised(picture: FloatImage, shape: tuple[int, ...], levels: int) -> FloatImage:
    """A level of a pyramid at the size of a finer one.

    Args:
        picture: (h', w', ...) float32.
        shape: rows and columns of the finer level.
        levels: how many halvings lie between them.
    """
    sizes = [(shape[1], shape[0])]
    for _ in range(levels - 1):
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    for size in sizes[:levels][::-1]:
        picture = np.asarray(cv2.pyrUp(picture, dstsize=size), np.float32)
    return picture


def _fourfold(plane: Mask) -> FloatImage:
    return np.asarray(cv2.merge([plane, plane, plane, plane]), np.float32)


def _banded(change: FloatImage, weight: Mask, levels: int) -> FloatImage:
    """Cut a change off at the mask's half-way line, each band softly in units of its own wavelength.

    Overwrites `change`.
    """
    step = np.clip(weight * np.float32(6) - np.float32(2.5), 0, 1)
    level = cv2.multiply(change, tripled(np.minimum(weight * np.float32(8), np.float32(1))), dst=change)
    bands: list[FloatImage] = []
    for _ in range(levels):
        small = cv2.pyrDown(level)
        cv2.subtract(level, cv2.pyrUp(small, dstsize=(level.shape[1], level.shape[0])), dst=level)
        bands.append(np.asarray(cv2.multiply(level, tripled(step), dst=level), np.float32))
        level, step = small, np.asarray(cv2.pyrDown(step), np.float32)
    whole = cv2.multiply(level, tripled(step))
    for band in reversed(bands):
        whole = cv2.add(cv2.pyrUp(whole, dstsize=(band.shape[1], band.shape[0])), band, dst=band)
    return np.asarray(whole, np.float32)
