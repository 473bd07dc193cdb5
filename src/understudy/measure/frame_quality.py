"""How good each frame of a swap is, told while it is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points, Vector
from understudy.faces.face import Face, FaceSquare
from understudy.faces.identify import Embedder
from understudy.faces.landmark import Mesh, region_of_points
from understudy.faces.openings import pose_normalised
from understudy.measure.expression import inner_difference
from understudy.measure.flicker import FlickerMeter, passing
from understudy.measure.identity import distances
from understudy.measure.seam import frame_seam

WINDOW_COVERAGE = 1.8  # sides of the face square that a window should show: all that is looked at
IDENTITY, EXPRESSION, SEAM, FLICKER = "identity", "expression", "seam", "flicker"


class Landmarker(Protocol):
    """Anything that reads landmarks in a region of a picture; see `faces.landmark.MeshNetwork`."""

    def find(self, image: Image, region: FaceSquare) -> Mesh:
        """Landmarks of the face in `region` of an (h, w, 3) RGB uint8 picture."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SwappedFrame:
    """One frame in which a face was replaced.

    Args:
        frame_index: position in the footage, from 0.
        time_s: its presentation time.
        target: (h, w, 3) RGB uint8, the target's frame, or `window_of` it; kept until the next frame, so
            it must not be changed meanwhile.
        output: the same part of the output.
        face: the target's face, frame pixels.
        origin_px: x and y in the frame of the top left pixel of both pictures.
        output_face: the face in the output, frame pixels, where it is known; it is read anew where None.
        figures: what else is known of this frame, by name; lower is better.
    """

    frame_index: int
    time_s: Fraction
    target: Image
    output: Image
    face: Face
    origin_px: tuple[int, int] = (0, 0)
    output_face: Face | None = None
    figures: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuality:
    """What is known of one frame of a swap.

    Args:
        frame_index: position in the footage, from 0.
        time_s: its presentation time.
        face_px: centre x, y and side of the target's face square, frame pixels, and its roll in radians.
        figures: name to figure; lower is better. "identity" is the distance to the source's mean identity
            vector; "expression" the RMS distance of inner-face landmarks from the target's, less what is
            constant in a run of frames, in inter-ocular distances; "seam" see `seam.frame_seam`;
            "flicker" what comes and goes within three frames, see `flicker.passing`.
        badness: how far it lies above the usual, see `worst.scored`; None until all frames are known.
        reason: the figure that adds most to it, "" where none does.
        parts: what each figure adds, where it is above the usual.
    """

    frame_index: int
    time_s: Fraction
    face_px: tuple[float, float, float, float]
    figures: dict[str, float]
    badness: float | None = None
    reason: str = ""
    parts: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePace:
    """How often figures are taken, in frames; in between they are interpolated. Flicker is told of each.

    Args:
        seam_every: a border that shows seldom comes and goes in a frame; where it does, that flickers.
        expression_every: landmarks of the output are read for it.
        identity_every: the dearest by far.
    """

    seam_every: int = 4
    expression_every: int = 4
    identity_every: int = 48


class FrameJudge:
    """Judges the frames of a swap one after another, of one face; only the frame before is remembered.

    Of a conversion in pieces each has a judge of its own, and the qualities of all are put together.

    Args:
        landmarker: reads the output's landmarks where they are not known; no expression without one.
        embedder: tells whose face it is; no identity without one.
        source: (128,) float32, mean identity vector of the person put in; no identity without it.
        pace: how often figures are taken.
    """

    def __init__(
        self,
        *,
        landmarker: Landmarker | None = None,
        embedder: Embedder | None = None,
        source: Vector | None = None,
        pace: JudgePace | None = None,
    ) -> None:
        """Start with no past."""
        self._landmarker, self._embedder, self._source = landmarker, embedder, source
        self._flicker = FlickerMeter()
        self._qualities: list[FrameQuality] = []
        self._changes: dict[int, float] = {}  # since the frame before, by number of the frame
        self._apart: dict[int, Points] = {}  # of the frames whose landmarks were read, by place in the list
        every = pace or JudgePace()
        self._every = {
            SEAM: every.seam_every,
            EXPRESSION: every.expression_every,
            IDENTITY: every.identity_every,
        }
        self._next = dict.fromkeys(self._every, 0)  # number of the frame from which on to look again
        self._last_index = -2

    def add(self, frame: SwappedFrame) -> None:
        """Take in the next frame that shows the face; frames between may be missing."""
        figures: dict[str, float | None] = dict(frame.figures)
        index, face = frame.frame_index, moved(frame.face, frame.origin_px)
        follows = frame.face if index == self._last_index + 1 else None
        change = self._flicker.update(frame.output, frame.target, follows, frame.origin_px)
        if change is not None:
            self._changes[index] = change
        if self._is_due(SEAM, index):
            figures[SEAM] = frame_seam(frame.output, frame.target, face)
        seen = self._seen(frame, face)
        if seen is not None:
            apart = _difference(seen, face)
            if apart is not None:
                self._apart[len(self._qualities)] = apart
        if self._is_due(IDENTITY, index):
            figures[IDENTITY] = self._distance(frame.output, seen or face)
        self._last_index = index
        square = frame.face.square
        self._qualities.append(
            FrameQuality(
                frame_index=index,
                time_s=frame.time_s,
                face_px=(square.x_px, square.y_px, square.side_px, square.roll_rad),
                figures={name: value for name, value in figures.items() if value is not None},
            )
        )

    def finish(self) -> list[FrameQuality]:
        """What is known of the frames, in order."""
        at, values = _expressions(self._apart)
        read = dict(zip(at, values, strict=True))
        known = [
            replace(one, figures=one.figures | ({EXPRESSION: read[i]} if i in read else {}))
            for i, one in enumerate(self._qualities)
        ]
        _tell_flicker(known, self._changes)
        for name in (*self._every, FLICKER):
            _fill(known, name)
        return known

    def _is_due(self, name: str, frame_index: int) -> bool:
        if frame_index < self._next[name]:
            return False
        self._next[name] = frame_index + self._every[name]
        return True

    def _seen(self, frame: SwappedFrame, face: Face) -> Face | None:
        """The output's face in the window, where it is known or its turn has come."""
        if frame.output_face is not None:
            return moved(frame.output_face, frame.origin_px)
        if self._landmarker is None or not self._is_due(EXPRESSION, frame.frame_index):
            return None
        # whatever the network's doubts: what it cannot read lies far from the target, as it should
        mesh = self._landmarker.find(frame.output, region_of_points(face.landmarks_px))
        return replace(face, landmarks_px=mesh.points_px, iris_px=mesh.iris_px)

    def _distance(self, output: Image, face: Face) -> float | None:
        if self._embedder is None or self._source is None:
            return None
        return distances([self._embedder.vector(output, face)], self._source)[0]


