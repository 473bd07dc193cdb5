"""What a person in footage does while something else is said: the mouth alone is another's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from understudy.expression.basis import Floats, load_basis
from understudy.expression.lips import lips_apart
from understudy.expression.performance import Performance
from understudy.expression.person import moves_of
from understudy.faces.mesh import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.lipsync_learn import SPOKEN

# how somebody feels, and a mouth pulled to a side, stay the footage's, as far as they change slowly
_MOODS = ("mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "jawLeft", "jawRight",
          "mouthLeft", "mouthRight")  # fmt: skip
_SLOW_S = 0.5  # sigma of what counts as slow


class Saying:
    """Says what a face does in each frame of an output.

    Args:
        own: what the person does in the footage.
        numbers: (n,) which frame of the footage each of the output is.
        times_s: (n,) when it is shown.
        said: (n, k) `SPOKEN` and how far lips are apart, from the speech.
        strength: of what is said.
    """

    def __init__(
        self, own: Performance, numbers: list[int], times_s: np.ndarray, said: Floats, strength: float
    ) -> None:
        """Put both together."""
        self._own, self._numbers = own, numbers
        said = said * np.float32(strength)
        self._values = own.values[numbers].copy()
        mood = slowly(own.values[:, [own.names.index(name) for name in _MOODS]], own.times_s)[numbers]
        spoken = dict(zip(SPOKEN, said[:, :-1].T, strict=True))
        for name, values in spoken.items():
            self._values[:, own.names.index(name)] = values
        for name, slow in zip(_MOODS, mood.T, strict=True):
            if name in spoken:
                slow = slow + spoken[name] - slowly(spoken[name][:, None], times_s)[:, 0]
            self._values[:, own.names.index(name)] = slow
        self._values = np.clip(self._values, 0, 1)
        self._part(said[:, -1])

    def at(self, number: int) -> Performance | None:
        """In a frame of the output, as a performance of one frame; None where no face is seen."""
        place = self._numbers[number]
        if not self._own.seen[place]:
            return None
        return replace(frame_of(self._own, place), values=self._values[number : number + 1])

    def _part(self, gap: Floats) -> None:
        """Let lips be as far apart as is said, in distances between the eyes."""
        basis, rest = load_basis(), self._own.rest
        eyes = np.linalg.norm(rest[RIGHT_EYE_OUTER] - rest[LEFT_EYE_OUTER])
        seen, mesh = np.isfinite(self._values).all(axis=1), len(basis.names)
        self._values[seen, :mesh] = lips_apart(
            self._values[seen, :mesh], gap[seen] * np.float32(eyes), rest, moves_of(basis, rest), basis.names
        )


def slowly(values: Floats, times_s: np.ndarray) -> Floats:
    """(n, k) what of curves changes slowly; NaN in and out where nothing is known."""
    known = np.isfinite(values).all(axis=1)
    out = np.full_like(values, np.nan)
    at, rows = times_s[known], values[known]
    low = np.searchsorted(at, at - 3 * _SLOW_S)
    high = np.searchsorted(at, at + 3 * _SLOW_S, side="right")
    places = np.flatnonzero(known)
    for i, (start, end) in enumerate(zip(low, high, strict=True)):
        weight = np.exp(-0.5 * ((at[start:end] - at[i]) / _SLOW_S) ** 2)
        out[places[i]] = weight @ rows[start:end] / weight.sum()
    return out
