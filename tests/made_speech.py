"""Speech that nobody said: harmonics under moving formants, hisses and pauses, of two made speakers."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
# first three formants of five vowels in Hz
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
WIDTHS_HZ = (80.0, 110.0, 160.0)
SYLLABLE_S = 0.22

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Speaker:
    """How somebody sounds who does not exist."""

    f0_hz: float
    formants: float  # factor
    tilt: float  # dB an octave


LOW = Speaker(f0_hz=110.0, formants=0.92, tilt=-7.0)
HIGH = Speaker(f0_hz=205.0, formants=1.12, tilt=-4.0)


def speech(speaker: Speaker, seconds: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Sound:
    """(n,) of syllables in an order that `seed` says, as loud as people record themselves."""
    random = np.random.default_rng(seed)
    count = max(1, round(seconds / SYLLABLE_S))
    vowels = random.integers(0, len(VOWELS), count)
    kinds = random.random(count)  # a pause, a hiss before the vowel, or the vowel alone
    notes = random.normal(0.0, 0.12, count + 1)
    frames = np.arange(0, count * SYLLABLE_S, 0.005)
    index = np.minimum((frames / SYLLABLE_S).astype(int), count - 1)
    part = frames / SYLLABLE_S - index
    f0 = speaker.f0_hz * np.exp(notes[index] * (1 - part) + notes[index + 1] * part)
    opened = np.sin(np.pi * np.clip((part - 0.15) / 0.85, 0, 1)) ** 0.7 * (kinds[index] > 0.15)
    at = np.linspace(0, count * SYLLABLE_S, round(count * SYLLABLE_S * rate_hz), endpoint=False)
    phase = 2 * np.pi * np.cumsum(np.interp(at, frames, f0)) / rate_hz
    sound = np.zeros(len(at))
    centres = _formants(vowels, index, part) * speaker.formants
    for number in range(1, int(rate_hz / 2 / (speaker.f0_hz * 1.5))):
        amplitude = _envelope(number * f0, centres, speaker.tilt) * opened
        sound += np.interp(at, frames, amplitude) * np.cos(number * phase)
    hiss = np.diff(random.normal(0, 1, len(at) + 1))  # rises by 6 dB an octave
    hissing = (part < 0.22) & (kinds[index] > 0.55)
    sound = sound / np.abs(sound).max() + 0.05 * hiss * np.interp(at, frames, hissing.astype(float))
    sound += 2e-4 * random.normal(0, 1, len(at))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def _formants(vowels: NDArray[np.int64], index: NDArray[np.int64], part: NDArray[np.float64]) -> NDArray:
    """(n, 3) formants, gliding from vowel to vowel."""
    table = np.array(VOWELS, float)[vowels]
    following = np.minimum(index + 1, len(vowels) - 1)
    share = np.clip((part - 0.7) / 0.3, 0, 1)[:, None]
    return table[index] * (1 - share) + table[following] * share


def _envelope(frequency: NDArray, centres: NDArray, tilt: float) -> NDArray:
    gain = 10 ** (tilt * np.log2(np.maximum(frequency, 50) / 100) / 20)
    for place, width in enumerate(WIDTHS_HZ):
        centre = centres[:, place]
        gain = gain * centre**2 / np.hypot(centre**2 - frequency**2, 2 * width * frequency)
    return gain


def write_wav(path: Path, sound: NDArray, rate_hz: int = RATE_HZ, channels: int = 1) -> Path:
    """16 bits a sample; the same in every channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.repeat(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2")[:, None], channels, axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(data.tobytes())
    return path
