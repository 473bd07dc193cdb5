"""Steady the face squares along a track, so that a still face gives a still crop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from understudy.faces.face import Face, FaceSquare

Carried = TypeVar("Carried")  # a frame, or what else goes with its faces
_Floats = NDArray[np.float64]
_TINY = 1e-9


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """A filter over time in two steps: along the movement, then over moments of rest.

    The landmarks of a still face wander slowly where a codec holds on to noise, so that only a long mean
    steadies them; a long mean would smear a movement's start. What has moved is told by means over
    `patch` frames: they jitter less than what is averaged, and tell smaller movements from noise.

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
    """

    radius: int = 15
    sigma_frames: float = 1.5
    sigma_jump: float = 0.1
    sigma_rest_frames: float = 15.0
    sigma_move: float = 0.005
    patch: int = 3


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
    window: deque[tuple[Carried, list[Face]]] = deque()
    past: deque[list[Face]] = deque(maxlen=settings.radius)
    for item in frames:
        window.append(item)
        if len(window) > settings.radius:
            yield _smoothed(window, past, settings)
    while window:
        yield _smoothed(window, past, settings)


def _smoothed(
    window: deque[tuple[Carried, list[Face]]], past: deque[list[Face]], config: SmoothingConfig
) -> tuple[Carried, list[Face]]:
    """Take the oldest frame off the window and steady its faces with what lies around it."""
    frame, faces = window[0]
    around = [(-len(past) + i, seen) for i, seen in enumerate(past)]
    around += [(i, seen) for i, (_, seen) in enumerate(window)]
    window.popleft()
    steady = [replace(face, square=_steady(face, around, config)) for face in faces]
    past.append(faces)
    return frame, steady


def _steady(face: Face, around: list[tuple[int, list[Face]]], config: SmoothingConfig) -> FaceSquare:
    """A face's square, steadied by those of its track in frames around it and its own."""
    seen = [
        (distance, _vector(other.square))
        for distance, faces in around
        for other in faces
        if other.track == face.track
    ]
    here, side_px = _vector(face.square), face.square.side_px
    changes = np.stack([vector for _, vector in seen]) - here
    changes[:, 3] = (changes[:, 3] + np.pi) % (2 * np.pi) - np.pi
    changes[:, :2] /= side_px
    times = np.array([distance for distance, _ in seen], np.float64)
    steady = _at_rest(times, _along_movement(times, changes, config), config)
    x, y, log_side, roll = here + steady * np.array([side_px, side_px, 1.0, 1.0])
    return FaceSquare(x_px=float(x), y_px=float(y), side_px=float(np.exp(log_side)), roll_rad=float(roll))


def _along_movement(times: _Floats, changes: _Floats, config: SmoothingConfig) -> _Floats:
    """Where a parabola through each moment's neighbours is at that moment, (n, 4).

    Args:
        times: (n,) frames, rising.
        changes: (n, 4) the square at those times, in sides.
        config: the filter.
    """
    reach = int(3 * config.sigma_frames)
    neighbours = np.arange(len(times))[:, None] + np.arange(-reach, reach + 1)
    there = (neighbours >= 0) & (neighbours < len(times))
    neighbours = neighbours.clip(0, len(times) - 1)
    apart = times[neighbours] - times[:, None]
    off = changes[neighbours] - changes[:, None]
    weights = there * _bell(apart / config.sigma_frames) * _bell(_length(off) / config.sigma_jump)
    powers = apart[..., None] ** np.arange(3)
    weighed = (weights[..., None] * powers).swapaxes(1, 2)
    normal = weighed @ powers + np.eye(3) * _TINY
    # at an end of the track, beyond which a parabola is mostly noise, a line is fitted
    normal[[0, -1], 2, 2] += 1 / _TINY
    return changes + np.linalg.solve(normal, weighed @ off)[:, 0]


def _at_rest(times: _Floats, path: _Floats, config: SmoothingConfig) -> _Floats:
    """The mean over the moments at which the path and its patch were as they are at time 0, (4,)."""
    near = (np.abs(np.subtract.outer(times, times)) <= config.patch).astype(np.float64)
    patches = near @ path / near.sum(axis=1, keepdims=True)
    here = times == 0
    weights = _bell(times / config.sigma_rest_frames)
    weights *= _bell(_length(patches - patches[here]) / config.sigma_move)
    weights *= _bell(_length(path - path[here]) / (2 * config.sigma_move))
    return weights @ path / weights.sum()


def _length(changes: _Floats) -> _Floats:
    return np.sqrt((changes**2).sum(axis=-1))


def _bell(sigmas: _Floats) -> _Floats:
    return np.exp(-0.5 * sigmas**2)


def _vector(square: FaceSquare) -> _Floats:
    return np.array([square.x_px, square.y_px, np.log(square.side_px), square.roll_rad])
