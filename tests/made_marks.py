"""Faces made for tests of the watermark: pictures of noise with a face's spectrum, and footage of them."""

import io
from collections.abc import Sequence
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_detect import VIEW_COVERAGE, VIEW_PX, View
from understudy.provenance.watermark_embed import Watermark

SIZE_PX, COVERAGE, SIDE_PX = 256, 1.25, 300
FRAME_PX = 480
RATE = 25
PAYLOAD = 0x0123456789ABCDEF
Image = NDArray[np.uint8]


def face(seed: int) -> NDArray[np.float32]:
    """(SIZE_PX, SIZE_PX, 3) float32 RGB in [0, 1]: the longer the wave, the more of it, as in pictures."""
    rng = np.random.default_rng(seed)
    power = 1 / np.maximum(1, np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIZE_PX, 1 / SIZE_PX)] * 2))) ** 1.6
    grey = np.fft.ifft2(np.fft.fft2(rng.normal(0, 1, (SIZE_PX, SIZE_PX))) * power).real
    grey = 0.5 + 0.12 * grey / grey.std()
    return np.repeat(np.clip(grey, 0.05, 0.95)[..., None], 3, axis=2).astype(np.float32)


def oval() -> NDArray[np.float32]:
    """(SIZE_PX, SIZE_PX) float32, where the face is."""
    mask = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    middle = SIZE_PX // 2
    cv2.ellipse(mask, (middle, middle), (int(0.28 * SIZE_PX), int(0.36 * SIZE_PX)), 0, 0, 360, (1,), -1)
    return np.asarray(cv2.blur(mask, (9, 9)), np.float32)


def footage(seed: int, frames: int, *, marked: bool = True, **watermark: Any) -> list[Image]:
    """Frames of a face in changing light, with the face square in their middle."""
    mark = Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE, **watermark)
    rng, still = np.random.default_rng(seed), face(seed)
    slope = np.linspace(-1, 1, SIZE_PX, dtype=np.float32)[:, None]
    size = round(SIDE_PX * COVERAGE)
    start = (FRAME_PX - size) // 2
    made: list[Image] = []
    for number in range(frames):
        light = 0.02 * np.sin(number / 9) * slope + rng.normal(0, 0.004, (SIZE_PX, SIZE_PX))
        drawn = still + light[..., None].astype(np.float32)
        if marked:
            shown = mark.marked(drawn, time_s=number / RATE, frame_px=SIDE_PX)
            drawn += (shown - drawn) * oval()[..., None]
        frame = np.full((FRAME_PX, FRAME_PX, 3), 128, np.uint8)
        shown = cv2.resize(drawn, (size, size), interpolation=cv2.INTER_CUBIC)
        frame[start : start + size, start : start + size] = np.clip(np.rint(shown * 255), 0, 255)
        made.append(frame)
    return made


def views(frames: Sequence[Image], *, off_px: float = 0.0, begin_s: float = 0.0) -> list[View]:
    """Their faces, cut out as they would be with the square that is known, or one that is off."""
    found: list[View] = []
    for number, frame in enumerate(frames):
        scale = FRAME_PX / frame.shape[0]
        side = SIDE_PX / scale
        middle = ((FRAME_PX // 2 - 0.5 + off_px) + 0.5) / scale - 0.5
        unit = side * VIEW_COVERAGE / VIEW_PX
        shift = middle - unit * (VIEW_PX - 1) / 2
        matrix = np.array([[unit, 0, shift], [0, unit, shift]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        smooth = cv2.GaussianBlur(frame, (0, 0), max(0.3, 0.4 * unit))
        crop = cv2.warpAffine(smooth, matrix, (VIEW_PX, VIEW_PX), flags=flags)
        found.append(View(crop=np.asarray(crop, np.uint8), time_s=begin_s + number / RATE))
    return found


def coded_again(frames: Sequence[Image], crf: int) -> list[Image]:
    """Through H.264 as the project's writer makes it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer, "r") as back:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in back.decode(video=0)]
