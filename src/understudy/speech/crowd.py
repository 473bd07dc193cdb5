"""Whether more than one person speaks: envelopes and pitch of some seconds each fall into two heaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import SpeechFrames
from understudy.speech.speaker import holds_speech

_PIECE = 200  # voiced rows that are judged together: a second, of two or three that are spoken
_SHORTEST = 120  # voiced rows of a phrase
_PAUSE = 30  # rows without speech between phrases, 150 ms
_FEWEST = 14  # pieces, below which heaps are chance
_LEAST_SHARE = 6  # a heap holds at least one sixth of the pieces
_COMPARED = slice(1, 21)
_PITCH_SPREAD = 0.1  # in ln(Hz), of one speaker's pieces
# measured: one speaker 2.2 to 3.7, in half a minute up to 4.5; two, even of one sex, from 4.75 up
_APART, _CHANCE = 3.8, 20.0  # spreads; what few pieces have more, times their number

Array = NDArray[np.float64]


def sounds_like_several(recordings: Sequence[SpeechFrames]) -> bool:
    """Whether more than one person is heard.

    Args:
        recordings: of what should be one. A minute tells; of half a minute, nothing is said.
    """
    pieces = [piece for one in recordings for piece in _pieces(one)]
    count = len(pieces)
    if count < _FEWEST:
        return False
    spread = np.concatenate([cepstrum for cepstrum, _ in pieces]).std(0) + 1e-6
    envelopes = np.array([cepstrum.mean(0) for cepstrum, _ in pieces]) / spread
    heights = np.array([[log_f0.mean()] for _, log_f0 in pieces]) / _PITCH_SPREAD
    return max(_apart(envelopes), _apart(heights)) > _APART + _CHANCE / count


def _pieces(frames: SpeechFrames) -> list[tuple[Array, Array]]:
    """Envelopes and ln(Hz) of the voiced rows of each piece; none holds a pause, at which speakers change."""
    is_in = holds_speech(frames)
    voiced = np.flatnonzero(frames.is_voiced & is_in)
    pauses = np.convolve(is_in, np.ones(_PAUSE), mode="same") == 0
    phrase = np.cumsum(np.diff(pauses.astype(np.int8), prepend=0) > 0)[voiced]
    found: list[tuple[Array, Array]] = []
    for number in np.unique(phrase):
        rows = voiced[phrase == number]
        if len(rows) < _SHORTEST:
            continue
        for part in np.array_split(rows, max(1, round(len(rows) / _PIECE))):
            cepstrum = frames.cepstrum[part, _COMPARED].astype(np.float64)
            found.append((cepstrum, np.log(frames.f0_hz[part].astype(np.float64))))
    return found


def _apart(pieces: Array) -> float:
    """How far two heaps of pieces lie apart along the axis of most change, in spreads of a heap.

    Reference:
        Otsu 1979, "A threshold selection method from gray-level histograms": where to part them.
    """
    centred = pieces - pieces.mean(0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    along = np.sort(centred @ axis)
    least = max(2, len(along) // _LEAST_SHARE)
    best, apart = -1.0, 0.0
    for cut in range(least, len(along) - least + 1):
        low, high = along[:cut], along[cut:]
        distance = float(high.mean() - low.mean())
        between = len(low) * len(high) * distance**2
        if between > best:
            within = (len(low) * low.var() + len(high) * high.var()) / len(along)
            best, apart = between, distance / float(np.sqrt(within) + 1e-9)
    return apart
