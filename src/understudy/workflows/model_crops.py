"""Faces of a faceset as a model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.compositing.mask import face_hull_mask
from understudy.core.geometry import transform_points
from understudy.core.types import Image, Mask, Matrix, Points
from understudy.faces.faceset_records import StoredFace
from understudy.faces.stored_crop import read_upright
from understudy.nets.presets import Preset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelCrop:
    """A face as a model reads it.

    Args:
        crop: (s, s, 3) RGB uint8, s being the preset's side.
        crop_from_frame: (2, 3), what cuts it out of its frame.
        landmarks_px: (468, 2) in crop pixels.
        hull: (s, s) float32 in [0, 1], where the face is.
    """

    crop: Image
    crop_from_frame: Matrix
    landmarks_px: Points
    hull: Mask

    @classmethod
    def of(cls, face: StoredFace, preset: Preset) -> ModelCrop:
        """Read it.

        Raises:
            MediaError: the crop cannot be read.
        """
        matrix = face.square.crop_from_frame(preset.size_px, preset.coverage)
        points = transform_points(matrix, face.face.landmarks_px[:, :2])
        return cls(
            crop=read_upright(face, preset.size_px, preset.coverage),
            crop_from_frame=matrix,
            landmarks_px=points,
            hull=face_hull_mask(points, preset.size_px),
        )


def spread(faces: Sequence[StoredFace], most: int) -> list[StoredFace]:
    """So many of them at most, evenly over all."""
    at = np.unique(np.linspace(0, len(faces) - 1, most).round().astype(int)) if faces else []
    return [faces[i] for i in at]
