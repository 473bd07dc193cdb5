"""Where aligned pictures lie, guessed from rendered faces and known similarities."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foreign_files import landmarks_68
from understudy.core.geometry import transform_points
from understudy.core.types import Frame, Image, Matrix, Points
from understudy.faces.detect import BlazeFace
from understudy.faces.face import Face, FaceSquare
from understudy.faces.foreign.place import PicturePlacer, fit_trimmed
from understudy.faces.landmark import MeshNetwork

PX = 512
CORNERS = np.float32([[0, 0], [PX - 1, 0], [0, PX - 1], [PX - 1, PX - 1]])
Performance = list[tuple[Frame, Face]]


@pytest.fixture(scope="module")
def placer(short_range: BlazeFace, full_range: BlazeFace, mesh_network: MeshNetwork) -> PicturePlacer:
    return PicturePlacer((short_range, full_range), mesh_network)


def head_picture(frame: Frame, face: Face, turned_rad: float = 0.0, aside: float = 0.0) -> Matrix:
    square = face.square
    head = FaceSquare(
        x_px=square.x_px + aside * square.side_px,
        y_px=square.y_px - 0.1 * square.side_px,
        side_px=square.side_px,
        roll_rad=square.roll_rad + turned_rad,
    )
    return head.crop_from_frame(PX, 1.6)


def cut_out(image: Image, matrix: Matrix) -> Image:
    return np.asarray(cv2.warpAffine(image, matrix, (PX, PX), flags=cv2.INTER_CUBIC), np.uint8)


def error(found: Matrix | None, true: Matrix, face: Face) -> float:
    """Mean distance of the face square's corners, in % of its side."""
    assert found is not None
    frame_from_square = cv2.invertAffineTransform(face.square.crop_from_frame(PX, 1.0))
    corners = transform_points(np.asarray(frame_from_square, np.float32), CORNERS)
    away = np.linalg.norm(transform_points(found, corners) - transform_points(true, corners), axis=1)
    return float(100 * away.mean() / (np.hypot(true[0, 0], true[1, 0]) * face.square.side_px))


@pytest.mark.parametrize(("turned_rad", "aside"), [(0.0, 0.0), (0.25, 0.1), (-0.25, -0.1)])
def test_the_matrix_comes_back(
    performance: Performance, placer: PicturePlacer, turned_rad: float, aside: float
) -> None:
    errors: list[float] = []
    for frame, face in performance[::8]:
        matrix = head_picture(frame, face, turned_rad, aside)
        found = placer.image_from_frame(cut_out(frame.image, matrix), landmarks_68(face.landmarks_px))
        errors.append(error(found, matrix, face))
    assert np.mean(errors) < 0.6
    assert max(errors) < 1.5


def test_who_is_beside_does_not_count(performance: Performance, placer: PicturePlacer) -> None:
    frame, face = performance[30]
    matrix = FaceSquare(
        x_px=face.square.x_px + 0.4 * face.square.side_px,
        y_px=face.square.y_px,
        side_px=face.square.side_px,
        roll_rad=0.0,
    ).crop_from_frame(PX, 2.6)
    picture = cut_out(frame.image, matrix)
    picture[:, PX // 2 + 60 :] = picture[:, : PX // 2 - 60][
        :, ::-1
    ]  # a mirrored one, farther from the middle
    found = placer.image_from_frame(picture, landmarks_68(face.landmarks_px))
    assert error(found, matrix, face) < 2


def test_without_a_detection_the_middle_is_looked_at(
    performance: Performance, mesh_network: MeshNetwork
) -> None:
    frame, face = performance[30]
    matrix = head_picture(frame, face)
    found = PicturePlacer((), mesh_network).image_from_frame(
        cut_out(frame.image, matrix), landmarks_68(face.landmarks_px)
    )
    assert error(found, matrix, face) < 1.5


def test_no_face_has_no_place(performance: Performance, placer: PicturePlacer) -> None:
    landmarks = landmarks_68(performance[0][1].landmarks_px)
    assert placer.image_from_frame(np.full((PX, PX, 3), 90, np.uint8), landmarks) is None
    frame, face = performance[0]
    picture = cut_out(frame.image, head_picture(frame, face))
    assert placer.image_from_frame(picture, np.zeros((68, 2), np.float32)) is None


def test_a_few_stray_points_do_not_move_the_fit() -> None:
    points: Points = np.random.default_rng(0).uniform(0, 100, (12, 2)).astype(np.float32)
    true = np.float32([[0.8, -0.3, 20], [0.3, 0.8, -5]])
    moved = transform_points(true, points)
    moved[:3] += np.float32([[15, 4], [-9, 12], [20, -20]])
    found = fit_trimmed(points, moved)
    assert found is not None
    np.testing.assert_allclose(found, true, atol=1e-3)
