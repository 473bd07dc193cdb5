"""A video that is written in parts, so that what was written is there when the work is stopped."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.packet import Packet
from av.video.stream import VideoStream

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.files import write_atomically
from understudy.core.types import Frame
from understudy.media.info import VideoInfo
from understudy.media.losses import losses
from understudy.media.output import write_errors
from understudy.media.output_file import OutputFile
from understudy.media.writer import VideoWriter

_PART_FRAMES = 500
_STATE = "parts.json"


class PartsWriter:
    """Writes a video as `VideoWriter`, but in parts into a folder beside it, which are joined in the end.

    A part that is finished stays when the work is stopped; whoever begins again with the same key goes on
    with the frame after it. Nothing is encoded twice: the packets of the parts are the video's.

    Args:
        path: the video; the folder is called like it, with ".parts" behind.
        like: as of `VideoWriter`.
        key: says what is written; parts of another key are thrown away.
        open_part: makes the writer of a part, of a path, `alone`.
        metadata: tags of the container.
        alone: leave sound, subtitles and chapters out, and say nothing of it.

    Attributes:
        next_frame: how many frames the finished parts hold.
        notes: whatever belongs to what was written; kept with each finished part.
    """

    def __init__(
        self,
        path: Path,
        *,
        like: VideoInfo,
        key: str,
        open_part: Callable[[Path], VideoWriter],
        metadata: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> None:
        """Find what an earlier run has left, and make sure that the video can be written."""
        self._path, self._like, self._key, self._open_part = path, like, key, open_part
        self._metadata, self._rounded = dict(metadata or {}), list[str]()
        self._folder, self._alone = path.with_name(path.name + ".parts"), alone
        self._output().discard()
        self._counts, self.notes = self._found()
        self._part: VideoWriter | None = None
        self._written = 0
        self._is_whole = True  # but while a frame is written
        try:
            part = open_part(self._part_path)
        except BaseException:  # nothing can be written in this way
            self.discard()
            raise
        self._pixel_format, codec = part.pixel_format, part.codec
        part.discard()
        is_moved = like.start_pts < 0
        self.warnings: list[str] = []
        if not alone:
            self.warnings = losses(
                like, path.name, pixel_format=self._pixel_format, is_moved=is_moved, codec=codec
            )

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Join the parts; or keep what there is of them, where the block raised."""
        if error is None:
            self.close()
            return
        if isinstance(error, KeyboardInterrupt) and self._is_whole:
            with contextlib.suppress(UnderstudyError):
                self._finish_part()
        self.discard()

    @contextmanager
    def noting(self, notes: Mapping[str, Any]) -> Generator[None]:
        """Keep notes with the frame that is written meanwhile; those before stay where that fails."""
        before, self.notes = self.notes, dict(notes)
        try:
            yield
        except BaseException:
            self.notes = before
            raise

    @property
    def next_frame(self) -> int:
        """See above."""
        return sum(self._counts)

    @property
    def pixel_format(self) -> str:
        """As of `VideoWriter`."""
        return self._pixel_format

    def write(self, frame: Frame) -> None:
        """As of `VideoWriter`."""
        self._is_whole = False
        self._open().write(frame)
        self._count()

    def write_coded(self, picture: av.VideoFrame, time_s: Fraction) -> None:
        """As of `VideoWriter`."""
        self._is_whole = False
        self._open().write_coded(picture, time_s)
        self._count()

    def close(self) -> None:
        """Join the parts to the video, and remove them.

        Raises:
            MediaError: no frame was written, or the disk is full or fails; the parts stay.
        """
        self._finish_part()
        if not self._counts:
            self.discard()
            raise MediaError(f"no frame to write to {self._path}", "check that the target has frames")
        self._join()
        self._clear()
        self.warnings += dict.fromkeys(self._rounded)

    def discard(self) -> None:
        """Stop; finished parts stay, for the next time."""
        if self._part is not None:
            self._part.discard()
            self._part = None
        if not self._counts:
            self._clear()

    @property
    def _part_path(self) -> Path:
        return self._folder / f"{len(self._counts):06d}{self._path.suffix.lower()}"

    def _open(self) -> VideoWriter:
        if self._part is None:
            self._part = self._open_part(self._part_path)
        return self._part

    def _clear(self) -> None:
        """Remove what this class has written, and the folder if nothing else is in it."""
        ours = re.compile(rf"\.?\d{{6}}.*{re.escape(self._path.suffix.lower())}|\.?parts.*\.json")
        with contextlib.suppress(OSError):
            for file in self._folder.iterdir():
                if ours.fullmatch(file.name):
                    file.unlink()
            self._folder.rmdir()

    def _count(self) -> None:
        self._written += 1
        if self._written == _PART_FRAMES:
            self._finish_part()
        self._is_whole = True

    def _finish_part(self) -> None:
        if self._part is None:
            return
        self._part.close()
        self._rounded += self._part.warnings
        self._part = None
        self._counts.append(self._written)
        self._written = 0
        state = {"key": self._key, "frames": self._counts, "notes": self.notes}
        write_atomically(self._folder / _STATE, json.dumps(state).encode())

    def _found(self) -> tuple[list[int], dict[str, Any]]:
        """Frames of the parts that are there, and what was noted with them."""
        try:
            state = json.loads((self._folder / _STATE).read_text("utf-8"))
            counts, notes = [int(count) for count in state["frames"]], dict(state["notes"])
            is_ours = state["key"] == self._key
        except (OSError, ValueError, LookupError, TypeError):
            is_ours, counts, notes = False, [], {}
        names = [f"{number:06d}{self._path.suffix.lower()}" for number in range(len(counts))]
        if not is_ours or not all((self._folder / name).is_file() for name in names):
            self._clear()
            counts, notes = [], {}
        with write_errors(self._path):
            self._folder.mkdir(exist_ok=True)
        return counts, notes

    def _output(self) -> OutputFile:
        return OutputFile(self._path, self._like, metadata=self._metadata, alone=self._alone)

    def _join(self) -> None:
        parts = [self._folder / f"{n:06d}{self._path.suffix.lower()}" for n in range(len(self._counts))]
        output = self._output()
        try:
            with write_errors(self._path), av.open(str(parts[0])) as first:
                template = first.streams.video[0]
                video = output.container.add_stream_from_template(template)
                video.time_base = template.time_base
                if template.codec_context.codec_tag == "hvc1":
                    video.codec_context.codec_tag = "hvc1"
            output.start()
            for packet in _packets(parts, video):
                output.mux([packet], (packet.pts or 0) * packet.time_base)
        except BaseException:
            output.discard()
            raise
        output.close()


def _packets(parts: list[Path], video: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The packets of parts one after the other, in the order in which they are decoded."""
    last: int | None = None
    for path in parts:
        with av.open(str(path)) as part:
            for packet in part.demux(part.streams.video[0]):
                if packet.size == 0:
                    continue
                dts = packet.dts
                # each encoder began a little before its first picture, maybe before the last one's end
                if last is not None and (dts is None or dts <= last):
                    packet.dts = last + 1
                last = packet.dts
                packet.stream = video
                yield packet
