import cv2
import numpy as np
import pytest

from understudy.core.types import Frame
from understudy.faces.expression import mirrored
from understudy.faces.face import Face, FaceSquare
from understudy.faces.landmark import MeshNetwork, region_of_points
from understudy.faces.mesh import LEFT_EYELIDS, RIGHT_EYELIDS


def test_a_face_has_a_mesh_and_two_irises_in_its_eyes(
    mesh_network: MeshNetwork, performance: list[tuple[Frame, Face]]
) -> None:
    frame, face = performance[0]
    mesh = mesh_network.find(frame.image, region_of_points(face.landmarks_px))
    assert mesh.points_px.shape == (468, 3)
    assert mesh.iris_px.shape == (2, 5, 2)
    assert mesh.points_px.dtype == mesh.iris_px.dtype == np.float32
    assert mesh.score > 0.9
    for side, lids in enumerate((LEFT_EYELIDS, RIGHT_EYELIDS)):
        eye = mesh.points_px[list(lids), :2]
        centre, rim = mesh.iris_px[side, 0], mesh.iris_px[side, 1:]
        assert eye[:, 0].min() < centre[0] < eye[:, 0].max()
        radii = np.linalg.norm(rim - centre, axis=1)
        assert 0.1 < radii.mean() / np.ptp(eye[:, 0]) < 0.4
        assert radii.max() < 1.5 * radii.min()


def test_no_face_has_a_low_score(mesh_network: MeshNetwork) -> None:
    image = np.full((200, 200, 3), 120, np.uint8)
    region = FaceSquare(x_px=100, y_px=100, side_px=120, roll_rad=0.0)
    assert mesh_network.find(image, region).score < 0.1


@pytest.mark.parametrize("index", [0, 50])
def test_a_mirrored_picture_has_the_mirrored_mesh(
    mesh_network: MeshNetwork, performance: list[tuple[Frame, Face]], index: int
) -> None:
    frame, face = performance[index]
    mesh = mesh_network.find(frame.image, region_of_points(face.landmarks_px))
    width = frame.image.shape[1]
    expected, expected_iris = mirrored(mesh.points_px, mesh.iris_px)
    expected[:, 0] += width - 1
    expected_iris[..., 0] += width - 1
    found = mesh_network.find(np.ascontiguousarray(frame.image[:, ::-1]), region_of_points(expected))
    off = np.linalg.norm(found.points_px[:, :2] - expected[:, :2], axis=1) / face.square.side_px
    assert off.mean() < 0.015
    lids = list(LEFT_EYELIDS + RIGHT_EYELIDS)
    # both eyes go through one network, one of them mirrored: it must answer alike
    assert off[lids].mean() < 0.01
    centres = np.linalg.norm(found.iris_px[:, 0] - expected_iris[:, 0], axis=1)
    assert centres.max() < 0.01 * face.square.side_px


@pytest.mark.parametrize("turn_deg", [40.0, -90.0, 180.0])
def test_a_turned_picture_has_the_turned_mesh(
    mesh_network: MeshNetwork, performance: list[tuple[Frame, Face]], turn_deg: float
) -> None:
    frame, face = performance[0]
    mesh = mesh_network.find(frame.image, region_of_points(face.landmarks_px))
    turn = cv2.getRotationMatrix2D((191.5, 191.5), turn_deg, 1.0)
    image = cv2.warpAffine(frame.image, turn, (384, 384), borderMode=cv2.BORDER_REPLICATE)
    expected = mesh.points_px.copy()
    expected[:, :2] = mesh.points_px[:, :2] @ turn[:, :2].T + turn[:, 2]
    found = mesh_network.find(np.asarray(image, np.uint8), region_of_points(expected))
    off = np.linalg.norm(found.points_px[:, :2] - expected[:, :2], axis=1)
    assert off.mean() < 0.01 * face.square.side_px
