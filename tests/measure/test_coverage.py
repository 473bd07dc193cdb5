"""Coverage against counts made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.measure.coverage import ENOUGH, MEASURES, FaceArrays, coverage


def faces(poses, **values):
    """Faces with these poses and values; n values a measure, or one for all."""
    n = len(poses)
    return FaceArrays(
        pose_deg=np.array(poses, np.float32).reshape(n, -1),
        values={key: np.broadcast_to(np.array(one, float), n) for key, one in values.items()},
    )


def strip(source, target, key):
    (found,) = coverage(
        faces([(5, 5)] * len(source), **{key: source}), faces([(5, 5)] * len(target), **{key: target})
    ).strips
    assert found.measure.key == key
    return found


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
    assert found.lacking.tolist() == [False] * 4 + [True] * 4


def test_what_only_the_source_shows_is_not_missing():
    found = coverage(faces([(5, 5)] * 5 + [(65, 5)] * 5), faces([(5, 5)] * 5))
    assert not found.missing.any()
    assert found.missing_share == 0


def test_one_slip_among_a_thousand_faces_is_not_a_need():
    target = faces([(5, 5)] * 999 + [(85, 5)])
    assert not coverage(faces([(5, 5)] * 5), target).missing.any()


def test_an_open_mouth_that_the_source_never_shows():
    found = strip([0.02] * 10, [0.02] * 6 + [0.33] * 4, "mouth_open")
    assert found.missing.tolist() == [False] * 6 + [True]
    assert found.edges[-2:] == pytest.approx([0.30, 0.35])
    assert found.missing_share == pytest.approx(0.4)
    assert np.flatnonzero(found.lacking).tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize("key", [measure.key for measure in MEASURES if measure.by_median])
def test_the_usual_level_of_a_person_is_no_gap_but_a_change_is(key):
    assert not strip([0.14] * 10, [0.07] * 10, key).missing.any()
    found = strip([0.14] * 10, [0.07] * 8 + [0.01] * 2, key)
    assert found.missing_share == pytest.approx(0.2)


@pytest.mark.parametrize("key", ["gaze_yaw_deg", "gaze_pitch_deg", "light_side"])
def test_gaze_and_side_of_the_light_are_compared_as_they_are(key):
    step = next(measure.step for measure in MEASURES if measure.key == key)
    assert strip([0] * 10, [-2.5 * step] * 10, key).missing_share == 1


def test_a_larger_face_covers_a_smaller_one_and_not_the_other_way():
    assert not strip([250] * 5, [90] * 5, "size_px").missing.any()
    assert strip([90] * 5, [250] * 5, "size_px").missing_share == 1


def test_a_border_between_two_equal_performances_is_no_gap():
    # 9.5 and 10.5 degrees lie in two cells, and mean the same
    assert not coverage(faces([(9.5, 5)] * 9), faces([(10.5, 5)] * 9)).missing.any()
    assert coverage(faces([(9.5, 5)] * 9), faces([(19.5, 5)] * 9)).missing_share == 1
    # near in yaw is not near
    assert coverage(faces([(9.5, 5)] * 9), faces([(10.5, 25)] * 9)).missing_share == 1


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=30),
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=30),
)
def test_every_face_is_counted_once_and_a_person_covers_themself(a, b):
    found = coverage(faces(a), faces(b))
    assert (found.source.sum(), found.target.sum()) == (len(a), len(b))
    assert found.missing.shape == (len(found.pitch_edges_deg) - 1, len(found.yaw_edges_deg) - 1)
    assert not coverage(faces(b * ENOUGH), faces(b)).missing.any()


def test_faces_without_a_known_value_are_left_out_there():
    found = strip([np.nan] * 4, [np.nan] * 4, "mouth_open")
    assert found.target.sum() == 0
    assert found.missing_share == 0
    found = strip([0.02] * 4, [np.nan, 0.33, 0.33, np.nan], "mouth_open")
    assert found.lacking.tolist() == [False, True, True, False]


def test_a_measure_that_one_side_does_not_have_is_left_out():
    assert coverage(faces([(0, 0)], brow=1), faces([(0, 0)])).strips == ()


def test_nobody_is_refused():
    nobody = FaceArrays(pose_deg=np.zeros((0, 3)), values={})
    with pytest.raises(ValueError, match="at least one face"):
        coverage(nobody, faces([(0, 0)]))
    with pytest.raises(ValueError, match="2 poses"):
        FaceArrays(pose_deg=np.zeros((2, 3)), values={"brow": np.zeros(1)})
    with pytest.raises(ValueError, match="no measure 'nose'"):
        FaceArrays(pose_deg=np.zeros((2, 3)), values={"nose": np.zeros(2)})
