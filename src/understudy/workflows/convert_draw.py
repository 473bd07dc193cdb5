"""The faces of footage drawn as somebody else's, a few frames at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Matrix
from understudy.faces.crop import cut
from understudy.media.partial import PartialFrame
from understudy.training.model import Model
from understudy.workflows.convert_cast import Cast, Part, Role

_FACES_AT_ONCE = 8  # what a network gains by more is less than the memory of the frames that wait
_FRAMES_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPart:
    """A face, and what it is replaced by, in crop pixels.

    Args:
        part: whose.
        crop: (s, s, 3) uint8 RGB, the target's.
        crop_from_frame: (2, 3) similarity that cut it.
        face: (s, s, 3) float32 RGB in [0, 1], as the source.
        mask: (s, s) float32 in [0, 1], where the decoder drew a face.
        own: the same two as the target itself, where that was asked for.
    """

    part: Part
    crop: Image
    crop_from_frame: Matrix
    face: NDArray[np.float32]
    mask: Mask
    own: tuple[NDArray[np.float32], Mask] | None = None


DrawnFrame = tuple[PartialFrame, list[DrawnPart]]


def drawn_frames(model: Model, frames: Iterable[Cast], own: bool = False) -> Iterator[DrawnFrame]:
    """Draw what is replaced in each frame.

    Args:
        model: with the identities of all roles.
        frames: with the faces that are replaced.
        own: whether they are drawn as themselves, too.

    Yields:
        The same frames in the same order.
    """
    waiting: list[tuple[PartialFrame, list[_Cut]]] = []
    count = 0
    for frame, parts in frames:
        waiting.append((frame, [_Cut.of(model, frame, part) for part in parts]))
        count += len(parts)
        if count >= _FACES_AT_ONCE or len(waiting) >= _FRAMES_AT_ONCE:
            yield from _drawn(model, waiting, own)
            waiting, count = [], 0
    yield from _drawn(model, waiting, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """A face that waits to be drawn."""

    part: Part
    crop: Image
    crop_from_frame: Matrix

    @classmethod
    def of(cls, model: Model, frame: PartialFrame, part: Part) -> _Cut:
        preset = model.preset
        crop_from_frame = part.face.square.crop_from_frame(preset.size_px, preset.coverage)
        crop = cut(frame.image, crop_from_frame, preset.size_px)
        return cls(part=part, crop=crop, crop_from_frame=crop_from_frame)


def _drawn(model: Model, waiting: list[tuple[PartialFrame, list[_Cut]]], own: bool) -> Iterator[DrawnFrame]:
    by_role: defaultdict[Role, list[_Cut]] = defaultdict(list)
    for _, cuts in waiting:
        for each in cuts:
            by_role[each.part.role].append(each)
    done: dict[int, DrawnPart] = {}
    for role, cuts in by_role.items():
        crops = np.stack([each.crop for each in cuts])
        faces, masks = model.draw(crops, role.source, of=role.target)
        themselves = zip(*model.draw(crops, role.target), strict=True) if own else repeat(None)
        for each, face, mask, same in zip(cuts, faces, masks, themselves, strict=False):
            done[id(each)] = DrawnPart(
                part=each.part,
                crop=each.crop,
                crop_from_frame=each.crop_from_frame,
                face=face,
                mask=mask,
                own=same,
            )
    for frame, cuts in waiting:
        yield frame, [done[id(each)] for each in cuts]
