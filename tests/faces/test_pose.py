import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actors
from measure.made_faces import made_face, turned
from understudy.core.types import Frame
from understudy.faces.face import Face
from understudy.faces.mesh import INNER_LIPS, NOSE_TIP, RIGID, template
from understudy.faces.pose import HeadPoses, fit_pose, fit_poses, fit_poses_to, rotations_of

angles = st.floats(-60, 60)


@settings(deadline=None)
@given(angles, st.floats(-40, 40), angles, st.floats(20, 600), st.floats(-500, 2000))
def test_recovers_how_the_template_was_moved(
    yaw: float, pitch: float, roll: float, scale: float, x: float
) -> None:
    centre = np.array([x, 300.0, -20.0])
    seen = template() @ turned(yaw, pitch, roll).T * scale + centre
    pose = fit_pose(seen.astype(np.float32))
    np.testing.assert_allclose(pose.angles_deg, [yaw, pitch, roll], atol=0.05)
    np.testing.assert_allclose(pose.scale_px, scale, rtol=1e-3)
    np.testing.assert_allclose(pose.centre_px, centre, atol=2e-3 * scale)
    np.testing.assert_allclose(pose.undo(seen.astype(np.float32)), template(), atol=2e-3)


def test_the_fit_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(3)
    seen = template() @ turned(20, -10, 15).T * 200 + np.array([250, 180, 0])
    seen = (seen + rng.normal(0, 4, seen.shape)).astype(np.float32)
    pose = fit_pose(seen)
    rigid = list(RIGID)

    def error(scale: float, rotation: np.ndarray, centre: np.ndarray) -> float:
        return float(((template()[rigid] @ rotation.T * scale + centre - seen[rigid]) ** 2).sum())

    # oracle: no small step in any direction makes it better
    best = error(pose.scale_px, pose.frame_from_head, pose.centre_px)
    for _ in range(200):
        step = turned(*rng.normal(0, 0.5, 3))
        scale, centre = pose.scale_px * (1 + rng.normal(0, 0.003)), pose.centre_px + rng.normal(0, 0.5, 3)
        assert error(scale, pose.frame_from_head @ step, centre) >= best


def test_no_reflection_is_fitted() -> None:
    seen = template() * np.array([1, 1, -0.05], np.float32) * 200  # nearly flat, inside out
    assert np.linalg.det(fit_pose(seen.astype(np.float32)).frame_from_head) > 0.99


def test_landmarks_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        fit_pose(np.ones((468, 3), np.float32))


@pytest.mark.parametrize(
    ("pose_deg", "axis", "sign"),
    [
        ((25.0, 0.0, 0.0), 0, 1),
        ((-25.0, 0.0, 0.0), 0, -1),
        ((0.0, 20.0, 0.0), 1, 1),
        ((0.0, -20.0, 0.0), 1, -1),
    ],
)
def test_the_nose_points_where_the_angles_say(
    pose_deg: tuple[float, float, float], axis: int, sign: int
) -> None:
    face = made_face(pose_deg=pose_deg)
    nose = face.landmarks_px[NOSE_TIP] - face.landmarks_px[[234, 454]].mean(axis=0)
    straight = made_face().landmarks_px
    assert sign * (nose - (straight[NOSE_TIP] - straight[[234, 454]].mean(axis=0)))[axis] > 10
    np.testing.assert_allclose(face.pose_deg, pose_deg, atol=0.05)


def test_roll_is_clockwise_in_the_picture() -> None:
    face = made_face(pose_deg=(0, 0, 30))
    left, right = face.landmarks_px[33], face.landmarks_px[263]
    assert right[1] > left[1] + 10  # the picture-right eye is lower
    np.testing.assert_allclose(np.degrees(face.square.roll_rad), 30, atol=0.05)


def test_an_open_mouth_does_not_move_the_square() -> None:
    shut, opened = made_face(mouth=0.0), made_face(mouth=0.2)
    assert (opened.landmarks_px - shut.landmarks_px)[list(INNER_LIPS), 1].max() > 20
    assert shut.square == opened.square


