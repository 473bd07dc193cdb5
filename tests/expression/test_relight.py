"""Light stays where it is when a head turns; where nothing moves, nothing is relit."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from expression.made_photos import SIDE, SIZE
from understudy.expression.apply import shaped
from understudy.expression.basis import load_basis
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.performance import Performance
from understudy.expression.relight import _TRIANGLES, Light, _normals
from understudy.faces.mesh import FACE_OVAL

SKIN = np.array([190, 150, 130])


def lit(mesh: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """A face of one colour in light from one side, and from all around."""
    share = 0.35 + 0.65 * np.clip(_normals(mesh) @ (towards / np.linalg.norm(towards)), 0, 1)
    photo = np.full((SIZE, SIZE, 3), 90, np.uint8)
    order = np.argsort(-mesh[_TRIANGLES, 2].mean(axis=1))  # what is far first
    for corners in _TRIANGLES[order]:
        colour = SKIN * share[corners].mean() ** (1 / 2.2)
        cv2.fillConvexPoly(photo, np.round(mesh[corners, :2]).astype(np.int32), colour.tolist())
    return cv2.GaussianBlur(photo, (0, 0), 2)


@pytest.fixture(scope="module")
def face() -> PhotoFace:
    shape = shaped(load_basis().rest, (), np.zeros((1, 0)))[0]
    mesh = (SIDE * shape + np.array([200, 190, 0])).astype(np.float32)
    irises = np.stack([mesh[[a, a, a, b, b], :2] for a, b in ((33, 133), (263, 362))])
    return PhotoFace.read(mesh, irises.astype(np.float32), (SIZE, SIZE))


def turned(face: PhotoFace, yaw: float) -> Performance:
    return replace(face.own, pose_deg=face.own.pose_deg + np.float32([yaw, 0, 0]))


@pytest.mark.parametrize(("side", "yaw"), [(1.0, 20.0), (1.0, -20.0), (-1.0, 20.0)])
def test_a_face_that_turns_is_lit_from_where_it_was(face: PhotoFace, side: float, yaw: float) -> None:
    towards = np.array([side, -0.3, -0.6])
    photo = lit(face.landmarks_px, towards)
    drawn, mesh = Morph(photo, face).shown(turned(face, yaw), 0)
    truth = lit(mesh, towards)
    turn = turned(face, yaw).poses().frame_from_head[0] @ face.own.poses().frame_from_head[0].T
    carried = lit(mesh, turn @ towards)  # as if the lamp were fixed to the head
    oval = mesh[list(FACE_OVAL), :2]
    inside = np.zeros((SIZE, SIZE), np.uint8)
    middle = oval.mean(axis=0)
    cv2.fillConvexPoly(inside, np.round(middle + 0.8 * (oval - middle)).astype(np.int32), 1)
    off, without = (
        np.abs(cv2.GaussianBlur(picture, (0, 0), 8).astype(float) - cv2.GaussianBlur(truth, (0, 0), 8))[
            inside > 0
        ].mean()
        for picture in (drawn, carried)
    )
    assert without > 6
    assert off < 0.6 * without


def test_what_stays_is_not_relit(face: PhotoFace) -> None:
    photo = lit(face.landmarks_px, np.array([1.0, 0, -0.6]))
    model = face.own.poses().place(face.own.rest[None])[0]
    light, picture = Light(photo, face.landmarks_px, model), photo.copy()
    light.relight(picture, face.landmarks_px, model)
    np.testing.assert_array_equal(picture, photo)
    far = model @ np.float32([[0.9, 0, 0.4], [0, 1, 0], [-0.4, 0, 0.9]])
    light.relight(picture, face.landmarks_px, far)
    changed = np.abs(picture.astype(int) - photo).max(axis=2)
    assert changed.max() > 10
    oval = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(oval, np.round(face.landmarks_px[list(FACE_OVAL), :2]).astype(np.int32), 1)
    assert changed[cv2.dilate(oval, np.ones((25, 25), np.uint8)) == 0].max() == 0
