"""Short clips as sequences of WebP pictures, which a canvas plays in every browser without a codec.

WebP rather than JPEG: at the same error it takes about half the bytes, for 6 ms of work a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from understudy.core.types import Image

QUALITY = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Pictures of one footage, ready to be embedded in a page.

    Args:
        name: what the reader sees: "source", "target", "output" or "truth".
        frames: one WebP file a frame, all of one size.
        times_s: presentation times in seconds, rising, as many as frames.
        width_px: width of every frame.
        height_px: height of every frame.
        view: clips of one view are shown side by side; a page with several views has a switch.
        in_step: the clip shares the target's clock. False for footage with a performance of its own
            (the source), which starts with the others and repeats by itself.
        remark: a word or two beside the name, such as "synthetic".
    """

    name: str
    frames: Sequence[bytes]
    times_s: Sequence[float]
    width_px: int
    height_px: int
    view: str = "face"
    in_step: bool = True
    remark: str = ""

    def __post_init__(self) -> None:
        if not self.frames or len(self.frames) != len(self.times_s):
            raise ValueError(
                f"clip {self.name!r} has {len(self.frames)} frames and {len(self.times_s)} times, "
                "need one time a frame and at least one frame"
            )
        if any(later <= earlier for earlier, later in zip(self.times_s, self.times_s[1:], strict=False)):
            raise ValueError(f"the times of clip {self.name!r} do not rise")

    @property
    def picture_bytes(self) -> int:
        """Size of all frames together, before base64."""
        return sum(len(frame) for frame in self.frames)


def encode_picture(image: Image, quality: int = QUALITY) -> bytes:
    """Encode a (h, w, 3) RGB uint8 picture as a WebP file of `quality` 1 .. 100."""
    done, data = cv2.imencode(
        ".webp", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality]
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


class ClipBuilder:
    """Shrinks and encodes frames as they stream past; only the encoded files are kept.

    Args:
        name: as in `Clip`.
        max_side_px: longest side of the encoded pictures; smaller pictures keep their size.
        view: as in `Clip`.
        in_step: as in `Clip`.
    """

    def __init__(self, name: str, max_side_px: int, *, view: str = "face", in_step: bool = True) -> None:
        """Start without frames."""
        self._name, self._max_side_px, self._view, self._in_step = name, max_side_px, view, in_step
        self._pictures: list[bytes] = []
        self._times_s: list[float] = []
        self._size: tuple[int, int] | None = None

    def add(self, time_s: Fraction | float, image: Image) -> None:
        """Take in the next frame, a (h, w, 3) RGB uint8 picture.

        Raises:
            ValueError: it is of another size than the first one.
        """
        small = fit_within(image, self._max_side_px)
        this_size = small.shape[1], small.shape[0]
        self._size = self._size or this_size
        if this_size != self._size:
            raise ValueError(
                f"frame {len(self._pictures)} of clip {self._name!r} is {this_size}, "
                f"the first one is {self._size}"
            )
        self._pictures.append(encode_picture(small))
        self._times_s.append(float(time_s))

    def clip(self) -> Clip:
        """What came in.

        Raises:
            ValueError: no frames, or times that do not rise.
        """
        width_px, height_px = self._size or (0, 0)
        return Clip(
            name=self._name,
            frames=self._pictures,
            times_s=self._times_s,
            width_px=width_px,
            height_px=height_px,
            view=self._view,
            in_step=self._in_step,
        )


def encode_clip(
    name: str,
    frames: Iterable[tuple[Fraction | float, Image]],
    max_side_px: int,
    *,
    view: str = "face",
    in_step: bool = True,
) -> Clip:
    """Make a clip of frames with their presentation times in seconds; see `ClipBuilder`."""
    builder = ClipBuilder(name, max_side_px, view=view, in_step=in_step)
    for time_s, image in frames:
        builder.add(time_s, image)
    return builder.clip()


def cut_to_budget(
    clips: Sequence[Clip], max_bytes: int, spared: Sequence[tuple[float, float]] = ()
) -> tuple[list[Clip], float | None]:
    """Cut all clips at one common time so that together they fit.

    The end is cut, not every second frame: motion is what a report is looked at for.

    Args:
        clips: clips of one page.
        max_bytes: what they may take together, before base64.
        spared: spans of the shared clock, first and last second, that clips in step keep whatever
            else goes.

    Returns:
        The clips, and the seconds that are kept of each, None where nothing had to go. At least one
        frame of each clip stays.
    """
    if sum(clip.picture_bytes for clip in clips) <= max_bytes:
        return list(clips), None
    used = 0
    by_time: list[tuple[float, int]] = []
    for clip in clips:
        for time_s, frame in zip(clip.times_s, clip.frames, strict=True):
            if _is_spared(clip, time_s, spared):
                used += len(frame)
            else:
                by_time.append((time_s - clip.times_s[0], len(frame)))
    kept_s = 0.0
    for time_s, size in sorted(by_time):
        used += size
        if used > max_bytes:
            break
        kept_s = time_s
    return [_until(clip, kept_s, spared) for clip in clips], kept_s


def _is_spared(clip: Clip, time_s: float, spared: Sequence[tuple[float, float]]) -> bool:
    return clip.in_step and any(first <= time_s <= last for first, last in spared)


def _until(clip: Clip, seconds: float, spared: Sequence[tuple[float, float]]) -> Clip:
    kept = [
        (time_s, frame)
        for i, (time_s, frame) in enumerate(zip(clip.times_s, clip.frames, strict=True))
        if i == 0 or time_s - clip.times_s[0] < seconds or _is_spared(clip, time_s, spared)
    ]
    return replace(clip, frames=[frame for _, frame in kept], times_s=[time_s for time_s, _ in kept])
