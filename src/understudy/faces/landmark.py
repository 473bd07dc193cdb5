"""The 468-point face mesh and the irises of one face, from a rotated region of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture
from understudy.core.types import Image, Matrix, Points
from understudy.faces.crop import part_under
from understudy.faces.detect import Detection
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LEFT_EYELIDS,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
    RIGHT_EYELIDS,
)
from understudy.faces.tflite import PictureNetwork

REGION_MARGIN = 1.5  # side of the mesh network's region over the face's longer side
EYE_MARGIN = 2.3  # side of the iris network's region over the eye's width


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Landmarks of one face.

    Args:
        points_px: (468, 3) float32, frame pixels, z in the same unit.
        iris_px: (2, 5, 2) float32, picture-left and picture-right iris: centre and four rim points.
        score: face presence in [0, 1].
    """

    points_px: Points
    iris_px: Points
    score: float


def region_of_detection(found: Detection) -> FaceSquare:
    """The upright-face region that the mesh network expects, from a detector's box."""
    left_eye, right_eye = found.keypoints_px[0], found.keypoints_px[1]
    x0, y0, x1, y1 = (float(v) for v in found.box_px)
    return FaceSquare(
        x_px=(x0 + x1) / 2,
        y_px=(y0 + y1) / 2,
        side_px=max(x1 - x0, y1 - y0),
        roll_rad=_angle(left_eye, right_eye),
    )


def region_of_points(points_px: Points) -> FaceSquare:
    """The same region from (468, 3) landmarks, for the next frame."""
    roll = _angle(points_px[LEFT_EYE_OUTER], points_px[RIGHT_EYE_OUTER])
    cos, sin = np.cos(roll), np.sin(roll)
    upright = points_px[:, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32)
    low, high = upright.min(axis=0), upright.max(axis=0)
    middle = np.array([[cos, -sin], [sin, cos]]) @ ((low + high) / 2)
    return FaceSquare(
        x_px=float(middle[0]), y_px=float(middle[1]), side_px=float((high - low).max()), roll_rad=roll
    )


def _angle(left: Points, right: Points) -> float:
    return float(np.arctan2(right[1] - left[1], right[0] - left[0]))


class MeshNetwork:
    """MediaPipe's face mesh with its iris network refining the eyelids.

    Reference:
        Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019;
        Ablavatski et al., Real-time Pupil Tracking from Monocular Video, 2020.
    """

    def __init__(self, mesh_weights: Path, iris_weights: Path) -> None:
        """Load both networks; TensorFlow Lite files."""
        self._mesh = PictureNetwork(mesh_weights)
        self._iris = PictureNetwork(iris_weights)

    def find(self, image: Image | Picture, region: FaceSquare) -> Mesh:
        """Landmarks of the face in `region` of an (h, w, 3) RGB uint8 frame.

        The score says whether there is a face at all; look at it before using the points.
        """
        size = self._mesh.input_px
        crop_from_frame = region.crop_from_frame(size, REGION_MARGIN)
        raw, presence = _run(self._mesh, _crop(image, crop_from_frame, size))
        points = raw.reshape(-1, 3)
        frame_from_crop = cv2.invertAffineTransform(crop_from_frame)
        scale = float(np.hypot(frame_from_crop[0, 0], frame_from_crop[1, 0]))
        # the network counts from the corner of the picture, we count from a pixel's centre
        frame_xy = (points[:, :2] - 0.5) @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
        points_px = np.column_stack([frame_xy, points[:, 2] * scale]).astype(np.float32)
        score = float(1 / (1 + np.exp(-np.clip(presence.reshape(-1)[0], -80, 80))))
        left = self._eye(image, points_px, LEFT_EYE_OUTER, LEFT_EYE_INNER, mirrored=False)
        right = self._eye(image, points_px, RIGHT_EYE_OUTER, RIGHT_EYE_INNER, mirrored=True)
        points_px[LEFT_EYELIDS, :2] = left[0]
        points_px[RIGHT_EYELIDS, :2] = right[0]
        return Mesh(points_px=points_px, iris_px=np.stack([left[1], right[1]]), score=score)

    def _eye(
        self, image: Image | Picture, points_px: Points, outer: int, inner: int, *, mirrored: bool
    ) -> tuple[Points, Points]:
        """(16, 2) eyelids and (5, 2) iris of one eye, frame pixels; the network knows one side only."""
        a, b = (outer, inner) if not mirrored else (inner, outer)
        left, right = points_px[a, :2], points_px[b, :2]
        region = FaceSquare(
            x_px=float(left[0] + right[0]) / 2,
            y_px=float(left[1] + right[1]) / 2,
            side_px=max(float(np.hypot(*(right - left))), 1.0),
            roll_rad=_angle(left, right),
        )
        size = self._iris.input_px
        crop_from_frame = region.crop_from_frame(size, EYE_MARGIN)
        crop = _crop(image, crop_from_frame, size)
        lids, iris = _run(self._iris, crop[:, ::-1] if mirrored else crop)
        points = np.concatenate([lids.reshape(-1, 3)[:16, :2], iris.reshape(-1, 3)[:, :2]])
        if mirrored:
            points[:, 0] = size - points[:, 0]
        frame_from_crop = cv2.invertAffineTransform(crop_from_frame)
        frame_xy = ((points - 0.5) @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]).astype(np.float32)
        return frame_xy[:16], frame_xy[16:]


def _crop(image: Image | Picture, crop_from_frame: Matrix, size_px: int) -> Image:
    part, crop_from_part = part_under(image, crop_from_frame, size_px)
    size = (size_px, size_px)
    return np.asarray(cv2.warpAffine(part, crop_from_part, size, flags=cv2.INTER_LINEAR), np.uint8)


def _run(network: PictureNetwork, crop: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both outputs for an (s, s, 3) RGB uint8 crop; the networks want it in [0, 1]."""
    first, second = network.run(crop[None].astype(np.float32) / np.float32(255))
    return first, second
