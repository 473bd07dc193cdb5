import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.core.types import Frame
from understudy.faces.expression import (
    EXPRESSION_SIZE,
    against_rest,
    expression_vector,
    expression_vectors,
    mirrored,
)
from understudy.faces.face import Face
from understudy.faces.mesh import LEFT_EYE_INNER, LEFT_EYE_OUTER, OUTER_LIPS
from understudy.faces.pose import fit_pose

POSE = slice(-2, None)
GAZE = slice(-6, -2)


def of(face: Face) -> np.ndarray:
    return expression_vector(face.landmarks_px, face.iris_px)


def test_has_the_size_it_says() -> None:
    vector = of(made_face())
    assert vector.shape == (EXPRESSION_SIZE,)
    assert vector.dtype == np.float32


def test_the_resting_template_has_no_gaze_and_no_turn() -> None:
    np.testing.assert_allclose(of(made_face())[-6:], 0, atol=1e-3)


@pytest.mark.parametrize(
    "pose_deg", [(20.0, 0.0, 0.0), (0.0, -15.0, 0.0), (0.0, 0.0, 40.0), (15.0, 10.0, -20.0)]
)
def test_turning_moving_and_growing_change_only_the_pose(pose_deg: tuple[float, float, float]) -> None:
    still = made_face(mouth=0.1, lids=0.01, brow=0.03)
    moved = made_face(mouth=0.1, lids=0.01, brow=0.03, pose_deg=pose_deg, centre_px=(900, 300), side_px=333)
    lips_and_lids = slice(0, -6)
    np.testing.assert_allclose(of(moved)[lips_and_lids], of(still)[lips_and_lids], atol=0.02)
    np.testing.assert_allclose(of(moved)[POSE] * 15, pose_deg[:2], atol=0.05)


@pytest.mark.parametrize("pose_deg", [(0.0, 0.0, 0.0), (0.0, 0.0, 30.0)])
def test_gaze_is_told_whatever_the_tilt(pose_deg: tuple[float, float, float]) -> None:
    right, ahead = made_face(gaze=(0.2, 0), pose_deg=pose_deg), made_face(pose_deg=pose_deg)
    moved = of(right)[GAZE] - of(ahead)[GAZE]
    assert (moved[[0, 2]] > 2).all()
    np.testing.assert_allclose(moved[[1, 3]], 0, atol=0.3)


def test_each_movement_is_told() -> None:
    rest = of(made_face())
    for change in ({"mouth": 0.1}, {"lids": 0.02}, {"brow": 0.04}, {"smile": 0.03}):
        assert np.abs(of(made_face(**change)) - rest).max() > 0.9  # about a usual deviation, or more


def test_mirrored_twice_is_the_same(performance: list[tuple[Frame, Face]]) -> None:
    _, face = performance[30]
    twice = mirrored(*mirrored(face.landmarks_px, face.iris_px))
    np.testing.assert_allclose(expression_vector(*twice), of(face), atol=1e-3)


def test_a_symmetric_face_is_its_own_mirror_image() -> None:
    face = made_face(mouth=0.08, brow=0.02)
    np.testing.assert_allclose(
        expression_vector(*mirrored(face.landmarks_px, face.iris_px)), of(face), atol=0.01
    )


def test_a_mirror_turns_yaw_and_gaze_around_and_leaves_pitch() -> None:
    face = made_face(pose_deg=(20, 12, 0), gaze=(0.15, 0.05))
    here, there = of(face), expression_vector(*mirrored(face.landmarks_px, face.iris_px))
    np.testing.assert_allclose(there[POSE], here[POSE] * [-1, 1], atol=0.01)
    # x of both irises changes sign and the eyes change places
    np.testing.assert_allclose(there[GAZE], here[GAZE][[2, 3, 0, 1]] * [-1, 1, -1, 1], atol=0.05)


def test_a_wink_changes_sides_in_the_mirror() -> None:
    face = made_face()
    face.landmarks_px[[246, 161, 160, 159, 158, 157, 173], 1] += 4  # the picture-left upper lid
    winked, rest = of(face), of(made_face())
    mirror = expression_vector(*mirrored(face.landmarks_px, face.iris_px))
    left, right = slice(2 * 40, 2 * 56), slice(2 * 56, 2 * 72)
    assert np.abs((winked - rest)[left]).max() > 1 > np.abs((winked - rest)[right]).max()
    assert np.abs((mirror - rest)[right]).max() > 1 > np.abs((mirror - rest)[left]).max()


