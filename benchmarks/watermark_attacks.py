"""What is done to pictures on their way, of which a watermark shall be found again."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import av
import cv2
import numpy as np

from understudy.core.types import Image

Attack = Callable[[Sequence[Image], int], list[Image]]


def coded_again(images: Sequence[Image], rate: int, crf: int = 28) -> list[Image]:
    """Through H.264, as x264 does by default."""
    height, width = (length - length % 2 for length in images[0].shape[:2])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": str(crf), "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer, "r") as back:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in back.decode(video=0)]


def halved(images: Sequence[Image], rate: int = 0) -> list[Image]:
    """Scaled to 50 %."""
    small = (cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for image in images)
    return [np.asarray(image, np.uint8) for image in small]


def as_jpeg(images: Sequence[Image], rate: int = 0) -> list[Image]:
    """Through JPEG of quality 75."""
    codes = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 75])[1] for image in images]
    return [np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8) for code in codes]


def cropped(images: Sequence[Image], rate: int = 0) -> list[Image]:
    """8 % of each side's length cut away, not evenly."""
    height, width = images[0].shape[:2]
    rows, columns = (
        slice(round(0.05 * height), round(0.97 * height)),
        slice(round(0.02 * width), round(0.94 * width)),
    )
    return [np.ascontiguousarray(image[rows, columns]) for image in images]


ATTACKS: dict[str, Attack] = {
    "none": lambda images, rate: list(images),
    "h264_crf28": coded_again,
    "scale_50": halved,
    "jpeg_75": as_jpeg,
    "crop_8": cropped,
    "scale_50_h264_crf28": lambda images, rate: coded_again(halved(images), rate),
    "crop_8_scale_50_h264_crf28": lambda images, rate: coded_again(halved(cropped(images)), rate),
}
