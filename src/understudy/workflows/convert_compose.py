"""Drawn faces put into their frames, with what is known of the frames before and after."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from understudy.compositing.blend import BLENDS
from understudy.compositing.blend_feather import Feather
from understudy.compositing.blend_parts import FloatImage
from understudy.compositing.colour.sample import colour_sample
from understudy.compositing.light import TargetLight
from understudy.compositing.mask import blend_mask
from understudy.compositing.mask_sets import without
from understudy.compositing.paste import Window, place, place_planes, shown_part
from understudy.core.types import Mask, Matrix
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.nets.presets import Preset
from understudy.provenance.watermark_embed import Watermark
from understudy.workflows.choices import AUTO
from understudy.workflows.composed import Box, Composed
from understudy.workflows.convert_colours import Colours, Sampled
from understudy.workflows.convert_draw import DrawnFrame, DrawnPart
from understudy.workflows.convert_texture import Textures

_ON_CROPS = ("light", "feather")  # these look at a face's own pixels alone

HALF_WINDOW = 2  # keys before and after that decide a frame's colours


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How faces are put into frames.

    Args:
        colour: how their colours are matched: a key of `COLOUR_METHODS`, or "auto".
        blend: how they are joined to what is around them: a key of `BLENDS`.
        strength: how much of them is shown, 0 (the target) to 1.
        texture: whether they take on the target's blur and grain.
    """

    colour: str = AUTO
    blend: str = "light"
    strength: float = 1.0
    texture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedPart:
    """A drawn face, and how much of it is shown: (s, s) float32 in crop pixels."""

    drawn: DrawnPart
    mask: Mask

    def sampled(self, *, always: bool) -> Sampled:
        """Its own colours and the target's, where they are looked at: in keys, or always."""
        cut = self.drawn.cut
        if not (always or cut.key.is_of_colours):
            return (None, None), cut.key
        return (colour_sample(self.drawn.face, self.mask), colour_sample(cut.crop, self.mask)), cut.key


