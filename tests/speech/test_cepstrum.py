"""Mel-cepstra against the recursion done slowly, and there and back."""

from __future__ import annotations

import numpy as np

from understudy.speech.cepstrum import (
    MEL_WARP,
    cepstrum_from_log_power,
    log_power_from_cepstrum,
    warping,
)

BINS = 513


def smooth_log_power() -> np.ndarray:
    angle = np.linspace(0, np.pi, BINS)
    return -3 + 2 * np.cos(angle) - 1.5 * np.cos(2 * angle) + 0.7 * np.cos(5 * angle)


def test_there_and_back() -> None:
    log_power = smooth_log_power()
    cepstrum = log_power @ cepstrum_from_log_power(BINS, 59)
    assert np.abs(cepstrum @ log_power_from_cepstrum(BINS, 59) - log_power).max() < 1e-3


def test_unwarped_is_the_cepstrum_of_the_amplitude() -> None:
    # ln|H| = ln(power) / 2 = c0 + sum of c_n cos(n w)
    cepstrum = smooth_log_power() @ cepstrum_from_log_power(BINS, 7, alpha=0.0)
    np.testing.assert_allclose(cepstrum, [-1.5, 1.0, -0.75, 0, 0, 0.35, 0, 0], atol=1e-9)


def test_warping_moves_a_peak_as_the_all_pass_does() -> None:
    angle = np.linspace(0, np.pi, BINS)
    peak = 900
    log_power = 4 * np.exp(-(((angle * 12000 / np.pi - peak) / 300) ** 2))
    cepstrum = log_power @ cepstrum_from_log_power(BINS, 59)
    alpha = 0.05
    moved = cepstrum @ warping(60, 60, alpha) @ log_power_from_cepstrum(BINS, 59)
    w = np.pi * peak / 12000
    # of both warps together, seen on the axis of the first one
    mel = w + 2 * np.arctan(MEL_WARP * np.sin(w) / (1 - MEL_WARP * np.cos(w)))
    warped = mel + 2 * np.arctan(alpha * np.sin(mel) / (1 - alpha * np.cos(mel)))
    expected = warped - 2 * np.arctan(MEL_WARP * np.sin(warped) / (1 + MEL_WARP * np.cos(warped)))
    found = np.argmax(moved) * 12000 / (BINS - 1)
    assert abs(found - expected * 12000 / np.pi) < 40
    assert found > peak + 40
