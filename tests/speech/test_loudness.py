"""Loudness against the standard's own reference tone and rules."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.speech.loudness import SILENT_LUFS, loudness_lufs


def tone(seconds: float, rate_hz: int, frequency: float = 997.0, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(
        "f4"
    )


@pytest.mark.parametrize("rate_hz", [24_000, 48_000])
def test_the_reference_tone(rate_hz: int) -> None:
    # BS.1770-4: a 997 Hz sine of full scale in one channel is -3.01 LKFS
    assert abs(loudness_lufs(tone(5, rate_hz), rate_hz) + 3.01) < 0.1


def test_half_as_much_is_six_less_and_pauses_do_not_count() -> None:
    loud = tone(6, 24_000, amplitude=0.25)
    assert abs(loudness_lufs(loud, 24_000) + 15.05) < 0.1
    paused = np.concatenate([loud, np.zeros(24_000 * 20, np.float32)])
    assert abs(loudness_lufs(paused, 24_000) - loudness_lufs(loud, 24_000)) < 0.2


def test_low_tones_count_less() -> None:
    low = loudness_lufs(tone(3, 24_000, 30.0), 24_000)
    assert low < loudness_lufs(tone(3, 24_000), 24_000) - 5


def test_silence_and_nothing() -> None:
    assert loudness_lufs(np.zeros(48_000, np.float32), 24_000) == SILENT_LUFS
    assert loudness_lufs(np.zeros(0, np.float32), 24_000) == SILENT_LUFS
