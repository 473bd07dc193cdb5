"""Lips are as far apart as they are seen, whatever else the fit makes of the mouth."""

from __future__ import annotations

import numpy as np
import pytest

from expression.made_performances import bump, performed, poses_of, somebody
from understudy.expression.apply import apply, shaped
from understudy.expression.basis import load_basis
from understudy.expression.names import MESH_NAMES
from understudy.expression.read import coefficients

GAPS = ((13, 14), (82, 87), (312, 317))


def gap_of(faces: np.ndarray) -> np.ndarray:
    return np.mean([faces[..., lower, 1] - faces[..., upper, 1] for upper, lower in GAPS], axis=0)


@pytest.mark.parametrize("opened", [0.0, 0.03, 0.1])
def test_lips_are_read_as_far_apart_as_they_are_seen(opened: float) -> None:
    """A face purses its lips with the chin low, and the lips alone part by something no name says."""
    rest, poses = somebody(4), poses_of(np.zeros((1, 3)))
    names, values = ("jawOpen", "mouthPucker"), np.array([[0.3, 0.7]])
    face = shaped(rest, names, values, lids_shut=False)
    away = (gap_of(face) - opened) / 2
    for upper, lower in GAPS:
        face[:, upper, 1] += away
        face[:, lower, 1] -= away
    assert gap_of(face)[0] == pytest.approx(opened, abs=1e-4)
    found, found_poses = coefficients(poses.place(face), rest, load_basis())
    again = poses.undo(apply(rest, MESH_NAMES, found, found_poses, as_landmarks=True))
    assert gap_of(again)[0] == pytest.approx(opened, abs=0.006)


def test_a_chin_that_is_low_while_lips_are_shut_is_an_open_jaw_that_is_closed() -> None:
    n = 40
    opening = bump(n, 10, 4, 0.5) + bump(n, 30, 4, 0.5)
    made = performed({"jawOpen": opening, "mouthClose": bump(n, 30, 4, 0.5)})
    found, _ = coefficients(made.clip.landmarks_px, made.rest, load_basis())
    jaw, close = (found[:, MESH_NAMES.index(name)] for name in ("jawOpen", "mouthClose"))
    np.testing.assert_allclose(jaw, opening, atol=0.15)
    assert close[10] < 0.1
    assert close[30] > 0.35


def test_lips_that_close_meet_and_do_not_cross() -> None:
    rest = somebody(5)
    names = ("mouthClose", "jawOpen")
    faces = shaped(rest, names, np.array([[1.0, 0.0], [1.0, 0.5], [0.2, 0.5], [0.0, 0.0]]))
    assert gap_of(faces)[:2] == pytest.approx(0.0, abs=1e-4)
    assert gap_of(faces)[2] > 0.05
    np.testing.assert_array_equal(faces[3], rest)
    assert faces[1, 152, 1] - rest[152, 1] > 0.05  # the chin stays low
