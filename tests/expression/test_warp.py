"""A photo's face goes where its mesh goes, and nothing tears."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from expression.made_performances import poses_of, somebody
from expression.made_photos import around, drawn_face
from understudy.expression.apply import shaped
from understudy.expression.head_move import HeadMove
from understudy.expression.morph import Morph
from understudy.expression.topology import face_triangles
from understudy.expression.warp import PhotoWarp
from understudy.faces.mesh import FACE_OVAL, LANDMARK_COUNT, OUTER_LIPS


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, np.ndarray]:
    """A smooth random picture of 256 px and a mesh in it."""
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8), (0, 0), 3)
    mesh = somebody(1) * 110 + np.array([128, 120, 0])
    return cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX), mesh.astype(np.float32)


def test_a_mesh_that_stays_leaves_the_photo(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    warp = PhotoWarp(picture, mesh)
    assert (warp.warped(warp.places(mesh)) == picture).all()


def test_what_lies_at_a_point_goes_where_the_point_goes(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    moved = mesh + np.array([6.0, -4.0, 0.0], np.float32)
    warp = PhotoWarp(picture, mesh)
    warped = warp.warped(warp.places(moved))
    x, y = np.meshgrid(np.arange(256, dtype=np.float32), np.arange(256, dtype=np.float32))
    by_hand = cv2.remap(picture, x - 6, y + 4, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
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
    for a, b, c in rng.permutation(face_triangles()[(face_triangles() < LANDMARK_COUNT).all(axis=1)])[:200]:
        share = np.array([0.34, 0.33, 0.33])
        x, y = share @ moved[[a, b, c], :2]
        area = float(np.linalg.det(moved[[b, c], :2] - moved[a, :2]))
        if abs(area) < 30:
            continue
        found = places[round(y), round(x)]
        expected = share @ mesh[[a, b, c], :2]
        assert np.linalg.norm(found - expected) < 2.5
        checked += 1
    assert checked > 20


def test_nothing_tears(face: tuple[np.ndarray, np.ndarray]) -> None:
    """Neighbouring pixels come from neighbouring places, out into the background."""
    picture, mesh = face
    places = PhotoWarp(picture, mesh).places(mesh + np.array([8.0, 5.0, 0.0], np.float32))
    for axis in (0, 1):
        assert np.abs(np.diff(places, axis=axis)).max() < 4


def turned(mesh: np.ndarray, yaw: float, pitch: float = 0.0) -> tuple[np.ndarray, HeadMove]:
    """A face of made landmarks that turns about its head's centre, at (128, 120) in the picture."""
    before, after = (poses_of(np.array([angles]), 110.0) for angles in ((0.0, 0, 0), (yaw, pitch, 0)))
    for poses in (before, after):
        poses.centre_px[:] = (128, 120, 0)
    return after.place(before.undo(mesh[None]))[0], HeadMove.between(before, after)


def flipped(mesh: np.ndarray, moved: np.ndarray) -> float:
    """The share of a face's area that is seen from behind."""
    faces = face_triangles()[(face_triangles() < LANDMARK_COUNT).all(axis=1)]

    def areas(points: np.ndarray) -> np.ndarray:
        a, b, c = (points[faces[:, k], :2].astype(float) for k in range(3))
        return np.cross(np.pad(b - a, ((0, 0), (0, 1))), np.pad(c - a, ((0, 0), (0, 1))))[:, 2]

    before, after = areas(mesh), areas(moved)
    return float(np.abs(before[before * after < 0]).sum() / np.abs(before).sum())


@pytest.mark.parametrize(("yaw", "pitch"), [(25.0, 0.0), (-25.0, 0.0), (20.0, 15.0), (0.0, -20.0)])
def test_a_turned_face_does_not_fold(face: tuple[np.ndarray, np.ndarray], yaw: float, pitch: float) -> None:
    picture, mesh = face
    moved, move = turned(mesh, yaw, pitch)
    warp = PhotoWarp(picture, mesh)
    assert flipped(mesh, warp.flattened(moved, move)) < 0.01
    if abs(yaw) > 20:
        assert flipped(mesh, moved) > 0.02  # it would
    places = warp.places(warp.flattened(moved, move), move)
    for axis in (0, 1):
        assert np.abs(np.diff(places, axis=axis)).max() < 14


def test_depth_is_made_flatter_no_more_than_it_must(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    moved, move = turned(mesh, 25)
    changed = PhotoWarp(picture, mesh).flattened(moved, move)
    for number in (4, 33, 61, 234, 356):
        at, depth = mesh[number], float(mesh[number, 2])
        for other in mesh.astype(float):
            depth = min(depth, other[2] + move.steepest * float(np.hypot(*(other[:2] - at[:2]))))
        expected = moved[number, :2] + move.growth * (depth - mesh[number, 2]) * move.turn[:2, 2]
        np.testing.assert_allclose(changed[number, :2], expected, atol=1e-3)
    np.testing.assert_allclose(changed[4], moved[4], atol=1e-4)  # the nose is nearest: it stays


def test_hair_goes_with_the_head_and_shoulders_stay(face: tuple[np.ndarray, np.ndarray]) -> None:
    picture, mesh = face
    shift = np.array([9.0, 0.0])
    move = HeadMove(turn=np.eye(3), growth=1.0, from_px=np.zeros(2), to_px=shift)
    moved = mesh + np.float32([*shift, 0])
    places = PhotoWarp(picture, mesh).places(moved, move)
    top = mesh[10, :2] - (0, 18)
    for x, y in (top, mesh[234, :2] - (12, 0), mesh[454, :2] + (12, 0)):
        px, py = round(float(x + shift[0])), round(float(y))
        np.testing.assert_allclose(places[py, px], (px - shift[0], py), atol=1.0)
    x, y = round(float(mesh[152, 0])), min(255, round(float(mesh[152, 1] + 60)))
    np.testing.assert_allclose(places[y, x], (x, y), atol=1.0)


def test_what_is_squeezed_below_a_pixel_leaves_no_ragged_border() -> None:
    """Lips of a mouth that opens wide: from one pixel to the next their place goes on without a step."""
    drawn = drawn_face()
    morph = Morph(drawn.photo, drawn.face)
    asked = drawn.doing(jawOpen=0.9)
    lips = around(morph.places(asked, 0), morph.mesh(asked, 0)[list(OUTER_LIPS)], 8)
    for axis in (0, 1):
        assert np.abs(np.diff(lips, axis=axis)).max() < 7
