"""A video that is written in parts, so that what was written is there when the work is stopped."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.types import Frame
from understudy.media.finished_part import FinishedPart
from understudy.media.info import VideoInfo
from understudy.media.losses import losses
from understudy.media.opening import open_container
from understudy.media.output import Finish, write_errors
from understudy.media.output_file import OutputFile, is_rounded
from understudy.media.parts_folder import PartsFolder, begun_anew
from understudy.media.stretches import Together, key_from, put_into
from understudy.media.writer import VideoWriter

_PART_FRAMES = 500
_UNREADABLE = (FFmpegError, OSError, IndexError, MediaError)


class PartsWriter:
    """Writes a video as `VideoWriter`, but in parts into a folder beside it, which are joined in the end.

    A part that is finished stays when the work is stopped; whoever begins again with the same key goes on
    with the frame after it, or in front of the first part that is damaged. Nothing is encoded twice: the
    packets of the parts are the video's.

    Args:
        path: the video; the folder is called like it, with ".parts" behind.
        like: as of `VideoWriter`.
        key: says what is written; parts of another key are thrown away.
        open_part: makes the writer of a part, of a path, `alone`.
        metadata: tags of the container.
        alone: leave sound, subtitles and chapters out, and say nothing of it.
        finish: what is done to the joined video before it gets its name; parts stay where that fails.
        first: index of the first frame that is written here; those before it are another writer's.

    Attributes:
        next_frame: index of the frame after those that the finished parts hold.
        notes: whatever belongs to what was written; kept with each finished part.
        metadata: tags of the container, written when the parts are joined.

    Raises:
        MediaError: it cannot be written, or another run is writing it.
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
        finish: Finish | None = None,
        first: int = 0,
    ) -> None:
        """Find what an earlier run has left, and make sure that the video can be written."""
        self._path, self._like, self._open_part = path, like, open_part
        self._first, self._key = first, key_from(key, first)
        self.metadata, self._is_alone = dict(metadata or {}), alone
        self._finish = finish
        self._output().discard()
        self.warnings: list[str] = []
        self._part: VideoWriter | None = None
        self._written = 0  # frames of the part that is not finished
        self._is_whole = True  # but while a frame is written
        suffix = re.escape(path.suffix.lower())
        self._folder = PartsFolder(path, re.compile(rf"\d{{6}}{suffix}|\.\d{{6}}\..*\.part{suffix}"))
        try:
            self._parts, self._has_rounded = self._found()
            self.notes: dict[str, Any] = self._parts[-1].notes if self._parts else {}
            self._next = self.next_frame
            part = open_part(self._part_path)
        except BaseException:  # nothing can be written in this way
            self.discard()
            raise
        self._pixel_format, codec = part.pixel_format, part.codec
        part.discard()
        is_moved = like.start_pts < 0
        if not alone:
            self.warnings += losses(
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

    @property
    def next_frame(self) -> int:
        """See above."""
        return self._parts[-1].next_frame if self._parts else self._first

    @property
    def pixel_format(self) -> str:
        """As of `VideoWriter`."""
        return self._pixel_format

    def write(self, frame: Frame) -> None:
        """As of `VideoWriter`."""
        self._is_whole = False
        self._open().write(frame)
        self._count(frame.index, frame.time_s)

    def write_coded(self, picture: av.VideoFrame, time_s: Fraction) -> None:
        """As of `VideoWriter`; the index is one more than that of the last frame."""
        self._is_whole = False
        self._open().write_coded(picture, time_s)
        self._count(self._next, time_s)

    def close(self) -> None:
        """Join the parts to the video, and remove them.

        Raises:
            MediaError: no frame was written, or the disk is full or fails; finished parts stay.
        """
        try:
            self._finish_part()
            if not self._parts:
                raise MediaError(f"no frame to write to {self._path}", "check that the target has frames")
            self._join()
        except BaseException:
            self.discard()
            raise
        self._folder.clear()
        self._folder.close()

    def keep(self) -> None:
        """Stop with all that was written kept, for whoever goes on or takes it over; errors as of `close`."""
        try:
            self._finish_part()
        finally:
            self.discard()

    def take_over(self, others: Sequence[PartsWriter], together: Together) -> None:
        """Put what others have written behind what is there: all of it, or where that fails nothing.

        Args:
            others: each goes on where the one before it ended; what they have written is gone then.
            together: what the notes of what is there and of what comes behind it are together.

        Raises:
            MediaError: the disk is full or fails.
        """
        parts = list(self._parts)
        for other in others:
            before = parts[-1].notes if parts else {}
            for number, part in enumerate(other._parts):
                with write_errors(self._path):
                    put_into(other._path_of(number), self._path_of(len(parts)))
                parts.append(replace(part, notes=together(before, part.notes)))
            self._has_rounded |= other._has_rounded
        self._parts, self.notes = parts, parts[-1].notes if parts else {}
        self._next = self.next_frame
        self._save()
        for other in others:
            other._folder.clear()
            other.discard()

    def discard(self) -> None:
        """Stop; finished parts stay, for the next time. Harmless after the end."""
        if self._part is not None:
            self._part.discard()
            self._part = None
        if getattr(self, "_parts", None) == []:  # not where it is not known yet what there is
            self._folder.clear()
        self._folder.close()

    @property
    def _part_path(self) -> Path:
        return self._path_of(len(self._parts))

    def _path_of(self, number: int) -> Path:
        return self._folder.path / f"{number:06d}{self._path.suffix.lower()}"

    def _open(self) -> VideoWriter:
        if self._part is None:
            self._part = self._open_part(self._part_path)
        return self._part

    def _count(self, index: int, time_s: Fraction) -> None:
        self._has_rounded |= is_rounded(self._path, time_s)
        self._written, self._next = self._written + 1, index + 1
        if self._written == _PART_FRAMES:
            self._finish_part()
        self._is_whole = True

    def _finish_part(self) -> None:
        if self._part is None:
            return
        self._part.close()
        self._part = None
        self._parts.append(FinishedPart.of_file(self._part_path, self._written, self._next, self.notes))
        self._written = 0
        self._save()

    def _save(self) -> None:
        parts = [asdict(part) for part in self._parts]
        self._folder.save(self._key, {"parts": parts, "rounded": self._has_rounded})

    def _found(self) -> tuple[list[FinishedPart], bool]:
        """The parts that a run has left, as far as they are whole, and whether times were rounded."""
        parts: list[FinishedPart] = []
        has_rounded = False
        with contextlib.suppress(LookupError, TypeError, ValueError, OverflowError):
            state = self._folder.state(self._key) or {"parts": [], "rounded": False}
            has_rounded = bool(state["rounded"])
            parts = [FinishedPart.of(each) for each in state["parts"]]
        if self._folder.is_of_another and not self._is_alone:
            self.warnings.append(begun_anew(self._path))
        whole: list[FinishedPart] = []
        for number, part in enumerate(parts):
            if not part.is_whole(self._path_of(number)):
                message = f"a part of {self._path.name} is damaged, and is made anew with all that follows"
                self.warnings.append(message)
                break
            whole.append(part)
        if not whole:
            self._folder.clear()
        return whole, has_rounded

    def _output(self) -> OutputFile:
        return OutputFile(
            self._path, self._like, metadata=self.metadata, alone=self._is_alone, finish=self._finish
        )

    def _join(self) -> None:
        output = self._output()
        try:
            try:
                with open_container(self._path_of(0)) as first:
                    template = first.streams.video[0]
                    with write_errors(self._path):
                        video = output.container.add_stream_from_template(template)
                    video.time_base = template.time_base
                    if template.average_rate:  # else Matroska says one frame lasts a tick
                        video.codec_context.framerate = template.average_rate
                    if template.codec_context.codec_tag == "hvc1":
                        video.codec_context.codec_tag = "hvc1"
            except _UNREADABLE as error:
                raise self._damaged(0) from error
            output.start()
            for packet in self._packets(video):
                output.mux([packet], (packet.pts or 0) * packet.time_base)
        except BaseException:
            output.discard()
            raise
        output.close()
        self.warnings += output.remarks(has_rounded=self._has_rounded)

    def _packets(self, video: VideoStream) -> Iterator[Packet[VideoStream]]:
        """The packets of the parts one after the other, in the order in which they are decoded."""
        last: int | None = None
        for number, part in enumerate(self._parts):
            count = 0
            try:
                for packet in _packets_of(self._path_of(number)):
                    dts, count = packet.dts, count + 1
                    # each encoder began a little before its first picture, maybe before the last's end
                    if last is not None and (dts is None or dts <= last):
                        packet.dts = last + 1
                    last = packet.dts
                    packet.stream = video
                    yield packet
            except _UNREADABLE as error:
                raise self._damaged(number) from error
            if count != part.frames:
                raise self._damaged(number)

    def _damaged(self, number: int) -> MediaError:
        name = self._path_of(number).name
        return MediaError(
            f"{name}, a part of {self._path}, is damaged", "run the same command again: it makes it anew"
        )


def _packets_of(part: Path) -> Iterator[Packet[VideoStream]]:
    """The packets of a part that hold something; one of `_UNREADABLE` where it is damaged."""
    with open_container(part) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.is_corrupt:
                raise OSError(f"{part} is cut off")
            if packet.size:
                yield packet
