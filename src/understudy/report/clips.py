"""Short clips as sequences of JPEG pictures, which a canvas plays in every browser without a codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from understudy.core.types import Image

JPEG_QUALITY = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Pictures of one footage, ready to be embedded in a page.

    Args:
        name: what the reader sees: "source", "target", "output" or "truth".
        frames: one JPEG file a frame, all of one size.
        times_s: presentation times in seconds, rising, as many as frames.
        width_px: width of every frame.
        height_px: height of every frame.
        view: clips of one view are shown side by side; a page with several views has a switch.
        in_step: the clip shares the target's clock. False for footage with a performance of its own
            (the source), which starts with the others and repeats by itself.
    """

    name: str
    frames: Sequence[bytes]
    times_s: Sequence[float]
    width_px: int
    height_px: int
    view: str = "face"
    in_step: bool = True

    def __post_init__(self) -> None:
        if not self.frames or len(self.frames) != len(self.times_s):
            raise ValueError(
                f"clip {self.name!r} has {len(self.frames)} frames and {len(self.times_s)} times, "
                "need one time a frame and at least one frame"
            )
        if any(later <= earlier for earlier, later in zip(self.times_s, self.times_s[1:], strict=False)):
            raise ValueError(f"the times of clip {self.name!r} do not rise")

    @property
    def jpeg_bytes(self) -> int:
        """Size of all frames together, before base64."""
        return sum(len(frame) for frame in self.frames)


def encode_jpeg(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """Encode a (h, w, 3) RGB uint8 picture as a JPEG file of `quality` 0 .. 100."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert done, "OpenCV encodes every uint8 picture"
    return data.tobytes()


def fit_within(image: Image, max_side_px: int) -> Image:
    """Shrink a (h, w, 3) RGB uint8 picture so that neither side is over `max_side_px`; never enlarge."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"need a (h, w, 3) uint8 picture, got {image.shape} {image.dtype}")
    height, width = image.shape[:2]
    scale = max_side_px / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def encode_clip(
    name: str,
    frames: Iterable[tuple[Fraction | float, Image]],
    max_side_px: int,
    *,
    view: str = "face",
    in_step: bool = True,
    quality: int = JPEG_QUALITY,
) -> Clip:
    """Shrink and encode frames as they stream past; only the JPEG files are kept.

    Args:
        name: as in `Clip`.
        frames: presentation time in seconds and (h, w, 3) RGB uint8 picture of each frame.
        max_side_px: longest side of the encoded pictures; smaller pictures keep their size.
        view: as in `Clip`.
        in_step: as in `Clip`.
        quality: JPEG quality, 0 .. 100.

    Returns:
        The clip, with every frame that came in.

    Raises:
        ValueError: no frames, frames of different sizes, or times that do not rise.
    """
    pictures: list[bytes] = []
    times_s: list[float] = []
    size: tuple[int, int] | None = None
    for time_s, image in frames:
        small = fit_within(image, max_side_px)
        this_size = small.shape[1], small.shape[0]
        size = size or this_size
        if this_size != size:
            raise ValueError(
                f"frame {len(pictures)} of clip {name!r} is {this_size}, the first one is {size}"
            )
        pictures.append(encode_jpeg(small, quality))
        times_s.append(float(time_s))
    width_px, height_px = size or (0, 0)
    return Clip(
        name=name,
        frames=pictures,
        times_s=times_s,
        width_px=width_px,
        height_px=height_px,
        view=view,
        in_step=in_step,
    )


def cut_to_budget(clips: Sequence[Clip], max_jpeg_bytes: int) -> tuple[list[Clip], float | None]:
    """Cut all clips at one common time so that together they fit.

    The end is cut, not every second frame: motion is what a report is looked at for.

    Args:
        clips: clips of one page.
        max_jpeg_bytes: what they may take together, before base64.

    Returns:
        The clips, and the seconds that are kept of each, None where nothing had to go. At least one
        frame of each clip stays.
    """
    if sum(clip.jpeg_bytes for clip in clips) <= max_jpeg_bytes:
        return list(clips), None
    by_time = sorted(
        (time_s - clip.times_s[0], len(frame))
        for clip in clips
        for time_s, frame in zip(clip.times_s, clip.frames, strict=True)
    )
    used, kept_s = 0, 0.0
    for time_s, size in by_time:
        used += size
        if used > max_jpeg_bytes:
            break
        kept_s = time_s
    return [_until(clip, kept_s) for clip in clips], kept_s


def _until(clip: Clip, seconds: float) -> Clip:
    count = max(1, sum(time_s - clip.times_s[0] < seconds for time_s in clip.times_s))
    return replace(clip, frames=clip.frames[:count], times_s=clip.times_s[:count])
