"""Figures that say how useful a face is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import transform_points
from understudy.core.types import Image, Matrix, Points
from understudy.faces.crop import STORED_COVERAGE, upright
from understudy.faces.face import Face, FaceSquare
from understudy.faces.gaze import gazes_deg
from understudy.faces.light import LIGHT_PX, face_light
from understudy.faces.occlusion import FaceLook, areas, face_look, places
from understudy.faces.openings import MEASURES, all_normalised, expressions_of
from understudy.faces.pose import HeadPoses

GAZE = ("gaze_yaw_deg", "gaze_pitch_deg")
_SHARPNESS_PX = 128
_MIDDLE = STORED_COVERAGE / 2  # sides of the face square in which sharpness is looked for
_TURNED_DEG = (20.0, 15.0)  # yaw and pitch at which a face is half as good a portrait as from the front


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFace:
    """What one frame's pixels tell of a face.

    Args:
        figures: name to value, as in `Face.quality`.
        look: what its track's faces are compared by.
    """

    figures: dict[str, float]
    look: FaceLook


def measure_face(
    face: Face, crop: Image, crop_from_frame: Matrix, is_inside: NDArray[np.bool_]
) -> MeasuredFace:
    """Take the figures that one frame's pixels give.

    Args:
        face: the detection.
        crop: (s, s, 3) RGB uint8, with `STORED_COVERAGE` of the face's square.
        crop_from_frame: (2, 3) similarity that cut it, not necessarily upright.
        is_inside: (468,) bool, which landmarks lie within the picture; see `within`.

    Returns:
        The figures: sharpness (see there); side_px of the face square; in_frame, share of the face within
        the frame; brightness, light_side and clipped (see `faces.light`). What is not known is left out.
    """
    small, in_small = upright_for_light(face, crop, crop_from_frame)
    figures = {
        "sharpness": sharpness(_middle(crop, crop_from_frame, face.square)),
        "side_px": face.square.side_px,
        "in_frame": float(areas()[is_inside[places()]].sum()),
        **light_figures(small, in_small),
    }
    return MeasuredFace(figures=figures, look=face_look(small, in_small, is_inside))


def upright_for_light(face: Face, crop: Image, crop_from_frame: Matrix) -> tuple[Image, Points]:
    """The upright face, as small as light needs it, and where its landmarks lie there.

    Args:
        face: the detection.
        crop: (s, s, 3) RGB uint8, with `STORED_COVERAGE` of the face's square.
        crop_from_frame: (2, 3) similarity that cut it, not necessarily upright.

    Returns:
        (`LIGHT_PX`, `LIGHT_PX`, 3) RGB uint8 and (468, 2) float32.
    """
    small = upright(crop, crop_from_frame, face.square, LIGHT_PX, STORED_COVERAGE)
    small_from_frame = face.square.crop_from_frame(LIGHT_PX, STORED_COVERAGE)
    return small, transform_points(small_from_frame, face.landmarks_px[:, :2])


def within(points_px: NDArray[np.floating], size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """(n,) bool, which of (n, 2) points lie within a picture of this width and height."""
    return np.asarray(((points_px >= -0.5) & (points_px < np.array(size_px) - 0.5)).all(axis=1))


def landmark_figures(faces: Sequence[Face], poses: HeadPoses) -> list[dict[str, float]]:
    """What landmarks and irises alone tell, of many faces at once.

    Args:
        faces: one or more.
        poses: of their heads, by `fit_poses`.

    Returns:
        Of each face mouth_open, mouth_width, eye_open and brow (see `faces.openings`); gaze_yaw_deg and
        gaze_pitch_deg (see `faces.gaze`), left out where they are not known.
    """
    landmarks_px = np.stack([face.landmarks_px for face in faces])
    openings = expressions_of(all_normalised(landmarks_px, poses))
    gazes = gazes_deg(landmarks_px, np.stack([face.iris_px for face in faces]), poses)
    rows = np.column_stack([openings, gazes]).tolist()
    return [
        {n: v for n, v in zip((*MEASURES, *GAZE), row, strict=True) if n not in GAZE or np.isfinite(v)}
        for row in rows
    ]


def light_figures(crop: Image, points_px: NDArray[np.floating]) -> dict[str, float]:
    """The light on a face; see `measure_face`.

    Args:
        crop: (s, s, 3) RGB uint8.
        points_px: (468, 2) landmarks in pixels of the crop.
    """
    light = face_light(crop, points_px)
    if light is None:
        return {}
    figures = {"brightness": light.brightness, "light_side": light.side, "clipped": light.clipped}
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def _middle(crop: Image, crop_from_frame: Matrix, square: FaceSquare) -> Image:
    """What of a crop shows the face itself, as it lies."""
    x, y = crop_from_frame[:, :2] @ (square.x_px, square.y_px) + crop_from_frame[:, 2]
    reach = _MIDDLE * square.side_px * float(np.hypot(crop_from_frame[0, 0], crop_from_frame[1, 0])) / 2
    x0, y0 = max(0, round(x - reach)), max(0, round(y - reach))
    return crop[y0 : max(y0 + 1, round(y + reach)), x0 : max(x0 + 1, round(x + reach))]


def sharpness(middle: Image) -> float:
    """Mean absolute Laplacian of a face's luma at a fixed size, in grey levels.

    Args:
        middle: (h, w, 3) RGB uint8, `_MIDDLE` sides of the face square.
    """
    grey = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY)
    # enlarging must not make edges that the footage does not have
    how = cv2.INTER_AREA if min(grey.shape) > _SHARPNESS_PX else cv2.INTER_CUBIC
    grey = cv2.resize(grey, (_SHARPNESS_PX, _SHARPNESS_PX), interpolation=how)
    return cv2.norm(cv2.Laplacian(grey, cv2.CV_16S), cv2.NORM_L1) / grey.size


def portrait_score(sharpness: float, yaw_deg: float, pitch_deg: float) -> float:
    """How well a face shows who it is: sharp, and from the front."""
    yaw, pitch = yaw_deg / _TURNED_DEG[0], pitch_deg / _TURNED_DEG[1]
    return sharpness / (1 + yaw**2 + pitch**2)
