"""Times, turns and colours of a written MP4, by its own boxes: read here, without FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from clips import make_clip
from passing import DEEP, HLG, PQ, passed_through
from understudy.media.reader import VideoReader

_FOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}
CLIPS = {
    "plain": {"audio": ("aac", "aac")},
    "HLG": DEEP | {"tags": HLG},
    "PQ": DEEP | {"tags": PQ},
    "full range": {"pixel_format": "yuvj420p", "tags": (1, 1, 1, 2)},
    "23.976": {"rate_hz": Fraction(24000, 1001), "time_base": Fraction(1, 24000)},
    "29.97": {"rate_hz": Fraction(30000, 1001), "time_base": Fraction(1, 30000), "audio": ("aac",)},
    "59.94": {"rate_hz": Fraction(60000, 1001), "time_base": Fraction(1, 60000)},
    "variable rate": {"time_base": Fraction(1, 90000), "pts": [0, 3003, 6001, 20000, 20010, 45000]},
    "starts late": {"time_base": Fraction(1, 12800), "pts": [6401 + 512 * i for i in range(20)]},
    "turned 90": {"rotation_deg": 90},
    "turned 180": {"rotation_deg": 180},
    "turned 270, mirrored": {"rotation_deg": 270, "is_mirrored": True},
    "odd": {"pixel_format": "yuv444p", "size_px": (95, 63)},
}  # fmt: skip


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each box, those that hold others taken apart."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if length == 1:
            (length,) = struct.unpack(">Q", data[at + 8 : at + 16])
            head = 16
        content = data[at + head : at + length]
        yield name, content
        if name in _FOLDERS:
            yield from boxes(content)
        at += length


def numbers(content: bytes, form: str, head: int = 8) -> list[tuple[int, ...]]:
    """Rows of a table box: version, flags and count before them."""
    return list(struct.iter_unpack(f">{form}", content[head:]))


def video_track(path: Path) -> dict[str, object]:
    """What the boxes of the video's track say; times in seconds, exact."""
    movie = dict(boxes(path.read_bytes()))
    (movie_scale,) = struct.unpack(">I", movie[b"mvhd"][12:16])
    for track in (content for name, content in boxes(path.read_bytes()) if name == b"trak"):
        found = dict(boxes(track))
        if found[b"hdlr"][8:12] == b"vide":
            break
    # after version, flags and two dates, which are of 8 bytes in version 1
    (scale,) = struct.unpack_from(">I", found[b"mdhd"], 20 if found[b"mdhd"][0] == 1 else 12)
    shown, decoded = [], 0
    shifts = [by for count, by in numbers(found.get(b"ctts", bytes(8)), "Ii") for _ in range(count)]
    for count, length in numbers(found[b"stts"], "II"):
        for _ in range(count):
            shown.append(decoded + (shifts[len(shown)] if shifts else 0))
            decoded += length
    begin, skipped = Fraction(0), 0
    is_long = found.get(b"elst", b"\0")[0] == 1
    for duration, media_time, _ in numbers(found.get(b"elst", bytes(8)), "QqI" if is_long else "IiI"):
        if media_time == -1:  # nothing is shown for a while
            begin += Fraction(duration, movie_scale)
        else:
            skipped = media_time
    sample = found[b"stsd"]
    at = sample.find(b"colrnclx")
    wide_head = found[b"tkhd"][0] == 1
    return {
        "times": sorted(begin + Fraction(pts - skipped, scale) for pts in shown),
        "matrix": struct.unpack(">9i", found[b"tkhd"][40 + 12 * wide_head :][:36]),
        "size": struct.unpack(">HH", sample[8 + 8 + 24 : 8 + 8 + 28]),
        "colours": sample[at + 8 : at + 15] if at >= 0 else None,
    }


@pytest.mark.parametrize("kind", CLIPS)
def test_boxes_are_those_of_the_footage(tmp_path: Path, kind: str) -> None:
    target, output = make_clip(tmp_path / "a.mp4", **CLIPS[kind]), tmp_path / "b.mp4"
    passed_through(target, output)
    before, after = video_track(target), video_track(output)
    assert before["times"] == after["times"]
    assert len(after["times"]) > 5  # type: ignore[arg-type]
    assert before["matrix"] == after["matrix"]
    assert before["size"] == after["size"]
    assert before["colours"] == after["colours"]
    with VideoReader(target) as reader:  # the boxes were read rightly
        assert [frame.time_s for frame in reader] == before["times"]
