"""The mesh of a face whose 68 landmarks are known, in a frame and in a picture cut out of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foreign_files import landmarks_68
from understudy.core.geometry import transform_points
from understudy.core.types import Frame
from understudy.faces.face import Face
from understudy.faces.landmark import MeshNetwork
from understudy.faces.refit import crop_from_image, disagreement, refit, seen_share

Performance = list[tuple[Frame, Face]]
IDENTITY = np.eye(2, 3, dtype=np.float32)


@pytest.mark.parametrize("turned_rad", [0.0, 0.6])
def test_in_the_frame_and_in_a_turned_picture_it_is_the_same(
    performance: Performance, mesh_network: MeshNetwork, turned_rad: float
) -> None:
    frame, known = performance[30]
    landmarks = landmarks_68(known.landmarks_px)
    cos, sin = 0.8 * np.cos(turned_rad), 0.8 * np.sin(turned_rad)
    picture_from_frame = np.array([[cos, -sin, 60], [sin, cos, -30]], np.float32)
    picture = cv2.warpAffine(frame.image, picture_from_frame, (400, 400), flags=cv2.INTER_CUBIC)
    frame_from_picture = np.asarray(cv2.invertAffineTransform(picture_from_frame), np.float32)
    in_frame = refit(mesh_network, frame.image, landmarks, IDENTITY)
    found = refit(mesh_network, picture, transform_points(picture_from_frame, landmarks), frame_from_picture)
    assert in_frame is not None
    assert found is not None
    for face in (in_frame[1], found[1]):
        away = np.linalg.norm(face.landmarks_px[:, :2] - known.landmarks_px[:, :2], axis=1)
        assert away.mean() < 1.5
        assert np.polyfit(known.landmarks_px[:, 2], face.landmarks_px[:, 2], 1)[0] == pytest.approx(
            1, abs=0.1
        )
        assert np.abs(face.iris_px - known.iris_px).mean() < 1.5
        assert disagreement(face, landmarks) < 0.02
    np.testing.assert_allclose(
        transform_points(frame_from_picture, found[0].landmarks_px[:, :2]),
        found[1].landmarks_px[:, :2],
        atol=0.01,
    )


def test_landmarks_elsewhere_disagree(performance: Performance, mesh_network: MeshNetwork) -> None:
    frame, known = performance[30]
    shifted = landmarks_68(known.landmarks_px) + np.float32([0.15 * known.square.side_px, 0])
    found = refit(mesh_network, frame.image, shifted, IDENTITY)
    assert found is not None
    assert 0.12 < disagreement(found[1], shifted) < 0.18
    assert refit(mesh_network, np.full_like(frame.image, 90), shifted, IDENTITY) is None


def test_how_much_of_a_crop_is_picture(performance: Performance) -> None:
    frame, known = performance[30]
    size = round(known.square.side_px)
    matrix = crop_from_image(known.square, size, 1.0, IDENTITY)
    assert seen_share(matrix, size, frame.image) == 1
    left_half = frame.image[:, : round(known.square.x_px)]
    assert seen_share(matrix, size, left_half) == pytest.approx(0.5, abs=0.05)
