"""Which rows of two speakers, who never said the same, sound alike.

Reference:
    Erro, Moreno and Bonafonte 2010, "INCA algorithm for training voice conversion systems from nonparallel
    corpora": neighbours are looked for both ways, conversion and search take turns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import Floats

COMPARED = 25  # coefficients that say which sound it is, the level's among them
_AROUND = (-4, -2, 0, 2, 4)  # rows of 10 ms that are compared with those of the other
_LEVEL_WEIGHT = 0.3  # how loud it is says little
_MOST_KNOWN = 20_000  # rows, 200 s: more take minutes, and hold every sound many times
_NUMBERS_AT_ONCE = 1 << 23  # 32 MB of distances


def search_keys(cepstrum: Floats) -> Floats:
    """(n, 25 * 5) what rows are compared by: themselves and those around them.

    Args:
        cepstrum: (n, k) one recording, rows 10 ms apart, of mean 0 and spread 1.
    """
    some = cepstrum[:, :COMPARED].copy()
    some[:, 0] *= _LEVEL_WEIGHT
    last = len(some) - 1
    places = np.arange(len(some))
    return np.concatenate([some[np.clip(places + offset, 0, last)] for offset in _AROUND], axis=1)


def nearest(asked: Floats, known: Floats) -> NDArray[np.int64]:
    """(n,) for each row of `asked` the index of the row of `known` that is nearest to it."""
    squares = (known * known).sum(1)
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, len(known)))
    found = [
        np.argmin(squares - 2.0 * (asked[start : start + at_once] @ known.T), axis=1)
        for start in range(0, len(asked), at_once)
    ]
    return np.concatenate(found)


def matched(asked: Floats, known: Floats, values: Floats) -> Floats:
    """For each row the mean of the other speaker's rows that sound like it.

    These are the one nearest to it, and all those to which it is the nearest.
    Of very many, some are looked at.

    Args:
        asked: (n, d) keys of one speaker.
        known: (m, d) keys of the other.
        values: (m, k) rows of the other.

    Returns:
        (n, k).
    """
    every = -(-len(known) // _MOST_KNOWN)
    known, values = known[::every], values[::every]
    total = values[nearest(asked, known)].astype(np.float64)
    count = np.ones(len(asked))
    back = nearest(known, asked)
    np.add.at(total, back, values)
    np.add.at(count, back, 1.0)
    return (total / count[:, None]).astype(np.float32)
