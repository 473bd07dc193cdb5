"""Synthetic clips for tests: known pictures in every kind of file that the media layer must stand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from numpy.typing import NDArray

AUDIO_HZ = 44100
LOSSLESS = {
    "libx264": {"qp": "0", "preset": "ultrafast"},
    "libx265": {"x265-params": "lossless=1:log-level=none"},
}


def picture(index: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """A smooth colourful (h, w, 3) RGB picture whose content and level move with `index`."""
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float64)
    phase = 2 * np.pi * index / 50
    red = 128 + 90 * np.sin(2 * np.pi * x / width_px + phase)
    green = 128 + 90 * np.cos(2 * np.pi * y / height_px - phase)
    blue = 40 + 170 * (x / width_px + y / height_px) / 2
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255).astype(np.uint8)


def corner_picture(width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Grey with a red top left and a blue top right corner: shows every turn and mirroring."""
    image = np.full((height_px, width_px, 3), 110, np.uint8)
    image[: height_px // 3, : width_px // 3] = (210, 40, 40)
    image[: height_px // 3, -(width_px // 3) :] = (40, 40, 210)
    return image


def yuv_from_rgb(image: NDArray[np.uint8], kr: float, kb: float, *, full: bool) -> NDArray[np.uint8]:
    """(h, w, 3) RGB to (3, h, w) YUV 4:4:4, by the definition in ITU-R BT.601 and BT.709."""
    r, g, b = np.moveaxis(image.astype(np.float64) / 255, -1, 0)
    luma = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - luma) / (2 * (1 - kb)), (r - luma) / (2 * (1 - kr))
    planes = (
        [255 * luma, 128 + 255 * cb, 128 + 255 * cr]
        if full
        else [16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr]
    )
    return np.clip(np.round(planes), 0, 255).astype(np.uint8)


def rgb_from_yuv(planes: NDArray[np.uint8], kr: float, kb: float, *, full: bool) -> NDArray[np.uint8]:
    """(3, h, w) YUV 4:4:4 to (h, w, 3) RGB, the inverse of `yuv_from_rgb`."""
    y, u, v = planes.astype(np.float64)
    luma, cb, cr = (
        (y / 255, (u - 128) / 255, (v - 128) / 255)
        if full
        else ((y - 16) / 219, (u - 128) / 224, (v - 128) / 224)
    )
    r, b = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return np.clip(np.round(255 * np.stack([r, g, b], axis=-1)), 0, 255).astype(np.uint8)


def make_clip(
    path: Path,
    *,
    frames: int = 25,
    size_px: tuple[int, int] = (96, 64),
    rate_hz: Fraction = Fraction(25),
    time_base: Fraction | None = None,
    pts: list[int] | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rotation_deg: int = 0,
    is_mirrored: bool = False,
    audio: tuple[str, ...] = (),
    audio_start_s: Fraction = Fraction(0),
    tags: tuple[int, int, int, int] = (2, 2, 2, 0),
    image: NDArray[np.uint8] | None = None,
    codec_options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a clip.

    Args:
        path: the file; its suffix chooses the container.
        frames: how many; `len(pts)` where `pts` is given.
        size_px: coded width and height.
        rate_hz: nominal rate, and the actual one where `pts` is None.
        time_base: seconds a unit of pts; 1 / rate where None.
        pts: presentation times, increasing; 0, 1, 2 .. frame periods where None.
        codec: encoder.
        pixel_format: stored pixel format.
        rotation_deg: clockwise turn that a player makes.
        is_mirrored: whether a player mirrors before the turn.
        audio: an encoder a stream, e.g. ("aac",); a tone of 440 Hz as long as the video.
        audio_start_s: when audio starts.
        tags: matrix, primaries, transfer (H.273) and range (1 limited, 2 full).
        image: shown in every frame; the moving `picture` where None.
        codec_options: of the video encoder.
        container_options: of the muxer, e.g. {"movflags": "faststart"}.

    Returns:
        `path`.
    """
    base = time_base or 1 / rate_hz
    times = pts if pts is not None else [round(i / rate_hz / base) for i in range(frames)]
    width, height = size_px
    options = dict(container_options or {})
    if path.suffix in (".mp4", ".mov"):
        options.setdefault("video_track_timescale", str(base.denominator))
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream(codec, rate=rate_hz, width=width, height=height, pix_fmt=pixel_format)
        video.options = dict(codec_options or LOSSLESS.get(codec, {}))
        context = video.codec_context
        context.time_base = base if codec not in ("mpeg1video", "mpeg2video") else 1 / rate_hz
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = tags
        if rotation_deg or is_mirrored:
            turn = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation_deg]
            flip = -1 if is_mirrored else 1
            a, b, c, d = (65536 * v for v in (flip * turn[0], flip * turn[1], -turn[1], turn[0]))
            video.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        sounds = [container.add_stream(name, rate=AUDIO_HZ) for name in audio]
        container.start_encoding()
        done_s = Fraction(0)
        for index, time in enumerate(times):
            frame = _coded(image if image is not None else picture(index, width, height), pixel_format, tags)
            frame.pts, frame.time_base = time, base
            container.mux(video.encode(frame))
            until_s = max(Fraction(0), (time - times[0]) * base + 1 / rate_hz)
            for number, sound in enumerate(sounds):
                _add_tone(
                    container, sound, 440 * (number + 1), done_s, until_s, audio_start_s + times[0] * base
                )
            done_s = until_s
        container.mux(video.encode(None))
        for sound in sounds:
            container.mux(sound.encode(None))
    return path


def cut(path: Path, share: float) -> Path:
    """Break a file off: a copy beside it with only the first `share` of its bytes."""
    data = path.read_bytes()
    broken = path.with_name(f"{path.stem}_cut{path.suffix}")
    broken.write_bytes(data[: int(len(data) * share)])
    return broken


def _coded(image: NDArray[np.uint8], pixel_format: str, tags: tuple[int, int, int, int]) -> av.VideoFrame:
    """The picture in the stored format, by the formulas above where 8-bit 4:4:4 or 4:2:0 of even size."""
    kr, kb = (0.2126, 0.0722) if tags[0] == 1 else (0.299, 0.114)
    height, width = image.shape[:2]
    planes = yuv_from_rgb(image, kr, kb, full=tags[3] == 2)
    if pixel_format in ("yuv444p", "yuvj444p"):
        return av.VideoFrame.from_ndarray(planes, format=pixel_format)
    if pixel_format in ("yuv420p", "yuvj420p") and width % 2 == 0 and height % 2 == 0:
        chroma = (
            planes[1:].reshape(2, height // 2, 2, width // 2, 2).mean(axis=(2, 4)).round().astype(np.uint8)
        )
        flat = np.concatenate([planes[0].reshape(-1), chroma.reshape(-1)]).reshape(height * 3 // 2, width)
        return av.VideoFrame.from_ndarray(flat, format=pixel_format)
    picture_444 = av.VideoFrame.from_ndarray(planes, format="yuv444p")
    return picture_444.reformat(format=pixel_format)


def _add_tone(
    container: OutputContainer,
    stream: AudioStream,
    hz: float,
    from_s: Fraction,
    to_s: Fraction,
    start_s: Fraction,
) -> None:
    first, last = round(from_s * AUDIO_HZ), round(to_s * AUDIO_HZ)
    if last <= first:
        return
    wave = 0.3 * np.sin(2 * np.pi * hz * np.arange(first, last) / AUDIO_HZ)
    name = stream.format.name.rstrip("p")
    kind, scale, middle = {
        "flt": (np.float32, 1, 0),
        "s16": (np.int16, 32767, 0),
        "u8": (np.uint8, 127, 128),
    }[name]
    samples = (wave * scale + middle).astype(kind)
    count = 1 if stream.format.is_planar else 2
    data = np.tile(samples, (2, 1)) if count == 1 else np.repeat(samples, 2)[None]
    frame = av.AudioFrame.from_ndarray(data, format=stream.format.name, layout="stereo")
    frame.sample_rate, frame.time_base = AUDIO_HZ, Fraction(1, AUDIO_HZ)
    frame.pts = round(start_s * AUDIO_HZ) + first
    container.mux(stream.encode(frame))
