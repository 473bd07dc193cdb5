"""Steady the face squares along a track, so that a still face gives a still crop."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from understudy.faces.face import Face, FaceSquare, PixelShift

Carried = TypeVar("Carried")  # a frame, or what else goes with its faces
_Floats = NDArray[np.float64]
_TINY = 1e-9
_MUCH = 2.0  # times a limit: what is beyond is surely over it
_DOUBT = 0.02  # sides between landmarks and pixels, from which on those of a still face are doubted


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """A filter over time in three steps: along the movement, over moments of rest, and holding what is still.

    The landmarks of a still face wander slowly where a codec holds on to noise, so that only a long mean
    steadies them; a long mean would smear a movement's start. What has moved is told by means over
    `patch` frames: they jitter less than what is averaged, and tell smaller movements from noise.
    Where the pixels themselves have been still for longer, the square goes where they go, to a hundredth of
    a pixel, whatever the landmarks say.

    Args:
        radius: frames looked at before and after; also the delay of the stream.
        sigma_frames: of the parabola that is fitted around each frame, how fast a frame's weight falls
            with its distance in time. A parabola follows a movement without delay.
        sigma_jump: how fast it falls with the square's change, in sides of the square: a jump is no movement.
        sigma_rest_frames: of the mean over moments of rest, how fast a weight falls with time.
        sigma_move: how fast it falls with the change of the patch's mean, in sides of the square: above
            what jitter leaves of it, below a movement. The change of the square itself counts half, so that
            a nod, whose patches are all alike, is kept.
        patch: frames before and after that are a patch.
        still_frames: before and after, for which the pixels of a still face are still; a frame that is shown
            twice, as in footage of another rate, is no rest.
        still_move: of a still face, how far its pixels move, in sides of the square.
        still_change: how much else they change, in the unit of `PixelShift.change`.
    """

    radius: int = 15
    sigma_frames: float = 1.5
    sigma_jump: float = 0.1
    sigma_rest_frames: float = 15.0
    sigma_move: float = 0.005
    patch: int = 3
    still_frames: int = 7
    still_move: float = 0.003
    still_change: float = 0.0005


def smooth_stream(
    frames: Iterable[tuple[Carried, list[Face]]], config: SmoothingConfig | None = None
) -> Iterator[tuple[Carried, list[Face]]]:
    """Pass frames through, `radius` frames late, with each face's square steadied.

    Args:
        frames: consecutive frames with their tracked faces.
        config: the filter.

    Yields:
        The same frames in the same order; only `Face.square` differs.
    """
    settings = config or SmoothingConfig()
    waiting: deque[tuple[Carried, list[Face]]] = deque()
    tracks: defaultdict[int, _Track] = defaultdict(lambda: _Track(settings))
    time = 0  # of the oldest frame that waits
    for item in frames:
        for face in item[1]:
            tracks[face.track].add(time + len(waiting), face)
        waiting.append(item)
        if len(waiting) > settings.radius:
            yield _steadied(*waiting.popleft(), time, tracks)
            time += 1
    while waiting:
        yield _steadied(*waiting.popleft(), time, tracks)
        time += 1


def _steadied(
    frame: Carried, faces: list[Face], time: int, tracks: dict[int, _Track]
) -> tuple[Carried, list[Face]]:
    for ended in [number for number, track in tracks.items() if track.forget_until(time)]:
        del tracks[ended]
    return frame, [replace(face, square=tracks[face.track].steady(time, face.square)) for face in faces]


class _Track:
    """The squares of one face around a moment, and the path through them."""

    def __init__(self, config: SmoothingConfig) -> None:
        self._config = config
        self._reach = int(3 * config.sigma_frames)
        self._times: list[int] = []
        # x and y in pixels, logarithm of the side, roll without jumps of a whole turn
        self._squares: list[_Floats] = []
        self._path: list[_Floats] = []  # at the first of these times: what later faces do not change
        self._shifts: list[PixelShift | None] = []
        self._held: _Floats | None = None  # where the last square went

    def add(self, time: int, face: Face) -> None:
        """Take in the face of a later frame."""
        square, roll = face.square, face.square.roll_rad
        if self._squares:
            before = float(self._squares[-1][3])
            roll = before + (roll - before + np.pi) % (2 * np.pi) - np.pi
        self._times.append(time)
        self._shifts.append(face.shift)
        self._squares.append(np.array([square.x_px, square.y_px, np.log(square.side_px), roll]))

    def forget_until(self, time: int) -> bool:
        """Drop what is more than `radius` frames older; whether nothing is left."""
        old = bisect_left(self._times, time - self._config.radius)
        del self._times[:old], self._squares[:old], self._path[:old], self._shifts[:old]
        return not self._times

    def steady(self, time: int, square: FaceSquare) -> FaceSquare:
        """The square of a moment that was added, steadied by those around it."""
        times = np.array(self._times, np.float64) - time
        squares = np.array(self._squares)
        known = len(self._path)
        new = _along_movement(times, squares, known, self._reach, self._config)
        path = np.array([*self._path, *new])
        self._path.extend(new[: max(0, len(times) - self._reach - known)])
        now = self._times.index(time)
        here = squares[now]
        sides = np.array([square.side_px, square.side_px, 1.0, 1.0])
        steady = here + _at_rest(times, (path - here) / sides, self._config) * sides
        x, y, log_side, roll = self._hold(now, steady).tolist()
        return FaceSquare(
            x_px=x, y_px=y, side_px=float(np.exp(log_side)), roll_rad=square.roll_rad + roll - float(here[3])
        )

    def _hold(self, now: int, steady: _Floats) -> _Floats:
        """What was there in the frame before, moved as the pixels have, for as long as they are still.

        Args:
            now: which of the times.
            steady: (4,) by the landmarks.
        """
        reach = min(self._config.still_frames, self._config.radius)
        shifts = self._shifts[max(0, now - reach) : now + reach + 1]
        known = [s for s in shifts if s is not None]
        most = max((s.change for s in known), default=math.inf)
        if self._held is None or reach == 0 or most > _MUCH * self._config.still_change:
            self._held = steady
            return steady
        moves = np.array([(s.x_px, s.y_px, s.growth, s.turn_rad) for s in known])
        moved = self._held + moves.mean(axis=0)
        # growth and turn count as what they move at half a side
        sides = np.array([*2 * [np.exp(self._held[2])], 2, 2])
        unrest = _unrest(moves / sides, most, self._config)
        # landmarks far from pixels that keep still cannot decide between two places: they are not followed
        away = float(np.linalg.norm((steady - moved) / sides))
        held = self._held = moved + unrest ** (1 + away / _DOUBT) * (steady - moved)
        return held


def _along_movement(
    times: _Floats, squares: _Floats, first: int, reach: int, config: SmoothingConfig
) -> _Floats:
    """Where a parabola through each moment's neighbours is at that moment, (n - first, 4).

    Args:
        times: (n,) frames, rising.
        squares: (n, 4) at those times.
        first: moment from which on the parabolas are wanted.
        reach: neighbours on each side.
        config: the filter.
    """
    last = len(times) - 1
    neighbours = np.arange(first, last + 1)[:, None] + np.arange(-reach, reach + 1)
    there = (neighbours >= 0) & (neighbours <= last)
    neighbours = neighbours.clip(0, last)
    apart = times[neighbours] - times[first:, None]
    sides = np.exp(squares[first:, 2:3])
    off = squares[neighbours] - squares[first:, None]
    off[..., :2] /= sides[..., None]
    weights = there * _bell(apart / config.sigma_frames) * _bell(_length(off) / config.sigma_jump)
    powers = apart[..., None] ** np.arange(3)
    weighed = (weights[..., None] * powers).swapaxes(1, 2)
    normal = weighed @ powers + np.eye(3) * _TINY
    # at an end of what is known, beyond which a parabola is mostly noise, a line is fitted
    normal[-1, 2, 2] += 1 / _TINY
    if first == 0:
        normal[0, 2, 2] += 1 / _TINY
    moved = np.linalg.solve(normal, weighed @ off)[:, 0]
    moved[:, :2] *= sides
    return squares[first:] + moved


def _at_rest(times: _Floats, path: _Floats, config: SmoothingConfig) -> _Floats:
    """The mean over the moments at which the path and its patch were as they are at time 0, (4,)."""
    near = (np.abs(np.subtract.outer(times, times)) <= config.patch).astype(np.float64)
    patches = near @ path / near.sum(axis=1, keepdims=True)
    here = times == 0
    weights = _bell(times / config.sigma_rest_frames)
    weights *= _bell(_length(patches - patches[here]) / config.sigma_move)
    weights *= _bell(_length(path - path[here]) / (2 * config.sigma_move))
    return weights @ path / weights.sum()


def _unrest(steps: _Floats, change: float, config: SmoothingConfig) -> float:
    """0 where a face's pixels keep still, 1 where they do not, little between.

    Args:
        steps: (n, 4) of consecutive frames, in sides of the square.
        change: the largest of these frames.
        config: what is still.
    """
    places = np.cumsum(steps, axis=0)
    places = (places[:-2] + places[1:-1] + places[2:]) / 3 if len(places) > 3 else places  # less grain
    span = float(np.linalg.norm(places.max(axis=0) - places.min(axis=0)))
    unrest = (span / config.still_move) ** 2 + (change / config.still_change) ** 2
    return 1 - math.exp(-(unrest**3))  # steep: what is still is to be held for minutes


def _length(changes: _Floats) -> _Floats:
    return np.sqrt((changes**2).sum(axis=-1))


def _bell(sigmas: _Floats) -> _Floats:
    return np.exp(-0.5 * sigmas**2)