@pytest.mark.parametrize("pose_deg", [(35.0, 0.0, 0.0), (0.0, 20.0, 0.0)])
def test_turning_does_not_change_the_square(pose_deg: tuple[float, float, float]) -> None:
    straight, turned_face = made_face().square, made_face(pose_deg=pose_deg).square
    assert turned_face.side_px == pytest.approx(straight.side_px, rel=1e-3)
    assert turned_face.x_px == pytest.approx(straight.x_px, abs=0.2)
    assert turned_face.y_px == pytest.approx(straight.y_px, abs=0.2)
    assert turned_face.roll_rad == pytest.approx(straight.roll_rad, abs=1e-3)


def test_angles_follow_the_rendered_curves(performance: list[tuple[Frame, Face]]) -> None:
    truth = actors.curves("A_testA", "A")
    seen = np.array([face.pose_deg for _, face in performance])
    for number, name in enumerate(("yaw", "pitch")):  # there, too: to the picture's right, and down
        slope, _ = np.polyfit(truth[name], seen[:, number], 1)
        assert np.corrcoef(truth[name], seen[:, number])[0, 1] > 0.95
        assert 0.8 < slope < 1.3


def test_the_square_rolls_with_the_line_of_the_eyes(performance: list[tuple[Frame, Face]]) -> None:
    _, eyes = exact = actors.exact_points("A_testA", "A")
    assert len(exact[0]) == len(performance)
    line = eyes[:, 1] - eyes[:, 0]
    truth = np.degrees(np.arctan2(line[:, 1], line[:, 0]))
    seen = np.degrees([face.square.roll_rad for _, face in performance])
    assert np.corrcoef(truth, seen)[0, 1] > 0.9
    assert np.abs(seen - truth).mean() < 4


def test_poses_of_given_shapes_are_the_weighted_least_squares_ones() -> None:
    rng = np.random.default_rng(5)
    shapes = (template()[None] + rng.normal(0, 0.05, (3, 468, 3))).astype(np.float32)
    angles = np.array([[20.0, -10, 15], [-35, 5, -40], [0, 25, 170]])
    poses = HeadPoses(
        scale_px=np.array([90.0, 200, 60]),
        frame_from_head=rotations_of(angles),
        centre_px=np.array([[250.0, 180, 3], [10, -20, 0], [99, 99, 9]]),
    )
    seen = poses.place(shapes)
    wild = seen.copy()
    wild[:, 7] += 500
    weights = np.ones((1, 468))
    weights[0, 7] = 0
    for found in (fit_poses_to(seen, shapes, weights * 0 + 1), fit_poses_to(wild, shapes, weights)):
        np.testing.assert_allclose(found.angles_deg, angles, atol=0.01)
        np.testing.assert_allclose(found.scale_px, poses.scale_px, rtol=1e-4)
        np.testing.assert_allclose(found.centre_px, poses.centre_px, atol=0.01)
    np.testing.assert_allclose(poses.undo(seen), shapes, atol=1e-5)
    # what the rigid points alone would give is what `fit_poses` gives
    few = np.zeros((1, 468))
    few[0, list(RIGID)] = 1
    noisy = (seen + rng.normal(0, 3, seen.shape)).astype(np.float32)
    a, b = fit_poses(noisy), fit_poses_to(noisy, template()[None], few)
    np.testing.assert_allclose(a.angles_deg, b.angles_deg, atol=1e-3)
    np.testing.assert_allclose(a.scale_px, b.scale_px, rtol=1e-5)


def test_angles_of_many_are_those_of_each_and_turn_back_into_rotations() -> None:
    rng = np.random.default_rng(6)
    angles = rng.uniform([-80, -80, -170], [80, 80, 170], (50, 3))
    turns = rotations_of(angles)
    for one, turn in zip(angles, turns, strict=True):
        np.testing.assert_allclose(turn, turned(*one), atol=1e-12)
    poses = HeadPoses(scale_px=np.ones(50), frame_from_head=turns, centre_px=np.zeros((50, 3)))
    np.testing.assert_allclose(poses.angles_deg, angles, atol=1e-4)


def test_poses_of_nothing_are_refused() -> None:
    faces = np.repeat(template()[None], 2, axis=0)
    with pytest.raises(ValueError, match="no point counts"):
        fit_poses_to(faces, faces, np.zeros((1, 468)))
    with pytest.raises(ValueError, match="coincide"):
        fit_poses_to(faces * 0, faces, np.ones((1, 468)))
