"""What a recording is like, for whoever looks at it before or after it is used."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.media.sound import SoundReader
from understudy.speech.log_mel import RATE_HZ, log_mel
from understudy.speech.samples import sound_files

WIDTH_PX, WAVE_PX, SPECTRUM_PX = 900, 64, 96
_MOST_S = 3600.0  # of a recording that are drawn
_WAVE = (208, 150, 84, 255)  # BGRA, seen on light and on dark
_RANGE = 13.0  # nepers of power from the loudest band to what is drawn black

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SoundLook:
    """What files say of themselves.

    Args:
        files: how many recordings.
        seconds: of all of them; None where one does not say.
        rate_hz: samples a second, of the first.
    """

    files: int
    seconds: float | None
    rate_hz: int


def look_at_sound(path: Path) -> SoundLook:
    """Open a recording, or each one of a folder, and read its beginning.

    Raises:
        MediaError: one cannot be opened or has no sound, or the folder holds none.
    """
    files = sound_files([path])
    seconds: float | None = 0.0
    rate_hz = 0
    for file in files:
        reader = SoundReader(path=file, rate_hz=RATE_HZ)
        with closing(iter(reader)) as blocks:
            next(blocks, None)
        rate_hz = rate_hz or reader.own_rate_hz
        stated = reader.stated_s
        seconds = None if seconds is None or stated is None else seconds + stated
    return SoundLook(files=len(files), seconds=seconds, rate_hz=rate_hz)


def sound_picture(path: Path) -> bytes:
    """A PNG of a recording: how loud it is over its time, and below, low to high, what is heard in it.

    Args:
        path: an audio file, or footage with sound; its first hour is drawn.

    Raises:
        MediaError: it cannot be read or has no sound.
    """
    peaks, rows = _measured(path)
    wave, spectrum = _wave(_columns(peaks)), _spectrum(_columns(rows))
    done, data = cv2.imencode(".png", np.vstack([wave, spectrum]))
    assert done, "a PNG can always be encoded"
    return data.tobytes()


def _measured(path: Path) -> tuple[Floats, Floats]:
    """(n,) loudest sample of each hundredth of a second, and (n, bands) ln of power."""
    reader = SoundReader(path=path, rate_hz=RATE_HZ)
    peaks: list[Floats] = []
    rows: list[Floats] = []
    hop = RATE_HZ // 100
    with closing(iter(reader)) as blocks:
        for block in blocks:
            whole = np.abs(np.pad(block, (0, -len(block) % hop)))
            peaks.append(whole.reshape(-1, hop).max(axis=1))
            rows.append(log_mel(block)[: len(peaks[-1])])
            if reader.read_s > _MOST_S:
                break
    if not peaks:
        raise MediaError(f"{path} has no sound", "give another file")
    return np.concatenate(peaks), np.concatenate(rows)


def _columns(values: Floats) -> Floats:
    """(`WIDTH_PX`, ...) of (n, ...): the largest of each column's time; repeated where there are few."""
    at = np.linspace(0, len(values), WIDTH_PX, endpoint=False).astype(int)
    return np.maximum.reduceat(values, at)


def _wave(peaks: Floats) -> Image:
    picture = np.zeros((WAVE_PX, WIDTH_PX, 4), np.uint8)
    half = np.maximum(1, peaks.clip(0, 1) * (WAVE_PX / 2 - 1)).astype(int)
    from_middle = np.abs(np.arange(WAVE_PX) - WAVE_PX // 2)
    picture[from_middle[:, None] < half[None]] = _WAVE
    return picture


def _spectrum(rows: Floats) -> Image:
    top = float(rows.max())
    level = np.clip((rows - (top - _RANGE)) / _RANGE, 0, 1)
    grey = np.asarray(255 * level.T[::-1], np.uint8)
    tall = cv2.resize(grey, (WIDTH_PX, SPECTRUM_PX), interpolation=cv2.INTER_LINEAR)
    drawn = np.asarray(cv2.applyColorMap(tall, cv2.COLORMAP_MAGMA), np.uint8)
    return np.dstack([drawn, np.full(drawn.shape[:2], 255, np.uint8)])
