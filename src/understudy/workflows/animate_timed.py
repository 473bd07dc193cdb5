"""What the face of footage shall do at the time of each frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from understudy.expression.performance import Performance
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.expression_words import Said, expressed

EASE_S = 0.5  # over which a face goes back to what it does itself
_BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")
_OPEN, _SHUT = 0.3, 0.6  # blinks below which an eye can be opened, and above which nothing of it is seen


class Timed(Protocol):
    """Says what a face shall do."""

    def at(self, number: int) -> Performance | None:
        """In a frame of the footage, as a performance of one frame; None where it is left as it is."""
        ...


class Asked:
    """The same named values in every frame; what is not named stays what the person does.

    Args:
        said: the values.
        own: what the person does.
        strength: times which they are taken.
    """

    def __init__(self, said: Said, own: Performance, strength: float) -> None:
        """Keep them."""
        self._said, self._own, self._strength = said, own, strength

    def at(self, number: int) -> Performance | None:
        """See `Timed`."""
        one = frame_of(self._own, number)
        return shut_as_it_is(expressed(self._said, one, self._strength), one)


class Driven:
    """What somebody else does at the same time since the beginning.

    Where that ends before the footage does, the face goes back to what it does itself over `EASE_S`.
    Coefficients that the driving does not name stay the person's own.

    Args:
        driving: a face in every frame.
        own: what the person does.
        strength: of the driving's expressions.
    """

    def __init__(self, driving: Performance, own: Performance, strength: float) -> None:
        """Bring the driving to the times of the footage."""
        times = own.times_s - own.times_s[0]
        known = driving.times_s - driving.times_s[0]
        last_s = known[-1] - known[-2] if len(known) > 1 else np.inf  # one picture drives all of it
        self._late = times - (known[-1] + last_s)
        self._share = np.clip(1 - self._late / EASE_S, 0, 1).astype(np.float32)
        self._own, self._driving = own, driving
        strong = np.clip(driving.values * np.float32(strength), 0, 1)
        self._values = _at_times(times, known, strong)
        self._gaze = _at_times(times, known, driving.gaze_deg)

    def at(self, number: int) -> Performance | None:
        """See `Timed`."""
        share = self._share[number]
        if share == 0:
            return None
        one, names = frame_of(self._own, number), self._driving.names
        both = [(one.names.index(name), i) for i, name in enumerate(names) if name in one.names]
        mine, theirs = np.array(both, np.intp).reshape(-1, 2).T
        values = one.values.copy()
        values[0, mine] += share * (self._values[number, theirs] - values[0, mine])
        gaze = one.gaze_deg + share * (self._gaze[number] - one.gaze_deg)
        return shut_as_it_is(replace(one, values=values, gaze_deg=np.asarray(gaze, np.float32)), one)

    def warnings(self, footage: str, driving: str) -> list[str]:
        """What the user should know of their lengths."""
        left = int((self._share == 0).sum())
        if not left:
            return []
        return [f"{driving} ends before {footage}: the last {left} frames keep their own expression"]


def shut_as_it_is(wanted: Performance, own: Performance) -> Performance:
    """What is wanted, but an eye that is shut stays shut: there is nothing of it to be shown."""
    values = wanted.values.copy()
    for name in _BLINKS:
        if name in wanted.names and name in own.names:
            column, shut = values[:, wanted.names.index(name)], own.of(name)
            share = np.clip((shut - _OPEN) / (_SHUT - _OPEN), 0, 1)
            np.maximum(column, share * shut, out=column)
    return replace(wanted, values=values)


def _at_times(times: np.ndarray, known: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """(n, k) curves at other times, straight between frames."""
    columns = [np.interp(times, known, column) for column in curves.T]
    return np.stack(columns, axis=1).astype(np.float32)
