"""Animated frames as they are written: labelled, signed at the end, gone on with where they were stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.prefetch import prefetch
from understudy.media.any_writer import AnyWriter, check_frame_size, leave_out_tags, open_writer, write_frame
from understudy.media.info import VideoInfo
from understudy.workflows.animate_marks import Marking
from understudy.workflows.composed import Composed
from understudy.workflows.convert_label import Labeller, text_of

_NOTHING_DONE = "no face was changed: where it is seen, nothing was asked of it"
_REPORT_EVERY = 10  # frames
_AHEAD = 3  # drawn frames that wait for the encoder


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of it.

    Args:
        frames: of the output.
        animated: frames in which a face was given an expression.
        held: frames in which the driving shows no face.
        size_px: width and height.
        warnings: what the user should know.
    """

    frames: int
    animated: int
    held: int
    size_px: tuple[int, int]
    warnings: list[str]


@dataclass(kw_only=True)
class Written:
    """What was written.

    Args:
        frames: in all, those of an earlier run, too.
        animated: those among them that show a face that was drawn.
        warnings: what is lost.
    """

    frames: int
    animated: int
    warnings: list[str]


class OutputAsked(Protocol):
    """Settings that say what is written."""

    @property
    def out(self) -> Path:
        """Video, or numbered images."""
        ...

    @property
    def codec(self) -> str:
        """See `media.encoding`."""
        ...

    @property
    def crf(self) -> int | None:
        """Likewise."""
        ...

    @property
    def label(self) -> str | None:
        """Visible label."""
        ...


def write_frames(
    config: OutputAsked,
    info: VideoInfo,
    marking: Marking,
    frames_from: Callable[[int], Generator[Composed]],
    on_event: OnEvent,
    stage: str = "animate",
) -> Written:
    """Write all frames that an earlier run of the same has not left.

    Args:
        config: of what is made.
        info: the times, sound and size of the output.
        marking: what it says of itself.
        frames_from: gives the frames from an index on, in a thread of their own.
        on_event: hears of progress.
        stage: what that is called.

    Raises:
        MediaError: they cannot be written.
    """

    def seal(files: Sequence[Path]) -> None:
        is_shown = int(writer.notes.get("animated", 0)) > 0
        marking.seal(files, nothing=None if is_shown else _NOTHING_DONE)

    writer = open_writer(
        config.out, info, key=marking.key, codec=config.codec, crf=config.crf, metadata=marking.tags,
        finish=seal,
    )  # fmt: skip
    with writer, closing(prefetch(frames_from(writer.next_frame), depth=_AHEAD)) as frames:
        first = writer.next_frame
        if first:
            message = f"it goes on at frame {first}, where it was stopped"
            on_event(Notice(message=message, is_warning=False))
        label = Labeller(text_of(config.label), writer.notes)
        animated, done = int(writer.notes.get("animated", 0)), first
        for composed in frames:
            label.add(composed)
            animated += bool(composed.drawn)
            check_frame_size(config.out, composed.frame, info)
            _write(writer, composed, {"animated": animated, **label.noted()})
            done = composed.frame.index + 1
            if done % _REPORT_EVERY == 0:
                on_event(Progress(stage=stage, done=done, total=info.frames_hint, unit="frames"))
        on_event(Progress(stage=stage, done=done, total=done, unit="frames"))
        if not animated and marking.seal.sound is None:
            leave_out_tags(writer)
    return Written(frames=done, animated=animated, warnings=list(writer.warnings))


def _write(writer: AnyWriter, composed: Composed, notes: dict[str, Any]) -> None:
    """Write a frame with what is kept with it; where that fails, what was kept with the one before stays."""
    before, writer.notes = writer.notes, notes
    try:
        write_frame(writer, composed.frame)
    except BaseException:
        writer.notes = before
        raise
