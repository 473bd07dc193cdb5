"""Colour matching along one track: light is followed without lag, noise is not."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.methods import colour_method
from understudy.compositing.colour.sample import ColourSample, seen_in_both
from understudy.compositing.colour.spaces import lab_from_rgb

_Pair = tuple[ColourSample, ColourSample]
_COVER, _RIM = 3, 4  # columns of `_Look.cells` after red, green and blue times the weight
_OTHER_LIGHT = 3.0  # Lab units of mean colour by which a frame's light is another one


@dataclass(frozen=True, slots=True)
class _Look:
    """A frame's samples as they are averaged.

    Args:
        cells: (2, n, 5) float32 of the drawn face and the target's: weight times RGB, weight, rim.
        state: (6,) float32, mean Lab colours of both.
    """

    cells: NDArray[np.float32]
    state: NDArray[np.float32]


class TrackColour:
    """Gives each frame of a track the map fitted on itself and its neighbours before and after.

    Neighbours weigh by a Gaussian of their distance in time, the same on both sides, so what changes
    steadily is followed exactly; and by one of how far their mean colours are, so a lamp that is
    switched on counts from the frame in which it is on. Samples are averaged cell by cell: a cell is the
    same place of the face in all of them, so this takes noise away that a union of their colours would
    keep, and a fit takes no longer than on one frame.

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
        self._seen: deque[_Look | None] = deque(maxlen=2 * half_window + 1)
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
        told = None if drawn is None or target is None else _look(*seen_in_both(drawn, target))
        self._seen.append(told)
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
        around = [
            (look, float(self._near[i - centre + self._half]))
            for i, look in enumerate(self._seen)
            if look is not None and abs(i - centre) <= self._half
        ]
        if not around:
            return None
        here = self._seen[centre]
        factors = np.array([near for _, near in around], np.float32)
        if here is not None:
            states = np.stack([look.state for look, _ in around])
            factors *= np.exp(-0.5 * np.square(states - here.state).sum(axis=1) / _OTHER_LIGHT**2)
        cells = np.stack([look.cells for look, _ in around])
        drawn, target = np.tensordot(factors / factors.sum(), cells, 1)
        return _sample(drawn), _sample(target)


def _look(drawn: ColourSample, target: ColourSample) -> _Look:
    cells = np.empty((2, len(drawn.weights), 5), np.float32)
    for row, sample in zip(cells, (drawn, target), strict=True):
        row[:, :3] = sample.colours * sample.weights[:, None]
        row[:, _COVER] = sample.weights
        row[:, _RIM] = sample.rim
    means = cells[..., :3].sum(axis=1) / cells[..., _COVER].sum(axis=1)[:, None]
    return _Look(cells=cells, state=lab_from_rgb(means).reshape(-1))


def _sample(cells: NDArray[np.float32]) -> ColourSample:
    """Averaged cells as a sample; cells that count in no frame have the weight 0."""
    weights = cells[:, _COVER]
    colours = cells[:, :3] / np.maximum(weights, np.float32(1e-9))[:, None]
    return ColourSample(colours=colours.astype(np.float32), weights=weights, rim=cells[:, _RIM])
