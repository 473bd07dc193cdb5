"""Where to look for faces that no track holds, and how much of it in one frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image, Vector
from understudy.faces.detect import Detection, Detector

_TURNED_PX = 512  # longer side of a frame that is turned: more than a detector reads

_View = Callable[[Picture], list[Detection]]


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How far a search goes beyond a look at the whole frame.

    Args:
        tile_px: side of the overlapping tiles in which small faces are looked for.
        most_tiles: frames that would need more are cut into larger tiles.
        most_beside: the same, where small faces are looked for beside a large one: rarer, so fewer looks.
        covered: a tile of which a face fills more is left out of these.
        tile_overlap: of neighbours at least, in sides of a tile.
        small_share: a shot whose largest face is smaller, in shorter sides of the frame, is a wide one
            that may hold more of them.
        min_score: of a detection in a part of the frame.
        near: side of the window around a face just lost, in sides of the face.
    """

    tile_px: int = 270
    most_tiles: int = 12
    most_beside: int = 6
    covered: float = 0.5
    tile_overlap: float = 0.2
    small_share: float = 0.12
    min_score: float = 0.5
    near: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be a face.

    Args:
        detection: of a detector, frame pixels.
        doubtful: seen where detectors often see what is none, so another look has to confirm it.
    """

    detection: Detection
    doubtful: bool


class FaceSearch:
    """Looks with several detectors at the frame, and closer where that finds nothing.

    The detectors are tried in order until one finds something. What costs more than a look at the frame
    is shared out among frames, save in the first of a shot.
    """

    def __init__(
        self,
        detectors: tuple[Detector, ...],
        eager: tuple[Detector, ...] = (),
        config: SearchConfig | None = None,
    ) -> None:
        """Start with the first view.

        Args:
            detectors: look at whole frames.
            eager: look closer, all they give is in doubt: the first at turned frames, the last at tiles.
            config: how far to look.
        """
        self._detectors, self._eager = detectors, eager
        self._config = config or SearchConfig()
        self._next_view = 0

    def whole(self, frame: Image | Picture, *, is_new_shot: bool) -> list[Candidate]:
        """Faces of a frame; in a new shot as any detector sees them, a face that two see twice.

        The later detector's view is of use where the first's leads to no landmarks: its boxes are loose.
        """
        image = as_picture(frame)
        found: list[Candidate] = []
        for detector in self._detectors:
            if found and not is_new_shot:
                break
            found += [Candidate(detection=seen, doubtful=bool(found)) for seen in detector.detect(image)]
        return found

    def again(self, frame: Image | Picture) -> list[Candidate]:
        """Faces of a whole frame as the detectors after the first see them, all in doubt."""
        image = as_picture(frame)
        return [
            Candidate(detection=seen, doubtful=True)
            for detector in self._detectors[1:]
            for seen in detector.detect(image)
        ]

    def near(self, frame: Image | Picture, box_px: Vector) -> list[Candidate]:
        """Faces around where one was a moment ago: (4,) x0, y0, x1, y1."""
        image = as_picture(frame)
        side = round(self._config.near * float((box_px[2:] - box_px[:2]).max()))
        x, y = ((box_px[:2] + box_px[2:]) / 2 - side / 2).round().astype(int)
        return self._doubtful(_in_window(self._eager[-1], image, (int(x), int(y), side)))

    def closer(self, frame: Image | Picture, *, is_new_shot: bool, nothing_found: bool) -> list[Candidate]:
        """Small faces, and turned ones where nothing was found; in one view, in a new shot in all."""
        image = as_picture(frame)
        views = self._tiles(tiles(image.width_px, image.height_px, self._config))
        if nothing_found:
            views = self._turned() + views
        return self._seen_in(views, image, every_view=is_new_shot)

    def beside(self, frame: Image | Picture, boxes_px: list[Vector], *, is_new_shot: bool) -> list[Candidate]:
        """Faces too small to be seen in the whole frame, where (4,) boxes of large ones leave room.

        In one tile, in a new shot in all.
        """
        image = as_picture(frame)
        config = replace(self._config, most_tiles=self._config.most_beside)
        free = [
            window
            for window in tiles(image.width_px, image.height_px, config)
            if all(_share_covered(window, box) <= self._config.covered for box in boxes_px)
        ]
        return self._seen_in(self._tiles(free), image, every_view=is_new_shot)

    def _seen_in(self, views: list[_View], image: Picture, *, every_view: bool) -> list[Candidate]:
        if every_view:
            return self._doubtful([seen for view in views for seen in view(image)])
        if not views:
            return []
        self._next_view = (self._next_view + 1) % len(views)
        return self._doubtful(views[self._next_view](image))

    def _doubtful(self, detections: list[Detection]) -> list[Candidate]:
        return [
            Candidate(detection=seen, doubtful=True)
            for seen in detections
            if seen.score >= self._config.min_score
        ]

    def is_wide(self, frame: Image | Picture, boxes_px: list[Vector]) -> bool:
        """Whether all faces, (4,) boxes, are so small that there may be more of them."""
        image = as_picture(frame)
        limit = self._config.small_share * min(image.height_px, image.width_px)
        return all(float((box[2:] - box[:2]).max()) < limit for box in boxes_px)

    def _tiles(self, windows: list[tuple[int, int, int]]) -> list[_View]:
        detector = self._eager[-1]
        return [lambda frame, window=window: _in_window(detector, frame, window) for window in windows]

    def _turned(self) -> list[_View]:
        detector = self._eager[0]
        return [lambda frame, turns=turns: _turned(detector, frame, turns) for turns in (2, 1, 3)]


def tiles(width: int, height: int, config: SearchConfig) -> list[tuple[int, int, int]]:
    """(x, y, side) of the tiles that cover a frame, as small as their number allows.

    A frame hardly larger than a tile has none: they would show what the frame shows.
    """
    side = float(config.tile_px)
    while True:
        columns, rows = (_steps(length, side, config.tile_overlap) for length in (width, height))
        if len(columns) * len(rows) <= config.most_tiles:
            break
        side *= 1.1
    if len(columns) * len(rows) == 1:
        return []
    return [(x, y, math.ceil(side)) for y in rows for x in columns]


def _steps(length: int, side: float, shared: float) -> list[int]:
    if length <= side * 1.25:
        return [0]
    count = math.ceil((length - side) / (side * (1 - shared))) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _share_covered(window: tuple[int, int, int], box: Vector) -> float:
    """Of a tile (x, y, side), how much a (4,) box fills."""
    x, y, side = window
    shared = np.minimum(box[2:], (x + side, y + side)) - np.maximum(box[:2], (x, y))
    return float(np.prod(np.maximum(shared, 0))) / side**2


def _in_window(detector: Detector, image: Picture, window: tuple[int, int, int]) -> list[Detection]:
    x, y, side = window
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + side, image.width_px), min(y + side, image.height_px)
    if min(right - left, bottom - top) < 2:
        return []
    part = image.part(left, top, right, bottom)
    offset = np.array([left, top], np.float32)
    return [
        replace(seen, box_px=seen.box_px + np.tile(offset, 2), keypoints_px=seen.keypoints_px + offset)
        for seen in detector.detect(part)
    ]


def _turned(detector: Detector, image: Picture, turns: int) -> list[Detection]:
    """Faces of a frame after some counterclockwise quarter turns, where they lie in the frame."""
    scale = min(1.0, _TURNED_PX / max(image.width_px, image.height_px))
    width, height = (max(1, round(length * scale)) for length in (image.width_px, image.height_px))
    found = detector.detect(np.ascontiguousarray(np.rot90(image.resized(width, height), turns)))

    def back(points: NDArray[np.float32]) -> NDArray[np.float32]:
        x, y = points[:, 0], points[:, 1]
        if turns == 1:
            x, y = width - 1 - y, x
        elif turns == 2:
            x, y = width - 1 - x, height - 1 - y
        else:
            x, y = y, height - 1 - x
        return ((np.stack([x, y], axis=1) + 0.5) / scale - 0.5).astype(np.float32)

    upright: list[Detection] = []
    for seen in found:
        corners = back(seen.box_px.reshape(2, 2))
        box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        upright.append(replace(seen, box_px=box, keypoints_px=back(seen.keypoints_px)))
    return upright
