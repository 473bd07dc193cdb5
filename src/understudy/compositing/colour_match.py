"""Give the drawn face the light and colour of the footage that it goes into."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask

FloatImage = NDArray[np.float32]  # (h, w, 3), RGB in [0, 1]

_STATISTICS_SIDE_PX = 64  # grain and compression noise average out, light and skin tone stay
_MIN_WEIGHT = 12.0  # sum of mask values below which statistics mean nothing
_MIN_DEVIATION = 0.5  # Lab units; flatter than any lit skin
_OUTLIER_DEVIATIONS = 4.0
_OUTLIER_FLOOR = np.array([4.0, 2.0, 2.0], np.float32)  # Lab units, so that flat skin is not cut to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class LabStatistics:
    """Mean and deviation of the colours of a face.

    Args:
        mean: (3,) float32, CIE L*, a*, b* (D65).
        deviation: (3,) float32, standard deviation of each.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLimits:
    """How far a match may go before it does more harm than the mismatch.

    Args:
        gain: largest change of contrast; the smallest is its inverse.
        lightness: largest shift of the mean lightness, in L* units.
        chroma: largest shift of the mean a* and b*.
    """

    gain: float = 1.6
    lightness: float = 35.0
    chroma: float = 25.0


def lab_statistics(image: Image | FloatImage, mask: Mask) -> LabStatistics | None:
    """Weighted colour statistics of a face, without what does not belong to it.

    Pixels far from the median colour in units of the median deviation (a hand, a microphone, a
    highlight) are left out; shading and moderate shadow stay.

    Args:
        image: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        mask: (h, w) float32 in [0, 1], the weight of each pixel.

    Returns:
        The statistics, or None where the mask covers too little to tell.

    Raises:
        ValueError: image and mask of different size.
    """
    if image.shape[:2] != mask.shape:
        raise ValueError(f"image {image.shape} and mask {mask.shape} differ in size")
    longest = max(mask.shape)
    if longest > _STATISTICS_SIDE_PX:
        scale = _STATISTICS_SIDE_PX / longest
        size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
        image = np.asarray(cv2.resize(_as_float(image), size, interpolation=cv2.INTER_AREA), np.float32)
        mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
    chosen = mask > 0.05
    weights = mask[chosen]
    if float(weights.sum()) < _MIN_WEIGHT:
        return None
    pixels = cv2.cvtColor(_as_float(image), cv2.COLOR_RGB2LAB)[chosen]
    distance = np.abs(pixels - np.median(pixels, axis=0))
    # 1.4826: the median deviation of a normal distribution in units of its standard deviation
    spread = np.maximum(1.4826 * np.median(distance, axis=0), _OUTLIER_FLOOR)
    weights = weights * (distance < _OUTLIER_DEVIATIONS * spread).all(axis=1)
    total = float(weights.sum())
    if total < _MIN_WEIGHT:
        return None
    mean = weights @ pixels / total
    deviation = np.sqrt(weights @ np.square(pixels - mean) / total)
    return LabStatistics(mean=mean.astype(np.float32), deviation=deviation.astype(np.float32))


def match(
    drawn: Image | FloatImage,
    from_stats: LabStatistics | None,
    to_stats: LabStatistics | None,
    limits: MatchLimits | None = None,
    mask: Mask | None = None,
) -> FloatImage:
    """Carry the drawn face's colour statistics to those of the target.

    Args:
        drawn: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        from_stats: statistics of the drawn face.
        to_stats: statistics of the target's face; where either is None nothing is changed.
        limits: how far to go; the defaults where None.
        mask: (h, w) float32; only the rectangle around its non-zero part is changed, which is
            faster. The whole image where None.

    Returns:
        (h, w, 3) float32 RGB in [0, 1].

    Reference:
        Reinhard et al., Color transfer between images, IEEE CG&A 21(5), 2001, eq. 10-11; in CIE Lab
        rather than l-alpha-beta.
    """
    image = _as_float(drawn)
    if from_stats is None or to_stats is None:
        return image
    limits = limits or MatchLimits()
    floor = np.float32(_MIN_DEVIATION)
    gain = np.maximum(to_stats.deviation, floor) / np.maximum(from_stats.deviation, floor)
    gain = np.clip(gain, 1 / limits.gain, limits.gain)
    most = np.array([limits.lightness, limits.chroma, limits.chroma], np.float32)
    shift = np.clip(to_stats.mean - from_stats.mean, -most, most)
    # out = gain * (in - mean) + mean + shift, as one 3x4 matrix a pixel
    change = np.column_stack([np.diag(gain), from_stats.mean * (1 - gain) + shift]).astype(np.float32)
    pivot = float(from_stats.mean[0])
    if mask is None:
        return _change_lab(image, change, pivot)
    x, y, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
    if width == 0:
        return image
    out = image.copy()
    out[y : y + height, x : x + width] = _change_lab(image[y : y + height, x : x + width], change, pivot)
    return out


def _change_lab(image: FloatImage, change: NDArray[np.float32], pivot: float) -> FloatImage:
    """Apply a (3, 4) matrix to each pixel's L*, a*, b*; clipped to what RGB can show.

    Pixels darker than `pivot` keep their share of its lightness: black stays black, so that lashes,
    pupils and an open mouth do not turn to fog where a dark face is matched to a light one.
    """
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    at_pivot = max(float(change[0, 0] * pivot + change[0, 3]), 0.0)
    share = lab[..., 0] / np.float32(max(pivot, 1.0))
    lab = cv2.transform(lab, change)
    lab[..., 0] = np.where(share < 1, np.minimum(share * np.float32(at_pivot), lab[..., 0]), lab[..., 0])
    return np.clip(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.float32), 0, 1)


class StatisticsSmoother:
    """Exponential smoothing of statistics along one track, so that colours do not flicker.

    Use one for the drawn face and one for the target's, both new for each track.
    """

    def __init__(self, memory_frames: float = 8.0) -> None:
        """Start without a past.

        Args:
            memory_frames: after so many frames a past value weighs 1/e; 0 smooths nothing.
        """
        if memory_frames < 0:
            raise ValueError(f"memory_frames must not be negative, got {memory_frames}")
        self._keep = float(np.exp(-1 / memory_frames)) if memory_frames > 0 else 0.0
        self._state: LabStatistics | None = None

    def update(self, stats: LabStatistics | None) -> LabStatistics | None:
        """Take in the next frame's statistics and return the smoothed ones.

        Args:
            stats: of this frame; None (nothing to see) leaves the smoothed value as it was.

        Returns:
            The smoothed statistics, None before the first known ones.
        """
        if stats is None:
            return self._state
        if self._state is None:
            self._state = stats
        else:
            mean = stats.mean + self._keep * (self._state.mean - stats.mean)
            deviation = stats.deviation + self._keep * (self._state.deviation - stats.deviation)
            self._state = LabStatistics(mean=mean.astype(np.float32), deviation=deviation.astype(np.float32))
        return self._state


def _as_float(image: Image | FloatImage) -> FloatImage:
    """RGB as float32 in [0, 1]."""
    if image.dtype == np.uint8:
        return image.astype(np.float32) / np.float32(255)
    return image.astype(np.float32, copy=False)
