"""Skin-like pictures and samples with known colours, for tests of colour matching."""

import cv2
import numpy as np

from understudy.compositing.colour.sample import ColourSample


def skin(
    seed: int, lightness: float = 60, a: float = 12, b: float = 16, spread: float = 5, side_px: int = 96
) -> np.ndarray:
    """A smooth skin-like patch, (side_px, side_px, 3) float32 RGB."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (side_px, side_px, 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), side_px / 8)
    noise = noise / noise.std() * spread * np.array([1, 0.3, 0.3], np.float32)
    lab = np.array([lightness, a, b], np.float32) + noise
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)


def face_mask(side_px: int = 96) -> np.ndarray:
    """An ellipse with a soft border, (side_px, side_px) float32."""
    mask = np.zeros((side_px, side_px), np.float32)
    centre, axes = (side_px // 2, side_px // 2), (round(side_px * 0.3), round(side_px * 0.38))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, cv2.FILLED)
    return cv2.GaussianBlur(mask, (0, 0), side_px / 32)


def sample_of(colours: np.ndarray, weights: np.ndarray | None = None) -> ColourSample:
    """A sample of given colours, (n, 3) RGB."""
    count = len(colours)
    return ColourSample(
        colours=np.asarray(colours, np.float32),
        weights=np.ones(count, np.float32) if weights is None else np.asarray(weights, np.float32),
        rim=np.zeros(count, np.float32),
    )


def srgb_to_lab(rgb: np.ndarray) -> np.ndarray:
    """Oracle: CIE Lab (D65) by its definition, in double precision."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]]
    t = linear @ np.array(to_xyz).T / [0.950456, 1.0, 1.088754]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )
