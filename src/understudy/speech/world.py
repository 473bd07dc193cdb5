"""The vocoder that comes with the library: WORLD.

Reference:
    Morise et al. 2016, "WORLD: a vocoder-based high-quality speech synthesis system"; Morise 2017,
    "Harvest"; Morise 2015, "CheapTrick"; Morise 2016, "D4C".
"""

from __future__ import annotations

import numpy as np
import pyworld
from numpy.typing import NDArray

from understudy.media.sound import Samples
from understudy.speech.bandwidth import continued
from understudy.speech.cepstrum import cepstrum_from_log_power, log_power_from_cepstrum
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames, in_stretches
from understudy.speech.periodic import likeness_of_periods

ORDER = 59  # of the mel-cepstra; their envelopes differ from WORLD's by 0.3 dB below 3 kHz
BANDS = 3  # of the aperiodicity, at this rate
LOWEST_F0_HZ, HIGHEST_F0_HZ = 50.0, 600.0

_HOP_MS = 1000 * HOP_S
_MARGIN_S = 0.1  # of silence around what is analysed, so that its first and last rows are like any other
_FADE_S = 0.004
_WINDOW_F0_HZ = 71.0  # fixes the size of the spectra
_FLOOR = 1e-13  # of power: -130 dB, below what 16 bits say
_ASIDE = 1.25  # how far beyond what the quick look finds the careful one looks for pitch
_NOISE_EVERY = 2  # rows whose aperiodicity is measured; those between are in between
_ALL_NOISE_DB = -1e-3  # Harvest finds a pitch in breath, too; where D4C finds no harmonics there is none
_FEWEST_VOICED = 20  # rows with pitch, below which the quick look has found no range
_SURE = 0.7  # likeness of one period and the next in rows that say where a speaker's pitch lies
_AS_GOOD = 0.05  # less than that worse is as good
_LEAST_LIKE = 0.5  # in rows that have a pitch at all, the median of five: single rows do not decide
_ROWS_ABOUT = 2
_CREAK_ROWS = round(0.04 / HOP_S)  # that surely lie below a speaker's range together: creak, and no mistake
# pitch is searched in sound that is that much faster. Twice as fast, short creak is lost: the range of who
# creaks begins where the search does, or above `_DEEP_HZ`
_FASTER, _FASTER_DEEP = 4 / 3, 2.0
_DEEP_HZ = (LOWEST_F0_HZ + 1, 65.0)

_Doubles = NDArray[np.float64]


