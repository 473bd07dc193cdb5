"""The visible label of a conversion, kept where it does no harm from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from understudy.compositing.label import Box, LabelArt, choose_box, label_art, label_boxes
from understudy.compositing.label_letters import drawable
from understudy.core.errors import ConfigError
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import DecodedPicture
from understudy.workflows.composed import Composed

DEFAULT_TEXT = "AI-generated face"
AUTO_TEXT = "auto"  # asks for that
_LONGEST = 80  # characters
# 203 cd/m2 in HDR, the white of titles there, and 90 % of the way to white else
_WHITE = np.float32(230 / 255)
_HELD_S = 2  # it stays so long after a face is gone: what comes and goes from frame to frame cannot be read
_NOTE = "label"


def text_of(label: str | None) -> str | None:
    """What a label says, in letters that can be drawn; None where there is none.

    Args:
        label: `AUTO_TEXT` for `DEFAULT_TEXT`, or a text.

    Raises:
        ConfigError: nobody could read it, or the font lacks some of its letters.
    """
    if label is None:
        return None
    text = DEFAULT_TEXT if label == AUTO_TEXT else " ".join(label.split())
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise ConfigError(
            f"the label is {label!r}", f"give 1 to {_LONGEST} characters that can be printed, or {AUTO_TEXT}"
        )
    drawn, lacking = drawable(text)
    if lacking:
        raise ConfigError(
            f"the label {text!r} has characters that its font lacks: {' '.join(lacking)}",
            "say it in other letters",
        )
    return drawn


class Labeller:
    """Puts a label into the frames that show a drawn face, and into those of the two seconds after.

    It stays in one corner until a drawn face comes there, and over a face only where faces fill all four.

    Args:
        text: what it says; nothing is done where None.
        notes: what `noted` gave with the last frame that an earlier run has made.
        is_video: whether frames follow each other in time; images are labelled by what each shows alone.
    """

    def __init__(
        self, text: str | None, notes: Mapping[str, Any] | None = None, *, is_video: bool = True
    ) -> None:
        """Begin, or go on where an earlier run was stopped."""
        self._text, self._is_video = text, is_video
        known = (notes or {}).get(_NOTE) or {}
        self._box = int(known.get("box", 0))
        self._until_s = Fraction(known["until_s"]) if known.get("until_s") else None
        self._art = lru_cache(4)(_art_on_grid)

    def noted(self) -> dict[str, Any]:
        """What to keep with a frame, so that the next one is labelled as if there had been no break."""
        if self._text is None:
            return {}
        until = None if self._until_s is None else str(self._until_s)
        return {_NOTE: {"box": self._box, "until_s": until}}

    def add(self, composed: Composed) -> None:
        """Draw it into a frame, in place; frames come in their order."""
        if self._text is None:
            return
        time_s = composed.frame.time_s
        if composed.drawn:
            self._until_s = time_s + _HELD_S if self._is_video else None
        elif self._until_s is None or time_s >= self._until_s:
            return
        picture = composed.frame.image
        assert isinstance(picture, DecodedPicture | ImagePicture)
        size, grid = (picture.width_px, picture.height_px), picture.editable_grid_px
        art = self._art(self._text, size, grid)
        boxes = label_boxes(art.size, size, grid)
        self._box = choose_box(boxes, composed.drawn, self._box)
        _draw(picture, art, boxes[self._box], size)


def _art_on_grid(text: str, size: tuple[int, int], grid: Sequence[int]) -> LabelArt:
    """Enlarged by what is not drawn to whole steps of a grid."""
    art = label_art(text, *size)
    across, down = (-length % step for length, step in zip(art.size, grid, strict=True))
    margins = ((0, down), (0, across))
    return LabelArt(text=np.pad(art.text, margins), weight=np.pad(art.weight, margins))


def _draw(picture: DecodedPicture | ImagePicture, art: LabelArt, box: Box, size: tuple[int, int]) -> None:
    x0, y0 = box[:2]
    width, height = min(box[2], size[0]) - x0, min(box[3], size[1]) - y0
    text, weight = art.text[:height, :width, None], art.weight[:height, :width]
    before = picture.part(x0, y0, x0 + width, y0 + height).astype(np.float32) / np.float32(255)
    after = before * (1 - weight[..., None]) + text * _WHITE
    picture.put(x0, y0, np.asarray(after, np.float32), weight)
