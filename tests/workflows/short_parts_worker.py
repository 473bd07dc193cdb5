"""`short_parts_worker.py WARM_UP [INDEX KIND]`: a process that helps to convert, with parts of ten frames.

It begins so many frames before the first that it writes.

At the frame INDEX it fails as a full disk does ("disk"), by a fault of its own ("fault") or by being killed
("kill"), or it waits for ever ("wait").
"""

from __future__ import annotations

import os
import signal
import sys
import time

from understudy.core.errors import MediaError
from understudy.media import parts
from understudy.media.any_writer import AnyWriter
from understudy.media.partial import PartialFrame
from understudy.workflows import convert_frames, convert_output, convert_worker

_write = convert_output.write_frame


def failing(writer: AnyWriter, frame: PartialFrame) -> None:
    """Write a frame, but for one."""
    if len(sys.argv) > 2 and frame.index == int(sys.argv[2]):
        kind = sys.argv[3]
        if kind == "disk":
            raise MediaError("cannot write it (No space left on device)", "make room")
        if kind == "fault":
            raise RuntimeError("something broke")
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
    _write(writer, frame)


if __name__ == "__main__":
    parts._PART_FRAMES = 10
    convert_frames.WARM_UP_FRAMES = int(sys.argv[1])
    convert_output.write_frame = failing
    convert_worker.main()
