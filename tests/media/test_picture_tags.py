"""Tags put into finished pictures: found by who looks for them, and no pixel changes."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from clips import picture
from understudy.media.picture_tags import tagged
from understudy.media.xmp import DIGITAL_SOURCE_TYPE, PICTURE_NOTICE, XMP_KEY, synthetic_xmp

TEXTS = {"Comment": "a remark", XMP_KEY: synthetic_xmp(PICTURE_NOTICE)}
LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 101]
LOSSY = [cv2.IMWRITE_WEBP_QUALITY, 80]


def encoded(suffix: str, options: list[int], *, width: int = 41, alpha: bool = False) -> bytes:
    image = picture(2, width, 30)
    if alpha:
        image = np.dstack([image, np.full(image.shape[:2], 77, np.uint8)])
    return cv2.imencode(suffix, image, options)[1].tobytes()


@pytest.mark.parametrize(
    ("suffix", "options", "alpha"),
    [
        (".png", [], False),
        (".jpg", [], False),
        (".webp", LOSSY, False),
        (".webp", LOSSLESS, False),
        (".webp", LOSSLESS, True),
        (".webp", LOSSY, True),
    ],
)
@pytest.mark.parametrize("width", [41, 1])
def test_another_program_finds_them(suffix: str, options: list[int], alpha: bool, width: int) -> None:
    before = encoded(suffix, options, alpha=alpha, width=width)
    after = tagged(before, TEXTS)
    with Pillow.open(io.BytesIO(before)) as one, Pillow.open(io.BytesIO(after)) as other:
        assert (one.size, one.mode) == (other.size, other.mode)
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
        packet = other.info.get("xmp") or other.info.get(XMP_KEY) or b""
    packet = packet.encode() if isinstance(packet, str) else packet
    assert DIGITAL_SOURCE_TYPE.encode() in packet
    assert PICTURE_NOTICE.encode() in packet
    if suffix != ".webp":
        assert b"a remark" in after
    else:
        assert struct.unpack("<I", after[4:8])[0] == len(after) - 8


def test_a_webp_that_says_more_already_keeps_it() -> None:
    data = io.BytesIO()
    Pillow.fromarray(picture(0, 20, 10)).save(
        data, "WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    )
    with Pillow.open(io.BytesIO(tagged(data.getvalue(), TEXTS))) as image:
        assert "exif" in image.info
        assert DIGITAL_SOURCE_TYPE.encode() in image.info["xmp"]
    assert tagged(data.getvalue(), {"Comment": "no place"}) == data.getvalue()


def test_what_is_none_of_these_is_told() -> None:
    with pytest.raises(ValueError, match="neither PNG"):
        tagged(b"GIF89a", TEXTS)
