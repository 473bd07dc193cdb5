"""One face of a review in its frame: see it, correct its landmarks, find it anew, draw what hides it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from understudy.core.digest_once import Digests
from understudy.core.errors import ConfigError, FacesetError, UnderstudyError
from understudy.core.files import write_atomically
from understudy.core.types import Image, Matrix, Points
from understudy.faces.crop import cut_as_it_lies
from understudy.faces.drawn_mask import LARGEST_MASK_BYTES
from understudy.faces.face import Face, FaceSquare
from understudy.faces.faceset_decisions import Edit
from understudy.faces.faceset_records import StoredFace
from understudy.faces.faceset_rows import blob_from_floats, plain_name
from understudy.faces.faceset_schema import CROPS, MASKS
from understudy.faces.landmark import region_of_points
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS
from understudy.faces.openings import BROWS
from understudy.faces.pose import fit_pose, fit_poses
from understudy.faces.quality import landmark_figures, measure_face, within
from understudy.faces.refit import MIN_SCORE, Landmarker
from understudy.faces.stored_crop import decode_crop
from understudy.media.footage import open_footage, sha256_of
from understudy.media.images import decode_image, encode_jpeg
from understudy.workflows.review import Changed, Review

_DIGESTS = Digests()
PARTS = {
    "oval": FACE_OVAL,
    "lips": OUTER_LIPS,
    "mouth": INNER_LIPS,
    "left eye": LEFT_EYELIDS,
    "right eye": RIGHT_EYELIDS,
    "left brow": BROWS[0],
    "right brow": BROWS[1],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceView:
    """A face and the picture that it is shown in.

    Args:
        face: as it is stored.
        picture: (h, w, 3) RGB uint8: its frame, or its crop where that cannot be had.
        picture_from_frame: (2, 3) float32.
        trouble: why it is the crop, "" where it is the frame.
    """

    face: StoredFace
    picture: Image
    picture_from_frame: Matrix
    trouble: str


def view(review: Review, face: int) -> FaceView:
    """A face in its frame, if the footage is still where it was."""
    stored = review.stored(face)
    try:
        picture, trouble = _frame_of(review, stored), ""
        matrix = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    except UnderstudyError as error:
        picture, trouble, matrix = decode_crop(stored), error.what, stored.crop_from_frame
    return FaceView(face=stored, picture=picture, picture_from_frame=matrix, trouble=trouble)


def about(review: Review, face: int) -> dict[str, object]:
    """What is drawn over the picture: box, landmarks (468 x, y) and square, all in frame pixels."""
    stored = review.stored(face)
    square = stored.square
    return {
        "id": stored.id,
        "frame": stored.frame_index,
        "time_s": float(stored.time_s),
        "box": stored.face.box_px.tolist(),
        "landmarks": stored.face.landmarks_px[:, :2].round(2).tolist(),
        "parts": PARTS,
        "square": [square.x_px, square.y_px, square.side_px, square.roll_rad],
        "crop_px": stored.crop_size_px,
        "crop_from_frame": stored.crop_from_frame.tolist(),
        "mask": review.states.masks.get(stored.id, ""),
        "has_mask": stored.id in review.states.masks,
    }


def set_landmarks(review: Review, face: int, landmarks_px: Sequence[Sequence[float]]) -> Changed:
    """Put a face's landmarks elsewhere, (468, 2) frame pixels; pose, square, box and openings follow.

    Raises:
        ConfigError: they are no face.
    """
    stored = review.stored(face)
    points = np.array(landmarks_px, np.float32)
    if points.shape != (468, 2) or not np.isfinite(points).all() or np.abs(points).max() > 1e5:
        raise ConfigError("these are no 468 landmarks", "reload the page")
    mesh = np.column_stack([points, stored.face.landmarks_px[:, 2]])
    found = _with_mesh(stored.face, mesh)
    figures = stored.face.quality | landmark_figures([found], fit_poses(mesh[None]))[0]
    place = _place(stored, replace(found, quality=figures), stored.crop_path.name, None, stored.crop_size_px)
    return review.edit([Edit(face_id=face, what="place", value=place)], "Corrected")


def find_in_box(review: Review, face: int, box_px: Sequence[float], landmarker: Landmarker) -> Changed:
    """Look for a face in a box of its frame, (x0, y0, x1, y1), and put it there.

    Raises:
        UnderstudyError: the footage cannot be had, or no face is seen there.
    """
    stored = review.stored(face)
    x0, y0, x1, y1 = (float(value) for value in box_px)
    side = max(x1 - x0, y1 - y0)
    if not side >= 8:
        raise ConfigError("this box is too small", "draw one around the whole face")
    frame = _frame_of(review, stored)
    found = None
    for roll in (0.0, stored.square.roll_rad):
        region = FaceSquare(x_px=(x0 + x1) / 2, y_px=(y0 + y1) / 2, side_px=side, roll_rad=roll)
        mesh = landmarker.find(frame, region)
        if mesh.score >= MIN_SCORE:
            mesh = landmarker.find(frame, region_of_points(mesh.points_px))
        if mesh.score >= MIN_SCORE and (found is None or mesh.score > found.score):
            found = mesh
    if found is None:
        raise FacesetError("no face is seen in this box", "draw it around the whole face, chin to forehead")
    moved = replace(_with_mesh(stored.face, found.points_px), iris_px=found.iris_px, confidence=found.score)
    return _store(review, stored, moved, frame)


def draw_mask(review: Review, face: int, png: bytes) -> Changed:
    """Say what of a face is hidden; white in a PNG as large as the stored crop. None of it: no mask.

    Raises:
        ConfigError: it is no such picture.
    """
    stored = review.stored(face)
    try:
        mask = decode_image(png)[..., 0] if len(png) <= LARGEST_MASK_BYTES else None
    except ValueError:
        mask = None
    if mask is None or mask.shape != (stored.crop_size_px, stored.crop_size_px):
        raise ConfigError("this is no mask of the face", "reload the page")
    hidden = np.where(mask >= 128, 255, 0).astype(np.uint8)
    if not hidden.any():
        return review.edit([Edit(face_id=face, what="mask", value=None)], "Took the mask from")
    _, data = cv2.imencode(".png", hidden)
    name = f"{face:07d}_{hashlib.sha256(data.tobytes()).hexdigest()[:12]}.png"
    write_atomically(review.folder / MASKS / name, data.tobytes())
    return review.edit([Edit(face_id=face, what="mask", value=name)], "Drew a mask on")


def mask_file(review: Review, face: int) -> Path | None:
    """The PNG of a face's mask, None where it has none."""
    name = review.states.masks.get(face)
    return None if name is None else review.folder / MASKS / plain_name(name)


