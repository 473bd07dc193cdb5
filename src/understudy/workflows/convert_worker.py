"""`python -m understudy.workflows.convert_worker`: makes stretches of a conversion as its parent says.

It reads lines of JSON from its input, and writes lines of JSON to its output. It ends when its input does,
so that no process is left behind by a parent that is gone, however that has ended.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import BinaryIO

from understudy.core.events import Event
from understudy.core.files import peak_rss_mb
from understudy.media.footage import open_footage
from understudy.media.info import VideoInfo
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert import look_of
from understudy.workflows.convert_cast import cast_for
from understudy.workflows.convert_frames import Drawing, MadeFrames, make_frames
from understudy.workflows.convert_jobs import REPORT_EVERY, are_all_chosen
from understudy.workflows.convert_message import (
    Message,
    config_of,
    line_of,
    message_of,
    said_error,
    said_event,
    said_qualities,
)
from understudy.workflows.convert_output import Output, Place
from understudy.workflows.convert_team import LEFT_ALONE
from understudy.workflows.threads import single_threaded_opencv, unsearched_objects


class _Parent:
    """What the parent wants, heard by a thread of its own, and what it is told."""

    def __init__(self, said: BinaryIO, heard: BinaryIO) -> None:
        self._said, self._heard = said, heard
        self._lock = threading.Lock()
        self._orders: queue.Queue[Message] = queue.Queue()
        self.is_stopped = False
        self.has_unkept = False  # frames that are lost where the process ends at once
        self.setup = message_of(heard.readline())
        threading.Thread(target=self._listen, daemon=True, name="parent").start()

    def next_order(self) -> Message:
        """Wait for what is to be made next."""
        return self._orders.get()

    def tell(self, **message: object) -> None:
        """Say something; any thread may."""
        with self._lock:
            self._said.write(line_of(message))
            self._said.flush()

    def hear(self, event: Event) -> None:
        """Pass an event on."""
        said = said_event(event)
        if said is not None:
            self.tell(event=said)

    def _listen(self) -> None:
        for line in self._heard:
            order = message_of(line)
            if "stop" not in order:
                self._orders.put(order)
                continue
            self.is_stopped = True
            if not self.has_unkept:
                os._exit(0)  # nothing is lost, and decoding up to a stretch may take long
        os._exit(LEFT_ALONE)  # at once: the next run may be waiting for what this one has locked


def main() -> None:
    """Make stretches until the parent is gone."""
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    parent = _Parent(said, sys.stdin.buffer)
    try:
        config = config_of(parent.setup["config"])
        drawing = Drawing.loaded(config, look_of(config))
        with open_footage(config.target) as footage:
            info = footage.info
        parent.tell(ready=list(drawing.warnings))
        with single_threaded_opencv(), unsearched_objects():
            while not parent.is_stopped:
                _make(config, info, drawing, parent, parent.next_order())
    except BaseException as error:  # noqa: BLE001  # the parent says it
        parent.tell(failed=said_error(error))
    os._exit(0)  # Python cannot end in order while a thread waits for a line


def _make(config: ConvertConfig, info: VideoInfo, drawing: Drawing, parent: _Parent, order: Message) -> None:
    """Make a stretch, and say what came of it."""
    place, targets = Place(**order["place"]), [role.target for role in drawing.roles]
    is_choosing = bool(order["is_choosing"])

    def is_enough(colours: Mapping[str, str]) -> bool:
        return parent.is_stopped or (is_choosing and are_all_chosen(targets, colours))

    def on_frame(done: int, hint: int | None) -> None:
        del hint  # the parent has read it, too
        parent.has_unkept = True
        if done % REPORT_EVERY == 0:
            parent.tell(done=done)

    with (
        closing(cast_for(drawing.roles, drawing.index, config.faces, config.target, parent.hear)) as cast,
        Output(config, info, parent.setup["key"], parent.setup["tags"], place=place) as output,
    ):
        made = make_frames(
            config, drawing, cast, output, end=order["end"], colours=order["colours"],
            is_enough=is_enough, on_event=parent.hear, on_frame=on_frame,
        )  # fmt: skip
    parent.has_unkept = False
    made.warnings += output.warnings
    parent.tell(made=_said(made))


def _said(made: MadeFrames) -> Message:
    return {
        "added": made.tally.added,
        "next_frame": made.next_frame,
        "has_ended": made.has_ended,
        "colours": made.colours,
        "qualities": None if made.qualities is None else said_qualities(made.qualities),
        "warnings": made.warnings,
        "peak_rss_mb": peak_rss_mb(),
    }


if __name__ == "__main__":
    main()
