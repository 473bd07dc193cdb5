"""Which of the imported faces are from one piece of footage, and from which of its frames."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.faces.foreign.records import ForeignFace

_NUMBERED = re.compile(r"(.*?)[_\-. ]?(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFrame:
    """One frame with its faces.

    Args:
        index: position in the footage, from 0.
        name: its file name.
        faces: in the order of their numbers.
    """

    index: int
    name: str
    faces: list[ForeignFace]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFootage:
    """The frames of one piece of footage.

    Args:
        name: what their names have in common, "" where they are numbers only.
        frames: by index, each once.
        is_numbered: whether the frames' names say their indices; else they count in the order found.
    """

    name: str
    is_numbered: bool
    frames: list[ForeignFrame]

    @property
    def usual_step(self) -> int:
        """By how much the index grows most often from one frame to the next."""
        steps = np.diff([frame.index for frame in self.frames])
        return int(Counter(steps.tolist()).most_common(1)[0][0]) if len(steps) else 1

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the frames; where they are not stored, what holds all landmarks."""
        faces = [face for frame in self.frames for face in frame.faces]
        stored = [face.frame_size_px for face in faces if face.frame_size_px is not None]
        if stored:
            return stored[0]
        width, height = np.max([face.landmarks_px.max(axis=0) for face in faces], axis=0)
        return max(1, int(np.ceil(width)) + 1), max(1, int(np.ceil(height)) + 1)


def by_footage(faces: Sequence[ForeignFace]) -> list[ForeignFootage]:
    """Sort faces by footage and frame.

    Both programs number the frames of a video from 1 and name them so ("00001.png", "clip_000001.png").
    Frames without a number in their names count in the order in which they come.
    """
    groups: dict[str, dict[str, list[ForeignFace]]] = defaultdict(lambda: defaultdict(list))
    for face in faces:
        match = _NUMBERED.fullmatch(Path(face.source_name).stem)
        groups[match[1] if match else "\0"][face.source_name].append(face)
    return [_footage(name.strip("\0"), frames) for name, frames in groups.items()]


def _footage(name: str, frames: dict[str, list[ForeignFace]]) -> ForeignFootage:
    matches = [_NUMBERED.fullmatch(Path(frame).stem) for frame in frames]
    numbers = [int(match[2]) for match in matches if match]
    # two frames of one number differ in their endings: nothing tells which comes first
    is_numbered = len(set(numbers)) == len(frames)
    if is_numbered:
        first = 0 if 0 in numbers else 1
        indices = [number - first for number in numbers]
    else:
        indices = list(range(len(frames)))
    listed = [
        ForeignFrame(index=index, name=frame, faces=sorted(faces, key=lambda face: face.number_in_frame))
        for index, (frame, faces) in zip(indices, frames.items(), strict=True)
    ]
    ordered = sorted(listed, key=lambda frame: frame.index)
    return ForeignFootage(name=name, is_numbered=is_numbered, frames=ordered)
