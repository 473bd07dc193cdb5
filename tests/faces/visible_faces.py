"""Faces that a person sees in the footage beside the project, and how many of them were found.

`visible_faces.json` was made by looking at contact sheets: for each clip the frames looked at ([start, stop,
step]), every visible face with its box (x0, y0, x1, y1 from hairline to chin, in shares of the frame) in some
frames, straight lines between them, in which of them it is a hard one (profile, strongly tilted, covered,
tiny), and areas to ignore where not even a person could use the face. A quick measurement looks at every
`every`-th frame, as far as `until` where a clip is slow to decode.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.faces.finder import FaceFinder
from understudy.media.footage import open_footage

_TRUTH = Path(__file__).with_suffix(".json")
_SEGMENT_FRAMES = 240  # as in extraction: tracking starts afresh
_REACH = 0.4  # of centres of one face, in sides of the true box
_SIZE_RATIO = 2.0

_Box = NDArray[np.float64]  # x0, y0, x1, y1, shares of the frame


@dataclass(frozen=True, kw_only=True)
class VisibleFace:
    box: _Box
    hard: bool


@dataclass(kw_only=True)
class Tally:
    """Faces seen and found in the labelled frames, and false faces in all frames looked at."""

    frontal: int = 0
    frontal_found: int = 0
    hard: int = 0
    hard_found: int = 0
    frames: int = 0
    false_faces: int = 0
    missed: list[int] = field(default_factory=list[int])
    wrong: list[int] = field(default_factory=list[int])

    def add(self, other: Tally) -> None:
        for name in ("frontal", "frontal_found", "hard", "hard_found", "frames", "false_faces"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, kw_only=True)
class LabelledClip:
    """One clip of `visible_faces.json`."""

    name: str
    frames: range
    every: int
    until: int
    record: dict[str, Any]

    def visible(self, frame: int) -> list[VisibleFace]:
        faces: list[VisibleFace] = []
        for face in self.record["faces"]:
            if not face.get("from", 0) <= frame <= face.get("to", self.frames.stop):
                continue
            known = sorted((int(at), box) for at, box in face["boxes"].items())
            times, boxes = [at for at, _ in known], np.array([box for _, box in known])
            box = np.array([np.interp(frame, times, boxes[:, side]) for side in range(4)])
            hard = any(first <= frame <= last for first, last in face.get("hard", []))
            faces.append(VisibleFace(box=box, hard=hard))
        return faces

    def ignores(self, box: _Box) -> bool:
        x, y = (box[:2] + box[2:]) / 2
        return any(x0 < x < x1 and y0 < y < y1 for x0, y0, x1, y1 in self.record.get("ignore", []))


def labelled_clips() -> list[LabelledClip]:
    records = json.loads(_TRUTH.read_text())
    return [
        LabelledClip(
            name=name,
            frames=range(*record["frames"]),
            every=record["every"],
            until=record.get("until", record["frames"][1]),
            record=record,
        )
        for name, record in records.items()
    ]


def tally(clip: LabelledClip, seen: dict[int, list[_Box]], aspect: float) -> Tally:
    """Count what was found in some frames: boxes by frame; `aspect` is the frame's width over its height."""
    result = Tally()
    for frame, found in seen.items():
        left = list(found)
        result.frames += 1
        for face in clip.visible(frame):
            match = next((box for box in left if _same(face.box, box, aspect)), None)
            left = [box for box in left if box is not match]
            if frame not in clip.frames:
                continue
            result.hard += face.hard
            result.frontal += not face.hard
            result.hard_found += face.hard and match is not None
            result.frontal_found += not face.hard and match is not None
            if match is None:
                result.missed.append(frame)
        wrong = [box for box in left if not clip.ignores(box)]
        result.false_faces += len(wrong)
        result.wrong += [frame] * len(wrong)
    return result


def look(clip: LabelledClip, folder: Path, finder: FaceFinder, *, quick: bool) -> Tally:
    """Find the faces of a clip, as an extraction does."""
    seen: dict[int, list[_Box]] = {}
    every, until = (clip.every, clip.until) if quick else (1, clip.frames.stop)
    with open_footage(folder / clip.name) as footage:
        aspect = footage.info.width_px / footage.info.height_px
        frames = itertools.islice(footage, 0, until, every)
        for first in frames:  # of a segment
            some = itertools.chain([first], itertools.islice(frames, _SEGMENT_FRAMES - 1))
            for frame, faces in finder.stream(some):
                height, width = frame.image.shape[:2]
                size = np.array([width, height, width, height])
                seen[frame.index] = [face.box_px.astype(float) / size for face in faces]
    return tally(clip, seen, aspect)


def clips_below(folder: Path) -> Iterator[str]:
    """Every piece of footage there, named as the labels name it."""
    kinds = {".mp4", ".mpg", ".mkv", ".mov", ".gif", ".jpg", ".png"}
    for part in ("video", "hard"):
        yield from (str(p.relative_to(folder)) for p in (folder / part).rglob("*") if p.suffix in kinds)


def _same(truth: _Box, box: _Box, aspect: float) -> bool:
    """Whether two boxes are of one face: centres near, sizes alike."""
    units = np.array([aspect, 1.0, aspect, 1.0])  # heights of the frame
    a, b = truth * units, box * units
    side, other = max(a[2:] - a[:2]), max(b[2:] - b[:2])
    off = np.linalg.norm((a[:2] + a[2:] - b[:2] - b[2:]) / 2)
    return bool(off < _REACH * side and 1 / _SIZE_RATIO < other / side < _SIZE_RATIO)