def _frame_of(review: Review, stored: StoredFace) -> Image:
    """The frame that a face is from; raises UnderstudyError with one line on why it cannot be had."""
    record = review.source_of(stored.source_id)
    path, name = record.path, record.path.name
    if not path.exists():
        raise FacesetError(f"The footage {name} is no longer where it was.", "put it back")
    digest = _DIGESTS.sha256(path) if path.is_file() else sha256_of(path)
    if digest != record.sha256:
        raise FacesetError(f"The footage {name} has changed since the faces were found.", "put it back")
    # some frames early, as seeking may round; at worst from the start
    early = max(Fraction(0), stored.time_s - 1)
    for start in dict.fromkeys((early, Fraction(0))):
        with open_footage(path, start_s=start) as footage:
            for frame in footage:
                if frame.pts == stored.pts:
                    return frame.image
                if frame.pts > stored.pts:
                    break
    raise FacesetError(f"The footage {name} has no such frame any more.", "put it back")


def _with_mesh(face: Face, mesh: Points) -> Face:
    pose = fit_pose(mesh)
    corners = [mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)]
    return replace(
        face,
        landmarks_px=mesh.astype(np.float32),
        box_px=np.concatenate(corners).astype(np.float32),
        square=pose.square,
        pose_deg=pose.angles_deg,
    )


def _store(review: Review, stored: StoredFace, moved: Face, frame: Image) -> Changed:
    """Cut the face out of its frame anew; a mask that was drawn on the old crop goes, with the same step."""
    crop, matrix = cut_as_it_lies(frame, moved.square)
    inside = within(moved.landmarks_px[:, :2], (frame.shape[1], frame.shape[0]))
    figures = measure_face(moved, crop, matrix, inside).figures
    figures |= landmark_figures([moved], fit_poses(moved.landmarks_px[None]))[0]
    figures |= {
        name: value
        for name, value in stored.face.quality.items()
        if name in ("identity_distance", "occlusion")
    }
    data = encode_jpeg(crop)
    # a name of its own, so that the step can be taken back
    name = f"{stored.crop_path.stem.split('_r')[0]}_r{hashlib.sha256(data).hexdigest()[:8]}.jpg"
    write_atomically(review.folder / CROPS / name, data)
    place = _place(stored, replace(moved, quality=figures), name, (data, matrix), len(crop))
    edits = [Edit(face_id=stored.id, what="place", value=place)]
    if stored.id in review.states.masks:
        edits.append(Edit(face_id=stored.id, what="mask", value=None))
    return review.edit(edits, "Found anew")


def _place(stored: StoredFace, face: Face, crop: str, cut: tuple[bytes, Matrix] | None, size_px: int) -> str:
    """The text that `faceset_place` writes; without `cut` the crop is the one that is there."""
    square = face.square
    data, matrix = cut or (stored.crop_path.read_bytes(), stored.crop_from_frame)
    return json.dumps(
        {
            **{
                f"box_{side}_px": float(v)
                for side, v in zip(("x0", "y0", "x1", "y1"), face.box_px, strict=True)
            },
            "confidence": float(face.confidence),
            **{f"square_{name}": getattr(square, name) for name in ("x_px", "y_px", "side_px", "roll_rad")},
            **{f"{n}_deg": float(v) for n, v in zip(("yaw", "pitch", "roll"), face.pose_deg, strict=True)},
            "crop": crop,
            "crop_sha256": hashlib.sha256(data).hexdigest(),
            "crop_size_px": size_px,
            "crop_from_frame": b64encode(blob_from_floats(matrix, 2, 3)).decode(),
            "mesh": b64encode(blob_from_floats(face.landmarks_px, 468, 3)).decode(),
            "iris": b64encode(blob_from_floats(face.iris_px, 2, 5, 2)).decode(),
            "quality": {name: float(value) for name, value in face.quality.items()},
        }
    )
