"""What is measured of converted voices: mel-cepstral distortion, pitch, and whose they sound like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import SpeechFrames
from understudy.speech.speaker import holds_speech

ORDER = 24  # coefficients 1 to 24, as is usual; the level is not among them
EVERY = 2  # rows of 10 ms
_DB = 10 / np.log(10) * np.sqrt(2)
_PIECE = 100  # rows of a piece that a classifier judges, one second

Rows = NDArray[np.float64]


def spoken_rows(frames: SpeechFrames) -> Rows:
    """(n, 24) rows with speech, 10 ms apart."""
    return frames.cepstrum[holds_speech(frames)][::EVERY, 1 : ORDER + 1].astype(np.float64)


def distortion_db(made: Rows, real: Rows) -> float:
    """Mean mel-cepstral distortion along the path of dynamic time warping.

    Reference:
        Kubichek 1993, "Mel-cepstral distance measure for objective speech quality assessment".
    """
    path = warp_path(made, real)
    return float(_DB * np.sqrt(np.square(made[path[:, 0]] - real[path[:, 1]]).sum(1)).mean())


def warp_path(a: Rows, b: Rows) -> NDArray[np.int64]:
    """(p, 2) pairs of rows: steps forward in either or both, of the least sum of distances."""
    square = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    distance = np.sqrt(np.maximum(square, 0))
    n, m = distance.shape
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0
    for diagonal in range(2, n + m + 1):
        i = np.arange(max(1, diagonal - m), min(n, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(cost[i - 1, j], cost[i, j - 1]), cost[i - 1, j - 1])
        cost[i, j] = distance[i - 1, j - 1] + before
    i, j, path = n, m, []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        step = int(np.argmin((cost[i - 1, j - 1], cost[i - 1, j], cost[i, j - 1])))
        i, j = i - (step != 2), j - (step != 1)
    return np.array(path[::-1])


def log_pitch(recordings: list[SpeechFrames]) -> Rows:
    """(n,) ln(Hz) of voiced rows with speech."""
    return np.log(np.concatenate([one.f0_hz[one.is_voiced & holds_speech(one)] for one in recordings]))


def pitch_off(made: Rows, real: Rows) -> tuple[float, float]:
    """By how much mean and spread of (n,) ln(Hz) are off, as shares of the real ones."""
    return float(np.exp(made.mean() - real.mean()) - 1), float(made.std() / real.std() - 1)


class SpeakerClassifier:
    """Logistic regression on means and spreads of envelopes over a second; pitch is left out.

    Args:
        recordings: by speaker, real speech.
    """

    def __init__(self, recordings: dict[str, list[SpeechFrames]]) -> None:
        """Fit it."""
        self.names = list(recordings)
        pieces = [np.concatenate([_pieces(one) for one in some]) for some in recordings.values()]
        x, y = np.concatenate(pieces), np.repeat(np.arange(len(pieces)), [len(p) for p in pieces])
        self._mean, self._std = x.mean(0), x.std(0) + 1e-9
        x = self._ready(x)
        self._weights = np.zeros((x.shape[1], len(pieces)))
        wanted = np.eye(len(pieces))[y]
        for _ in range(500):
            gradient = x.T @ (_softmax(x @ self._weights) - wanted) / len(x) + 1e-3 * self._weights
            self._weights -= 0.5 * gradient

    def speaker_of(self, recording: SpeechFrames) -> str:
        """Whose it is taken for, all seconds together."""
        scores = np.log(_softmax(self._ready(_pieces(recording)) @ self._weights) + 1e-12)
        return self.names[int(scores.sum(0).argmax())]

    def _ready(self, x: Rows) -> Rows:
        return np.concatenate([(x - self._mean) / self._std, np.ones((len(x), 1))], axis=1)


def _pieces(recording: SpeechFrames) -> Rows:
    rows = spoken_rows(recording)
    count = max(1, len(rows) // _PIECE)
    parts = np.array_split(rows, count)
    return np.array([np.concatenate([part.mean(0), part.std(0)]) for part in parts])


def _softmax(scores: Rows) -> Rows:
    grown = np.exp(scores - scores.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)
