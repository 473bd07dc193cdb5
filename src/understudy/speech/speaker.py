"""What is known of a speaker in a few hundred numbers: where their envelopes, pitch and noise lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import Floats, SpeechFrames

_SPEECH_DB = 40.0  # what is this far below the loudest is a pause
_DB_PER_LEVEL = 20 / np.log(10)  # the level is a natural logarithm of amplitude
OCTAVE = float(np.log(2))
REGISTER = 0.7 * OCTAVE  # of ln(Hz) about the middle: creak, an octave below, is not in it
_PRIOR_ROWS = 2000  # of a known speaker, beside which a short recording's own rows count


@dataclass(frozen=True, kw_only=True)
class SpeakerStats:
    """Means and spreads over the rows that hold speech.

    Args:
        mean: (k,) of the mel-cepstrum.
        std: (k,) likewise, above 0.
        noise: (bands,) mean aperiodicity of voiced rows.
        log_f0_mean: of ln(Hz), over voiced rows that are not creaked; see `in_register`.
        log_f0_std: likewise.
        f0_low_hz: pitch below which 1 % of these lie.
        f0_high_hz: pitch above which 1 % lie.
        creaked: share of voiced rows that lie about an octave below.
        creak_depth: how far below the melody's mean these lie, of ln(Hz).
    """

    mean: Floats
    std: Floats
    noise: Floats
    log_f0_mean: float
    log_f0_std: float
    f0_low_hz: float
    f0_high_hz: float
    creaked: float = 0.0
    creak_depth: float = OCTAVE

    def normal(self, cepstrum: Floats) -> Floats:
        """(n, k) of this speaker with the speaker's mean and spread taken out."""
        return (cepstrum - self.mean) / self.std


def holds_speech(frames: SpeechFrames) -> NDArray[np.bool_]:
    """(n,) rows that are no pause: within 40 dB of the loudest."""
    if not len(frames):
        return np.zeros(0, np.bool_)
    level_db = frames.cepstrum[:, 0] * _DB_PER_LEVEL
    return level_db > np.percentile(level_db, 98) - _SPEECH_DB


def in_register(log_f0: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of (n,) ln(Hz) that lie about their median: neither creak nor wrong octaves.

    Of a speaker who creaks in 4 % of the rows, a spread that counts these is half as wide again as that of
    the speech melody.
    """
    return log_f0[np.abs(log_f0 - np.median(log_f0)) < REGISTER]


def is_below_register(log_f0: NDArray[np.float64], middle: float) -> NDArray[np.bool_]:
    """Which of (n,) ln(Hz) are creaked, an octave below a speaker's middle."""
    return log_f0 < middle - REGISTER


def speaker_stats(recordings: list[SpeechFrames]) -> SpeakerStats:
    """Gather what is known of a speaker.

    Args:
        recordings: all of one speaker; at least one row of them is voiced.
    """
    cepstrum = np.concatenate([one.cepstrum[holds_speech(one)] for one in recordings])
    voiced = [one.is_voiced & holds_speech(one) for one in recordings]
    log_f0 = np.log(np.concatenate([one.f0_hz[is_in] for one, is_in in zip(recordings, voiced, strict=True)]))
    noise = np.concatenate([one.aperiodicity[is_in] for one, is_in in zip(recordings, voiced, strict=True)])
    all_log_f0 = log_f0.astype(np.float64)
    log_f0 = in_register(all_log_f0)
    is_creaked = is_below_register(all_log_f0, float(np.median(all_log_f0)))
    low, high = np.exp(np.percentile(log_f0, [1, 99]))
    mean, std = float(log_f0.mean()), float(log_f0.std() + 1e-3)
    return SpeakerStats(
        mean=cepstrum.mean(0).astype(np.float32),
        std=(cepstrum.std(0) + 1e-4).astype(np.float32),
        noise=noise.mean(0).astype(np.float32),
        log_f0_mean=mean,
        log_f0_std=std,
        f0_low_hz=float(low),
        f0_high_hz=float(high),
        creaked=float(is_creaked.mean()),
        creak_depth=mean - float(all_log_f0[is_creaked].mean()) if is_creaked.any() else OCTAVE,
    )


def stats_of_recording(own: SpeakerStats, rows: int, known: SpeakerStats) -> SpeakerStats:
    """Statistics of a recording, steadied by those of the nearest known speaker; none of creak.

    Args:
        own: of the recording alone.
        rows: with speech that it has.
        known: of that speaker.
    """
    share = rows / (rows + _PRIOR_ROWS)

    def between(name: str, share: float = share) -> float:
        return share * getattr(own, name) + (1 - share) * getattr(known, name)

    mean = share * own.mean + (1 - share) * known.mean
    square = share * (own.std**2 + own.mean**2) + (1 - share) * (known.std**2 + known.mean**2)
    return SpeakerStats(
        mean=mean.astype(np.float32),
        std=np.sqrt(np.maximum(square - mean**2, 1e-8)).astype(np.float32),
        noise=(share * own.noise + (1 - share) * known.noise).astype(np.float32),
        log_f0_mean=between("log_f0_mean", _share_of_pitch(own, share, known)),
        log_f0_std=between("log_f0_std"),
        f0_low_hz=between("f0_low_hz"),
        f0_high_hz=between("f0_high_hz"),
    )


def _share_of_pitch(own: SpeakerStats, share: float, known: SpeakerStats) -> float:
    """How much a recording's own pitch counts, where of all else a share does.

    Nearly as high as the known speaker is that speaker, in a sentence that is said higher or lower. Two
    spreads away nobody's sentences lie: that is somebody else, however short it is.
    """
    apart = abs(own.log_f0_mean - known.log_f0_mean) / known.log_f0_std
    return share * min(apart, 1.0) ** 2 + (1 - share) * min(max(apart - 1.0, 0.0), 1.0)