class WorldVocoder:
    """`Vocoder` by WORLD; it may be used by several threads."""

    def __init__(self, *, careful: bool = True) -> None:
        """Take pitch from Harvest; from DIO, in a tenth of the time, where not `careful`."""
        self._careful = careful

    def analyse(self, sound: Samples, *, up_to_hz: float = RATE_HZ / 2) -> SpeechFrames:
        """Take (n,) samples at `RATE_HZ` apart; there is a row each `HOP_S`, the first about sample 0."""
        margin = round(_MARGIN_S * RATE_HZ)
        padded = np.pad(sound.astype(np.float64), margin)
        f0, times = _pitch(padded, careful=self._careful)
        power = np.maximum(pyworld.cheaptrick(padded, f0, times, RATE_HZ, f0_floor=_WINDOW_F0_HZ), _FLOOR)
        noise = _aperiodicity(padded, f0, times)
        f0 = np.where((noise > _ALL_NOISE_DB).all(axis=1), 0.0, f0)
        start = round(_MARGIN_S / HOP_S)
        rows = slice(start, start + rows_of(len(sound)))
        envelopes = continued(np.log(power[rows]), up_to_hz)
        cepstrum = envelopes @ cepstrum_from_log_power(power.shape[1], ORDER)
        return SpeechFrames(
            f0_hz=f0[rows].astype(np.float32),
            cepstrum=cepstrum.astype(np.float32),
            aperiodicity=np.minimum(noise[rows], 0.0).astype(np.float32),
        )

    def synthesise(self, frames: SpeechFrames, samples: int) -> Samples:
        """Make (samples,) float32 of sound at `RATE_HZ`, faded over 4 ms at both ends."""
        size = pyworld.get_cheaptrick_fft_size(RATE_HZ, _WINDOW_F0_HZ)
        order = frames.cepstrum.shape[1] - 1
        basis = log_power_from_cepstrum(size // 2 + 1, order)
        power = np.exp(np.clip(frames.cepstrum.astype(np.float64) @ basis, -60.0, 12.0))
        noise = pyworld.decode_aperiodicity(
            np.ascontiguousarray(frames.aperiodicity, dtype=np.float64), RATE_HZ, size
        )
        f0 = np.ascontiguousarray(frames.f0_hz, dtype=np.float64)
        made = pyworld.synthesize(f0, np.ascontiguousarray(power), noise, RATE_HZ, _HOP_MS)[:samples]
        made = np.pad(made, (0, samples - len(made))).astype(np.float32)
        fade = min(round(_FADE_S * RATE_HZ), samples // 2)
        if fade:
            ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
            made[:fade] *= ramp
            made[-fade:] *= ramp[::-1]
        return made


def _aperiodicity(sound: _Doubles, f0: _Doubles, times: _Doubles) -> _Doubles:
    """(n, bands) in dB, 0 of rows without pitch: of every other row, as it changes slowly and takes long."""
    some = pyworld.d4c(
        sound, np.ascontiguousarray(f0[::_NOISE_EVERY]), np.ascontiguousarray(times[::_NOISE_EVERY]), RATE_HZ
    )
    known = pyworld.code_aperiodicity(some, RATE_HZ)
    count = len(f0)
    voiced = f0 > 0
    noise = np.zeros((count, known.shape[1]))
    noise[::_NOISE_EVERY] = known
    between = np.arange(1, count, _NOISE_EVERY)
    after = np.minimum(between + 1, count - 1)
    # between a row with pitch and one without, it is as the one with
    weights = np.stack([voiced[between - 1], voiced[after] & (after > between)]).astype(np.float64)
    total = noise[between - 1] * weights[0][:, None] + noise[after] * weights[1][:, None]
    noise[between] = np.where(voiced[between, None], total / np.maximum(weights.sum(0), 1)[:, None], 0.0)
    return noise


def rows_of(samples: int) -> int:
    """How many rows `analyse` gives for so many samples."""
    return int(samples / RATE_HZ / HOP_S) + 1


def _pitch(sound: _Doubles, *, careful: bool) -> tuple[_Doubles, _Doubles]:
    """Pitch of each row and when it is: a quick look finds the speaker's range, a careful one looks there.

    What a room rumbles in pauses has a pitch to both of them. So a range is taken from rows that repeat
    themselves, and rows that do not have no pitch. Rare creak lies below that range, and is the quick look's.
    """
    f0, times = pyworld.dio(
        sound, RATE_HZ, f0_floor=LOWEST_F0_HZ, f0_ceil=HIGHEST_F0_HZ, frame_period=_HOP_MS
    )
    sure = _sure(sound, f0, times)
    found = sure[sure > 0]
    if len(found) < _FEWEST_VOICED:
        found = f0[f0 > 0]
    if len(found) < _FEWEST_VOICED:
        return pyworld.stonemask(sound, f0, times, RATE_HZ), times
    if careful:
        low, high = np.percentile(found, [5, 95])
        low, high = max(LOWEST_F0_HZ, low / _ASIDE), min(HIGHEST_F0_HZ, high * _ASIDE)
        f0 = _harvest(sound, low, high, len(f0))
        rare = np.where(in_stretches((sure > 0) & (sure < low), _CREAK_ROWS), sure, 0.0)
        of_rare, of_f0 = (
            likeness_of_periods(sound, np.where(rare > 0, one, 0.0), times, RATE_HZ) for one in (rare, f0)
        )
        f0 = np.where(of_rare > of_f0 + _AS_GOOD, rare, f0)
    f0 = pyworld.stonemask(sound, f0, times, RATE_HZ)
    likeness = np.pad(likeness_of_periods(sound, f0, times, RATE_HZ), _ROWS_ABOUT)
    about = np.lib.stride_tricks.sliding_window_view(likeness, 2 * _ROWS_ABOUT + 1)
    return np.where(np.median(about, axis=1) > _LEAST_LIKE, f0, 0.0), times


def _sure(sound: _Doubles, f0: _Doubles, times: _Doubles) -> _Doubles:
    """(rows,) pitch where it is sure, else 0; what repeats itself after a half or a third of it is higher."""
    likeness = likeness_of_periods(sound, f0, times, RATE_HZ)
    best = f0.copy()
    for part in (2, 3):
        higher = np.where(part * f0 <= HIGHEST_F0_HZ, part * f0, 0.0)
        as_good = likeness_of_periods(sound, higher, times, RATE_HZ) > np.maximum(_SURE, likeness - _AS_GOOD)
        best[as_good] = higher[as_good]
    return np.where(likeness > _SURE, best, 0.0)


def _harvest(sound: _Doubles, low_hz: float, high_hz: float, rows: int) -> _Doubles:
    """(rows,) pitch by Harvest, in one range.

    It takes time in proportion to the octaves that it searches, and in fewer it finds fewer wrong ones. It
    looks each millisecond, through windows that are the longer the lower a voice is, so sound is said to be
    faster than it is: that takes two thirds of the time.
    """
    faster = _FASTER_DEEP if _DEEP_HZ[0] <= low_hz < _DEEP_HZ[1] else _FASTER
    f0, _ = pyworld.harvest(
        sound,
        round(RATE_HZ * faster),
        f0_floor=low_hz * faster,
        f0_ceil=high_hz * faster,
        frame_period=_HOP_MS / faster,
    )
    f0 = f0[:rows] / faster
    return np.pad(f0, (0, rows - len(f0)))
