"""What images cannot keep of the footage that they are made from, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from understudy.media.image_edit import is_transparent
from understudy.media.info import VideoInfo
from understudy.media.losses import losses
from understudy.media.stills import DEEP_SUFFIXES


def sequence_losses(like: VideoInfo, path: Path, *, is_deep: bool, originals: Sequence[Path]) -> list[str]:
    """Say what the images will lack.

    Args:
        like: the footage.
        path: pattern of the images.
        is_deep: whether they have 16 bits.
        originals: the images that the footage consists of; none of a video.
    """
    suffix, name = path.suffix.lower(), like.path.name
    if originals:
        is_cut = suffix not in DEEP_SUFFIXES and any(map(_is_transparent, originals[:1]))
        return [f"{name} is transparent in places, {path.name} is not"] if is_cut else []
    found = losses(
        like, path.name, pixel_format=like.pixel_format if is_deep else "rgb24", is_moved=False
    )  # fmt: skip
    if is_deep and like.colour.is_hdr and suffix != ".png":
        found.append(f"{name} is HDR, and {path.name} has its numbers but cannot say so: .png can")
    if like.sample_aspect_ratio not in (None, 1, 0):
        found.append(
            f"{name} has pixels of {like.sample_aspect_ratio}, and images are shown with square ones"
        )
    return found


class Spacing:
    """How far times lie apart."""

    def __init__(self) -> None:
        """Know no time yet."""
        self._last: Fraction | None = None
        self._shortest, self._longest = Fraction(1 << 30), Fraction(0)

    def add(self, time_s: Fraction) -> None:
        """Look at the next time."""
        if self._last is not None:
            self._shortest = min(self._shortest, time_s - self._last)
            self._longest = max(self._longest, time_s - self._last)
        self._last = time_s

    def is_uneven(self, time_base: Fraction) -> bool:
        """Whether they differ by more than rounding to a time base."""
        return self._longest - self._shortest > 2 * time_base


def _is_transparent(file: Path) -> bool:
    try:
        return is_transparent(file.read_bytes())
    except OSError:
        return False
