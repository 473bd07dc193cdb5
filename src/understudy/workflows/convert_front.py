"""What passes before a face that is replaced, and stays in front of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from understudy.compositing.mask import face_hull_mask
from understudy.compositing.occluder_evidence import Tolerance, change, on_template, small
from understudy.core.geometry import transform_points
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import read_upright
from understudy.training.model import Model

_FACES = 60  # of a person, from which it is learnt how well they are usually drawn
_AT_ONCE = 8


def tolerances_of(model: Model, facesets: Sequence[Path]) -> Mapping[str, Tolerance]:
    """How well people are usually drawn as themselves, place by place: what differs more lies before them.

    Args:
        model: draws them.
        facesets: of those who are replaced; of others a guess is made.

    Returns:
        By name.
    """
    known: dict[str, Tolerance] = {}
    preset = model.preset
    for folder in facesets:
        with Faceset.open(folder) as faceset:
            faces = list(faceset.faces("kept"))
            name = faceset.identity
        if not faces:
            continue
        chosen = [faces[i] for i in np.unique(np.linspace(0, len(faces) - 1, _FACES).round().astype(int))]
        changes: list[np.ndarray] = []
        for begin in range(0, len(chosen), _AT_ONCE):
            some = chosen[begin : begin + _AT_ONCE]
            crops = np.stack([read_upright(face, preset.size_px, preset.coverage) for face in some])
            drawn, masks = model.draw(crops, name)
            for face, crop, own, mask in zip(some, crops, drawn, masks, strict=True):
                matrix = face.square.crop_from_frame(preset.size_px, preset.coverage)
                points = transform_points(matrix, face.face.landmarks_px[:, :2])
                hull = face_hull_mask(points, preset.size_px)
                differs = change(crop, own, np.minimum(small(hull), small(mask)))
                changes.append(on_template(differs, points, preset.size_px))
        known[name] = Tolerance.learned(changes)
    return known
