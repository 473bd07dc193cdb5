"""Drawn faces put into their frames, with what is known of the frames before and after."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from understudy.compositing.blend import BLENDS
from understudy.compositing.blend_feather import Feather
from understudy.compositing.colour_match import LabStatistics, lab_statistics, match
from understudy.compositing.mask import blend_mask, face_hull_mask
from understudy.compositing.paste import place, place_planes
from understudy.core.geometry import transform_points
from understudy.core.types import Mask
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.nets.presets import Preset
from understudy.workflows.convert_draw import DrawnFrame, DrawnPart

_HALF_WINDOW = 8  # frames before and after that decide a frame's colours
_SIGMA_FRAMES = 4.0
_HELD_BYTES = 600_000_000  # of frames that wait for those after them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A face that waits for the frames after it.

    Args:
        drawn: the face.
        mask: (s, s) float32, how much of it is shown.
        colours: of the drawn face and of the target's; None where too little is seen.
    """

    drawn: DrawnPart
    mask: Mask
    colours: tuple[LabStatistics, LabStatistics] | None


class Composer:
    """Puts faces into frames.

    Colours are matched over a window of time around each frame: the whole track is known a little ahead,
    so light that changes is followed without delay, and noise does not pump.
    """

    def __init__(self, preset: Preset, blend: str = "feather", strength: float = 1.0) -> None:
        """Fix the look.

        Args:
            preset: says how faces are cut out.
            blend: a key of `BLENDS`.
            strength: how much of a face is shown, 0 to 1.
        """
        self._preset, self._strength = preset, np.float32(strength)
        # a plain mix needs no pixels but those of the face itself
        self._blend = None if blend == "feather" else BLENDS[blend](strength=strength)

    def of(self, frames: Iterable[DrawnFrame]) -> Iterator[tuple[PartialFrame, int]]:
        """Each frame with its faces replaced, and how many were; a few frames late."""
        half = _HALF_WINDOW
        window: deque[tuple[PartialFrame, list[_Waiting]]] = deque()  # of 2 half + 1 frames at most
        behind = 0  # frames of it that were given already
        for frame, drawn in frames:
            half = min(half, max(1, _HELD_BYTES // (2 * _bytes_of(frame))))
            window.append((frame, [self._waiting(each) for each in drawn]))
            if len(window) > behind + half:
                yield self._composed(window, behind)
                behind += 1
            if behind > half:
                window.popleft()
                behind -= 1
        while behind < len(window):
            yield self._composed(window, behind)
            behind += 1

    def _waiting(self, drawn: DrawnPart) -> _Waiting:
        size_px, coverage = self._preset.size_px, self._preset.coverage
        points = transform_points(drawn.crop_from_frame, drawn.part.face.landmarks_px[:, :2])
        mask = blend_mask(drawn.mask, face_hull_mask(points, size_px), size_px / coverage)
        ours, theirs = lab_statistics(drawn.face, mask), lab_statistics(drawn.crop, mask)
        colours = None if ours is None or theirs is None else (ours, theirs)
        return _Waiting(drawn=drawn, mask=mask, colours=colours)

    def _composed(
        self, window: deque[tuple[PartialFrame, list[_Waiting]]], at: int
    ) -> tuple[PartialFrame, int]:
        frame, waiting = window[at]
        picture = frame.image
        assert isinstance(picture, DecodedPicture)
        for each in waiting:
            seen = [
                (math.exp(-0.5 * ((place_in_time - at) / _SIGMA_FRAMES) ** 2), other.colours)
                for place_in_time, (_, others) in enumerate(window)
                for other in others
                if other.drawn.part.track == each.drawn.part.track and other.colours is not None
            ]
            self._put(picture, each, [(weight, colours) for weight, colours in seen if colours is not None])
        return frame, len(waiting)

    def _put(
        self,
        picture: DecodedPicture,
        face: _Waiting,
        seen: list[tuple[float, tuple[LabStatistics, LabStatistics]]],
    ) -> None:
        """Put one face into a picture.

        Args:
            picture: is changed.
            face: the face.
            seen: colours of its track around this moment, each with its weight.
        """
        drawn = face.drawn.face
        if seen:
            weights = [weight for weight, _ in seen]
            ours, theirs = (_mean([colours[side] for _, colours in seen], weights) for side in (0, 1))
            drawn = match(drawn, ours, theirs, mask=face.mask)
        size, matrix = (picture.width_px, picture.height_px), face.drawn.crop_from_frame
        grid = picture.editable_grid_px
        if self._blend is None and picture.coded is not None:
            planes = place_planes(picture.stored(drawn), face.mask * self._strength, matrix, size, grid)
            if planes is not None:
                picture.mix(planes.window.x0, planes.window.y0, planes.luma, planes.chroma, planes.weight)
            return
        placed = place(drawn, face.mask, matrix, size, grid)
        if placed is None:
            return
        before = picture.part(*placed.window.box).astype(np.float32) / np.float32(255)
        blend = self._blend or Feather(strength=float(self._strength))
        after = blend(before, placed.face, placed.weight)
        picture.put(placed.window.x0, placed.window.y0, after, placed.weight)


def _bytes_of(frame: PartialFrame) -> int:
    picture = frame.image
    return 4 * picture.width_px * picture.height_px


def _mean(statistics: list[LabStatistics], weights: list[float]) -> LabStatistics:
    average = partial(np.average, axis=0, weights=weights)
    return LabStatistics(
        mean=average([each.mean for each in statistics]).astype(np.float32),
        deviation=average([each.deviation for each in statistics]).astype(np.float32),
    )
