"""What pictures and videos say in the way of XMP: that a trained model had a part in them."""

from __future__ import annotations

import struct
import uuid
from html import escape
from pathlib import Path

XMP_KEY = "XML:com.adobe.xmp"  # of a PNG's text
SYNTHETIC_NOTICE = "Synthetic media: a face in this video was replaced (understudy)"
VOICED_NOTICE = "Synthetic media: a face in this video and the voice were replaced (understudy)"
PICTURE_NOTICE = "Synthetic media: a face in this picture was drawn by a trained model (understudy)"
ANIMATED_NOTICE = "Synthetic media: a face was given another expression (understudy)"
LIPS_NOTICE = "Synthetic media: a mouth was made to say something else (understudy)"
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")
_BOXED_SUFFIXES = (".mp4", ".mov", ".m4v", ".m4a")
_JPEG_NAMESPACE = b"http://ns.adobe.com/xap/1.0/\0"


def synthetic_xmp(notice: str = "") -> str:
    """A packet that says what IPTC's digital source type says: a composite with a trained model's work.

    Args:
        notice: the same in words, for types of file that have no other place for them; plain text.

    Reference:
        IPTC Photo Metadata Standard 2023.2, Digital Source Type; XMP part 1 (ISO 16684-1), 7.3; Dublin Core.
    """
    words = (
        '<dc:description xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(notice)}</rdf:li></rdf:Alt></dc:description>'
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{DIGITAL_SOURCE_TYPE}">{words if notice else ""}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def append_xmp(path: Path) -> None:
    """Put the packet behind all else in a finished MP4 or MOV file; others stay as they are.

    Raises:
        OSError: the file cannot be written.

    Reference:
        XMP part 3, 1.2.1 (MPEG-4): a box of its own type.
    """
    if path.suffix.lower() not in _BOXED_SUFFIXES:
        return
    packet = synthetic_xmp().encode()
    with path.open("ab") as file:
        file.write(struct.pack(">I", 24 + len(packet)) + b"uuid" + _BOX.bytes + packet)


def jpeg_segment(packet: str) -> bytes:
    """A packet as a JPEG's APP1 segment.

    Reference:
        XMP part 3, 1.1.3 (JPEG).
    """
    content = _JPEG_NAMESPACE + packet.encode()
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
