"""Write frames as numbered images, as compositors take them: at the footage's depth, alpha kept."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.core.types import Frame, Mask
from understudy.media.encoding import is_native
from understudy.media.footage import image_files
from understudy.media.info import VideoInfo
from understudy.media.output import Finish
from understudy.media.sequence_files import SequenceFiles, check_sequence
from understudy.media.sequence_losses import Spacing, sequence_losses
from understudy.media.sequence_names import numbers_of
from understudy.media.sequence_pixels import StillMaker
from understudy.media.stills import DEEP_SUFFIXES
from understudy.media.stretches import Together
from understudy.media.xmp import XMP_KEY

_SAVE_EVERY = 25  # frames
_MOST_WORKERS = 4


class SequenceWriter:
    """Writes frames as images, with the methods of `PartsWriter`; what was written stays when it is stopped.

    Of footage of 8 bits they show what `VideoReader` gives. Of deeper footage a PNG or TIFF has 16 bits and
    the signal as it is stored, HDR not tone-mapped; a PNG says so (cICP). Images that are made from images
    keep the depth and the transparency of these, and are the same file where nothing was changed. Files are
    numbered like the footage's where it is numbered images, else by the frame's index, from 0.

    Args:
        path: .png, .tif or .jpg with a number in its name, frames/%06d.png; of one image a plain name.
        like: the footage.
        key: says what is written; what is left of another key is thrown away.
        metadata: what the images say besides, e.g. {"Comment": "..."}; TIFF says nothing.
        is_matte: masks are written, by `write_mask` alone.
        finish: what is done to all files before they get their names.
        first: index of the first frame that is written here; those before it are another writer's.

    Attributes:
        warnings: what is lost, a line each; complete after `close`.

    Raises:
        MediaError: nothing can be written there, or there are such files.
    """

    def __init__(
        self,
        path: Path,
        *,
        like: VideoInfo,
        key: str = "",
        metadata: Mapping[str, str] | None = None,
        is_matte: bool = False,
        finish: Finish | None = None,
        first: int = 0,
    ) -> None:
        """Check the path and find what an earlier run has left."""
        self._originals = image_files(like.path)
        check_sequence(path, self._originals)
        self._numbers = numbers_of(self._originals)
        self._path, self._like = path, like
        self._is_deep = like.bit_depth > 8 and is_native(like) and path.suffix.lower() in DEEP_SUFFIXES
        self._files = SequenceFiles(path, key, finish, first)
        texts = {_key(name): text for name, text in (metadata or {}).items()}
        suffix = path.suffix.lower()
        maker = partial(StillMaker, like, suffix, texts=texts, is_deep=self._is_deep)
        self._own, self._maker = threading.local(), maker  # FFmpeg's preparations are one thread's
        self._next = self._files.next_frame
        self._spacing = Spacing()
        self._workers = min(_MOST_WORKERS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="stills")
        self._waiting: deque[Future[None]] = deque()
        self._is_whole = True  # no file before `_next` is missing
        self.warnings: list[str] = []
        if not is_matte:
            self.warnings += self._files.warnings
            self.warnings += sequence_losses(like, path, is_deep=self._is_deep, originals=self._originals)

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish; or keep what there is, where the block raised."""
        if error is None:
            self.close()
            return
        with contextlib.suppress(MediaError, ValueError):
            self._finish(0)
            if self._is_whole:
                self._files.save(self._next)
        self.discard()

    @property
    def next_frame(self) -> int:
        """Index of the first frame that is not yet there."""
        return self._files.next_frame

    @property
    def notes(self) -> dict[str, Any]:
        """Whatever belongs to what was written; kept with it."""
        return self._files.notes

    @notes.setter
    def notes(self, notes: dict[str, Any]) -> None:
        self._files.notes = notes

    @property
    def pixel_format(self) -> str:
        """What `write_coded` takes pictures in."""
        return self._like.pixel_format

    def write(self, frame: Frame) -> None:
        """Add the next frame.

        Args:
            frame: upright; its index is above that of the one before.

        Raises:
            ValueError: the frame does not fit.
            MediaError: the disk is full or fails.
        """
        if self._originals:
            original = self._originals[frame.index]
            self._add(frame.index, lambda: self._still.of_image(original, frame.image))
        else:
            self._spacing.add(frame.time_s)
            self._add(frame.index, lambda: self._still.of_rgb(frame.image))

    def write_coded(self, picture: av.VideoFrame, time_s: Fraction) -> None:
        """Add the next frame as it is stored: not turned, in `pixel_format`; it must not change afterwards.

        Args:
            picture: of the footage's coded size.
            time_s: its presentation time.

        Raises:
            ValueError: the picture does not fit.
            MediaError: the disk is full or fails.
        """
        if picture.format.name != self.pixel_format:
            raise ValueError(f"need pictures in {self.pixel_format}, got {picture.format.name}")
        size = (picture.width, picture.height)
        if size != (self._like.coded_width_px, self._like.coded_height_px):
            raise ValueError(f"a picture of {size} px does not fit")
        self._spacing.add(time_s)
        self._add(self._next, lambda: self._still.of_coded(picture))

    def write_mask(self, index: int, mask: Mask) -> None:
        """Add the next frame's mask as a grey picture: (h, w) float32 in [0, 1], white where it is 1."""
        levels = 65535 if self._is_deep else 255
        grey = np.rint(np.clip(mask, 0, 1) * np.float32(levels))
        pixels: NDArray[Any] = grey.astype(np.uint16 if self._is_deep else np.uint8)
        self._add(index, lambda: self._still.of_grey(pixels))

    def close(self) -> None:
        """Give the images their names.

        Raises:
            MediaError: no frame was written, or the disk is full or fails; what was written stays then.
        """
        try:
            self._finish(0)
            if not self._next:
                raise MediaError(f"no frame to write to {self._path}", "check that the target has frames")
            self._files.close(self._next)
        except BaseException:
            self.discard()
            raise
        self._pool.shutdown()
        self._tell_spacing()

    def keep(self) -> None:
        """As of `PartsWriter`."""
        try:
            self._finish(0)
            if self._next > self.next_frame:
                self._files.save(self._next)
        finally:
            self.discard()
        self._tell_spacing()

    def take_over(self, others: Sequence[SequenceWriter], together: Together) -> None:
        """As of `PartsWriter`."""
        self._files.take_over([other._files for other in others], together)
        self._next = self.next_frame
        for other in others:
            other.discard()

    def discard(self) -> None:
        """Stop; frames that are whole stay, for the next time. Harmless after the end."""
        self._pool.shutdown(cancel_futures=True)
        self._files.discard()

    @property
    def _still(self) -> StillMaker:
        if not hasattr(self._own, "still"):
            self._own.still = self._maker()
        return self._own.still

    def _add(self, index: int, make: Callable[[], bytes]) -> None:
        if index < self._next:
            raise ValueError(f"frames must come in order: {index} is not after the one before")
        self._finish(2 * self._workers)
        number = self._numbers[index] if self._numbers else index
        self._waiting.append(self._pool.submit(lambda: self._files.write(number, make())))
        self._next = index + 1
        if (self._next - self._files.next_frame) >= _SAVE_EVERY:
            self._finish(0)
            self._files.save(self._next)

    def _tell_spacing(self) -> None:
        if self._spacing.is_uneven(self._like.time_base):
            self.warnings.append(f"{self._like.path.name} has a variable rate, and images have no times")

    def _finish(self, most_waiting: int) -> None:
        while len(self._waiting) > most_waiting:
            done = self._waiting[0]
            self._is_whole &= done.exception() is None  # an interrupt while it waits leaves it in the queue
            self._waiting.popleft()
            done.result()


def _key(name: str) -> str:
    """Of a tag of a container, as images call it."""
    return name if name == XMP_KEY else name.capitalize()
