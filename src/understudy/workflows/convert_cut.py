"""The faces of footage that are replaced, cut out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.compositing.mask import face_hull_mask
from understudy.core.geometry import transform_points
from understudy.core.types import Image, Mask, Matrix, Points
from understudy.faces.crop import cut
from understudy.faces.drawn_mask import hidden_in
from understudy.faces.planes_crop import cut_planes
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.nets.presets import Preset
from understudy.workflows.convert_cast import Part
from understudy.workflows.convert_keys import Key, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPart:
    """A face that is replaced, in crop pixels.

    Args:
        part: whose.
        crop: (s, s, 3) uint8 RGB.
        crop_from_frame: (2, 3) similarity that cut it.
        landmarks_px: (468, 2) in it.
        hull: (s, s) float32 in [0, 1], what they enclose.
        key: whether it is looked at closely.
        drawn: (s, s) float32 in [0, 1], what hides it as a person has drawn it; None where nobody has.
    """

    part: Part
    crop: Image
    crop_from_frame: Matrix
    landmarks_px: Points
    hull: Mask
    key: Key
    drawn: Mask | None = None

    @classmethod
    def of(cls, preset: Preset, frame: PartialFrame, part: Part, keys: Keys) -> CutPart:
        """Cut it out of its frame as a model reads it; raises MediaError of a mask that cannot be read."""
        crop_from_frame = part.face.square.crop_from_frame(preset.size_px, preset.coverage)
        planes = frame.image.planes() if isinstance(frame.image, DecodedPicture) else None
        if planes is None:
            crop = cut(frame.image, crop_from_frame, preset.size_px)
        else:
            crop = cut_planes(planes, crop_from_frame, preset.size_px)
        points = transform_points(crop_from_frame, part.face.landmarks_px[:, :2])
        return cls(
            part=part,
            crop=crop,
            crop_from_frame=crop_from_frame,
            landmarks_px=points,
            hull=face_hull_mask(points, preset.size_px),
            key=keys.of(frame.index, part.track, crop),
            drawn=_drawn(part, crop_from_frame, preset.size_px),
        )


def _drawn(part: Part, crop_from_frame: Matrix, size_px: int) -> Mask | None:
    hidden = None if part.masked is None else hidden_in(part.masked, crop_from_frame, size_px)
    return None if hidden is None else hidden.astype(np.float32) / np.float32(255)
