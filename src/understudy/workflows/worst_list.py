"""The worst frames of a swap on disk: `worst.json`, a picture of each beside it, and all frames' figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.core.bounded import read_bounded, short
from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written
from understudy.core.files import check_writable, write_atomically
from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.measure.frame_quality import FrameQuality
from understudy.measure.worst import APART_FRAMES, WORST_COUNT, scored, worst_frames
from understudy.media.footage import open_footage, sha256_of
from understudy.media.images import encode_jpeg
from understudy.workflows.marks import Marks

FILE_NAME, TABLE_NAME = "worst.json", "frames.csv"
CHOSEN = "chosen"  # reason of a frame that a person wants to be trained on, whatever its figures
_LARGEST_BYTES = 16 << 20
_TOLD = 4  # frames
_PICTURE_PX, _PICTURE_COVERAGE = 256, 1.6
_DONE = "a face in one frame, before and after it was replaced"
_PICTURES = re.compile(r"frame_\d{6,}\.jpg")


_Number = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]


class WorstFrame(BaseModel):
    """One frame.

    Args:
        frame: position in the target, from 0.
        time_s: its presentation time.
        face_px: centre x, y and side of the target's face square, frame pixels, and its roll in radians.
        figures: name to figure; see `measure.frame_quality.FrameQuality`.
        badness: how far it lies above the usual; see `measure.worst.scored`.
        reason: the figure that makes it bad, or `CHOSEN`.
        picture: name of a JPEG beside the list, the target's face left and the output's right; "" where none.
        footage_sha256: of the footage, where it is another than the list's target.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    frame: int = Field(ge=0, le=1 << 53)
    time_s: _Number
    face_px: tuple[_Number, _Number, _Number, _Number]
    figures: dict[str, _Number]
    badness: _Number
    reason: str
    picture: str
    footage_sha256: str | None = Field(default=None, max_length=64)


class WorstList(BaseModel):
    """What `worst.json` says; it comes from outside, so it is checked.

    Args:
        kind: tells it from other JSON files.
        video: the output.
        target: the footage that it was made from.
        target_sha256: of that footage; facesets know it by this.
        model: folder of the model that drew it, None where not known.
        frames: the worst first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["understudy worst frames 1"] = "understudy worst frames 1"
    video: str
    target: str
    target_sha256: str
    model: str | None
    frames: list[WorstFrame]

    @property
    def footage(self) -> set[str]:
        """SHA-256 of all footage that its frames are of."""
        return {one.footage_sha256 or self.target_sha256 for one in self.frames}

    def digest(self) -> str:
        """A digest of what training makes of it: which frames of which footage, and which a person chose."""
        frames = [
            (
                one.frame,
                one.face_px,
                *((one.footage_sha256,) if one.footage_sha256 else ()),
                *((CHOSEN,) if one.reason == CHOSEN else ()),  # is drawn whoever else turns the head so
            )
            for one in self.frames
        ]
        return hashlib.sha256(repr((self.target_sha256, frames)).encode()).hexdigest()


def check_worst(folder: Path) -> None:
    """Find out before long work whether `write_worst` can write to a folder; it is made where missing.

    Raises:
        UnderstudyError: it is a file, or nothing can be written to it.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            f"{folder} is a file, and the worst frames are several", "name a folder for them with --worst"
        )
    check_writable(folder / FILE_NAME)