class Composer:
    """Puts faces into frames.

    Colours are matched over a window of time around each frame: the whole track is known a little ahead,
    so light that changes is followed without delay, and noise does not pump.
    """

    def __init__(
        self,
        preset: Preset,
        look: Look,
        chosen: Mapping[str, str] | None = None,
        half_window: int = HALF_WINDOW,
        *,
        with_matte: bool = False,
        watermark: Watermark | None = None,
    ) -> None:
        """Know how faces are cut out, and how they shall look.

        Args:
            preset: of the model that draws them.
            look: how they shall look.
            chosen: how colours of people were matched so far, where that is not to be decided anew.
            half_window: keys before and after that decide a frame's colours.
            with_matte: whether it is wanted how much of each frame is new.
            watermark: that marks the faces.
        """
        self._with_matte, self._watermark = with_matte, watermark
        self._preset, self._look = preset, look
        self._colours = Colours(look.colour, half_window, chosen, is_lit=look.blend == "light")
        self._textures = Textures() if look.texture else None
        # a plain mix needs no pixels but those of the face itself
        self._blend = None if look.blend in _ON_CROPS else BLENDS[look.blend](strength=look.strength)
        self._light = TargetLight() if look.blend == "light" else None

    @property
    def colours_chosen(self) -> Mapping[str, str]:
        """How the colours of each person replaced were matched."""
        return self._colours.chosen

    def of(self, frames: Iterable[DrawnFrame], only: Container[int] | None = None) -> Iterator[Composed]:
        """Each frame with its faces replaced, a few frames late.

        Args:
            frames: one after the other.
            only: positions of those that are wanted: the others are looked at and left out. All where None.
        """
        waiting: deque[tuple[PartialFrame, list[MaskedPart]]] = deque()
        for frame, drawn in frames:
            parts = [masked(each, self._preset) for each in drawn]
            tracks = [each.drawn.cut.part.track for each in parts]
            samples = [
                each.sampled(always=self._colours.is_choosing(track))
                for each, track in zip(parts, tracks, strict=True)
            ]
            self._colours.feed(frame.index, dict(zip(tracks, samples, strict=True)))
            waiting.append((frame, parts))
            if len(waiting) > self._colours.delay:
                yield from self._composed(*waiting.popleft(), only)
        while waiting:
            yield from self._composed(*waiting.popleft(), only)

    def _composed(
        self, frame: PartialFrame, parts: list[MaskedPart], only: Container[int] | None
    ) -> Iterator[Composed]:
        if only is not None and frame.index not in only:
            return
        picture = frame.image
        assert isinstance(picture, DecodedPicture | ImagePicture)
        matte = np.zeros((picture.height_px, picture.width_px), np.float32) if self._with_matte else None
        boxes = [self._put(picture, each, frame, matte) for each in parts]
        replaced = tuple(each.drawn.cut.part.role.target for each in parts)
        yield Composed(frame=frame, replaced=replaced, matte=matte, drawn=tuple(filter(None, boxes)))

    def _put(
        self,
        picture: DecodedPicture | ImagePicture,
        face: MaskedPart,
        frame: PartialFrame,
        matte: Mask | None,
    ) -> Box | None:
        """Put one face into a picture, and how much of it is shown into the matte; tells where it is."""
        size, grid = (picture.width_px, picture.height_px), picture.editable_grid_px
        drawn, mask, matrix = self._finished(face, frame, grid)
        is_plain = self._blend is None and self._textures is None
        if is_plain and isinstance(picture, DecodedPicture) and picture.coded is not None:
            mask = mask * np.float32(self._look.strength)
            planes = place_planes(picture.stored(drawn), mask, matrix, size, grid, picture.chroma_site)
            if planes is not None:
                x0, y0 = planes.window.x0, planes.window.y0
                picture.mix(x0, y0, planes.luma, planes.chroma, planes.weight, planes.chroma_weight)
                _cover(matte, planes.window, planes.weight)
            return planes.window.box if planes is not None else None
        placed = place(drawn, mask, matrix, size, grid)
        if placed is None:
            return None
        before = picture.part(*placed.window.box).astype(np.float32) / np.float32(255)
        blend = self._blend or Feather(strength=self._look.strength)
        shown = placed.face
        if self._textures is not None:
            shown = self._textures.given(face.drawn.cut.part.track, frame.index, before, placed)
        after = blend(before, shown, placed.weight)
        picture.put(placed.window.x0, placed.window.y0, after, placed.weight)
        _cover(matte, placed.window, placed.weight * np.float32(self._look.strength))
        return placed.window.box

    def _finished(
        self, face: MaskedPart, frame: PartialFrame, grid_px: tuple[int, int]
    ) -> tuple[FloatImage, Mask, Matrix]:
        """The part of a face that is shown, as it shall look: its pixels, its mask, and where it lies."""
        cut, whole_mask = face.drawn.cut, face.mask
        drawn = self._colours.take(cut.part.track, frame.index).apply(face.drawn.face, whole_mask)
        if self._light is not None:
            drawn = self._light.given(drawn, cut.crop, whole_mask)
        x0, y0, x1, y1 = shown_part(whole_mask, cut.crop_from_frame, grid_px).box
        drawn, mask = drawn[y0:y1, x0:x1], whole_mask[y0:y1, x0:x1]
        if self._watermark is not None:
            side_px, time_s = cut.part.face.square.side_px, float(frame.time_s)
            drawn = self._watermark.marked(drawn, time_s=time_s, frame_px=side_px, corner=(x0, y0))
        matrix = cut.crop_from_frame.copy()
        matrix[:, 2] -= (x0, y0)
        return drawn, mask, matrix


def _cover(matte: Mask | None, window: Window, weight: Mask) -> None:
    """Lay one more face over those that a matte knows: what is left of them shows through."""
    if matte is not None:
        part = matte[window.y0 : window.y1, window.x0 : window.x1]
        part += weight * (1 - part)


def masked(drawn: DrawnPart, preset: Preset) -> MaskedPart:
    """A drawn face with the mask that it is shown by.

    Args:
        drawn: the face; what lies before it is left out.
        preset: of the model that drew it.
    """
    mask = blend_mask(drawn.mask, drawn.cut.hull, preset.size_px / preset.coverage)
    if drawn.hidden is not None:
        mask = without(mask, drawn.hidden)
    return MaskedPart(drawn=drawn, mask=mask)
