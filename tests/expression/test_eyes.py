"""Lids cover eyes with skin; eyes look where they are told to."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from expression.made_photos import IRIS, LASHES, SIDE, SKIN, WHITE, Drawn, around, drawn_face, like
from understudy.expression.eyes import BALL_IN_EYE_WIDTHS
from understudy.expression.morph import Morph
from understudy.expression.topology import ABOVE_LIDS, UPPER_LIDS
from understudy.faces.mesh import LEFT_EYELIDS, RIGHT_EYELIDS

EYES = (LEFT_EYELIDS, RIGHT_EYELIDS)


@pytest.fixture(scope="module")
def made() -> tuple[Drawn, Morph]:
    drawn = drawn_face()
    return drawn, Morph(drawn.photo, drawn.face)


def test_a_shut_eye_is_skin(made: tuple[Drawn, Morph]) -> None:
    drawn, morph = made
    shut = morph.drawn(drawn.doing(eyeBlinkLeft=1, eyeBlinkRight=1), 0)
    for lids in EYES:
        mesh = drawn.face.landmarks_px[list(lids)]
        open_eye, shut_eye = around(drawn.photo, mesh), around(shut, mesh)
        assert like(open_eye, WHITE).sum() > 40
        assert like(open_eye, IRIS).sum() > 25
        assert like(shut_eye, WHITE).sum() == 0
        assert like(shut_eye, IRIS).sum() <= 2
        assert like(shut_eye, SKIN, 45).mean() > like(open_eye, SKIN, 45).mean() + 0.2


def test_one_eye_alone_can_be_shut(made: tuple[Drawn, Morph]) -> None:
    drawn, morph = made
    wink = morph.drawn(drawn.doing(eyeBlinkLeft=1, eyeBlinkRight=0), 0)
    left, right = (around(wink, drawn.face.landmarks_px[list(lids)]) for lids in EYES)
    assert like(left, IRIS).sum() > 25  # the person's left is the picture's right
    assert like(right, IRIS).sum() <= 2


@pytest.mark.parametrize(("yaw", "pitch"), [(20.0, 0.0), (-20.0, 0.0), (0.0, 12.0)])
def test_the_iris_goes_where_the_eye_looks(made: tuple[Drawn, Morph], yaw: float, pitch: float) -> None:
    drawn, morph = made
    own = drawn.face.own
    looked = morph.drawn(replace(own, gaze_deg=own.gaze_deg + np.float32([yaw, pitch])), 0)
    for lids, (outer, inner) in zip(EYES, ((33, 133), (263, 362)), strict=True):
        mesh = drawn.face.landmarks_px
        before, after = (_middle(around(p, mesh[list(lids)])) for p in (drawn.photo, looked))
        radius = BALL_IN_EYE_WIDTHS * np.linalg.norm(mesh[outer, :2] - mesh[inner, :2])
        wanted = radius * np.sin(np.radians([yaw, pitch]))
        # of an iris that goes behind a lid the middle of what is seen goes less far
        np.testing.assert_allclose(after - before, wanted, atol=0.9 if pitch == 0 else 1.6)
        assert np.abs(wanted).max() > 3


@pytest.mark.parametrize(("yaw", "pitch"), [(60.0, 0.0), (-60.0, 0.0), (0.0, 50.0), (0.0, -50.0)])
def test_however_far_an_eye_looks_its_iris_is_seen(
    made: tuple[Drawn, Morph], yaw: float, pitch: float
) -> None:
    drawn, morph = made
    own = drawn.face.own
    looked = morph.drawn(replace(own, gaze_deg=own.gaze_deg + np.float32([yaw, pitch])), 0)
    for lids in EYES:
        mesh = drawn.face.landmarks_px[list(lids)]
        before, after = (like(around(picture, mesh), IRIS, 70).sum() for picture in (drawn.photo, looked))
        assert 0.2 * before < after < before


def test_a_widened_eye_shows_more_eyeball(made: tuple[Drawn, Morph]) -> None:
    drawn, morph = made
    wide = morph.drawn(drawn.doing(eyeWideLeft=1, eyeWideRight=1), 0)
    for lids in EYES:
        mesh = drawn.face.landmarks_px[list(lids)]
        before, after = (around(p, mesh, 5) for p in (drawn.photo, wide))
        seen = [like(p, WHITE, 90).sum() + like(p, IRIS, 60).sum() for p in (before, after)]
        assert seen[1] > 1.1 * seen[0]


def test_other_parts_do_not_move_when_eyes_do(made: tuple[Drawn, Morph]) -> None:
    drawn, morph = made
    own = drawn.face.own
    looked = morph.drawn(replace(own, gaze_deg=own.gaze_deg + np.float32([15, 0])), 0)
    rows = np.flatnonzero(np.abs(looked.astype(int) - drawn.photo).max(axis=(1, 2)) > 2)
    eyes = drawn.face.landmarks_px[[*LEFT_EYELIDS, *RIGHT_EYELIDS], 1]
    assert rows.min() >= eyes.min() - 3
    assert rows.max() <= eyes.max() + 3
    assert len(rows) < 0.15 * SIDE


def _middle(picture: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(like(picture, IRIS, 70))
    return np.array([x.mean(), y.mean()])


def test_a_shut_lid_is_round_and_has_the_grain_of_skin(made: tuple[Drawn, Morph]) -> None:
    drawn, morph = made
    shut, mesh = morph.shown(drawn.doing(eyeBlinkLeft=1, eyeBlinkRight=1), 0)
    for upper, above, cheek in zip(UPPER_LIDS, ABOVE_LIDS, (117, 346), strict=True):
        middle = (mesh[upper, :2] + mesh[above, :2]) / 2
        grain = _grain(around(shut, middle[1:-1], 2))
        assert grain > 0.6 * _grain(around(drawn.photo, mesh[[cheek]], 6))
        lit = around(shut, middle[[3]], 2).mean()
        assert lit > 1.03 * around(shut, mesh[above[[3]]], 2).mean()


def test_lashes_lie_over_white_where_an_iris_was() -> None:
    drawn = drawn_face()
    lids, own = drawn.face.landmarks_px[UPPER_LIDS, :2], drawn.face.own
    with_lashes = drawn.photo.copy()
    for lid in lids:
        line = np.round(lid + np.array([0, 2])).astype(np.int32)
        cv2.polylines(with_lashes, [line], False, LASHES, 2)
    aside = replace(own, gaze_deg=own.gaze_deg + np.float32([40, 0]))
    bare, darker = (Morph(photo, drawn.face).drawn(aside, 0) for photo in (drawn.photo, with_lashes))
    for lid, iris in zip(lids, drawn.face.iris_px[:, 0], strict=True):
        below = np.array([[iris[0], lid[3, 1] + 4]])
        assert around(darker, below, 1).mean() < 0.88 * around(bare, below, 1).mean()


def _grain(picture: np.ndarray) -> float:
    grey = picture.astype(np.float32).mean(axis=2)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).std())
