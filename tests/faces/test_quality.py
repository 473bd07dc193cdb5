"""Figures of one face in one frame: each moves with what it is for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import actors
from measure.made_faces import made_face, picture_of
from understudy.core.types import Frame
from understudy.faces.crop import STORED_COVERAGE, cut, cut_as_it_lies
from understudy.faces.face import Face
from understudy.faces.mesh import LEFT_EYELIDS, NOSE_TIP, RIGHT_EYELIDS
from understudy.faces.pose import fit_poses
from understudy.faces.quality import (
    landmark_figures,
    light_figures,
    measure_face,
    portrait_score,
    sharpness,
    upright_for_light,
    within,
)

SIZE_PX = 200


def figures(face: Face, image: np.ndarray) -> dict[str, float]:
    matrix = face.square.crop_from_frame(SIZE_PX, STORED_COVERAGE)
    size = (image.shape[1], image.shape[0])
    is_inside = within(face.landmarks_px[:, :2], size)
    measured = measure_face(face, cut(image, matrix, SIZE_PX), matrix, is_inside)
    return measured.figures | of_landmarks(face)


def of_landmarks(face: Face) -> dict[str, float]:
    return landmark_figures([face], fit_poses(face.landmarks_px[None]))[0]


@pytest.mark.parametrize("roll_deg", [0.0, 40.0])
def test_for_light_the_face_is_upright_with_its_landmarks_on_it(roll_deg: float) -> None:
    face = made_face(pose_deg=(0, 0, roll_deg))
    image = picture_of(face)
    x, y = face.landmarks_px[NOSE_TIP, :2]
    cv2.circle(image, (round(float(x) * 16), round(float(y) * 16)), 60, (0, 255, 0), -1, cv2.LINE_AA, 4)
    crop, crop_from_frame = cut_as_it_lies(image, face.square)
    small, points_px = upright_for_light(face, crop, crop_from_frame)
    rows, columns = np.nonzero((small[..., 1] > 150) & (small[..., 0] < 100) & (small[..., 2] < 100))
    at = columns.mean(), rows.mean()
    np.testing.assert_allclose(points_px[NOSE_TIP], at, atol=0.5)
    eyes = points_px[list(LEFT_EYELIDS)].mean(axis=0), points_px[list(RIGHT_EYELIDS)].mean(axis=0)
    assert eyes[0][1] == pytest.approx(eyes[1][1], abs=0.2)
    measured = measure_face(face, crop, crop_from_frame, np.ones(468, bool)).figures
    assert light_figures(small, points_px).items() <= measured.items()


def test_blur_lowers_sharpness_step_by_step(performance: list[tuple[Frame, Face]]) -> None:
    frame, face = performance[0]
    crop = cut(frame.image, face.square.crop_from_frame(150, STORED_COVERAGE / 2), 150)
    found = [sharpness(crop)]
    found += [sharpness(np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8)) for sigma in (1, 2, 4)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 2 * found[-1]


def test_a_flat_crop_has_none() -> None:
    assert sharpness(np.full((200, 200, 3), 90, np.uint8)) == 0


def test_only_the_middle_counts() -> None:
    rng = np.random.default_rng(0)
    face = made_face()
    flat, noise = np.full((256, 256, 3), 128, np.uint8), rng.integers(0, 256, (256, 256, 3), dtype=np.uint8)
    x, y, reach = round(face.square.x_px), round(face.square.y_px), round(0.46 * face.square.side_px)
    middle = slice(y - reach, y + reach), slice(x - reach, x + reach)
    inside, outside = flat.copy(), noise.copy()
    inside[middle], outside[middle] = noise[middle], 128
    found = [figures(face, image)["sharpness"] for image in (inside, outside, noise)]
    assert found[1] < 0.02 * found[0]
    assert found[0] == pytest.approx(found[2], rel=0.02)


def test_a_turned_head_is_as_sharp() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8)
    found: list[float] = []
    for roll in (0, 20, 45, 90):
        face = made_face(pose_deg=(0, 0, roll))
        crop, matrix = cut_as_it_lies(image, face.square)
        is_inside = within(face.landmarks_px[:, :2], (256, 256))
        found.append(measure_face(face, crop, matrix, is_inside).figures["sharpness"])
    np.testing.assert_allclose(found, found[0], rtol=0.05)


@pytest.mark.parametrize("size_px", [32, 33, 200, 512])
def test_every_size_of_crop_has_a_figure(size_px: int) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (size_px, size_px, 3), dtype=np.uint8)
    assert sharpness(crop) > 1


@pytest.mark.parametrize(
    ("change", "name", "sign"),
    [
        ({"mouth": 0.05}, "mouth_open", 1),
        ({"smile": 0.03}, "mouth_width", 1),
        ({"lids": 0.015}, "eye_open", -1),
        ({"brow": 0.03}, "brow", 1),
        ({"gaze": (0.1, 0.0)}, "gaze_yaw_deg", 1),
        ({"gaze": (0.0, 0.1)}, "gaze_pitch_deg", 1),
        ({"side_px": 130.0}, "side_px", 1),
    ],
)
def test_a_figure_follows_what_the_face_does(change: dict[str, object], name: str, sign: int) -> None:
    image = picture_of(made_face())
    before, after = figures(made_face(), image), figures(made_face(**change), image)  # type: ignore[arg-type]
    assert sign * (after[name] - before[name]) > 0.02


def test_a_shut_eye_has_no_gaze() -> None:
    face = made_face()
    face.landmarks_px[[159, 386]] = face.landmarks_px[[145, 374]]
    assert not {"gaze_yaw_deg", "gaze_pitch_deg"} & figures(face, picture_of(face)).keys()


def test_light_and_what_it_burns_out() -> None:
    face = made_face()
    image = picture_of(face)
    plain = figures(face, image)
    assert plain["clipped"] < 0.05
    dark, bright = figures(face, image // 50), figures(face, np.maximum(image, 252))
    assert dark["brightness"] < 10 < plain["brightness"] < 250 < bright["brightness"]
    assert min(dark["clipped"], bright["clipped"]) > 0.9
    image[:, :128] //= 3
    assert figures(face, image)["light_side"] > plain["light_side"] + 0.2


def test_a_face_that_leaves_the_picture() -> None:
    image = np.full((256, 256, 3), 128, np.uint8)
    places = [128, 0, -35, -200]
    shares = [figures(made_face(centre_px=(x, 128)), image)["in_frame"] for x in places]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(1)
    assert shares[1] == pytest.approx(0.5, abs=0.1)
    assert shares[3] == 0


def test_the_best_portrait_is_sharp_and_from_the_front() -> None:
    front = portrait_score(6.0, 0, 0)
    assert front > portrait_score(6.0, 15, 0) > portrait_score(6.0, 30, 0)
    assert front > portrait_score(6.0, 0, -15)
    assert front > portrait_score(3.0, 0, 0)


@pytest.mark.parametrize(
    ("name", "keys", "r"),
    [
        ("eye_open", ("eye-left-closure", "eye-right-closure"), -0.85),
        ("gaze_yaw_deg", ("gaze_x",), 0.95),
        ("gaze_pitch_deg", ("gaze_y",), -0.7),
    ],
)
def test_figures_follow_what_was_rendered(
    performance: list[tuple[Frame, Face]], name: str, keys: tuple[str, ...], r: float
) -> None:
    truth = actors.units("A_testA", "A", *keys)
    found = [of_landmarks(face).get(name, np.nan) for _, face in performance]
    is_known = np.isfinite(found)
    assert is_known.mean() > 0.8
    assert np.corrcoef(np.array(found)[is_known], truth[is_known])[0, 1] / r > 1


def test_many_faces_at_once_are_each_as_alone() -> None:
    poses = [(0, 0, 0), (20, -10, 15), (80, 0, 0), (-15, 12, -30), (5, 5, 100)]
    faces = [made_face(pose_deg=pose, mouth=0.01 * i, gaze=(0.02 * i, 0)) for i, pose in enumerate(poses)]
    together = landmark_figures(faces, fit_poses(np.stack([face.landmarks_px for face in faces])))
    assert [sorted(one) for one in together] == [sorted(of_landmarks(face)) for face in faces]
    assert "gaze_yaw_deg" not in together[2]
    for one, face in zip(together, faces, strict=True):
        assert one == pytest.approx(of_landmarks(face), abs=1e-4)
