"""The 468-point face mesh and the irises of one face, from a rotated region of the frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import inverse
from understudy.core.picture import Picture
from understudy.core.types import Image, Points
from understudy.faces.attention import Part, sample
from understudy.faces.crop import part_under, warp_linear
from understudy.faces.detect import Detection
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from understudy.faces.prepared import prepared
from understudy.faces.tflite import PictureNetwork

REGION_MARGIN = 1.5  # side of the network's region over the face's longer side
PRESENCE_PX = 36.0  # side of a face square from which on the score is to be trusted
GRAIN_SIGMA_PX = 0.6  # of the blur of what the network reads

# names of tensors in the network's file: lips, left eye, right eye
_FEATURES, _PRESENCE = "p_re_lu_3", "conv_faceflag"
_HEAD_INPUTS = [f"transform_tensor_bilinear_v2{number}" for number in ("", "_1", "_2")]
_HEAD_POINTS, _HEAD_IRISES = (
    ["conv_lips", "conv_left_eye", "conv_right_eye"],
    ["conv_left_iris", "conv_right_iris"],
)
_PIECES_VERSION = 1  # of how the file is taken apart


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
    """MediaPipe's face mesh with attention: lips, eyes and irises are looked at once more.

    The file has operators of its own between its trunk and the heads for those parts; it runs in two
    parts, with `attention` between them.

    Reference:
        Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019;
        Grishchenko et al., Attention Mesh: High-fidelity Face Mesh Prediction in Real-time, 2020.
    """

    def __init__(self, weights: Path) -> None:
        """Load `face_landmark_with_attention.tflite`.

        Raises:
            ValueError: the file holds another network.
        """
        pieces = prepared(weights, _PIECES_VERSION, lambda: _pieces(weights))
        self._parts = [Part.from_options(options) for options in json.loads(pieces["parts"])]
        self._trunk, self._heads = PictureNetwork(pieces["trunk"]), PictureNetwork(pieces["heads"])

    def find(self, image: Image | Picture, region: FaceSquare) -> Mesh:
        """Landmarks of the face in `region` of an (h, w, 3) RGB uint8 frame.

        The score says whether there is a face at all; look at it before using the points.
        """
        size = self._trunk.input_px
        crop_from_frame = region.crop_from_frame(size, REGION_MARGIN)
        part, crop_from_part = part_under(image, crop_from_frame, size)
        crop = warp_linear(part, crop_from_part, size, cv2.BORDER_CONSTANT)
        # the network takes grain for movement: without it a still face moves a fifth less
        crop = cv2.GaussianBlur(crop, (3, 3), GRAIN_SIGMA_PX)
        picture = np.multiply(crop, np.float32(1 / 255), dtype=np.float32)
        features, raw, presence = self._trunk.run(picture[None])
        points = raw.reshape(-1, 3)
        irises = self._refine(features[0], points)
        frame_from_crop = inverse(crop_from_frame.astype(np.float64))
        scale = float(np.hypot(frame_from_crop[0, 0], frame_from_crop[1, 0]))
        return Mesh(
            points_px=np.column_stack([_carried(frame_from_crop, points[:, :2]), points[:, 2] * scale]),
            iris_px=_carried(frame_from_crop, irises).reshape(2, 5, 2),
            score=float(1 / (1 + np.exp(-np.clip(presence.reshape(-1)[0], -80, 80)))),
        )

    def _refine(self, features_HWC: NDArray[np.float32], points: Points) -> Points:
        """Put the parts' (x, y) in place in (468, 3) crop points; returns (10, 2) of both irises."""
        stride = np.float32(self._trunk.input_px / features_HWC.shape[0])
        boxes = [part.locate(points[:, :2] / stride) for part in self._parts]
        cells = self._heads.input_px
        found = self._heads.run(*sample(features_HWC, boxes, cells)[:, None])
        # the heads count in pixels of the crop's scale
        unit = [values.reshape(-1, 2) / (cells * stride) for values in found]
        for part, box, values in zip(self._parts, boxes, unit[:3], strict=True):
            points[part.points, :2] = box.carry(values) * stride
        return np.concatenate([box.carry(v) * stride for box, v in zip(boxes[1:], unit[3:], strict=True)])


def _pieces(weights: Path) -> dict[str, bytes]:
    """The trunk, the heads, and what the file says of the parts that they look at."""
    from understudy.faces.tflite_parts import NetworkFile  # imports slowly, and is seldom needed

    file = NetworkFile(weights.read_bytes())
    return {
        "trunk": file.part_between(["input_1"], [_FEATURES, "output_mesh", _PRESENCE]),
        "heads": file.part_between(_HEAD_INPUTS, [*_HEAD_POINTS, *_HEAD_IRISES]),
        "parts": json.dumps(file.custom_options("Landmarks2TransformMatrix")).encode(),
    }


def _carried(frame_from_crop: NDArray[np.float64], crop_xy: Points) -> Points:
    # the network counts from the corner of the picture, we count from a pixel's centre
    frame_xy = (crop_xy - 0.5) @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    return frame_xy.astype(np.float32)
