"""What is said in files is found wherever it lies, whatever they are called; not in pictures and sound."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from made_manifests import made
from understudy.media.xmp import SYNTHETIC_NOTICE
from understudy.provenance import traces
from understudy.provenance.media_spans import said_spans
from understudy.provenance.traces import trace_in

NOTICE = SYNTHETIC_NOTICE.encode()
MUCH = 9 << 20


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def long_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def element(kind: bytes, content: bytes, length: bytes | None = None) -> bytes:
    return kind + (length or struct.pack(">Q", 1 << 56 | len(content))) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(kind: bytes, *chunks: bytes) -> bytes:
    return chunk(b"RIFF", kind + b"".join(chunks))


FTYP, EBML = box(b"ftyp", b"isom\0\0\0\0"), element(b"\x1aE\xdf\xa3", b"\x42\x82\x88matroska")
SEGMENT, CLUSTER, TAGS = b"\x18S\x80g", b"\x1fC\xb6u", b"\x12T\xc3g"
BIG = bytes(MUCH)
SAID = {
    "moov of 9 MB, its tags behind": FTYP + box(b"moov", BIG + NOTICE + BIG) + box(b"mdat", BIG),
    "moov in the middle": FTYP + box(b"mdat", BIG) + box(b"moov", NOTICE) + box(b"mdat", BIG),
    "a long mdat": FTYP + long_box(b"mdat", BIG) + box(b"udta", NOTICE) + box(b"free", BIG),
    "a broken box": FTYP + struct.pack(">I", 3) + b"mdat" + BIG + NOTICE + BIG,
    "matroska": EBML
    + element(SEGMENT, element(CLUSTER, BIG) + element(TAGS, NOTICE) + element(CLUSTER, BIG)),
    "matroska without lengths": EBML
    + element(SEGMENT, element(CLUSTER, BIG + NOTICE + BIG, b"\xff"), b"\xff"),
    "avi": riff(b"AVI ", chunk(b"LIST", b"movi" + BIG), chunk(b"LIST", b"INFO" + NOTICE))
    + riff(b"AVIX", chunk(b"LIST", b"movi" + BIG)),
    "wave": riff(b"WAVE", chunk(b"data", BIG + b"x"), chunk(b"LIST", b"INFO" + NOTICE), chunk(b"junk", BIG)),
    "picture": b"\xff\xd8\xff" + BIG + NOTICE + BIG,
    "mp3": b"\xff\xfb\x90\0" + BIG + NOTICE + BIG,
    "page": b"<!doctype html>" + BIG + NOTICE + BIG,
}


@pytest.mark.parametrize("kind", SAID)
def test_tags_far_from_both_ends_are_found(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "any.bin"
    path.write_bytes(SAID[kind])
    assert trace_in(path) == "ours"
    at = SAID[kind].index(NOTICE)
    path.write_bytes(SAID[kind][:at] + bytes(len(NOTICE)) + SAID[kind][at + len(NOTICE) :])
    assert trace_in(path) == "none"


@pytest.mark.parametrize(
    "data",
    [
        FTYP + box(b"moov", b"x") + box(b"mdat", b"." * 100 + NOTICE),
        EBML + element(SEGMENT, element(CLUSTER, b"." * 100 + NOTICE)),
        riff(b"AVI ", chunk(b"LIST", b"movi" + NOTICE)),
        b"notes on " + NOTICE,
        b"PK\3\4" + NOTICE,
        b"%PDF-1.7" + NOTICE,
        b"",
    ],
)
def test_neither_pictures_nor_what_is_no_media_say_anything(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "any.mp4"
    path.write_bytes(data)
    assert trace_in(path) == "none"


@pytest.mark.parametrize("split", range(0, 70, 7))
def test_no_piece_ends_where_something_is_said(
    split: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "_PIECE_BYTES", 4096)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(4096 - 8 - split) + NOTICE + bytes(9000))
    assert trace_in(path) == "ours"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".wav"])
def test_of_real_files_little_is_looked_at(suffix: str, tmp_path: Path) -> None:
    data = made(tmp_path / f"a{suffix}").read_bytes()
    spans = list(said_spans(io.BytesIO(data)))
    seen = b"".join(data[start:end] for start, end in spans)
    assert spans
    assert spans[0][0] == 0
    assert len(seen) < 0.8 * len(data)


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a", ".jpg", ".png", ".webp", ".tif"])
def test_other_media_are_known_by_their_content(suffix: str, tmp_path: Path) -> None:
    assert list(said_spans(io.BytesIO(made(tmp_path / f"a{suffix}").read_bytes())))


def test_any_cut_and_any_length_ends() -> None:
    """Strangers' files must neither fail nor be looked through for ever."""
    for kind in ("a long mdat", "matroska", "avi"):
        data = SAID[kind].replace(BIG, b"." * 40)
        for end in range(len(data)):
            spans = list(said_spans(io.BytesIO(data[:end])))
            assert all(0 <= start < last <= end for start, last in spans)
        for at in range(len(data)):
            for value in (0, 1, 0x7F, 0xFF):
                changed = data[:at] + bytes([value]) + data[at + 1 :]
                spans = list(said_spans(io.BytesIO(changed)))
                assert all(0 <= start < last <= len(data) for start, last in spans)
