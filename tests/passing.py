"""Conversion that changes nothing: what of the footage comes out again."""

from __future__ import annotations

from pathlib import Path

from understudy.media.encoding import is_native
from understudy.media.partial import DecodedPicture
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

HLG, PQ = (9, 9, 18, 1), (9, 9, 16, 1)
DEEP = {"codec": "libx265", "pixel_format": "yuv420p10le"}


def passed_through(target: Path, output: Path, **options: object) -> list[str]:
    """Decode and encode without a change, as conversion does with frames that show nobody."""
    with (
        VideoReader(target) as reader,
        VideoWriter(output, like=reader.info, native=is_native(reader.info), **options) as writer,
    ):
        for frame in reader.partial():
            assert isinstance(frame.image, DecodedPicture)
            assert frame.image.coded is not None
            writer.write_coded(frame.image.coded, frame.time_s)
    return writer.warnings
