"""A face does what coefficients say, and another person's does the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from expression.made_performances import SIZE_PX, bump, performed, poses_of, somebody
from understudy.expression.apply import Start, apply, retargeted, shaped
from understudy.expression.basis import load_basis
from understudy.expression.names import GAZE_NAMES, MESH_NAMES
from understudy.expression.read import Clip, coefficients, read_clip

N = 40


@pytest.mark.parametrize("name", MESH_NAMES)
def test_reading_what_was_applied_gives_it_back(name: str) -> None:
    rest = somebody(3)
    values = np.zeros((2, len(MESH_NAMES)), np.float32)
    if name == "mouthClose":  # there must be something to close
        values[:, MESH_NAMES.index("jawOpen")] = 0.6
    values[1, MESH_NAMES.index(name)] = 0.6
    mesh = apply(rest, MESH_NAMES, values, poses_of(np.array([[10.0, -5, 3]] * 2)), as_landmarks=True)
    found, _ = coefficients(mesh, rest, load_basis())
    np.testing.assert_allclose(found, values, atol=0.25)  # a ridge makes what is rare smaller
    assert (found[1] - found[0]).argmax() == MESH_NAMES.index(name)


def test_nothing_leaves_the_face_where_it_was() -> None:
    rest, poses = somebody(3), poses_of(np.array([[12.0, -7, 20]]))
    seen = apply(rest, MESH_NAMES, np.zeros((1, len(MESH_NAMES))), poses)
    by_hand = [poses.frame_from_head[0] @ point * 200.0 + poses.centre_px[0] for point in rest.astype(float)]
    np.testing.assert_allclose(seen[0], by_hand, atol=1e-3)


def test_a_blink_of_one_shuts_the_lids_of_anybody() -> None:
    for seed in range(4):
        rest = somebody(seed)
        face = shaped(rest, ("eyeBlinkLeft", "eyeBlinkRight"), np.ones((1, 2)))[0]
        for upper, lower in ((386, 374), (159, 145)):
            open_by, left = (float(shape[lower, 1] - shape[upper, 1]) for shape in (rest, face))
            assert abs(left) < 0.1 * open_by


def test_names_that_a_mesh_cannot_show_move_nothing() -> None:
    rest = somebody(2)
    names = (*GAZE_NAMES, "tongueOut", "jawOpen")
    moved = shaped(rest, names, np.array([[1.0] * 9 + [0.0], [0.0] * 9 + [0.5]]))
    np.testing.assert_allclose(moved[0], rest)
    assert np.linalg.norm(moved[1, 14] - rest[14]) > 0.05


def test_another_face_does_the_same_from_where_it_is() -> None:
    made = performed({"jawOpen": bump(N, 20, 5, 0.6)}, turn=15.0)
    driving = read_clip(made.clip, smooth_s=0)
    other = somebody(9)
    start = Start(
        pose_deg=np.array([8.0, 2, -4], np.float32),
        centre_px=np.array([100.0, 90], np.float32),
        scale_px=80.0,
        size_px=(200, 180),
        gaze_deg=(1.5, -9.0),
    )
    done = retargeted(driving, other, start)
    np.testing.assert_allclose(done.pose_deg[0], start.pose_deg, atol=1e-3)
    np.testing.assert_allclose(done.centre_px[0], start.centre_px, atol=1e-3)
    np.testing.assert_allclose(done.gaze_deg, driving.gaze_deg + np.array([1.5, -9.0]), atol=1e-4)
    turned = driving.pose_deg - driving.pose_deg[0]
    np.testing.assert_allclose(done.pose_deg - start.pose_deg, turned, atol=1e-3)
    moved = (driving.centre_px - driving.centre_px[0]) * 80 / driving.scale_px[0]
    np.testing.assert_allclose(done.centre_px - start.centre_px, moved, atol=1e-2)
    mesh = apply(done.rest, done.names, done.values, done.poses(), as_landmarks=True)
    again = read_clip(
        Clip(times_s=done.times_s, landmarks_px=mesh, iris_px=made.clip.iris_px, size_px=SIZE_PX),
        rest=other,
        smooth_s=0,
    )
    np.testing.assert_allclose(again.of("jawOpen"), driving.of("jawOpen"), atol=0.1)
    np.testing.assert_allclose(again.pose_deg, done.pose_deg, atol=1.0)


@pytest.mark.parametrize(("begins", "at"), [(0.0, 0), (8.0, 0), (35.0, 20), (-35.0, 20)])
def test_a_driving_head_that_begins_turned_away_does_not_turn_the_other_the_opposite_way(
    begins: float, at: int
) -> None:
    """Driving turns from the side to the front; who is driven looks to the front in the photo."""
    made = performed({"jawOpen": np.zeros(N)})
    driving = read_clip(made.clip, smooth_s=0)
    angles = np.zeros((N, 3), np.float32)
    angles[:, 0] = np.interp(np.arange(N), [0, 20, N - 1], [begins, 0, 0.5])
    driving = replace(driving, pose_deg=angles)
    start = Start(
        pose_deg=np.zeros(3, np.float32),
        centre_px=np.array([100.0, 90], np.float32),
        scale_px=80.0,
        size_px=(200, 180),
    )
    done = retargeted(driving, somebody(9), start)
    np.testing.assert_allclose(done.pose_deg, angles - angles[at], atol=1e-4)
    np.testing.assert_allclose(done.centre_px[at], start.centre_px, atol=1e-4)
    chosen = retargeted(driving, somebody(9), start, at=5)
    np.testing.assert_allclose(chosen.pose_deg[5], start.pose_deg, atol=1e-4)
