"""Figures that say how useful a face is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Matrix
from understudy.faces.crop import reduced
from understudy.faces.face import Face
from understudy.faces.gaze import gaze_deg
from understudy.faces.light import LIGHT_PX, face_light
from understudy.faces.occlusion import FaceLook, areas, face_look, places
from understudy.faces.openings import MEASURES, expression_of, pose_normalised
from understudy.faces.pose import HeadPose, fit_pose

GAZE = ("gaze_yaw_deg", "gaze_pitch_deg")
_SHARPNESS_PX = 128
_TURNED_DEG = (20.0, 15.0)  # yaw and pitch at which a face is half as good a portrait as from the front


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFace:
    """What one frame tells of a face.

    Args:
        figures: name to value, as in `Face.quality`.
        look: what its track's faces are compared by.
    """

    figures: dict[str, float]
    look: FaceLook


def measure_face(
    face: Face, crop: Image, crop_from_frame: Matrix, is_inside: NDArray[np.bool_]
) -> MeasuredFace:
    """Take the figures that one frame gives; about 0.4 ms.

    Args:
        face: the detection.
        crop: (s, s, 3) RGB uint8, cut by `crop_from_frame`.
        crop_from_frame: (2, 3).
        is_inside: (468,) bool, which landmarks lie within the picture; see `within`.

    Returns:
        The figures: sharpness (see there); side_px of the face square; in_frame, share of the face within
        the frame; mouth_open, mouth_width, eye_open and brow (see `faces.openings`); gaze_yaw_deg and
        gaze_pitch_deg (see `faces.gaze`); brightness, light_side and clipped (see `faces.light`). What is
        not known is left out.
    """
    pose = fit_pose(face.landmarks_px)
    points = face.landmarks_px[:, :2]
    small = reduced(crop, LIGHT_PX)
    in_crop = points @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
    in_small = (in_crop + 0.5) * (LIGHT_PX / crop.shape[0]) - 0.5
    figures = {
        "sharpness": sharpness(crop),
        "side_px": face.square.side_px,
        "in_frame": float(areas()[is_inside[places()]].sum()),
        **landmark_figures(face, pose),
        **light_figures(small, in_small),
    }
    return MeasuredFace(figures=figures, look=face_look(small, in_small, pose, is_inside))


def within(points_px: NDArray[np.floating], size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """(n,) bool, which of (n, 2) points lie within a picture of this width and height."""
    return np.asarray(((points_px >= -0.5) & (points_px < np.array(size_px) - 0.5)).all(axis=1))


def landmark_figures(face: Face, pose: HeadPose) -> dict[str, float]:
    """What landmarks and irises alone tell: openings and gaze; see `measure_face`."""
    shown = expression_of(pose_normalised(face.landmarks_px, pose))
    figures: dict[str, float] = {name: getattr(shown, name) for name in MEASURES}
    gaze = gaze_deg(face, pose)
    return figures if gaze is None else figures | dict(zip(GAZE, gaze.tolist(), strict=True))


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


def sharpness(crop: Image) -> float:
    """Mean absolute Laplacian of the middle of a crop's luma at a fixed size, in grey levels.

    Args:
        crop: (s, s, 3) RGB uint8, upright face.
    """
    quarter = crop.shape[0] // 4
    middle = cv2.cvtColor(crop[quarter:-quarter, quarter:-quarter], cv2.COLOR_RGB2GRAY)
    # enlarging must not make edges that the footage does not have
    how = cv2.INTER_AREA if middle.shape[0] > _SHARPNESS_PX else cv2.INTER_CUBIC
    grey = cv2.resize(middle, (_SHARPNESS_PX, _SHARPNESS_PX), interpolation=how)
    return cv2.norm(cv2.Laplacian(grey, cv2.CV_16S), cv2.NORM_L1) / grey.size


def portrait_score(sharpness: float, yaw_deg: float, pitch_deg: float) -> float:
    """How well a face shows who it is: sharp, and from the front."""
    yaw, pitch = yaw_deg / _TURNED_DEG[0], pitch_deg / _TURNED_DEG[1]
    return sharpness / (1 + yaw**2 + pitch**2)
