"""What somebody's face does in footage, as a file of named curves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import check_writable
from understudy.expression.file import write_expression
from understudy.expression.names import MESH_NAMES, READABLE
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.expression.steady import SIGMA_S
from understudy.faces.faceset_schema import is_faceset
from understudy.media.images import write_image
from understudy.report.drawing import image_of
from understudy.report.expression_sheet import Curve, expression_sheet
from understudy.workflows.expression_faces import SeenFaces, faces_of_faceset, faces_of_footage
from understudy.workflows.first_checks import check_readable

_FEW = 50  # frames with a face, from which the face at rest is hard to tell
_MOST_SMOOTH_S = 2.0
_LONGEST_TITLE = 90


@dataclass(frozen=True, kw_only=True)
class ReadExpressionConfig:
    """Footage to an expression file.

    Args:
        footage: a video, a picture, a folder of pictures, or a faceset.
        out: JSON file to write.
        plot: PNG of the curves to write; none where None.
        person: whose face, by how often they are seen: 1 is who is seen most.
        smooth_s: how far in time curves are steadied, before and after alike; 0 leaves them as they are.
    """

    footage: Path
    out: Path
    plot: Path | None = None
    person: int = 1
    smooth_s: float = SIGMA_S

    def __post_init__(self) -> None:
        if self.person < 1:
            raise ConfigError(f"person {self.person} is no place", "1 is who is seen most")
        if not 0 <= self.smooth_s <= _MOST_SMOOTH_S:
            raise ConfigError(f"smoothing over {self.smooth_s:g} s", f"give 0 to {_MOST_SMOOTH_S:g} seconds")
        for path, suffix in ((self.out, ".json"), (self.plot, ".png")):
            if path is not None and path.suffix.lower() != suffix:
                raise ConfigError(f"cannot write {path} as {suffix[1:].upper()}", f"name a file in {suffix}")


@dataclass(frozen=True, kw_only=True)
class ReadExpressionResult:
    """What was read.

    Args:
        output: the expression file.
        plot: the picture of the curves.
        frames: of the footage.
        faces: frames in which the person's face is seen.
        people: how many people are seen.
        names: of the coefficients.
        most: name to the largest value over time, of those that are seen at all.
        fps: frames read a second of work.
        seconds: of work.
        warnings: a line each.
    """

    output: Path
    plot: Path | None
    frames: int
    faces: int
    people: int
    names: tuple[str, ...]
    most: dict[str, float]
    fps: float
    seconds: float
    warnings: list[str] = field(default_factory=list[str])


def run(config: ReadExpressionConfig, on_event: OnEvent = ignore) -> ReadExpressionResult:
    """Read the expression of one person.

    Args:
        config: what to read.
        on_event: hears of progress, warnings and what is written.

    Raises:
        MediaError: the footage cannot be read, or no such person is seen.
        FacesetError: the faceset cannot be read.
        UnderstudyError: a file cannot be written.
        WeightsError: the networks' weights cannot be had.
    """
    started = time.monotonic()
    check_readable([config.footage])
    for path in (config.out, config.plot):
        if path is not None:
            check_writable(path)
    seen = (
        faces_of_faceset(config.footage)
        if is_faceset(config.footage)
        else faces_of_footage(config.footage, on_event)
    )
    clip = clip_of(seen, config.person, config.footage)
    performance = read_clip(clip, smooth_s=config.smooth_s)
    write_expression(config.out, performance)
    on_event(Written(path=config.out, what="expression"))
    if config.plot is not None:
        write_image(
            config.plot, image_of(expression_sheet(_title(performance), clip.times_s, curves(performance)))
        )
        on_event(Written(path=config.plot, what="curves"))
    warnings = [*seen.warnings, *doubts_about(performance, seen, config.person)]
    for message in warnings:
        on_event(Notice(message=message))
    seconds = time.monotonic() - started
    return ReadExpressionResult(
        output=config.out,
        plot=config.plot,
        frames=len(seen.times_s),
        faces=int(performance.seen.sum()),
        people=len(seen.people),
        names=performance.names,
        most=_most(performance),
        fps=round(len(seen.times_s) / max(seconds, 1e-9), 2),
        seconds=round(seconds, 3),
        warnings=warnings,
    )


def clip_of(seen: SeenFaces, person: int, footage: Path) -> Clip:
    """The landmarks of one person over all frames; raises MediaError where there is no such person."""
    if not seen.people:
        raise MediaError(f"no face was found in {footage}", "give footage that shows a face")
    if person > len(seen.people):
        raise MediaError(
            f"{footage} shows {len(seen.people)} people, so there is no person {person}",
            f"give a number from 1 to {len(seen.people)}",
        )
    count = len(seen.times_s)
    landmarks = np.full((count, 468, 3), np.nan, np.float32)
    irises = np.full((count, 2, 5, 2), np.nan, np.float32)
    for frame, face in seen.of(person - 1):
        landmarks[frame], irises[frame] = face.landmarks_px, face.iris_px
    return Clip(
        times_s=np.array(seen.times_s, np.float64),
        landmarks_px=landmarks,
        iris_px=irises,
        size_px=seen.size_px,
        footage=footage.name,
    )


def curves(performance: Performance) -> list[Curve]:
    """What is drawn of a performance: sides together, then the head's pose and the gaze."""
    found: list[Curve] = []
    for name in MESH_NAMES:
        if name.endswith("Right") and name.replace("Right", "Left") in MESH_NAMES:
            continue
        pair = (name, name.removesuffix("Left") + "Right") if name.endswith("Left") else (name,)
        lines = [performance.of(one) for one in pair]
        found.append(Curve(name="/".join((pair[0], "Right")[: len(pair)]), lines=lines, low=0, high=1))
    for number, name in enumerate(("yaw", "pitch", "roll")):
        found.append(_angle(f"{name}, degrees", performance.pose_deg[:, number]))
    for number, name in enumerate(("yaw", "pitch")):
        found.append(_angle(f"gaze {name}, degrees", performance.gaze_deg[:, number]))
    return found


def _angle(name: str, values: np.ndarray) -> Curve:
    most = 10 * max(1, int(np.ceil(np.nanmax(np.abs(values)) / 10)))
    return Curve(name=name, lines=[values], low=-most, high=most)


def _title(performance: Performance) -> str:
    name = performance.footage.encode("ascii", "replace").decode()
    return name if len(name) <= _LONGEST_TITLE else name[: _LONGEST_TITLE - 3] + "..."


def _most(performance: Performance) -> dict[str, float]:
    most = np.nanmax(performance.values, axis=0)
    return {name: round(float(value), 3) for name, value in zip(READABLE, most, strict=True) if value >= 0.05}


def doubts_about(
    performance: Performance, seen: SeenFaces, person: int, option: str = "--person"
) -> list[str]:
    """What the user should know of what was read, a line each; `option` chooses another person."""
    faces, warnings = int(performance.seen.sum()), list[str]()
    if faces < _FEW and len(seen.times_s) > 1:
        warnings.append(f"{faces} frames show the face: how it looks at rest is hard to tell from so few")
    if len(seen.people) > 1:
        chosen = "who is seen most is read" if person == 1 else f"person {person} is read"
        warnings.append(f"{len(seen.people)} people are seen; {chosen}: {option} chooses another")
    return warnings
