"""What each part of animating a photo of 512 x 512 costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from made_clips import SIDE_PX, make_clip

from understudy.core.types import Frame
from understudy.expression.apply import retargeted
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.read import read_clip
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.footage import open_footage
from understudy.media.writer import VideoWriter
from understudy.workflows.expression import clip_of
from understudy.workflows.expression_faces import SeenFaces

_FRAMES = 200


def speed() -> dict[str, Any]:
    """Milliseconds a frame of each part, one after the other, by the clock and of processor time.

    Returns:
        Besides these `fps_in_turn`, and `fps_two_cores`: parts side by side, as processor time allows.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = make_clip(Path(folder) / "clip.mp4", _FRAMES)
        return _speed(path, Path(folder) / "out.mp4")


def _speed(path: Path, out: Path) -> dict[str, Any]:
    costs: dict[str, tuple[float, float]] = {}
    finder = FaceFinder()
    with _clock(costs, "decode"), open_footage(path) as footage:
        info, frames = footage.info, list(footage)
    with _clock(costs, "landmarks"):
        found = list(finder.stream(frames))
    with _clock(costs, "expression"):
        driving = read_clip(clip_of(_seen(found), 1, path))
    one = found[0][1][0]
    with _clock(costs, "photo"):
        face = PhotoFace.read(one.landmarks_px, one.iris_px, (SIDE_PX, SIDE_PX))
        morph = Morph(frames[0].image, face)
        performance = retargeted(driving, face.own.rest, face.start)
    with _clock(costs, "morph"):
        images = [morph.drawn(performance, number) for number in range(len(frames))]
    with _clock(costs, "encode"), VideoWriter(out, like=info) as writer:
        for frame, image in zip(frames, images, strict=True):
            writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=image))
    each = {name: [round(1000 * one / len(frames), 2) for one in both] for name, both in costs.items()}
    walls, cpus = zip(*(both for name, both in costs.items() if name != "photo"), strict=True)
    return {
        "frames": len(frames),
        "ms_a_frame_by_clock_and_processor": each,
        "fps_in_turn": round(len(frames) / sum(walls), 1),
        "fps_two_cores": round(len(frames) / max(*cpus, sum(cpus) / 2), 1),
    }


def _seen(found: Iterable[tuple[Frame, list[Face]]]) -> SeenFaces:
    faces = [(number, faces[0]) for number, (_, faces) in enumerate(found)]
    return SeenFaces(
        times_s=[float(frame.time_s) for frame, _ in found],
        faces={0: faces},
        people=[[0]],
        size_px=(SIDE_PX, SIDE_PX),
    )


class _clock:
    """Writes down how long its block took: by the clock, and processor time of all threads."""

    def __init__(self, costs: dict[str, tuple[float, float]], name: str) -> None:
        self._costs, self._name = costs, name

    def __enter__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self._costs[self._name] = (
            time.perf_counter() - self._started[0],
            time.process_time() - self._started[1],
        )
