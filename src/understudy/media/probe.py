"""What a file holds, packet by packet: proof that audio and times came through."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from understudy.media.opening import open_container, video_stream_of

Kind = Literal["video", "audio"]


def packets_digest(path: Path, kind: Kind = "audio") -> list[list[str]]:
    """SHA-256 of every packet's payload.

    Two files with equal answers hold the same coded streams. The frame header that AAC carries in
    MPEG streams but not elsewhere is left out. Containers cut PCM into packets as they like, so such
    a stream counts as one packet.

    Args:
        path: a media file.
        kind: the streams to look at.

    Returns:
        For each stream, in order, 64 hex digits a packet.

    Raises:
        MediaError: the file cannot be opened.
    """
    with open_container(path) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        digests: dict[int, list[str]] = {stream.index: [] for stream in streams}
        whole = {stream.index: hashlib.sha256() for stream in streams if _is_pcm(stream)}
        for packet in _packets(container, streams):
            payload = _without_adts(bytes(packet), packet.stream)
            if packet.stream_index in whole:
                whole[packet.stream_index].update(payload)
            else:
                digests[packet.stream_index].append(hashlib.sha256(payload).hexdigest())
        digests |= {index: [digest.hexdigest()] for index, digest in whole.items()}
        return list(digests.values())


def presentation_times(path: Path) -> list[Fraction]:
    """Presentation time of every video frame in seconds, exact, in order.

    Taken from the packets; frames that an edit list hides are left out.

    Raises:
        MediaError: the file cannot be opened, has no video, or its container keeps no presentation times.
    """
    with open_container(path) as container:
        stream = video_stream_of(container, path)
        times = [
            packet.pts * packet.time_base
            for packet in _packets(container, [stream])
            if packet.pts is not None and not packet.is_discard
        ]
    return sorted(times)


def stream_spans(path: Path) -> dict[Kind, tuple[Fraction, Fraction]]:
    """When the video and the first audio stream start and end, in seconds.

    Audio is decoded: an encoder puts samples before the first that counts, and containers differ in
    how they say so, while decoded frames have the times at which they are heard.

    Returns:
        Kind of stream to (start, end); a kind that the file lacks is left out. Audio ends
        with its last decoded sample; video with its last packet where packets state how long they are,
        else where that one starts.

    Raises:
        MediaError: the file cannot be opened.
    """
    with open_container(path) as container:
        first: dict[int, Stream] = {}
        if container.streams.video:
            video = video_stream_of(container, path)
            first[video.index] = video
        if container.streams.audio:
            first[container.streams.audio[0].index] = container.streams.audio[0]
        spans: dict[Kind, tuple[Fraction, Fraction]] = {}
        for packet in _packets(container, list(first.values())):
            stream = first[packet.stream_index]
            kind: Kind = "audio" if isinstance(stream, AudioStream) else "video"
            for start, end in _heard(packet) if kind == "audio" else _stated(packet):
                known = spans.get(kind, (start, end))
                spans[kind] = (min(known[0], start), max(known[1], end))
        return spans


def _stated(packet: Packet[Stream]) -> list[tuple[Fraction, Fraction]]:
    """Start and end in seconds that a packet states; nothing of one that is not shown."""
    if packet.pts is None or packet.is_discard:
        return []
    start = packet.pts * packet.time_base
    return [(start, start + (packet.duration or 0) * packet.time_base)]


def _heard(packet: Packet[Stream]) -> list[tuple[Fraction, Fraction]]:
    """Start and end in seconds of what an audio packet decodes to; what it states where that fails."""
    try:
        frames = [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
    except FFmpegError:
        return _stated(packet)
    starts = [(f, f.pts * f.time_base) for f in frames if f.pts is not None and f.time_base is not None]
    return [(start, start + Fraction(frame.samples, frame.sample_rate)) for frame, start in starts]


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """Every packet with content, up to the break where the file breaks off."""
    if not streams:
        return
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def _is_pcm(stream: Stream) -> bool:
    return isinstance(stream, AudioStream) and stream.codec_context.name.startswith("pcm_")


def _without_adts(payload: bytes, stream: Stream) -> bytes:
    """Take the ADTS header (7 bytes, or 9 with a checksum) off an AAC frame."""
    is_aac = isinstance(stream, AudioStream) and stream.codec_context.name.startswith("aac")
    if not is_aac or stream.codec_context.extradata or len(payload) < 7:
        return payload
    if payload[0] != 0xFF or payload[1] & 0xF6 != 0xF0:
        return payload
    return payload[7:] if payload[1] & 1 else payload[9:]
