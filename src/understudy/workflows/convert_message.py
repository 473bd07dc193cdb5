"""What the processes of a conversion say to each other: lines of JSON, between one and its own children."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from understudy.core import errors
from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, Progress
from understudy.measure.frame_quality import FrameQuality
from understudy.workflows.configs import ConvertConfig

_KINDS: Mapping[str, type[UnderstudyError]] = {
    kind.__name__: kind
    for kind in (
        errors.MediaError, errors.WeightsError, errors.FacesetError, errors.ModelError, errors.ConfigError,
        errors.ConsentError, errors.ProcessLost,
    )
}  # fmt: skip
_PATHS = ("target", "model", "out", "matte", "worst")
# what is checked, asked and signed once, by the process that the others help
_NOT_THEIRS: Mapping[str, Any] = {
    "consent": None, "people": {}, "cert": None, "key": None, "source_footage": (), "jobs": 1,
    "voice": None, "voice_as": None, "voice_consent": None,
}  # fmt: skip

Message = dict[str, Any]


def line_of(message: Message) -> bytes:
    """A message as a line; paths become text."""
    return json.dumps(message, default=str).encode() + b"\n"


def message_of(line: bytes) -> Message:
    """The message of a line; ValueError where it is none."""
    return dict(json.loads(line))


def said_config(config: ConvertConfig) -> Message:
    """What a process that helps needs to know of a conversion."""
    said = asdict(replace(config, **_NOT_THEIRS))
    return {name: value for name, value in said.items() if name not in _NOT_THEIRS}


def config_of(said: Message) -> ConvertConfig:
    """The conversion that was said."""
    paths = {name: Path(said[name]) for name in _PATHS if said[name] is not None}
    return ConvertConfig(**{**said, **paths, "faces": tuple(map(Path, said["faces"]))})


def said_qualities(qualities: Sequence[FrameQuality]) -> list[Message]:
    """Judged frames, all figures as they are."""
    return [{**asdict(one), "time_s": str(one.time_s)} for one in qualities]


def qualities_of(said: Sequence[Message]) -> list[FrameQuality]:
    """The judged frames that were said."""
    return [
        FrameQuality(**{**one, "time_s": Fraction(one["time_s"]), "face_px": tuple(one["face_px"])})
        for one in said
    ]


def said_event(event: object) -> Message | None:
    """An event for the user; None of one that is not passed on."""
    if isinstance(event, Notice | Progress):
        return {"kind": type(event).__name__, **asdict(event)}
    return None


def event_of(said: Message) -> Notice | Progress:
    """The event that was said."""
    kind = {"Notice": Notice, "Progress": Progress}[said["kind"]]
    return kind(**{name: value for name, value in said.items() if name != "kind"})


def said_error(error: BaseException) -> Message:
    """Why a process has failed."""
    if isinstance(error, UnderstudyError):
        return {"kind": type(error).__name__, "what": error.what, "next_step": error.next_step}
    if isinstance(error, MemoryError):
        return {"kind": "", "what": "there is not enough memory", "next_step": "use fewer --jobs"}
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return {
        "kind": "",
        "what": f"unexpected failure in one of --jobs, {what}",
        "next_step": "see whether it goes with --jobs 1, and report it",
    }


def error_of(said: Message) -> UnderstudyError:
    """The failure that was said."""
    return _KINDS.get(said["kind"], UnderstudyError)(said["what"], said["next_step"])
