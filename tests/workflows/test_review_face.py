"""One face in its frame: landmarks, a new box and a mask, each a step that can be taken back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from made_facesets import faces_of, frame_of, write_faceset
from measure.made_faces import made_face
from understudy.core.errors import ConfigError, FacesetError
from understudy.faces.faceset import Faceset
from understudy.faces.landmark import Mesh
from understudy.faces.openings import expression_of, pose_normalised
from understudy.faces.pose import fit_pose
from understudy.faces.stored_crop import decode_crop, read_upright
from understudy.media.footage import sha256_of
from understudy.media.images import write_image
from understudy.workflows import review_face
from understudy.workflows.review import Review


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """The frame of the only face."""
    (face,) = faces_of([{}])
    write_image(tmp_path / "a.png", frame_of(face))
    return tmp_path / "a.png"


@pytest.fixture
def review(tmp_path: Path, footage: Path):
    folder = write_faceset(tmp_path / "anna", "a.mp4", [{}])
    db = sqlite3.connect(folder / "faces.sqlite")
    db.execute("UPDATE sources SET path = ?, sha256 = ?", (str(footage), sha256_of(footage)))
    db.execute("INSERT INTO quality VALUES (1, 'identity_distance', 0.25)")
    db.commit()
    db.close()
    opened = Review(folder)
    yield opened
    opened.close()


class OneFace:
    """Finds one face wherever it is asked, if the box is about there."""

    def __init__(self, face) -> None:
        self.face = face

    def find(self, image, region) -> Mesh:
        near = abs(region.x_px - self.face.square.x_px) < 40
        return Mesh(
            points_px=self.face.landmarks_px.copy(), iris_px=self.face.iris_px, score=0.9 if near else 0.1
        )


def test_the_frame_is_shown_while_the_footage_is_there(review: Review, footage: Path) -> None:
    shown = review_face.view(review, 1)
    assert shown.trouble == ""
    np.testing.assert_array_equal(shown.picture, frame_of(next(faces_of([{}]))))
    np.testing.assert_array_equal(shown.picture_from_frame, [[1, 0, 0], [0, 1, 0]])
    write_image(footage, shown.picture[::-1])
    shown = review_face.view(review, 1)
    assert "has changed" in shown.trouble
    footage.unlink()
    shown = review_face.view(review, 1)
    assert "no longer where it was" in shown.trouble
    np.testing.assert_array_equal(shown.picture, decode_crop(review.stored(1)))
    np.testing.assert_array_equal(shown.picture_from_frame, review.stored(1).crop_from_frame)


def test_corrected_landmarks_bring_pose_and_openings_with_them(review: Review) -> None:
    before = review.stored(1)
    wanted = made_face(pose_deg=(12.0, 0.0, 0.0), mouth=0.1)
    review_face.set_landmarks(review, 1, wanted.landmarks_px[:, :2].tolist())
    after = review.stored(1)
    np.testing.assert_allclose(after.face.landmarks_px[:, :2], wanted.landmarks_px[:, :2], atol=1e-4)
    np.testing.assert_array_equal(after.face.landmarks_px[:, 2], before.face.landmarks_px[:, 2])
    pose = fit_pose(after.face.landmarks_px)
    np.testing.assert_allclose(after.face.pose_deg, pose.angles_deg, atol=1e-4)
    assert after.square.x_px == pytest.approx(pose.square.x_px, abs=1e-3)
    openings = expression_of(pose_normalised(after.face.landmarks_px))
    assert after.face.quality["mouth_open"] == pytest.approx(openings.mouth_open, abs=1e-5)
    assert after.face.quality["identity_distance"] == 0.25
    assert review.table.columns.quality["mouth_open"][0] == pytest.approx(openings.mouth_open, abs=1e-5)
    assert after.crop_path == before.crop_path
    digest = review.thumbnails.digest(0)
    review.undo()
    assert review.thumbnails.digest(0) != digest
    assert_same(review.stored(1), before)
    review.redo()
    assert_same(review.stored(1), after)
    with pytest.raises(ConfigError, match="468"):
        review_face.set_landmarks(review, 1, [[0.0, 0.0]] * 467)


def test_a_face_is_found_anew_in_a_box_and_cut_out_anew(review: Review) -> None:
    before = review.stored(1)
    review_face.draw_mask(review, 1, png_of(np.full((before.crop_size_px,) * 2, 255, np.uint8)))
    elsewhere = made_face(centre_px=(100, 140), side_px=90)
    landmarker = OneFace(elsewhere)
    with pytest.raises(FacesetError, match="no face is seen"):
        review_face.find_in_box(review, 1, (200, 100, 250, 150), landmarker)
    with pytest.raises(ConfigError, match="too small"):
        review_face.find_in_box(review, 1, (100, 100, 104, 104), landmarker)
    assert_same(review.stored(1), before)
    review_face.find_in_box(review, 1, (60, 90, 140, 190), landmarker)
    after = review.stored(1)
    np.testing.assert_array_equal(after.face.landmarks_px, elsewhere.landmarks_px)
    assert after.crop_path != before.crop_path
    frame = review_face.view(review, 1).picture
    x, y = (after.crop_from_frame[:, :2] @ (100, 140) + after.crop_from_frame[:, 2]).round().astype(int)
    assert np.abs(decode_crop(after)[y, x].astype(int) - frame[140, 100]).max() < 12
    assert after.face.quality["side_px"] == pytest.approx(after.square.side_px, abs=1e-3)
    assert review_face.mask_file(review, 1) is None  # it was drawn on the old crop
    review.undo()
    assert_same(review.stored(1), before)
    assert review_face.mask_file(review, 1) is not None
    assert read_upright(review.stored(1), 32).shape == (32, 32, 3)
    with Faceset.open(review.folder) as faceset:
        assert faceset.problems() == []


def test_masks_are_files_that_steps_choose_between(review: Review) -> None:
    side = review.stored(1).crop_size_px
    left, right = (np.zeros((side, side), np.uint8) for _ in range(2))
    left[:, : side // 2], right[:, side // 2 :] = 255, 255
    for mask in (left, right):
        review_face.draw_mask(review, 1, png_of(mask))
        np.testing.assert_array_equal(read(review), mask)
    review.undo()
    np.testing.assert_array_equal(read(review), left)
    assert review_face.about(review, 1)["has_mask"] is True
    review_face.draw_mask(review, 1, png_of(np.zeros((side, side), np.uint8)))
    assert review_face.mask_file(review, 1) is None
    review.undo()
    np.testing.assert_array_equal(read(review), left)
    for bad in (b"no picture", png_of(left[:-1])):
        with pytest.raises(ConfigError, match="no mask"):
            review_face.draw_mask(review, 1, bad)


def png_of(mask: np.ndarray) -> bytes:
    return cv2.imencode(".png", mask)[1].tobytes()


def read(review: Review) -> np.ndarray:
    path = review_face.mask_file(review, 1)
    assert path is not None
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def assert_same(one, other) -> None:
    """Two stored faces, but for what only says where they lie in memory."""
    assert (one.crop_path, one.crop_size_px, one.face.quality) == (
        other.crop_path,
        other.crop_size_px,
        pytest.approx(other.face.quality),
    )
    np.testing.assert_array_equal(one.face.landmarks_px, other.face.landmarks_px)
    np.testing.assert_array_equal(one.face.box_px, other.face.box_px)
    np.testing.assert_array_equal(one.crop_from_frame, other.crop_from_frame)
    assert one.square == other.square
    assert replace(
        one.face, box_px=0, landmarks_px=0, iris_px=0, pose_deg=0, quality={}, identity=None
    ) == replace(other.face, box_px=0, landmarks_px=0, iris_px=0, pose_deg=0, quality={}, identity=None)
