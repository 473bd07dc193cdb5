"""Whether a recording holds speech that a voice can be learnt from: how much, how clean, how loud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames
from understudy.speech.speaker import holds_speech

_WINDOW_S = 0.02
_QUIETEST_DB = -100.0
_ABOVE_NOISE = 0.35  # of the way from the noise to the speech in dB
_SYLLABLES_S = 0.08  # levels are looked at in pieces of so long
_LEAST_MOVES_DB = 3.5  # syllables rise and fall; what hums or plays on does not
_LEAST_VOICED = 0.2  # share of the loud rows that have a pitch
_HELD = 0.02  # in ln(Hz): a tone that is held stays within a third of a semitone
_HELD_S = 0.4
_MOST_HELD = 0.4  # share of voiced rows in such tones; singing and music have more


@dataclass(frozen=True, kw_only=True)
class SpeechQuality:
    """What was measured of one recording.

    Args:
        length_s: all of it.
        speech_s: of it where somebody speaks.
        noise_db: how far below the speech the noise lies, in dB; larger is cleaner.
        voiced: share of the loud rows that have a pitch.
        moves_db: how much the level rises and falls with syllables.
        held: share of voiced rows in tones that are held.
    """

    length_s: float
    speech_s: float
    noise_db: float
    voiced: float
    moves_db: float
    held: float

    @property
    def is_speech(self) -> bool:
        """Whether somebody speaks in it at all."""
        return (
            self.speech_s > 0
            and self.voiced >= _LEAST_VOICED
            and self.moves_db >= _LEAST_MOVES_DB
            and self.held <= _MOST_HELD
        )


def levels_db(sound: Samples) -> NDArray[np.float64]:
    """Level of each `HOP_S` of a sound at `RATE_HZ`, over windows of 20 ms, in dB of full scale."""
    half, hop = round(_WINDOW_S * RATE_HZ / 2), round(HOP_S * RATE_HZ)
    sums = np.concatenate([[0.0], np.cumsum(np.pad(sound.astype(np.float64), half) ** 2)])
    starts = np.arange(0, len(sound) + 1, hop)
    mean = (sums[np.minimum(starts + 2 * half, len(sums) - 1)] - sums[starts]) / (2 * half)
    return 10 * np.log10(np.maximum(mean, 10 ** (_QUIETEST_DB / 10)))


def active(levels: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
    """Which rows are not pauses; and how far below them the noise lies, in dB."""
    if not levels.size or levels.max() <= _QUIETEST_DB:
        return np.zeros(levels.shape, np.bool_), 0.0
    noise, speech = np.percentile(levels, [5, 95])
    # what is 45 dB below the speech is a pause, however quiet the noise is
    edge = max(noise + _ABOVE_NOISE * (speech - noise), speech - 45.0)
    loud = levels >= edge
    return loud, float(speech - noise)


def quality_of(sound: Samples, frames: SpeechFrames) -> SpeechQuality:
    """Measure a recording.

    Args:
        sound: (n,) at `RATE_HZ`.
        frames: of it.
    """
    levels = levels_db(sound)
    loud, noise_db = active(levels)
    rows = min(len(loud), len(frames))
    is_loud = loud[:rows] & holds_speech(frames)[:rows]
    voiced = frames.is_voiced[:rows] & is_loud
    piece = round(_SYLLABLES_S / HOP_S)
    pieces = levels[: len(levels) // piece * piece].reshape(-1, piece).mean(1)
    near = pieces[pieces > np.percentile(pieces, 95) - 40] if pieces.size else pieces
    return SpeechQuality(
        length_s=len(sound) / RATE_HZ,
        speech_s=float(loud.sum() * HOP_S),
        noise_db=noise_db,
        voiced=float(voiced.sum() / max(1, is_loud.sum())),
        moves_db=float(np.abs(np.diff(near)).mean()) if len(near) > 1 else 0.0,
        held=_held_share(frames.f0_hz[:rows], voiced),
    )


def _held_share(f0_hz: NDArray[np.float32], voiced: NDArray[np.bool_]) -> float:
    """Share of voiced rows that lie in stretches whose pitch hardly moves."""
    span = round(_HELD_S / HOP_S)
    if len(f0_hz) < span or not voiced.any():
        return 0.0
    log_f0 = np.log(np.where(voiced, f0_hz, 1.0))
    views = np.lib.stride_tricks.sliding_window_view(log_f0, span)
    still = (np.lib.stride_tricks.sliding_window_view(voiced, span).all(1)) & (
        np.ptp(views, axis=1) < 2 * _HELD
    )
    held = np.zeros(len(f0_hz), np.bool_)
    for start in np.flatnonzero(still):
        held[start : start + span] = True
    return float(held.sum() / voiced.sum())
