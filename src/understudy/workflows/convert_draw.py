"""The faces of footage drawn as somebody else's, a few frames at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Mask
from understudy.media.partial import PartialFrame
from understudy.training.model import Model
from understudy.workflows.convert_cast import Cast, Role
from understudy.workflows.convert_cut import CutPart
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_keys import Keys

_FACES_AT_ONCE = 8  # what a processor gains by more is less than the memory of the frames that wait
_FACES_AT_ONCE_ON_GPU = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPart:
    """A face, and what it is replaced by, in crop pixels.

    Args:
        cut: the target's.
        face: (s, s, 3) float32 RGB in [0, 1], as the source.
        mask: (s, s) float32 in [0, 1], where the decoder drew a face.
        hidden: (s, s) float32 in [0, 1], where something lies before it; None where nothing does.
    """

    cut: CutPart
    face: NDArray[np.float32]
    mask: Mask
    hidden: Mask | None = None


DrawnFrame = tuple[PartialFrame, list[DrawnPart]]


def drawn_frames(model: Model, frames: Iterable[Cast], front: Front | None = None) -> Iterator[DrawnFrame]:
    """Draw what is replaced in each frame.

    Args:
        model: with the identities of all roles.
        frames: with the faces that are replaced.
        front: finds what passes before them, where that is asked for.

    Yields:
        The same frames in the same order.
    """
    keys = Keys()
    at_once = _FACES_AT_ONCE if model.device.type == "cpu" else _FACES_AT_ONCE_ON_GPU
    waiting: list[tuple[PartialFrame, list[CutPart]]] = []
    count = 0
    for frame, parts in frames:
        waiting.append((frame, [CutPart.of(model.preset, frame, part, keys) for part in parts]))
        count += len(parts)
        if count >= at_once or len(waiting) >= 2 * at_once:
            yield from _drawn(model, waiting, front)
            waiting, count = [], 0
    yield from _drawn(model, waiting, front)


def _drawn(
    model: Model, waiting: list[tuple[PartialFrame, list[CutPart]]], front: Front | None
) -> Iterator[DrawnFrame]:
    by_role: defaultdict[Role, list[CutPart]] = defaultdict(list)
    for _, cuts in waiting:
        for each in cuts:
            by_role[each.part.role].append(each)
    done: dict[int, DrawnPart] = {}
    for role, cuts in by_role.items():
        faces, masks = model.draw(np.stack([each.crop for each in cuts]), role.source, of=role.target)
        hidden = front.hidden(role.target, cuts) if front else [None] * len(cuts)
        for each, face, mask, behind in zip(cuts, faces, masks, hidden, strict=True):
            done[id(each)] = DrawnPart(cut=each, face=face, mask=mask, hidden=behind)
    for frame, cuts in waiting:
        yield frame, [done[id(each)] for each in cuts]
