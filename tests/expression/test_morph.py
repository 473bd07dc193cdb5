"""A photo that does what it does already stays as it is; what is asked for is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from expression.made_photos import LIPS, drawn_face, like
from understudy.expression.morph import Morph, PhotoFace
from understudy.faces.mesh import template

SIZE = 256


def photo_face() -> PhotoFace:
    mesh = np.float32(150) * template() + np.array([128, 128, 0], np.float32)
    iris = np.stack([np.repeat(mesh[[33, 133]].mean(axis=0)[None, :2], 5, axis=0)] * 2).astype(np.float32)
    return PhotoFace.read(mesh, iris, (SIZE, SIZE))


def photo() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8)


def test_its_own_performance_leaves_the_mesh_where_it_is() -> None:
    face = photo_face()
    mesh = Morph(photo(), face).mesh(face.own, 0)
    np.testing.assert_allclose(mesh, face.landmarks_px, atol=1e-3)


def test_an_opened_jaw_lowers_the_chin_alone() -> None:
    face = photo_face()
    values = face.own.values.copy()
    values[0, face.own.names.index("jawOpen")] = 1
    moved = Morph(photo(), face).mesh(replace(face.own, values=values), 0) - face.landmarks_px
    assert moved[152, 1] > 8  # chin
    assert abs(moved[10, 1]) < 2  # top of the forehead


def test_its_own_performance_gives_back_the_photo() -> None:
    face, picture = photo_face(), photo()
    drawn = Morph(picture, face).drawn(face.own, 0)
    assert np.abs(drawn.astype(int) - picture).mean() < 0.2


def test_a_turned_head_is_drawn_where_its_mesh_goes() -> None:
    drawn = drawn_face()
    turned = replace(drawn.face.own, pose_deg=drawn.face.own.pose_deg + np.float32([18, 5, 0]))
    morph = Morph(drawn.photo, drawn.face)
    lips = morph.mesh(turned, 0)[[0, 17], :2].mean(axis=0)
    y, x = np.argwhere(like(morph.drawn(turned, 0), LIPS)).mean(axis=0)
    assert abs(x - drawn.face.landmarks_px[0, 0]) > 8  # it has moved
    np.testing.assert_allclose((x, y), lips, atol=5)


@pytest.mark.parametrize("growth", [0.7, 1.0, 1.3])
def test_a_head_that_only_comes_nearer_is_only_enlarged(growth: float) -> None:
    """Lids, lashes and lips do nothing: the photo's places are those of a similarity."""
    face = photo_face()
    near = replace(face.own, scale_px=face.own.scale_px * np.float32(growth))
    morph = Morph(photo(), face)
    mesh, move, _ = morph._moved(near, 0)
    place = morph._warp.places(mesh, move)
    centre = face.own.centre_px[0]
    eyes = mesh[[33, 133, 159, 145, 362, 263, 386, 374, 13, 14], :2].round().astype(int)
    for x, y in eyes:
        np.testing.assert_allclose(place[y, x], centre + (np.array([x, y]) - centre) / growth, atol=0.3)
    picture = morph._warp.warped(place)
    for lids in morph._lids:
        before = picture.copy()
        lids.draw(picture, place, mesh, move.affine(0)[:, :2])
        np.testing.assert_array_equal(picture, before)
