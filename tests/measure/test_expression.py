"""Distances between two faces are of what they do, and not of how the heads are turned."""

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.faces.openings import pose_normalised
from understudy.measure.expression import ConstantPart, pearson, rms_distance


def test_rms_distance_is_zero_on_itself_and_grows() -> None:
    a = pose_normalised(made_face().landmarks_px)
    turned = pose_normalised(made_face(pose_deg=(30, 10, -20)).landmarks_px)
    small = pose_normalised(made_face(mouth=0.02).landmarks_px)
    large = pose_normalised(made_face(mouth=0.06).landmarks_px)
    assert rms_distance(a, a) == 0
    assert rms_distance(a, turned) < 1e-3
    assert 0 < rms_distance(a, small) < rms_distance(a, large)


def test_what_is_constant_is_not_motion() -> None:
    split, moving = ConstantPart(), ConstantPart()
    assert split.rms_motion() is None
    for i in range(12):
        mouth = 0.03 * (1 + np.sin(i))
        target = pose_normalised(made_face(mouth=mouth).landmarks_px)
        split.add(pose_normalised(made_face(mouth=mouth, brow=0.02).landmarks_px), target)
        moving.add(pose_normalised(made_face().landmarks_px), target)
    still, lost = split.rms_motion(), moving.rms_motion()
    assert still is not None
    assert lost is not None
    assert still < 1e-3 < lost


def test_pearson() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=50), rng.normal(size=50)
    c = a + 0.5 * b
    assert pearson(list(a), list(c)) == pytest.approx(np.corrcoef(a, c)[0, 1])
    assert pearson(list(a), list(-2 * a + 3)) == pytest.approx(-1)
    assert pearson([*a, None, 4.0, float("nan")], [*c, 1.0, None, 2.0]) == pytest.approx(
        np.corrcoef(a, c)[0, 1]
    )
    assert pearson([1.0] * 5, [1.0, 2, 3, 4, 5]) is None
    assert pearson([1.0, 2.0], [1.0, 2.0]) is None
    assert pearson([None] * 4, [1.0] * 4) is None
    with pytest.raises(ValueError, match="length"):
        pearson([1.0], [1.0, 2.0])
