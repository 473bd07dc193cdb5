"""What passes before a face that is replaced, and stays in front of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from understudy.compositing.looked import Looked
from understudy.compositing.occluder import occlusion_mask
from understudy.compositing.occluder_evidence import Tolerance
from understudy.compositing.segmenter import Segmenter
from understudy.core.types import Mask
from understudy.training.model import Model
from understudy.workflows.convert_cut import CutPart


class Front:
    """Finds what passes before faces.

    Keys are looked at, and every frame from one that shows something to the next one. A face
    without anything before it that looks like it did in its last key has nothing before it either.
    Where a person has drawn what hides a face, that is taken as it is; where they have in other frames,
    what was learnt from these tells.
    """

    def __init__(
        self,
        model: Model,
        tolerances: Mapping[str, Tolerance],
        segmenters: Mapping[str, Segmenter] | None = None,
    ) -> None:
        """Know nothing yet.

        Args:
            model: draws faces as themselves.
            tolerances: how well people are usually drawn, by name; a guess for others.
            segmenters: what was learnt from drawn masks, by name; others are searched for what is unusual.
        """
        self._model, self._tolerances, self._segmenters = model, tolerances, segmenters or {}
        self._shown: dict[object, bool] = {}  # by track, whether its last key showed something

    def hidden(self, name: str, cuts: Sequence[CutPart]) -> list[Mask | None]:
        """Tell where faces of one person are hidden.

        Args:
            name: whose they are.
            cuts: in the order of frames, following on those of the last call.

        Returns:
            (s, s) float32 in [0, 1] of each, None where nothing was found or looked for.
        """
        found = {i: each.drawn for i, each in enumerate(cuts) if each.drawn is not None}
        keys = [i for i, each in enumerate(cuts) if each.key.is_of_occluders and i not in found]
        found |= self._looked(name, cuts, keys)
        between: list[int] = []
        for i, each in enumerate(cuts):
            if each.key.is_of_occluders:
                self._shown = {track: shown for track, shown in self._shown.items() if shown}
                self._shown[each.part.track] = i in found
            elif i not in found and self._shown.get(each.part.track):
                between.append(i)
        found |= self._looked(name, cuts, between)
        return [found.get(i) for i in range(len(cuts))]

    def _looked(self, name: str, cuts: Sequence[CutPart], which: Sequence[int]) -> dict[int, Mask]:
        """Masks of those that something lies before."""
        if not which:
            return {}
        drawn, masks = self._model.draw(np.stack([cuts[i].crop for i in which]), name)
        found: dict[int, Mask] = {}
        for i, own, own_mask in zip(which, drawn, masks, strict=True):
            hidden = self._hidden(name, Looked.at(cuts[i], own, own_mask))
            if hidden.any():
                found[i] = hidden
        return found

    def _hidden(self, name: str, looked: Looked) -> Mask:
        segmenter = self._segmenters.get(name)
        return segmenter.hidden(looked) if segmenter else occlusion_mask(looked, self._tolerances.get(name))
