"""Clips whose faces drive a photo, and what is measured of the result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.events import ignore
from understudy.core.geometry import inverse
from understudy.core.types import Image, Points
from understudy.expression.basis import load_basis
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, coefficients
from understudy.faces.crop import cut
from understudy.faces.face import Face, FaceSquare
from understudy.faces.finder import load_landmarker
from understudy.faces.landmark import region_of_points
from understudy.faces.openings import MEASURES, all_normalised, expressions_of
from understudy.faces.pose import fit_pose, fit_poses
from understudy.measure.expression import pearson, says_something
from understudy.measure.region import inner_face_mask
from understudy.measure.ssim import masked_ssim
from understudy.media.footage import open_footage
from understudy.workflows.expression import clip_of
from understudy.workflows.expression_faces import faces_of_footage

MOST_FRAMES = 120  # drawn of a clip, evenly spread
_CROP_PX, _COVERAGE = 128, 1.2
_ROUNDS = 2  # of looking for landmarks where they were found


@dataclass(frozen=True, kw_only=True)
class Footage:
    """A clip's landmarks in all frames, and the frames that are compared.

    Args:
        clip: of whom it shows most.
        images: number of a frame to its (h, w, 3) RGB uint8 picture; each shows the face.
    """

    clip: Clip
    images: dict[int, Image]

    @property
    def frames(self) -> list[int]:
        """Those that are compared."""
        return list(self.images)


def load(path: Path, kept: Path | None, which: slice | None = None) -> Footage:
    """Read a clip; its landmarks are kept in a folder between runs where one is given.

    Args:
        path: of the clip.
        kept: the folder.
        which: of the frames that show the face are compared; up to `MOST_FRAMES`, evenly spread, where None.
    """
    clip = _kept_clip(path, kept)
    seen = np.flatnonzero(np.isfinite(clip.landmarks_px).all(axis=(1, 2)))
    wanted = set(seen[which or slice(None, None, -(-len(seen) // MOST_FRAMES))].tolist())
    with open_footage(path) as footage:
        images = {number: frame.image for number, frame in enumerate(footage) if number in wanted}
    return Footage(clip=clip, images=images)


def _kept_clip(path: Path, kept: Path | None) -> Clip:
    if kept is None:
        return clip_of(faces_of_footage(path, ignore), 1, path)
    file = kept / f"{path.parent.name}_{path.stem}.npz"
    if not file.exists():
        clip = clip_of(faces_of_footage(path, ignore), 1, path)
        kept.mkdir(parents=True, exist_ok=True)
        np.savez(file, times=clip.times_s, points=clip.landmarks_px, irises=clip.iris_px, size=clip.size_px)
    with np.load(file) as stored:
        return Clip(
            times_s=stored["times"],
            landmarks_px=stored["points"],
            iris_px=stored["irises"],
            size_px=tuple(stored["size"].tolist()),
            footage=path.name,
        )


@cache
def _landmarker() -> Any:  # noqa: ANN401
    return load_landmarker()


def reread(image: Image, near: Points) -> tuple[Points, Points]:
    """Landmarks (468, 3) and irises (2, 5, 2) seen in a picture, near where a face should be."""
    mesh = None
    for _ in range(_ROUNDS):
        mesh = _landmarker().find(image, region_of_points(near))
        near = mesh.points_px
    assert mesh is not None
    return mesh.points_px, mesh.iris_px


def face_of(points_px: Points, iris_px: Points) -> Face:
    """What identity vectors need of a face."""
    pose = fit_pose(points_px)
    return Face(
        box_px=np.concatenate([points_px[:, :2].min(axis=0), points_px[:, :2].max(axis=0)]),
        landmarks_px=points_px,
        iris_px=iris_px,
        confidence=1.0,
        track=0,
        square=pose.square,
        pose_deg=pose.angles_deg,
    )


def openings(points_px: Points) -> NDArray[np.float32]:
    """(n, 4) how far mouth, eyes and brows of (n, 468, 3) faces are open, as `faces.openings.MEASURES`."""
    return expressions_of(all_normalised(points_px, fit_poses(points_px)))


def correlations(found: Points, wanted: Points) -> dict[str, float | None]:
    """Correlations over time of what faces do; None where the one to be followed hardly does anything."""
    a, b = openings(found).T, openings(wanted).T
    r: dict[str, float | None] = {}
    for number, name in enumerate(MEASURES):
        one = pearson(a[number].tolist(), b[number].tolist()) if says_something(b[number]) else None
        r[name] = None if one is None else round(one, 3)
    return r


def done(points_px: Points, rest: Points) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, k) coefficients and (n, 3) angles of (n, 468, 3) faces against a face at rest, unsteadied."""
    values, poses = coefficients(points_px, rest, load_basis())
    return values, poses.angles_deg


