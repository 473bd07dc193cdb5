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


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """A bilateral filter over time.

    Args:
        radius: frames looked at before and after; also the delay of the stream.
        sigma_frames: how fast a frame's weight falls with its distance in time.
        sigma_move: how fast it falls with the square's own change, in sides of the square:
            above the landmarks' jitter, below a real movement.
    """

    radius: int = 3
    sigma_frames: float = 1.7
    sigma_move: float = 0.02


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
    here = _vector(face.square)
    total, weight_sum = here.copy(), 1.0
    for distance, seen in around:
        other = next((f for f in seen if f.track == face.track), None)
        if other is None:
            continue
        change = _vector(other.square) - here
        change[3] = (change[3] + np.pi) % (2 * np.pi) - np.pi
        moved = change / np.array([face.square.side_px, face.square.side_px, 1.0, 1.0])
        weight = np.exp(-0.5 * (distance / config.sigma_frames) ** 2)
        weight *= np.exp(-0.5 * float(moved @ moved) / config.sigma_move**2)
        total += weight * (here + change)
        weight_sum += weight
    x, y, log_side, roll = total / weight_sum
    return FaceSquare(x_px=float(x), y_px=float(y), side_px=float(np.exp(log_side)), roll_rad=float(roll))


def _vector(square: FaceSquare) -> NDArray[np.float64]:
    return np.array([square.x_px, square.y_px, np.log(square.side_px), square.roll_rad])
