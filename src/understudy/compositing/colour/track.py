"""Colour matching along one track: light is followed without lag, noise is not."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.methods import colour_method
from understudy.compositing.colour.moments import mean
from understudy.compositing.colour.sample import ColourSample, seen_in_both
from understudy.compositing.colour.spaces import Colours, lab_from_rgb

_Pair = tuple[ColourSample, ColourSample]
_OTHER_LIGHT = 3.0  # Lab units of mean colour by which a frame's light is another one


class TrackColour:
    """Gives each frame of a track the map fitted on itself and its neighbours before and after.

    Neighbours weigh by a Gaussian of their distance in time, the same on both sides, so what changes
    steadily is followed exactly; and by one of how far their mean colours are, so a lamp that is
    switched on counts from the frame in which it is on. Samples are averaged cell by cell.

    Use a new one for each track. It holds 2 * half_window + 1 pairs of samples.
    """

    def __init__(self, method: str, half_window: int = 8, limits: ColourLimits | None = None) -> None:
        """Start a track.

        Args:
            method: a key of `COLOUR_METHODS`.
            half_window: frames before and after that count; also the delay. 0 fits each frame alone.
            limits: how far to go; the defaults where None.

        Raises:
            ValueError: no such method, or a negative window.
        """
        if half_window < 0:
            raise ValueError(f"half_window must not be negative, got {half_window}")
        self._fit = colour_method(method)
        self._limits = limits or ColourLimits()
        self._half = half_window
        self._seen: deque[_Pair | None] = deque(maxlen=2 * half_window + 1)
        self._waiting = 0  # frames fed whose map has not been given
        self._last = ColourMap()
        away = np.arange(-half_window, half_window + 1) / max(half_window / 2, 0.5)
        self._near = np.exp(-0.5 * np.square(away)).astype(np.float32)

    def feed(self, drawn: ColourSample | None, target: ColourSample | None) -> list[ColourMap]:
        """Take in the next frame.

        Args:
            drawn: sample of the drawn face; None where it tells nothing.
            target: sample of the target's face, with the same mask.

        Returns:
            The maps that are ready, in the order of frames: none in the first `half_window` calls, then
            one a call.
        """
        known = drawn is not None and target is not None
        self._seen.append(seen_in_both(drawn, target) if known else None)
        self._waiting += 1
        return self._next() if self._waiting > self._half else []

    def finish(self) -> list[ColourMap]:
        """The maps of the last frames; the track has ended."""
        out: list[ColourMap] = []
        while self._waiting:
            out += self._next()
        return out

    def _next(self) -> list[ColourMap]:
        pair = self._pooled(len(self._seen) - self._waiting)
        self._waiting -= 1
        if pair is not None:
            self._last = self._fit(*pair, self._limits)
        return [self._last]  # where nothing is known around a frame, the last known map holds

    def _pooled(self, centre: int) -> _Pair | None:
        """The samples around one of those seen, averaged."""
        pairs: list[_Pair] = []
        near: list[float] = []
        for i, pair in enumerate(self._seen):
            if pair is not None and abs(i - centre) <= self._half:
                pairs.append(pair)
                near.append(float(self._near[i - centre + self._half]))
        if not pairs:
            return None
        here = self._seen[centre]
        factors = np.array(near, np.float32)
        if here is not None and len(pairs) > 1:
            factors *= _same_light([_state(pair) for pair in pairs], _state(here))
        return pooled([drawn for drawn, _ in pairs], factors), pooled(
            [target for _, target in pairs], factors
        )


def pooled(samples: list[ColourSample], factors: NDArray[np.float32]) -> ColourSample:
    """Average samples cell by cell.

    Cells lie at the same places of the face in all of them, so this takes noise away that a union of all
    colours would keep, and its size, and with it the time of a fit, does not grow with the window.

    Args:
        samples: of the same number of cells.
        factors: (k,) >= 0, how much each sample counts.

    Returns:
        One sample; cells that count in none of them have the weight 0.
    """
    if len(samples) == 1:
        return samples[0]
    weights = np.stack([sample.weights for sample in samples]) * factors[:, None]
    total = weights.sum(axis=0)
    colours = np.einsum("kn,knc->nc", weights, np.stack([sample.colours for sample in samples]))
    rim = factors @ np.stack([sample.rim for sample in samples])
    return ColourSample(
        colours=(colours / np.maximum(total, 1e-9)[:, None]).astype(np.float32),
        weights=(total / factors.sum()).astype(np.float32),
        rim=(rim / factors.sum()).astype(np.float32),
    )


def _state(pair: _Pair) -> Colours:
    """(6,) mean Lab colours of both faces."""
    return np.concatenate([lab_from_rgb(mean(s.colours, s.weights)[None])[0] for s in pair])


def _same_light(states: list[Colours], here: Colours) -> NDArray[np.float32]:
    """(k,) in (0, 1]: how much frames with these mean colours tell of one with `here`."""
    away = np.square(np.stack(states) - here).sum(axis=1) / _OTHER_LIGHT**2
    return np.exp(-0.5 * away).astype(np.float32)