def angles_apart(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """(n, 3) absolute differences in degrees, the short way round."""
    return np.abs((a - b + 180) % 360 - 180)


def ssim_in_place(image: Image, truth: Image, truth_points: Points) -> float:
    """Likeness inside the inner face, both pictures cut out where the true face lies."""
    square = fit_pose(truth_points).square
    crop_from_frame = square.crop_from_frame(_CROP_PX, _COVERAGE)
    points = truth_points[:, :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
    mask = inner_face_mask(points, _CROP_PX)
    crops = [cut(one, crop_from_frame, _CROP_PX) for one in (image, truth)]
    return masked_ssim(crops[0], crops[1], mask) or 0.0


def moved_by_similarity(photo: Image, at: FaceSquare, goes_to: FaceSquare) -> Image:
    """The whole photo shifted, turned in its plane and grown as the head is; nothing in the face moves."""
    whole = (goes_to.crop_from_frame(_CROP_PX, 1.0), at.crop_from_frame(_CROP_PX, 1.0))
    to_crop, from_photo = (np.vstack([one, [0, 0, 1]]).astype(np.float64) for one in whole)
    moved_from_photo = (inverse_of(to_crop) @ from_photo)[:2]
    height, width = photo.shape[:2]
    moved = cv2.warpAffine(photo, moved_from_photo, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def inverse_of(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a (3, 3) affine matrix."""
    return np.vstack([inverse(square[:2]), [0, 0, 1]])


def square_of(performance: Performance, frame: int) -> FaceSquare:
    """Where the head's square lies in one frame."""
    x, y = performance.centre_px[frame].tolist()
    return FaceSquare(
        x_px=x,
        y_px=y,
        side_px=float(performance.scale_px[frame]),
        roll_rad=float(np.radians(performance.pose_deg[frame, 2])),
    )


def telling_moments(footage: Footage) -> dict[str, int]:
    """Frames worth looking at: name to number, among those that are compared."""
    frames = np.array(footage.frames)
    points = footage.clip.landmarks_px[frames]
    mouth, width, eyes, brow = openings(points).T
    yaw, pitch, _ = fit_poses(points).angles_deg.T
    chosen = {
        "first": 0,
        "mouth most open": mouth.argmax(),
        "eyes shut": eyes.argmin(),
        "mouth widest": width.argmax(),
        "mouth narrowest": width.argmin(),
        "brows highest": brow.argmax(),
        "turned left": yaw.argmin(),
        "turned right": yaw.argmax(),
        "looks down": pitch.argmax(),
    }
    return {name: int(frames[number]) for name, number in chosen.items()}


def sheet_row(pictures: list[tuple[Image, FaceSquare]], words: str, side_px: int = 280) -> Image:
    """Faces beside one another, each cut out around its square, with a word of what is seen."""
    cells = [cut(image, square.crop_from_frame(side_px, 1.5), side_px).copy() for image, square in pictures]
    row = np.concatenate(cells, axis=1)
    cv2.putText(row, words, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 0), 1, cv2.LINE_AA)
    return row
