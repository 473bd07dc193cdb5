"""A performance as a file: JSON, a line a frame, to be read and edited by people and programs."""

from __future__ import annotations

import errno
import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.core.bounded import read_bounded, short
from understudy.core.errors import UnderstudyError
from understudy.core.files import write_atomically
from understudy.expression.names import READABLE, UNREADABLE
from understudy.expression.performance import Performance
from understudy.faces.mesh import LANDMARK_COUNT

MOST_BYTES = 64 << 20
MOST_FRAMES = 1_000_000
_ARKIT = (*READABLE, *UNREADABLE)
_NEXT_STEP = "give a file from `understudy expression`, or correct that entry"

_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Frame(_Strict):
    """One frame; without pose, gaze and values where no face is seen."""

    time_s: Annotated[float, Field(ge=-1e6, le=1e7)]
    pose: tuple[_Number, _Number, _Number, _Number, _Number, Annotated[float, Field(gt=0, le=1e6)]] | None = (
        None
    )
    gaze_deg: tuple[_Number, _Number] | None = None
    values: Annotated[list[_Share], Field(max_length=len(_ARKIT))] | None = None


class _Rest(_Strict):
    gaze_deg: tuple[_Number, _Number]
    mesh: Annotated[
        list[tuple[_Number, _Number, _Number]], Field(min_length=LANDMARK_COUNT, max_length=LANDMARK_COUNT)
    ]


class _File(_Strict):
    format: Literal["understudy expression"]
    version: Literal[1]
    footage: Annotated[str, Field(max_length=1000)] = ""
    size_px: tuple[Annotated[int, Field(ge=1, le=100_000)], Annotated[int, Field(ge=1, le=100_000)]]
    names: Annotated[list[str], Field(min_length=1, max_length=len(_ARKIT))]
    rest: _Rest
    frames: Annotated[list[_Frame], Field(min_length=1, max_length=MOST_FRAMES)]


def write_expression(path: Path, performance: Performance) -> None:
    """Write a performance; a file there is replaced when the new one is whole.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
    """
    write_atomically(path, expression_text(performance).encode())


def expression_text(performance: Performance) -> str:
    """The file's text: its parts by name, then a line a frame."""
    head = {
        "format": "understudy expression",
        "version": 1,
        "footage": performance.footage,
        "size_px": list(performance.size_px),
        "names": list(performance.names),
        "rest": {
            "gaze_deg": _rounded(performance.rest_gaze_deg, 2),
            "mesh": [_rounded(point, 5) for point in performance.rest],
        },
    }
    lines = ",\n".join(json.dumps(_frame(performance, i)) for i in range(len(performance.times_s)))
    parts = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    return f'{{{parts},\n"frames": [\n{lines}\n]}}\n'


def _frame(performance: Performance, i: int) -> dict[str, object]:
    row: dict[str, object] = {"time_s": round(float(performance.times_s[i]), 6)}
    if not performance.seen[i]:
        return row
    place = (*performance.centre_px[i], performance.scale_px[i])
    return row | {
        "pose": _rounded(performance.pose_deg[i], 2) + _rounded(place, 2),
        "gaze_deg": _rounded(performance.gaze_deg[i], 2),
        "values": _rounded(performance.values[i], 4),
    }


def _rounded(numbers: object, digits: int) -> list[float]:
    return [round(value, digits) + 0.0 for value in np.asarray(numbers, np.float64).tolist()]


def read_expression(path: Path) -> Performance:
    """Read a file that `write_expression` or somebody by hand has written.

    Raises:
        UnderstudyError: it is missing, too large, or not such a file; says which entry is wrong.
    """
    try:
        text = read_bounded(path, MOST_BYTES)
    except OSError as error:
        next_step = "cut the footage into pieces" if error.errno == errno.EFBIG else _NEXT_STEP
        raise UnderstudyError(f"cannot read {path} ({error.strerror})", next_step) from error
    try:
        stored = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise UnderstudyError(f"{path} is no expression file ({short(what)})", _NEXT_STEP) from error
    _check(path, stored)
    return _performance(stored)


def _check(path: Path, stored: _File) -> None:
    for name in stored.names:
        if name not in _ARKIT:
            near = get_close_matches(name[:40], _ARKIT, 1)
            said = f"did you mean {near[0]}?" if near else "names are those of ARKit's 52 blend shapes"
            raise UnderstudyError(f"{path} has an unknown name {short(name, 40)!r}", said)
    if len(set(stored.names)) < len(stored.names):
        raise UnderstudyError(f"{path} has a name twice", "name each expression once")
    before = -np.inf
    for number, frame in enumerate(stored.frames):
        here = f"{path}, frame {number}"
        if frame.time_s <= before:
            raise UnderstudyError(f"{here} comes at {frame.time_s:g} s, not after the one before", _NEXT_STEP)
        before = frame.time_s
        known = [part is not None for part in (frame.pose, frame.gaze_deg, frame.values)]
        if any(known) and not all(known):
            raise UnderstudyError(f"{here} lacks some of pose, gaze_deg and values", "give all three or none")
        if frame.values is not None and len(frame.values) != len(stored.names):
            raise UnderstudyError(
                f"{here} has {len(frame.values)} values for {len(stored.names)} names", "give one a name"
            )
    if all(frame.values is None for frame in stored.frames):
        raise UnderstudyError(f"{path} has no frame with a face", _NEXT_STEP)


def _performance(stored: _File) -> Performance:
    nothing = [float("nan")]
    pose = np.array([frame.pose or nothing * 6 for frame in stored.frames], np.float32)
    values = [frame.values or nothing * len(stored.names) for frame in stored.frames]
    return Performance(
        times_s=np.array([frame.time_s for frame in stored.frames], np.float64),
        names=tuple(stored.names),
        values=np.array(values, np.float32),
        pose_deg=pose[:, :3],
        centre_px=pose[:, 3:5],
        scale_px=pose[:, 5],
        gaze_deg=np.array([frame.gaze_deg or nothing * 2 for frame in stored.frames], np.float32),
        rest=np.array(stored.rest.mesh, np.float32),
        rest_gaze_deg=stored.rest.gaze_deg,
        size_px=stored.size_px,
        footage=stored.footage,
    )
