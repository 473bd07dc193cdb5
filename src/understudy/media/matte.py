"""Masks beside the picture, for compositors: a grey video or grey images, in step with the footage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from understudy.core.picture import Timed
from understudy.core.types import Frame, Mask
from understudy.media.any_writer import take_over
from understudy.media.info import VideoInfo
from understudy.media.output import OUTPUT_SUFFIXES, check_path
from understudy.media.parts import PartsWriter
from understudy.media.sequence import SequenceWriter
from understudy.media.stretches import Together
from understudy.media.writer import VideoWriter

_CRF = 4  # nearly lossless, by a profile that everything plays


class MatteWriter:
    """Writes the mask of every frame: white where the picture was changed, black where it was not.

    As a video (.mp4, .mov, .m4v, .mkv) it is H.264 with the footage's times, size and rotation, silent; as
    numbered .png, .tif or .jpg it is grey images with the footage's numbers, of 16 bits where that has more
    than 8. It is stopped and gone on with like `PartsWriter`.

    Args:
        path: the video, or a pattern: matte/%06d.png.
        like: the footage.
        key: says what is written, as of `PartsWriter`.
        metadata: tags.
        first: index of the first frame that is written here, as of `PartsWriter`.

    Attributes:
        next_frame: masks of frames before this one are there and are not written again.
        warnings: complete after `close`.

    Raises:
        MediaError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        like: VideoInfo,
        key: str = "",
        metadata: Mapping[str, str] | None = None,
        first: int = 0,
    ) -> None:
        """Open it, with what an earlier run has left."""
        self._like = like
        self._inner: PartsWriter | SequenceWriter
        if path.suffix.lower() in OUTPUT_SUFFIXES:
            check_path(path, [like.path])
            part = partial(VideoWriter, like=like, codec="h264", crf=_CRF, alone=True)
            self._inner = PartsWriter(
                path, like=like, key=key, open_part=part, metadata=metadata, alone=True, first=first
            )  # fmt: skip
        else:
            self._inner = SequenceWriter(
                path, like=like, key=key, metadata=metadata, is_matte=True, first=first
            )  # fmt: skip
        self.next_frame = self._inner.next_frame

    @property
    def warnings(self) -> list[str]:
        """See above."""
        return self._inner.warnings

    def write_mask(self, mask: Mask, frame: Timed) -> None:
        """Add the next frame's mask; nothing where it is there already.

        Args:
            mask: (h, w) float32 in [0, 1] of the upright frame.
            frame: whose it is.

        Raises:
            ValueError: it does not fit.
            MediaError: the disk is full or fails.
        """
        if mask.shape != (self._like.height_px, self._like.width_px) and self._like.container != "images":
            raise ValueError(
                f"need masks of {(self._like.height_px, self._like.width_px)}, got {mask.shape}"
            )  # fmt: skip
        if frame.index < self.next_frame:
            return
        if isinstance(self._inner, SequenceWriter):
            self._inner.write_mask(frame.index, mask)
            return
        grey = np.rint(np.clip(mask, 0, 1) * np.float32(255)).astype(np.uint8)
        image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
        self._inner.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=image))

    def close(self) -> None:
        """Finish it; MediaError as of the writer."""
        self._inner.close()

    def keep(self) -> None:
        """As of `PartsWriter`."""
        self._inner.keep()

    def take_over(self, others: Sequence[MatteWriter], together: Together) -> None:
        """As of `PartsWriter`, of mattes of the same kind."""
        take_over(self._inner, [other._inner for other in others], together)

    def discard(self) -> None:
        """Stop; what was finished stays, for the next time."""
        self._inner.discard()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish; or keep what there is, where the block raised."""
        self._inner.__exit__(kind, error, trace)
