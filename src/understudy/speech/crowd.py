"""Whether more than one person speaks: envelopes and pitch of some seconds each fall into two heaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import SpeechFrames
from understudy.speech.speaker import holds_speech

_PIECE = 200  # voiced rows that are judged together: a second, of two or three that are spoken
_FEWEST = 14  # pieces, below which heaps are chance
_LEAST_SHARE = 6  # a heap holds at least one sixth of the pieces
_COMPARED = slice(1, 21)
_PITCH_SPREAD = 0.1  # in ln(Hz), of one speaker's pieces
# measured: of 50 pieces, one speaker 2.5 to 3.6, two of one sex 4.6 to 9.8; of 20, up to 4.8 and from 5.1
_APART, _CHANCE = 3.7, 28.0  # spreads; what few pieces have more, times their number

Array = NDArray[np.float64]


def sounds_like_several(recordings: Sequence[SpeechFrames]) -> bool:
    """Whether more than one person is heard.

    Args:
        recordings: of what should be one. A minute tells; of half a minute, nothing is said.
    """
    voiced = [one.is_voiced & holds_speech(one) for one in recordings]
    cepstrum = np.concatenate(
        [one.cepstrum[is_in, _COMPARED] for one, is_in in zip(recordings, voiced, strict=True)]
    )
    pitch = np.concatenate([one.f0_hz[is_in] for one, is_in in zip(recordings, voiced, strict=True)])
    count = len(pitch) // _PIECE
    if count < _FEWEST:
        return False
    used = count * _PIECE
    envelopes = cepstrum[:used].astype(np.float64).reshape(count, _PIECE, -1).mean(1)
    envelopes /= cepstrum.std(0) + 1e-6
    heights = np.log(pitch[:used].astype(np.float64)).reshape(count, _PIECE).mean(1)[:, None] / _PITCH_SPREAD
    return max(_apart(envelopes), _apart(heights)) > _APART + _CHANCE / count


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
