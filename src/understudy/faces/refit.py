"""Find the mesh of a face of which 68 landmarks are known, and see whether both agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from understudy.core.geometry import chained, inverse, transform_points
from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image, Matrix, Points
from understudy.faces.face import Face, FaceSquare
from understudy.faces.landmark import Mesh, region_of_points
from understudy.faces.mesh import LEFT_EYELIDS, RIGHT_EYELIDS
from understudy.faces.pose import fit_pose

MIN_SCORE = 0.5
_SIZES = (1.0, 0.8, 1.25)  # of the region; the next where no mesh is found by the one before, or a poor one
_SURE = 0.05  # disagreement, in sides of the face square, below which no other region is tried

# (mesh point, landmark of 68): corners of eyes and mouth, and the tip and base of the nose
_PAIRS = ((33, 36), (133, 39), (362, 42), (263, 45), (61, 48), (291, 54), (2, 33))
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


class Landmarker(Protocol):
    """Anything that finds the mesh of the face in a region."""

    def find(self, image: Image | Picture, region: FaceSquare) -> Mesh:
        """Landmarks of the face in `region` of an (h, w, 3) RGB uint8 picture."""
        ...


def refit(
    landmarker: Landmarker, image: Image | Picture, landmarks_px: Points, frame_from_image: Matrix
) -> tuple[Face, Face] | None:
    """Find the mesh of a face.

    Args:
        landmarker: finds it.
        image: (h, w, 3) RGB uint8: the frame, or a picture cut out of it.
        landmarks_px: (68, 2) float32, where the face lies, pixels of the image.
        frame_from_image: (2, 3) similarity; identity where the image is the frame.

    Returns:
        The face in pixels of the image and in frame pixels, both of track 0; None where no face is seen.
        Of several that are seen, the one that the landmarks agree with most.
    """
    start = region_of_landmarks(landmarks_px)
    best: tuple[float, Mesh] | None = None
    for size in _SIZES:
        mesh = landmarker.find(image, replace(start, side_px=start.side_px * size))
        if mesh.score >= MIN_SCORE:
            # as with a detector's box: a second look from the first landmarks settles them
            mesh = landmarker.find(image, region_of_points(mesh.points_px))
        if mesh.score >= MIN_SCORE:
            gap = disagreement(_face(mesh), landmarks_px)
            best = (gap, mesh) if best is None or gap < best[0] else best
            if gap < _SURE:
                break
    return None if best is None else (_face(best[1]), _face(_carried(best[1], frame_from_image)))


def region_of_landmarks(landmarks_px: Points) -> FaceSquare:
    """The upright-face region that the mesh network expects, from (68, 2) landmarks."""
    across = landmarks_px[_RIGHT_EYE].mean(axis=0) - landmarks_px[_LEFT_EYE].mean(axis=0)
    roll = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(roll), np.sin(roll)
    turn = np.array([[cos, -sin], [sin, cos]])
    upright = landmarks_px @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    middle = turn @ ((low + high) / 2)
    return FaceSquare(
        x_px=float(middle[0]), y_px=float(middle[1]), side_px=float((high - low).max()), roll_rad=roll
    )


def disagreement(face: Face, landmarks_px: Points) -> float:
    """How far a mesh is from 68 landmarks of the same face.

    Args:
        face: found in a picture.
        landmarks_px: (68, 2) float32, pixels of the same picture.

    Returns:
        Mean distance of points that both have, in sides of the face square.
    """
    ours, theirs = common_points(face.landmarks_px, landmarks_px)
    return float(np.linalg.norm(ours - theirs, axis=1).mean() / face.square.side_px)


def common_points(mesh_px: Points, landmarks_px: Points) -> tuple[Points, Points]:
    """What a (468, 3) mesh and (68, 2) landmarks both have, as (n, 2) points of each."""
    mesh = mesh_px[:, :2]
    ours = [mesh[a] for a, _ in _PAIRS] + [mesh[list(e)].mean(axis=0) for e in (LEFT_EYELIDS, RIGHT_EYELIDS)]
    theirs = [landmarks_px[b] for _, b in _PAIRS]
    theirs += [landmarks_px[eye].mean(axis=0) for eye in (_LEFT_EYE, _RIGHT_EYE)]
    return np.array(ours, np.float32), np.array(theirs, np.float32)


def seen_share(crop_from_image: Matrix, size_px: int, image: Image | Picture) -> float:
    """How much of a crop shows the picture that it is cut from, not what is beyond its border, in [0, 1]."""
    grid = np.stack(np.meshgrid(*[np.linspace(0, size_px - 1, 33)] * 2), axis=-1).reshape(-1, 2)
    image_from_crop = inverse(crop_from_image)
    points = transform_points(image_from_crop, grid.astype(np.float32))
    picture = as_picture(image)
    size = np.array([picture.width_px, picture.height_px])
    inside = ((points > -0.5) & (points < size - 0.5)).all(axis=1)
    return float(inside.mean())


def crop_from_image(square: FaceSquare, size_px: int, coverage: float, frame_from_image: Matrix) -> Matrix:
    """The (2, 3) matrix that cuts a face out of a picture that is itself cut out of the frame."""
    return chained(square.crop_from_frame(size_px, coverage), frame_from_image)


def _carried(mesh: Mesh, frame_from_image: Matrix) -> Mesh:
    scale = float(np.hypot(frame_from_image[0, 0], frame_from_image[1, 0]))
    points = np.column_stack(
        [transform_points(frame_from_image, mesh.points_px[:, :2]), mesh.points_px[:, 2] * scale]
    )
    iris = transform_points(frame_from_image, mesh.iris_px.reshape(-1, 2)).reshape(mesh.iris_px.shape)
    return Mesh(points_px=points.astype(np.float32), iris_px=iris, score=mesh.score)


def _face(mesh: Mesh) -> Face:
    points = mesh.points_px
    pose = fit_pose(points)
    return Face(
        box_px=np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float32),
        landmarks_px=points,
        iris_px=mesh.iris_px,
        confidence=mesh.score,
        track=0,
        square=pose.square,
        pose_deg=pose.angles_deg,
    )
