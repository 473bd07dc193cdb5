"""What shuts shuts quite; lashes keep their height."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from expression.made_photos import drawn_face
from understudy.expression.morph import Morph
from understudy.expression.openings import lash_points
from understudy.expression.topology import LOWER_LIDS, LOWER_LIP, UPPER_LIDS, UPPER_LIP


def gaps(mesh: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    return np.linalg.norm(mesh[lower.ravel(), :2] - mesh[upper.ravel(), :2], axis=1)


def test_lids_meet_where_landmarks_leave_a_gap() -> None:
    drawn = drawn_face()
    mesh = drawn.face.landmarks_px.copy()
    mesh[UPPER_LIDS.ravel(), 1] -= 1.5  # lids wider open than the model believes
    face = replace(drawn.face, landmarks_px=mesh)
    morph = Morph(drawn.photo, face, fill_background=False)
    shut = morph.mesh(drawn.doing(eyeBlinkLeft=1, eyeBlinkRight=1), 0)
    assert gaps(mesh, UPPER_LIDS, LOWER_LIDS).min() > 1.5
    assert gaps(shut, UPPER_LIDS, LOWER_LIDS).max() < 0.05
    half = morph.mesh(drawn.doing(eyeBlinkLeft=0.5, eyeBlinkRight=0.5), 0)
    share = gaps(half, UPPER_LIDS, LOWER_LIDS) / gaps(mesh, UPPER_LIDS, LOWER_LIDS)
    assert 0.15 < share.mean() < 0.7


def test_lips_that_shut_do_not_cross() -> None:
    drawn = drawn_face(jaw=0.3, lips_apart=0.4)
    nothing = replace(drawn.face.own, values=np.zeros_like(drawn.face.own.values))
    mesh = Morph(drawn.photo, drawn.face, fill_background=False).mesh(nothing, 0)
    assert gaps(drawn.face.landmarks_px, UPPER_LIP, LOWER_LIP).mean() > 4
    assert (mesh[LOWER_LIP, 1] - mesh[UPPER_LIP, 1]).min() > -0.05
    assert gaps(mesh, UPPER_LIP, LOWER_LIP).max() < 1.0


def test_lashes_go_with_the_lid_and_are_not_stretched() -> None:
    drawn = drawn_face()
    photo = drawn.face.landmarks_px
    shut = Morph(drawn.photo, drawn.face, fill_background=False).mesh(
        drawn.doing(eyeBlinkLeft=1, eyeBlinkRight=1), 0
    )
    before, after = lash_points(photo, shut, np.eye(2))
    upper = UPPER_LIDS.ravel()
    height = np.linalg.norm(before[:, :2] - photo[upper, :2], axis=1)
    now = np.linalg.norm(after[:, :2] - shut[upper, :2], axis=1)
    np.testing.assert_allclose(now, height, rtol=0.35)
    assert (shut[upper, 1] - photo[upper, 1]).max() > 3  # the lids have moved by more than that
