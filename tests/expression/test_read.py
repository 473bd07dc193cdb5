"""What is read is what was done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from expression.made_performances import bump, performed
from understudy.expression.basis import load_basis
from understudy.expression.names import GAZE_NAMES, MESH_NAMES, READABLE, UNREADABLE
from understudy.expression.pose import robust_poses
from understudy.expression.read import read_clip
from understudy.faces.mesh import template
from understudy.faces.pose import fit_poses_to

N = 160
ACTS = {
    "jawOpen": bump(N, 20, 6, 0.6),
    "mouthSmileLeft": bump(N, 45, 6, 0.8),
    "mouthSmileRight": bump(N, 45, 6, 0.8),
    "eyeBlinkLeft": bump(N, 70, 2, 1.0),
    "eyeBlinkRight": bump(N, 90, 2, 1.0),
    "browInnerUp": bump(N, 110, 6, 0.8),
    "browDownLeft": bump(N, 130, 6, 0.7),
    "mouthPucker": bump(N, 145, 5, 0.7),
}


def test_names_are_the_52() -> None:
    assert len({*READABLE, *UNREADABLE}) == len(READABLE) + len(UNREADABLE) == 52
    assert set(GAZE_NAMES) < set(READABLE)
    assert load_basis().moves.shape == (len(MESH_NAMES), 468, 3)


@pytest.mark.parametrize("turn", [0.0, 20.0])
def test_each_act_is_read_by_its_name_and_in_its_time(turn: float) -> None:
    made = performed(ACTS, noise_px=0.3, turn=turn)
    found = read_clip(made.clip)
    for name, true in ACTS.items():
        read = found.of(name)
        assert np.corrcoef(read, true)[0, 1] > 0.95, name
        assert abs(int(read.argmax()) - int(true.argmax())) <= 1, name
        assert read.max() == pytest.approx(true.max(), abs=0.3), name  # a prior makes what is rare smaller
    idle = [name for name in MESH_NAMES if name not in ACTS]
    assert max(found.of(name).max() for name in idle) < 0.3


def test_sides_are_the_persons_own() -> None:
    """The picture's right eye is the person's left: it shuts where `eyeBlinkLeft` is 1."""
    made = performed({"eyeBlinkLeft": bump(N, 70, 4)})
    gap = np.linalg.norm(made.clip.landmarks_px[:, 386] - made.clip.landmarks_px[:, 374], axis=1)
    other = np.linalg.norm(made.clip.landmarks_px[:, 159] - made.clip.landmarks_px[:, 145], axis=1)
    assert gap[70] < 0.4 * gap[0]
    assert other[70] > 0.95 * other[0]
    assert made.clip.landmarks_px[0, 386, 0] > made.clip.landmarks_px[0, 159, 0]


def test_poses_are_found_whatever_the_face_does() -> None:
    made = performed(ACTS, turn=25.0)
    found = read_clip(made.clip, smooth_s=0)
    off = np.abs(found.pose_deg - made.angles_deg)
    # against the person's own frontal view, which is known to a degree or two only
    assert np.abs(off - np.median(off, axis=0)).max() < 2.0
    assert off.mean() < 2.5


def test_points_far_off_do_not_turn_the_head() -> None:
    made = performed({"jawOpen": np.zeros(4)})
    wild = made.clip.landmarks_px.copy()
    hidden = (template()[:, 0] > 0.2) & (template()[:, 1] > -0.1)  # a hand before a cheek
    wild[:, hidden] += np.array([25.0, 10, 60], np.float32)
    basis, shape = load_basis(), made.rest[None] + load_basis().turned(made.angles_deg)
    robust = robust_poses(wild, shape, basis).angles_deg
    plain = fit_poses_to(wild, shape, basis.steady[None]).angles_deg
    assert np.abs(plain - made.angles_deg).max() > 2.0
    assert np.abs(robust - made.angles_deg).max() < 0.4 * np.abs(plain - made.angles_deg).max()


def test_curves_are_not_late() -> None:
    true = bump(N, 80, 3, 0.8)
    made = performed({"jawOpen": true}, noise_px=0.5)
    raw, calm = (read_clip(made.clip, smooth_s=s).of("jawOpen") for s in (0, 0.04))
    rises = [int((curve > 0.4).argmax()) for curve in (true, raw, calm)]
    falls = [len(true) - int((curve[::-1] > 0.4).argmax()) for curve in (true, raw, calm)]
    assert rises[2] == rises[1]
    assert falls[2] == falls[1]
    assert abs(rises[2] - rises[0]) <= 1
    still = slice(0, 50)
    assert np.abs(np.diff(calm[still])).mean() < 0.7 * np.abs(np.diff(raw[still])).mean()


def test_frames_without_a_face_stay_empty() -> None:
    made = performed(ACTS)
    gone = made.clip.landmarks_px.copy()
    gone[30:40] = np.nan
    found = read_clip(replace(made.clip, landmarks_px=gone))
    assert (~found.seen).nonzero()[0].tolist() == list(range(30, 40))
    assert np.isnan(found.values[30:40]).all()
    assert np.isfinite(found.values[found.seen]).all()
    with pytest.raises(ValueError, match="no frame has a face"):
        read_clip(replace(made.clip, landmarks_px=gone * np.nan))


def test_a_single_picture_can_be_read() -> None:
    """Without a face at rest to compare with: an open mouth is told from a person's looks."""
    made = performed(ACTS)
    one = replace(
        made.clip,
        times_s=made.clip.times_s[:1],
        landmarks_px=made.clip.landmarks_px[20:21],
        iris_px=made.clip.iris_px[20:21],
    )
    assert read_clip(one).of("jawOpen")[0] > 0.35
