"""One face in one frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from understudy.core.types import Matrix, Points, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSquare:
    """Where a face lies in its frame: an upright-face square that expression does not move.

    The square's side is the height of the template face, forehead to chin, at the depth of the
    head's centre, so turning or opening the mouth does not change it.

    Args:
        x_px: centre, frame pixels; the centre of the top left pixel is (0, 0).
        y_px: centre, frame pixels.
        side_px: side of the unit square, frame pixels.
        roll_rad: rotation of the face in the picture, clockwise positive (image axes).
    """

    x_px: float
    y_px: float
    side_px: float
    roll_rad: float

    def crop_from_frame(self, size_px: int, coverage: float) -> Matrix:
        """The similarity that cuts out the upright face.

        Args:
            size_px: side of the crop in crop pixels.
            coverage: side of the crop in units of the face square.

        Returns:
            (2, 3) float32 `crop_from_frame`.

        Convention:
            The centre of the top left pixel is (0, 0) in both pictures.
        """
        scale = size_px / (self.side_px * coverage)
        cos, sin = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        x = (size_px - 1) / 2 - cos * self.x_px - sin * self.y_px
        y = (size_px - 1) / 2 + sin * self.x_px - cos * self.y_px
        return np.array([[cos, sin, x], [-sin, cos, y]], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelShift:
    """How a face's pixels have moved since the frame before.

    Args:
        x_px: to the right, frame pixels.
        y_px: downwards, frame pixels.
        growth: share by which it has grown.
        turn_rad: clockwise.
        change: how unlike what it is compared with it looks (1 less correlation) but for the shift; at
            most 0.0002 on a still picture with a camera's grain;
            infinite where it has moved too far for that.
    """

    x_px: float
    y_px: float
    growth: float
    turn_rad: float
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One detection in one frame.

    Args:
        box_px: (4,) float32, x0, y0, x1, y1 around the landmarks, frame pixels.
        landmarks_px: (468, 3) float32 face mesh, frame pixels (z in the same unit, nearer is less),
            lips, eyelids and irises refined by the attention heads.
        iris_px: (2, 5, 2) float32, for the left and right eye of the PICTURE (mesh sides 33.. and
            263..): centre, then four points of the rim, frame pixels.
        confidence: landmark presence score in [0, 1].
        track: number of the track, unique within one run over one piece of footage.
        square: the smoothed face square.
        pose_deg: (3,) float32 yaw, pitch, roll: yaw > 0 turns to the picture's right, pitch > 0
            looks down, roll > 0 tilts clockwise in the picture.
        identity: (128,) float32 identity vector, or None where not computed for this face.
        quality: name to figure, see `faces.quality.measure_face`; of a stored face also occlusion (see there)
            and identity_distance, of the nearest of its track's identity vectors to their mean. What is not
            known is left out.
        shift: since the frame before, or None where there was none; not stored.
    """

    box_px: Vector
    landmarks_px: Points
    iris_px: Points
    confidence: float
    track: int
    square: FaceSquare
    pose_deg: Vector
    identity: Vector | None = None
    quality: dict[str, float] = field(default_factory=dict[str, float])
    shift: PixelShift | None = None
