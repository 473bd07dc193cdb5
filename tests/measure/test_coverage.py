"""Coverage against counts made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.measure.coverage import ENOUGH, FaceArrays, coverage


def faces(poses, mouth=None, eyes=None):
    n = len(poses)
    return FaceArrays(
        pose_deg=np.array(poses, np.float32).reshape(n, -1),
        mouth_open=np.full(n, 0.1) if mouth is None else np.array(mouth, float),
        eye_open=np.full(n, 0.1) if eyes is None else np.array(eyes, float),
    )


def test_a_side_that_only_the_target_shows_is_missing():
    source = faces([(5, 5)] * 9 + [(25, 5)] * 2)
    target = faces([(5, 5)] * 4 + [(25, 5)] * 3 + [(-35, -15)])
    found = coverage(source, target)
    assert found.yaw_edges_deg.tolist() == [-40, -30, -20, -10, 0, 10, 20, 30]
    assert found.pitch_edges_deg.tolist() == [-20, -10, 0, 10]
    assert found.source[2].tolist() == [0, 0, 0, 0, 9, 0, 2]
    assert found.target[0].tolist() == [1, 0, 0, 0, 0, 0, 0]
    # two faces at 25 degrees are not enough, none at -35 neither
    assert [tuple(cell) for cell in np.argwhere(found.missing)] == [(0, 0), (2, 6)]
    assert found.missing_share == pytest.approx(4 / 8)


def test_what_only_the_source_shows_is_not_missing():
    found = coverage(faces([(5, 5)] * 5 + [(65, 5)] * 5), faces([(5, 5)] * 5))
    assert not found.missing.any()
    assert found.missing_share == 0


def test_one_slip_among_a_thousand_faces_is_not_a_need():
    target = faces([(5, 5)] * 999 + [(85, 5)])
    assert not coverage(faces([(5, 5)] * 5), target).missing.any()


def test_an_open_mouth_that_the_source_never_shows():
    pose = [(5, 5)] * 10
    found = coverage(faces(pose, mouth=[0.02] * 10), faces(pose, mouth=[0.02] * 6 + [0.33] * 4)).mouth
    assert found.missing.tolist() == [False] * 6 + [True]
    assert found.edges[-2:] == pytest.approx([0.30, 0.35])
    assert found.missing_share == pytest.approx(0.4)


def test_narrow_eyes_at_rest_are_no_gap_but_a_blink_is():
    pose = [(5, 5)] * 10
    wide, narrow = [0.14] * 10, [0.07] * 10
    assert not coverage(faces(pose, eyes=wide), faces(pose, eyes=narrow)).eyes.missing.any()
    blinks = [0.07] * 8 + [0.01] * 2
    found = coverage(faces(pose, eyes=wide), faces(pose, eyes=blinks)).eyes
    assert found.missing_share == pytest.approx(0.2)


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=30),
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=30),
)
def test_every_face_is_counted_once_and_a_person_covers_themself(a, b):
    found = coverage(faces(a), faces(b))
    assert (found.source.sum(), found.target.sum()) == (len(a), len(b))
    assert found.missing.shape == (len(found.pitch_edges_deg) - 1, len(found.yaw_edges_deg) - 1)
    assert not coverage(faces(b * ENOUGH), faces(b)).missing.any()


def test_faces_without_a_known_opening_are_left_out_there():
    pose = [(5, 5)] * 4
    unknown = [np.nan] * 4
    found = coverage(faces(pose, mouth=unknown, eyes=unknown), faces(pose, mouth=unknown, eyes=unknown))
    assert found.mouth.target.sum() == 0
    assert found.mouth.missing_share == 0


def test_nobody_is_refused():
    nobody = FaceArrays(pose_deg=np.zeros((0, 3)), mouth_open=np.zeros(0), eye_open=np.zeros(0))
    with pytest.raises(ValueError, match="at least one face"):
        coverage(nobody, faces([(0, 0)]))
    with pytest.raises(ValueError, match="2 poses"):
        FaceArrays(pose_deg=np.zeros((2, 3)), mouth_open=np.zeros(1), eye_open=np.zeros(2))
