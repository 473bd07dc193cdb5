"""The rows of a speaker that training draws from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from understudy.speech.cepstrum import warping
from understudy.speech.frames import Floats, SpeechFrames
from understudy.speech.matching import search_keys
from understudy.speech.speaker import SpeakerStats, holds_speech

STRIDE = 2  # rows of the analysis to one of the network: 10 ms
SEGMENT = 64  # rows that are drawn together
_FORMANTS = tuple(np.linspace(-0.06, 0.06, 9))  # all-pass warps; 0.06 moves formants by about 12 %
_TEMPO = 0.15  # at most so much slower or faster
_CLEAN = 0.5  # share of segments whose formants stay


@dataclass(frozen=True, kw_only=True)
class SpeakerRows:
    """All recordings of a speaker, one behind the other, rows 10 ms apart.

    Args:
        normal: (n, k) mel-cepstra of mean 0 and spread 1.
        is_speech: (n,) what counts.
        ends: (n,) where the recording of each row ends.
        stats: of the speaker.
    """

    normal: Floats
    is_speech: NDArray[np.bool_]
    ends: NDArray[np.int64]
    stats: SpeakerStats

    def keys(self, rows: Floats | None = None) -> Floats:
        """(m, d) what the rows with speech are compared by; of other numbers for all n rows where given."""
        rows = self.normal if rows is None else rows
        bounds = [0, *np.unique(self.ends).tolist()]
        keys = [search_keys(rows[a:b]) for a, b in pairwise(bounds)]
        return np.concatenate(keys)[self.is_speech]


def rows_of_speaker(recordings: list[SpeechFrames], stats: SpeakerStats) -> SpeakerRows:
    """Gather a speaker's recordings; those shorter than a segment and a half count where all are."""
    least = STRIDE * (SEGMENT + SEGMENT // 2)
    long = [one for one in recordings if len(one) >= least] or recordings
    speech = [holds_speech(one)[::STRIDE] for one in long]
    lengths = np.array([len(one) for one in speech])
    return SpeakerRows(
        normal=np.concatenate([stats.normal(one.cepstrum[::STRIDE]) for one in long]),
        is_speech=np.concatenate(speech),
        ends=np.repeat(np.cumsum(lengths), lengths),
        stats=stats,
    )


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Segments of one speaker.

    Args:
        asked: (b, t, k) what the encoder is given, perturbed.
        own: (b, t, k) what the speaker's own decoder shall say.
        other: (b, t, k) what the other speaker's decoder shall say.
        weight: (b, t) 1 where there is speech.
    """

    asked: Floats
    own: Floats
    other: Floats
    weight: Floats


def draw(rows: SpeakerRows, other: Floats, count: int, random: np.random.Generator) -> Drawn:
    """Draw segments at other tempos, half of them with other formants.

    Args:
        rows: of the speaker.
        other: (n, k) what the other speaker's decoder shall say at each row.
        count: segments.
        random: decides; it is asked equally often whatever comes.
    """
    starts = random.integers(0, len(rows.normal), count)
    tempo = 1 + random.uniform(-_TEMPO, _TEMPO, count)
    kind = random.integers(0, len(_FORMANTS), count)
    clean = random.random(count) < _CLEAN
    last = rows.ends[starts] - 1
    room = np.maximum(last - np.ceil(SEGMENT * (1 + _TEMPO)).astype(np.int64), 0)
    starts = np.minimum(starts, room)
    places = np.minimum(starts[:, None] + np.arange(SEGMENT) * tempo[:, None], last[:, None])
    below = places.astype(np.int64)
    part = (places - below).astype(np.float32)[..., None]
    above = np.minimum(below + 1, last[:, None])

    def between(values: Floats) -> Floats:
        return (values[below] * (1 - part) + values[above] * part).astype(np.float32)

    own = between(rows.normal)
    asked = own.copy()
    for index in np.flatnonzero(~clean):
        asked[index] = _with_formants(own[index], rows.stats, int(kind[index]))
    weight = rows.is_speech[below].astype(np.float32)
    return Drawn(asked=asked, own=own, other=between(other), weight=weight)


def _with_formants(normal: Floats, stats: SpeakerStats, kind: int) -> Floats:
    """Rows as if the speaker's mouth were longer or shorter, their mean 0 all the same."""
    moved = (normal * stats.std) @ _warp(normal.shape[1], kind) / stats.std
    return moved.astype(np.float32)


@cache
def _warp(size: int, kind: int) -> Floats:
    return warping(size, size, _FORMANTS[kind]).astype(np.float32)
