"""SSIM and PSNR against their definitions computed slowly, and known damages."""

import cv2
import numpy as np
import pytest

from understudy.measure.ssim import masked_psnr, masked_ssim, ssim_map


def slow_ssim(a: np.ndarray, b: np.ndarray, y: int, x: int) -> float:
    """SSIM around one pixel in double precision, window by window, straight from the paper."""
    at = np.arange(-5, 6)
    window = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for channel in range(3):
        p, q = (
            np.pad(image[..., channel].astype(np.float64), 5, mode="reflect")[y : y + 11, x : x + 11]
            for image in (a, b)
        )
        mean_p, mean_q = (window * p).sum(), (window * q).sum()
        var_p = (window * (p - mean_p) ** 2).sum()
        var_q = (window * (q - mean_q) ** 2).sum()
        covariance = (window * (p - mean_p) * (q - mean_q)).sum()
        top = (2 * mean_p * mean_q + 0.01**2) * (2 * covariance + 0.03**2)
        values.append(top / ((mean_p**2 + mean_q**2 + 0.01**2) * (var_p + var_q + 0.03**2)))
    return float(np.mean(values))


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    a = cv2.GaussianBlur(rng.random((24, 31, 3), dtype=np.float32), (0, 0), 1.2)
    return a, np.clip(a * 0.8 + rng.normal(0.05, 0.04, a.shape), 0, 1).astype(np.float32)


def test_map_equals_the_definition_inside_and_at_the_edge(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    fast = ssim_map(a, b)
    for y, x in ((12, 15), (0, 0), (23, 30), (3, 29), (20, 1)):
        assert fast[y, x] == pytest.approx(slow_ssim(a, b, y, x), abs=2e-4)


def test_bytes_and_floats_agree_and_equal_is_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = (np.round(image * 255).astype(np.uint8) for image in pair)
    full = np.ones(a.shape[:2], np.float32)
    as_float = masked_ssim(a.astype(np.float32) / 255, b.astype(np.float32) / 255, full)
    assert masked_ssim(a, b, full) == pytest.approx(as_float, abs=1e-6)
    assert masked_ssim(a, a, full) == pytest.approx(1, abs=1e-5)
    assert masked_psnr(a, a, full) == 100


def test_psnr_equals_the_definition_and_only_looks_inside_the_mask() -> None:
    a = np.full((20, 20, 3), 100, np.uint8)
    b = a.copy()
    b[:10] += 10
    b[10:] += 100
    mask = np.zeros((20, 20), np.float32)
    mask[:10] = 1
    assert masked_psnr(a, b, mask) == pytest.approx(20 * np.log10(255 / 10), abs=1e-3)


def test_blur_and_noise_and_masks(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, _ = pair
    full = np.ones(a.shape[:2], np.float32)
    rng = np.random.default_rng(0)
    scores = []
    for sigma in (0.02, 0.05, 0.1, 0.2):
        noisy = np.clip(a + rng.normal(0, sigma, a.shape), 0, 1).astype(np.float32)
        ssim, psnr = masked_ssim(a, noisy, full), masked_psnr(a, noisy, full)
        assert ssim is not None
        assert psnr is not None
        scores.append((ssim, psnr))
    assert scores == sorted(scores, reverse=True)
    assert masked_ssim(a, a, np.zeros_like(full)) is None
    assert masked_psnr(a, a, np.zeros_like(full)) is None
    with pytest.raises(ValueError, match="size"):
        ssim_map(a, a[:5])