def read_worst(path: Path) -> WorstList:
    """Read a list that `write_worst` wrote.

    Args:
        path: the file, or its folder.

    Raises:
        ConfigError: it is missing, cannot be read, or is no such list.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        return WorstList.model_validate_json(read_bounded(file, _LARGEST_BYTES))
    except OSError as error:
        raise ConfigError(
            f"cannot read {file} ({error.strerror})", "give the worst.json of a conversion or evaluation"
        ) from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        what = f"{where}: {error.errors()[0]['msg']}" if where else error.errors()[0]["msg"]
        raise ConfigError(
            f"{file} is no list of worst frames ({short(what.lower())})",
            "give the worst.json of a conversion or evaluation",
        ) from error


def write_worst(
    folder: Path,
    qualities: Sequence[FrameQuality],
    *,
    target: Path,
    output: Path,
    marks: Marks | None,
    model: Path | None = None,
    count: int = WORST_COUNT,
    apart_frames: int = APART_FRAMES,
) -> WorstList:
    """Choose the worst frames, and store them with their pictures and the figures of all.

    Both pieces of footage are decoded once more, up to the last of these frames.

    Args:
        folder: where `worst.json`, `frames.csv` and the pictures are written; an earlier list there is
            replaced.
        qualities: of all frames, in any order.
        target: footage that was changed.
        output: what was made of it, frame for frame.
        marks: what the pictures say of themselves; None where no face in the output was drawn.
        model: folder of the model.
        count: how many frames at most.
        apart_frames: how far they lie apart at least.

    Raises:
        MediaError: footage cannot be read.
        UnderstudyError: the folder cannot be written to.
    """
    known = scored(qualities)
    worst = worst_frames(known, count, apart_frames)
    squares = {one.frame_index: one.face_px for one in worst}
    said = marks.made_from(output, target) if marks is not None and squares else None
    for index, picture in _pictures(target, output, squares):
        data = encode_jpeg(picture, 92)
        if said is not None:
            data = said.picture(data, name=_name(index), done=_DONE)
        write_atomically(folder / _name(index), data)
    result = WorstList(
        video=str(output),
        target=str(target),
        target_sha256=sha256_of(target),
        model=None if model is None else str(model),
        frames=[_entry(one) for one in worst],
    )
    write_atomically(folder / FILE_NAME, (result.model_dump_json(indent=1) + "\n").encode())
    write_atomically(folder / TABLE_NAME, _table(known).encode())
    kept = {one.picture for one in result.frames}
    for file in folder.iterdir():
        if _PICTURES.fullmatch(file.name) and file.name not in kept:
            with suppress(OSError):  # one too many does no harm
                file.unlink()
    return result


def store_worst(
    folder: Path,
    qualities: Sequence[FrameQuality],
    *,
    target: Path,
    output: Path,
    marks: Marks | None,
    model: Path | None = None,
    on_event: OnEvent,
) -> None:
    """Write the worst frames, and say which they are and what to do about them; as `write_worst`."""
    made = write_worst(folder, qualities, target=target, output=output, marks=marks, model=model)
    on_event(Written(path=folder, what="worst frames"))
    if not made.frames:
        on_event(Notice(message="no frame came out worse than the others", is_warning=False))
        return
    told = ", ".join(f"{one.frame} ({one.reason})" for one in made.frames[:_TOLD])
    more = f" and {len(made.frames) - _TOLD} more" if len(made.frames) > _TOLD else ""
    where = made.model or "MODEL"
    message = (
        f"frames {told}{more} came out worst; `understudy train SOURCE TARGET --model {where} --resume "
        f"--minutes 3 --focus {folder / FILE_NAME}` draws faces like these more often"
    )
    on_event(Notice(message=message, is_warning=False))


def _table(known: Sequence[FrameQuality]) -> str:
    """A line a frame, as comma-separated values."""
    names = sorted({name for one in known for name in one.figures})
    lines = [",".join(["frame", "time_s", *names, "badness", "reason"])]
    for one in sorted(known, key=lambda one: one.frame_index):
        figures = [f"{one.figures[name]:.5f}" if name in one.figures else "" for name in names]
        badness = f"{one.badness or 0.0:.3f}"
        lines.append(
            ",".join([str(one.frame_index), f"{float(one.time_s):.6f}", *figures, badness, one.reason])
        )
    return "\n".join(lines) + "\n"


def _entry(one: FrameQuality) -> WorstFrame:
    x, y, side, roll = (round(value, 4) for value in one.face_px)
    return WorstFrame(
        frame=one.frame_index,
        time_s=round(float(one.time_s), 6),
        face_px=(x, y, side, roll),
        figures={name: round(value, 5) for name, value in one.figures.items()},
        badness=round(one.badness or 0.0, 3),
        reason=one.reason,
        picture=_name(one.frame_index),
    )


def _name(index: int) -> str:
    return f"frame_{index:06d}.jpg"


def _pictures(
    target: Path, output: Path, squares: Mapping[int, tuple[float, float, float, float]]
) -> Iterator[tuple[int, Image]]:
    """(s, 2 s, 3) RGB uint8 of each frame: the target's face and, at the same place, the output's."""
    if not squares:
        return
    last = max(squares)
    with open_footage(target) as before, open_footage(output) as after:
        for one, other in zip(before.partial(), after.partial(), strict=False):  # an output may end early
            if one.index in squares:
                x, y, side, roll = squares[one.index]
                square = FaceSquare(x_px=x, y_px=y, side_px=side, roll_rad=roll)
                crop_from_frame = square.crop_from_frame(_PICTURE_PX, _PICTURE_COVERAGE)
                both = [cut(frame.image, crop_from_frame, _PICTURE_PX) for frame in (one, other)]
                yield one.index, np.hstack(both)
            if one.index >= last:
                return
