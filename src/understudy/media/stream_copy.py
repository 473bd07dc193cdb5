"""Sound, subtitles, fonts, chapters and titles carried from one file into another, packet for packet."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import AttachmentStream, Discard, Stream
from av.subtitles.stream import SubtitleStream

from understudy.core.errors import MediaError
from understudy.media.opening import open_container

# what a container holds besides; other kinds would have to be converted
_SUBTITLES = {
    **dict.fromkeys((".mp4", ".m4v", ".mov"), frozenset({"mov_text"})),
    ".mkv": frozenset(
        {"subrip", "srt", "ass", "ssa", "webvtt", "text", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"}
    ),
}
_OF_THE_CONTAINER = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_ANY_TYPE = "application/octet-stream"
_Copied = AudioStream | SubtitleStream


def is_copied(stream: Stream, suffix: str) -> bool:
    """Whether `StreamCopy` takes a stream along into a file with this suffix."""
    if suffix.lower() not in _SUBTITLES:  # images
        return False
    if stream.type == "audio":
        return True
    if stream.type == "attachment":  # fonts of subtitles
        return suffix.lower() == ".mkv"
    return stream.type == "subtitle" and stream.codec_context.name in _SUBTITLES[suffix.lower()]


class StreamCopy:
    """Copies every audio stream of a file, and subtitles, into an open output, in step with the video.

    Packets keep their bytes and their times; only a packet whose time is missing or runs backwards
    gets another, which `repaired` counts. A source that breaks off is copied up to the break.

    Args:
        source: the file to copy from.
        suffix: of the output, with its dot: subtitles that it cannot hold are left out.
        shift_s: added to every time.
        leaves_out: kinds of streams that stay behind.
        is_whole: whether titles and chapters come along.
        language: that streams are tagged with; their own where None.
    """

    def __init__(
        self,
        source: Path,
        suffix: str,
        *,
        shift_s: Fraction = Fraction(0),
        leaves_out: Collection[str] = (),
        is_whole: bool = True,
        language: str | None = None,
    ) -> None:
        """Open the source."""
        self.repaired = 0
        self._is_whole = is_whole
        self._tags = {} if language is None else {"language": language}
        self._shift_s = shift_s
        self._next_dts: dict[int, int] = {}
        self._container = open_container(source)
        # streams that are not asked for need not be read from the disk
        self._streams: list[_Copied] = []
        self._attachments: list[AttachmentStream] = []
        for stream in self._container.streams:
            is_wanted = stream.type not in leaves_out and is_copied(stream, suffix)
            if isinstance(stream, AttachmentStream):
                if is_wanted:
                    self._attachments.append(stream)
            elif is_wanted:
                self._streams.append(cast(_Copied, stream))
            else:
                stream.discard = Discard.all
        self._targets: dict[int, _Copied] = {}
        self._packets: Iterator[Packet[_Copied]] = iter(())
        self._pending: Packet[_Copied] | None = None

    @property
    def sample_rates_hz(self) -> list[int]:
        """Sample rate of each audio stream."""
        return [s.codec_context.sample_rate for s in self._streams if isinstance(s, AudioStream)]

    def declare_in(self, output: OutputContainer) -> None:
        """Add the streams to the output, whose header must not yet be written.

        Raises:
            MediaError: the output's container cannot hold one of the streams.
        """
        self._output = output
        if self._is_whole:
            kept = {k: v for k, v in self._container.metadata.items() if k.lower() not in _OF_THE_CONTAINER}
            output.metadata.update(kept | output.metadata)
            self._declare_chapters(output)
        for stream in self._streams:
            self._targets[stream.index] = _declare(stream, output)
            self._targets[stream.index].metadata.update(self._tags)
        for each in self._attachments:
            output.add_attachment(
                each.name or "attachment", each.mimetype or _ANY_TYPE, bytes(each.data or b"")
            )
        self._packets = self._read()
        self._pending = next(self._packets, None)

    def _declare_chapters(self, output: OutputContainer) -> None:
        chapters = self._container.chapters()
        for chapter in chapters:
            shift = round(self._shift_s / (chapter["time_base"] or 1))
            chapter["start"], chapter["end"] = chapter["start"] + shift, chapter["end"] + shift
        if chapters:
            output.set_chapters(chapters)

    def copy_until(self, time_s: Fraction | None) -> None:
        """Copy what is presented up to a time of the output, or all that is left where None."""
        while self._pending is not None and (time_s is None or _time_s(self._pending) <= time_s):
            self._output.mux_one(self._pending)
            self._pending = next(self._packets, None)

    def close(self) -> None:
        """Close the source."""
        self._container.close()

    def _read(self) -> Iterator[Packet[_Copied]]:
        """Packets of the source with usable times, already assigned to the output's streams."""
        if not self._streams:  # of none, all would be read
            return
        packets = cast("Iterator[Packet[_Copied]]", self._container.demux(self._streams))
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:  # the break, which the reader of the same file reports
                return
            if packet is None:
                return
            if packet.size == 0:  # asks decoders to give what they hold back
                continue
            self._settle_times(packet)
            packet.stream = self._targets[packet.stream_index]
            yield packet

    def _settle_times(self, packet: Packet[_Copied]) -> None:
        shift = round(self._shift_s / packet.time_base)
        index = packet.stream_index
        dts = packet.dts if packet.dts is not None else packet.pts
        expected = self._next_dts.get(index)
        if dts is not None:
            dts += shift
        # subtitles may overlap
        is_sound = isinstance(packet.stream, AudioStream)
        if dts is None or (is_sound and expected is not None and dts < expected - (packet.duration or 1) + 1):
            dts = expected if expected is not None else shift
            packet.pts = None
            self.repaired += 1
        packet.pts = packet.pts + shift if packet.pts is not None else dts
        packet.dts = dts
        self._next_dts[index] = dts + max(1, packet.duration or 1)


def _declare(stream: _Copied, output: OutputContainer) -> _Copied:
    suffix, codec = Path(output.name).suffix, stream.codec_context.name
    refusal = MediaError(f"{suffix} cannot hold {codec} {stream.type}", "write a .mkv file")
    # the muxer takes PCM here and may fail over its channel layout when all work is done
    if codec.startswith("pcm_") and suffix.lower() in (".mp4", ".m4v"):
        raise refusal
    try:
        target = output.add_stream_from_template(stream)
    except ValueError as error:
        raise refusal from error
    target.metadata.update(stream.metadata)
    target.disposition = stream.disposition
    return target


def _time_s(packet: Packet[_Copied]) -> Fraction:
    assert packet.pts is not None  # settled when it was read
    return packet.pts * packet.time_base
