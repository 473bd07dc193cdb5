"""A mouth that opens shows its inside, from wherever that can be had, and shuts over it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from expression.made_photos import LIPS, SKIN, TEETH, around, drawn_face, like
from understudy.expression.morph import Morph
from understudy.expression.mouth import Interior
from understudy.expression.mouth_shown import shown
from understudy.expression.openings import lips_trimmed
from understudy.expression.patches import Box, outlined
from understudy.expression.topology import LOWER_LIP, UPPER_LIP
from understudy.faces.mesh import INNER_LIPS

INSIDE = list(INNER_LIPS)


def test_a_mouth_that_was_shut_shows_teeth_and_dark() -> None:
    drawn = drawn_face()
    asked = drawn.doing(jawOpen=0.7)
    morph = Morph(drawn.photo, drawn.face)
    opened = morph.drawn(asked, 0)
    mouth = around(opened, morph.mesh(asked, 0)[INSIDE], -2).astype(float)
    assert (mouth.mean(axis=2) < 60).mean() > 0.25
    upper = mouth[: len(mouth) // 2].mean(axis=2)
    assert (upper > 150).sum() > 15
    dark = np.argwhere(mouth.mean(axis=2) < 60)[:, 0].mean()
    bright = np.argwhere(upper > 150)[:, 0].mean()
    assert bright < dark  # the upper teeth lie above


def test_teeth_of_an_open_photo_stay_with_the_skull() -> None:
    drawn = drawn_face(jaw=0.1, lips_apart=0.6)
    morph = Morph(drawn.photo, drawn.face)
    jaw = float(drawn.face.own.of("jawOpen")[0])
    opened = morph.drawn(drawn.doing(jawOpen=min(1.0, jaw + 0.6)), 0)
    before, after = (np.argwhere(like(picture, TEETH, 60)) for picture in (drawn.photo, opened))
    assert len(before) > 80
    assert abs(len(after) - len(before)) < 0.35 * len(before)  # not stretched over the opening
    assert abs(after[:, 0].mean() - before[:, 0].mean()) < 2.5
    assert abs(after[:, 1].mean() - before[:, 1].mean()) < 1.0


def test_lips_that_shut_show_no_teeth() -> None:
    drawn = drawn_face(jaw=0.2, lips_apart=0.5)
    own = drawn.face.own
    nothing = drawn.doing(**dict.fromkeys(own.names, 0.0))
    shut = Morph(drawn.photo, drawn.face).drawn(nothing, 0)
    assert like(drawn.photo, TEETH, 60).sum() > 400
    assert like(shut, TEETH, 60).sum() <= 8
    assert like(shut, LIPS, 40).sum() > 100


def test_lips_that_were_open_have_a_line_between_them_once_they_meet() -> None:
    drawn = drawn_face(jaw=0.2, lips_apart=0.5)
    morph = Morph(drawn.photo, drawn.face)
    nothing = drawn.doing(**dict.fromkeys(drawn.face.own.names, 0.0))
    shut, mesh = morph.drawn(nothing, 0), morph.mesh(nothing, 0)
    # where nothing is darker than the lips in the photo, the line is: from corner to corner
    darkest = [
        around(shut, (mesh[[upper], :2] + mesh[[lower], :2]) / 2, 1).mean(axis=2).min()
        for upper, lower in ((80, 88), (82, 87), (13, 14), (312, 317), (310, 318))
    ]
    assert max(darkest) < 0.85 * np.mean(LIPS)
    lips = like(shut, LIPS, 40)
    assert lips.sum() > 100  # and no wider than a line


def test_another_picture_gives_the_inside_where_the_photo_has_none() -> None:
    drawn, other = drawn_face(), drawn_face(jaw=0.5, lips_apart=0.3)
    interior = Interior(picture=other.photo, mesh_px=other.face.landmarks_px)
    asked = drawn.doing(jawOpen=0.5)
    made_up, shown = (
        Morph(drawn.photo, drawn.face, interior=given).drawn(asked, 0) for given in (None, interior)
    )
    assert like(made_up, TEETH, 90).sum() == 0
    assert like(shown, TEETH, 90).sum() > 60


def test_another_pictures_colours_are_carried_over() -> None:
    drawn, other = drawn_face(), drawn_face(jaw=0.5, lips_apart=0.3)
    dim = (0.5 * other.photo).astype(np.uint8)
    asked = drawn.doing(jawOpen=0.5)
    seen = [
        Morph(drawn.photo, drawn.face, interior=Interior(picture=picture, mesh_px=other.face.landmarks_px))
        for picture in (other.photo, dim)
    ]
    bright, once_dim = (around(m.drawn(asked, 0), m.mesh(asked, 0)[INSIDE], -2).mean() for m in seen)
    assert once_dim > 0.8 * bright  # not half as bright


def test_a_shut_photo_stays_shut() -> None:
    drawn = drawn_face()
    same = Morph(drawn.photo, drawn.face).drawn(drawn.doing(), 0)
    assert np.abs(same.astype(int) - drawn.photo).max() == 0
    assert like(same, SKIN).sum() > 1000


@pytest.mark.parametrize(("jaw", "apart", "least"), [(0.1, 0.6, 0.94), (0.0, 0.15, 0.78)])
def test_teeth_of_an_open_photo_stay_as_bright(jaw: float, apart: float, least: float) -> None:
    drawn = drawn_face(jaw=jaw, lips_apart=apart)
    asked = drawn.doing(mouthSmileLeft=0.6, mouthSmileRight=0.6)
    smiling = Morph(drawn.photo, drawn.face).drawn(asked, 0)
    before, after = (picture[_are_teeth(picture, 60)].mean(axis=0) for picture in (drawn.photo, smiling))
    assert (after[1:] > least * before[1:]).all()


def test_lips_take_no_rim_of_teeth_along() -> None:
    drawn = drawn_face(jaw=0.1, lips_apart=0.6)
    teeth = like(drawn.photo, TEETH).astype(np.uint8)
    photo = drawn.photo.copy()
    photo[cv2.dilate(teeth, np.ones((5, 5))) > 0] = TEETH  # beyond where the landmarks have the lips
    morph = Morph(photo, drawn.face)
    asked = drawn.doing(jawOpen=float(drawn.face.own.of("jawOpen")[0]) + 0.6)
    opened, mesh = morph.shown(asked, 0)
    lip = around(opened, mesh[[87, 14, 317]])
    assert _are_teeth(lip, 40).mean() < 0.5


def test_below_teeth_that_fill_an_open_photo_there_are_more() -> None:
    """No dark, where the jaw carries down nothing but the rim of the lip."""
    drawn = drawn_face(jaw=0.1, lips_apart=0.6)
    asked = drawn.doing(jawOpen=float(drawn.face.own.of("jawOpen")[0]) + 0.6)
    opened, mesh = Morph(drawn.photo, drawn.face).shown(asked, 0)
    below = around(opened, mesh[[87, 14, 317]], 6).astype(int)
    assert ((below.min(axis=2) > 90) & (np.ptp(below, axis=2) < 45)).sum() > 15


def test_over_the_teeth_of_an_open_photo_a_raised_lip_shows_gum() -> None:
    drawn = drawn_face(jaw=0.1, lips_apart=0.6)
    own = drawn.face.own
    names = ("mouthUpperUpLeft", "mouthUpperUpRight")
    asked = drawn.doing(**{name: min(1.0, float(own.of(name)[0]) + 0.4) for name in names}, jawOpen=0.3)
    raised, mesh = Morph(drawn.photo, drawn.face).shown(asked, 0)
    over = around(raised, mesh[[82, 13, 312]], 6).astype(int)
    assert (over.max(axis=2) < 60).sum() <= 5


def _are_teeth(picture: np.ndarray, apart: int) -> np.ndarray:
    return picture[..., 1].astype(int) - picture[..., 0] > apart


def test_teeth_end_where_each_of_them_ends() -> None:
    drawn = drawn_face(jaw=0.1, lips_apart=0.6)
    mesh, photo = drawn.face.landmarks_px, drawn.photo.copy()
    upper, lower = mesh[UPPER_LIP, :2], mesh[LOWER_LIP, :2]
    photo[outlined(np.concatenate([upper, lower[::-1]]), photo.shape) > 0.3] = (10, 5, 5)
    ends = np.where(np.arange(len(upper)) < 4, 0.7, 0.5)[:, None]
    teeth = np.concatenate([upper, (upper + ends * (lower - upper))[::-1]])
    photo[outlined(teeth, photo.shape) > 0.5] = TEETH
    home = Box.around(mesh[INSIDE, :2], 12)
    _, above, _ = shown(photo, mesh, home)
    share = np.linspace(0, 1, 50)[:, None]
    reach = []
    for column in (2, 6):
        x, y = (upper[column] + share * (lower[column] - upper[column]) - home.corner).T.astype(np.float32)
        covered = cv2.remap(above[..., 3], x, y, cv2.INTER_LINEAR).ravel() > 0.5
        reach.append(float(share[covered].max()))
    assert reach[0] - reach[1] > 0.1


def test_lips_that_part_begin_farther_out_than_where_the_photo_has_them() -> None:
    mesh = drawn_face(jaw=0.1, lips_apart=0.6).face.landmarks_px.astype(np.float64)
    wider = mesh.copy()
    wider[LOWER_LIP, 1] += 8
    still, parted = (lips_trimmed(mesh, moved, np.eye(2)) for moved in (mesh, wider))
    np.testing.assert_array_equal(still, mesh)
    assert (parted[LOWER_LIP[3:6], 1] > mesh[LOWER_LIP[3:6], 1] + 0.5).all()
    assert (parted[UPPER_LIP[3:6], 1] < mesh[UPPER_LIP[3:6], 1] - 0.5).all()