def window_of(face: Face, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """The part of a frame that a judge looks at.

    Args:
        face: the target's, frame pixels.
        width_px: of the frame.
        height_px: of the frame.

    Returns:
        x0, y0, x1, y1, ends exclusive, within the frame; one pixel at least.
    """
    square = face.square
    turned = abs(math.cos(square.roll_rad)) + abs(math.sin(square.roll_rad))
    reach = WINDOW_COVERAGE * square.side_px * turned / 2
    bounds: list[tuple[int, int]] = []
    for middle, length in ((square.x_px, width_px), (square.y_px, height_px)):
        low = min(max(math.floor(middle - reach), 0), length - 1)
        bounds.append((low, min(max(math.ceil(middle + reach) + 1, low + 1), length)))
    (x0, x1), (y0, y1) = bounds
    return x0, y0, x1, y1


def moved(face: Face, origin_px: tuple[int, int]) -> Face:
    """A face of a frame in the pixels of a window of it, whose top left pixel is (x, y) there."""
    if origin_px == (0, 0):
        return face
    x, y = origin_px
    shift = np.array([x, y], np.float32)
    square = replace(face.square, x_px=face.square.x_px - x, y_px=face.square.y_px - y)
    return replace(
        face,
        box_px=face.box_px - np.array([x, y, x, y], np.float32),
        landmarks_px=face.landmarks_px - np.array([x, y, 0], np.float32),
        iris_px=face.iris_px - shift,
        square=square,
    )


def _difference(output: Face, target: Face) -> Points | None:
    try:
        return inner_difference(*(pose_normalised(face.landmarks_px) for face in (output, target)))
    except ValueError:  # all in one place: nothing was read
        return None


def _expressions(apart: Mapping[int, Points]) -> tuple[list[int], list[float]]:
    """Where differences are known, and the RMS of what is not constant in them."""
    if not apart:
        return [], []
    differences: NDArray[np.float32] = np.stack(list(apart.values()))
    # two people's faces differ in shape, too; the median, so that what is bad is not taken for shape
    rest = differences - np.median(differences, axis=0)
    return list(apart), np.sqrt(np.square(rest).sum(axis=2).mean(axis=1)).tolist()


def _tell_flicker(qualities: list[FrameQuality], changes: Mapping[int, float]) -> None:
    """Give each frame what comes and goes in it, where that is known."""
    if not changes:
        return
    first = min(changes)
    series = np.full(max(changes) - first + 1, np.nan)
    for index, change in changes.items():
        series[index - first] = change
    comes_and_goes = passing(series)
    for one in qualities:
        place = one.frame_index - first
        if 0 <= place < len(series) and np.isfinite(comes_and_goes[place]):
            one.figures[FLICKER] = float(comes_and_goes[place])


def _fill(qualities: list[FrameQuality], name: str) -> None:
    """Give the frames between two readings what lies between them, and those at an end the nearest."""
    read = [i for i, one in enumerate(qualities) if name in one.figures]
    if not read:
        return
    frames = [one.frame_index for one in qualities]
    values = np.interp(frames, [frames[i] for i in read], [qualities[i].figures[name] for i in read])
    for one, value in zip(qualities, values.tolist(), strict=True):
        one.figures.setdefault(name, value)
