"""A photo's face goes where its mesh goes, and nothing tears."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from expression.made_performances import somebody
from understudy.expression.apply import shaped
from understudy.expression.warp import PhotoWarp, _nearest, triangles
from understudy.faces.mesh import FACE_OVAL, LANDMARK_COUNT


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, np.ndarray]:
    """A smooth random picture of 256 px and a mesh in it."""
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8), (0, 0), 3)
    mesh = somebody(1) * 110 + np.array([128, 120, 0])
    return cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX), mesh.astype(np.float32)


def test_a_mesh_that_stays_leaves_the_photo(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    off = np.abs(PhotoWarp(picture, mesh).warped(mesh).astype(int) - picture)
    assert off.max() <= 3
    assert off.mean() < 0.3


def test_what_lies_at_a_point_goes_where_the_point_goes(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    moved = mesh + np.array([6.0, -4.0, 0.0], np.float32)
    warped = PhotoWarp(picture, mesh).warped(moved)
    x, y = np.meshgrid(np.arange(256, dtype=np.float32), np.arange(256, dtype=np.float32))
    by_hand = cv2.remap(picture, x - 6, y + 4, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.fillConvexPoly(
        np.zeros((256, 256), np.uint8), moved[list(FACE_OVAL), :2].astype(np.int32), 1
    )
    inside = cv2.erode(inside, np.ones((7, 7), np.uint8)) > 0
    assert np.abs(warped.astype(int) - by_hand)[inside].mean() < 1.5
    # far from the face nothing moves
    assert np.abs(warped.astype(int) - picture)[:, :3].max() <= 3


def test_places_are_those_of_the_triangle_that_a_pixel_lies_in(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    values = np.array([[0.6, 0.5, 0.5]])
    shape = shaped(somebody(1), ("jawOpen", "mouthSmileLeft", "mouthSmileRight"), values)[0]
    moved = (shape * 110 + np.array([128, 120, 0])).astype(np.float32)
    places = PhotoWarp(picture, mesh).places(moved)
    rng, checked = np.random.default_rng(1), 0
    for a, b, c in rng.permutation(triangles()[(triangles() < LANDMARK_COUNT).all(axis=1)])[:200]:
        share = np.array([0.34, 0.33, 0.33])
        x, y = share @ moved[[a, b, c], :2]
        area = float(np.linalg.det(moved[[b, c], :2] - moved[a, :2]))
        if abs(area) < 30:
            continue
        found = places[round(y / 2), round(x / 2)]
        expected = share @ mesh[[a, b, c], :2]
        assert np.linalg.norm(found - expected) < 4
        checked += 1
    assert checked > 20


def test_nothing_tears(face: tuple[np.ndarray, np.ndarray]) -> None:
    """Neighbouring pixels come from neighbouring places, out into the background."""
    picture, mesh = face
    places = PhotoWarp(picture, mesh).places(mesh + np.array([8.0, 5.0, 0.0], np.float32))
    for axis in (0, 1):
        assert np.abs(np.diff(places, axis=axis)).max() < 4


def test_what_is_nearer_to_the_camera_hides_what_is_behind() -> None:
    corners = np.array([[10.0, 10], [90, 10], [50, 90]])
    for near, far in ((0, 1), (1, 0)):
        depths = np.empty(6)
        depths[3 * near : 3 * near + 3], depths[3 * far : 3 * far + 3] = -5, 5
        points = np.column_stack([np.concatenate([corners, corners + 5]), depths])
        found = _nearest(points, np.arange(6).reshape(2, 3), 60, 60)
        assert found[20, 25] == near + 1
        assert found[0, 0] == 0