LIPS = slice(0, 80)
UPPER_LIP_Y, LOWER_LIP_Y = 2 * (20 + 15) + 1, 2 * (20 + 5) + 1  # points 13 and 14 among the inner lips


def test_against_rest_leaves_pose_and_takes_the_median_off() -> None:
    vectors = np.random.default_rng(0).normal(3, 1, (21, EXPRESSION_SIZE)).astype(np.float32)
    out = against_rest(vectors)
    np.testing.assert_allclose(np.median(out, axis=0)[80:-2], 0, atol=1e-6)
    np.testing.assert_array_equal(out[:, POSE], vectors[:, POSE])
    np.testing.assert_allclose(out[1] - out[0], vectors[1] - vectors[0], atol=1e-5)


def test_a_mouth_that_talks_most_of_the_time_rests_shut() -> None:
    vectors = np.zeros((40, EXPRESSION_SIZE), np.float32)
    vectors[:, LIPS] = 7.0  # what is the person's own
    vectors[10:, LOWER_LIP_Y] += 3.0  # open in three quarters of the faces
    out = against_rest(vectors)
    np.testing.assert_allclose(out[:10, LIPS], 0, atol=1e-6)
    np.testing.assert_allclose(out[10:, LOWER_LIP_Y], 3, atol=1e-6)
    np.testing.assert_allclose(out[:, UPPER_LIP_Y], 0, atol=1e-6)


def test_who_smiles_most_of_the_time_in_many_ways_rests_where_the_mouth_is_still() -> None:
    rng = np.random.default_rng(1)
    vectors = np.zeros((100, EXPRESSION_SIZE), np.float32)
    vectors[30:, LIPS] = rng.normal(0, 3, (70, 80)) + 4  # shut, and never the same twice
    vectors[30:, [UPPER_LIP_Y, LOWER_LIP_Y]] = 4
    vectors[:30, LIPS] += rng.normal(0, 0.1, (30, 80))
    out = against_rest(vectors)
    assert np.abs(out[:30, LIPS]).max() < 0.5
    assert np.median(out[30:, LIPS]) > 3


def test_the_rest_of_a_long_video_is_that_of_a_short_one() -> None:
    vectors = np.random.default_rng(2).normal(0, 0.1, (2000, EXPRESSION_SIZE)).astype(np.float32)
    vectors[:, LIPS] += 5
    np.testing.assert_allclose(against_rest(vectors)[:, LIPS].mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(against_rest(vectors[:1])[:, LIPS], 0, atol=1e-5)  # a single face is its own


def test_many_at_once_are_as_one_by_one_by_the_head_pose() -> None:
    turns = ((-25.0, 5.0, 0.0), (0.0, 0.0, 0.0), (10.0, -8.0, 30.0))
    faces = [made_face(pose_deg=turn) for turn in turns]
    landmarks = np.stack([face.landmarks_px for face in faces])
    irises = np.stack([face.iris_px for face in faces])
    vectors = expression_vectors(landmarks, irises)
    assert vectors.shape == (3, EXPRESSION_SIZE)
    mirrors = expression_vectors(*mirrored(landmarks, irises))
    for face, vector, mirror in zip(faces, vectors, mirrors, strict=True):
        pose = fit_pose(face.landmarks_px)
        normal = pose.undo(face.landmarks_px)
        np.testing.assert_allclose(vector[:2] * 0.02, normal[OUTER_LIPS[0], :2], atol=1e-5)
        np.testing.assert_allclose(vector[-2:] * 15, pose.angles_deg[:2], atol=1e-3)
        depth = face.landmarks_px[[LEFT_EYE_OUTER, LEFT_EYE_INNER], 2].mean()
        iris = pose.undo(np.array([[*face.iris_px[0, 0], depth]], np.float32))[0, :2]
        corner = normal[[LEFT_EYE_OUTER, LEFT_EYE_INNER], :2].mean(axis=0)
        np.testing.assert_allclose(vector[-6:-4] * 0.01, iris - corner, atol=1e-5)
        one = expression_vector(*mirrored(face.landmarks_px, face.iris_px))
        np.testing.assert_allclose(mirror, one, atol=1e-4)
