"""What files say in the way of XMP, found where readers of each type look for it."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from clips import make_clip, picture
from understudy.media.stills import encode_still
from understudy.media.xmp import DIGITAL_SOURCE_TYPE, XMP_KEY, append_xmp, synthetic_xmp

IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"


def source_type(packet: bytes) -> str | None:
    """Read by a parser of XML."""
    root = ET.fromstring(packet.decode().lstrip("\ufeff"))
    return next(root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")).get(
        f"{IPTC}DigitalSourceType"
    )


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_pictures(suffix: str) -> None:
    data = encode_still(suffix, picture(0, 40, 30), texts={"Comment": "c", XMP_KEY: synthetic_xmp()})
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (30, 40, 3)
    packets: list[bytes] = []
    if suffix == ".png":
        at = 8
        while at < len(data):
            (length,) = struct.unpack(">I", data[at : at + 4])
            content = data[at + 8 : at + 8 + length]
            if data[at + 4 : at + 8] == b"iTXt" and content.startswith(b"XML:com.adobe.xmp\0"):
                packets.append(content.split(b"\0", 5)[5])
            at += 12 + length
    else:
        at = 2
        while data[at + 1] != 0xDA:  # the picture itself
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            content = data[at + 4 : at + 2 + length]
            if data[at + 1] == 0xE1:
                name, _, packet = content.partition(b"\0")
                assert name == b"http://ns.adobe.com/xap/1.0/"
                packets.append(packet)
            at += 2 + length
    assert [source_type(packet) for packet in packets] == [DIGITAL_SOURCE_TYPE]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_videos(suffix: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / f"a{suffix}", frames=5)
    before = path.read_bytes()
    append_xmp(path)
    data = path.read_bytes()
    assert data.startswith(before)
    boxes: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        boxes.append((data[at + 4 : at + 8], data[at + 8 : at + length]))
        at += length
    kind, content = boxes[-1]
    assert (kind, content[:16].hex()) == (b"uuid", "be7acfcb97a942e89c71999491e3afac")
    assert source_type(content[16:]) == DIGITAL_SOURCE_TYPE
    with av.open(str(path)) as video:
        assert len(list(video.decode(video=0))) == 5


def test_other_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"x")
    append_xmp(path)
    assert path.read_bytes() == b"x"
