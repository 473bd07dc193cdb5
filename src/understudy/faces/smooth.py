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
            what jitter leaves of it, below a movement.
        patch: frames before and after that are a patch.
    """

    radius: int = 10
    sigma_frames: float = 1.5
    sigma_jump: float = 0.1
    sigma_rest_frames: float = 7.0
    sigma_move: float = 0.006
    patch: int = 2


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
    frame, faces = window.popleft()
    around = [(-len(past) + i, seen) for i, seen in enumerate(past)]
    around += [(1 + i, seen) for i, (_, seen) in enumerate(window)]
    steady = [replace(face, square=_steady(face, around, config)) for face in faces]
    past.append(faces)
    return frame, steady


def _steady(face: Face, around: list[tuple[int, list[Face]]], config: SmoothingConfig) -> FaceSquare:
    here, side_px = _vector(face.square), face.square.side_px
    times, changes = [0.0], [np.zeros(4)]
    for distance, seen in around:
        other = next((f for f in seen if f.track == face.track), None)
        if other is not None:
            change = _vector(other.square) - here
            change[3] = (change[3] + np.pi) % (2 * np.pi) - np.pi
            times.append(float(distance))
            changes.append(change / np.array([side_px, side_px, 1.0, 1.0]))
    apart = np.subtract.outer(np.array(times), times).T  # [i, j]: how much later j is than i
    steady = _at_rest(apart, _along_movement(apart, np.stack(changes), config), config)
    x, y, log_side, roll = here + steady * np.array([side_px, side_px, 1.0, 1.0])
    return FaceSquare(x_px=float(x), y_px=float(y), side_px=float(np.exp(log_side)), roll_rad=float(roll))


def _along_movement(apart: _Floats, changes: _Floats, config: SmoothingConfig) -> _Floats:
    """Where a parabola through each moment's neighbours is at that moment, (n, 4).

    Args:
        apart: (n, n) frames between moments.
        changes: (n, 4) the square at each moment, in sides.
        config: the filter.
    """
    weights = _bell(apart / config.sigma_frames) * _bell(_distances(changes) / config.sigma_jump)
    powers = apart[..., None] ** np.arange(3)
    weighed = (weights[..., None] * powers).swapaxes(1, 2)
    normal = weighed @ powers
    # at an end of the track, beyond which a parabola is mostly noise, a line is fitted
    one_sided = (apart >= 0).all(axis=1) | (apart <= 0).all(axis=1)
    normal += np.eye(3) * _TINY
    normal[one_sided, 2, 2] += 1 / _TINY
    right = weighed @ (changes[None] - changes[:, None])
    return changes + np.linalg.solve(normal, right)[:, 0]


def _at_rest(apart: _Floats, path: _Floats, config: SmoothingConfig) -> _Floats:
    """The mean over the moments at which the first one's patch of the path was as it is there, (4,)."""
    near = (np.abs(apart) <= config.patch).astype(np.float64)
    patches = near @ path / near.sum(axis=1, keepdims=True)
    moved = np.sqrt(((patches - patches[0]) ** 2).sum(axis=1))
    weights = _bell(apart[0] / config.sigma_rest_frames) * _bell(moved / config.sigma_move)
    return weights @ path / weights.sum()


def _distances(points: _Floats) -> _Floats:
    return np.sqrt(((points[None] - points[:, None]) ** 2).sum(axis=-1))


def _bell(sigmas: _Floats) -> _Floats:
    return np.exp(-0.5 * sigmas**2)


def _vector(square: FaceSquare) -> _Floats:
    return np.array([square.x_px, square.y_px, np.log(square.side_px), square.roll_rad])
