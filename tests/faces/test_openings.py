"""Openings follow what the face does and not how the head is turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measure.made_faces import made_face
from understudy.faces.openings import MEASURES, expression_of, pose_normalised


def opened(**changes: object) -> dict[str, float]:
    face = made_face(**changes)  # type: ignore[arg-type]
    expression = expression_of(pose_normalised(face.landmarks_px))
    return {name: getattr(expression, name) for name in MEASURES}


@given(st.floats(-50, 50), st.floats(-30, 30), st.floats(-170, 170), st.floats(0.3, 5))
def test_pose_place_and_size_change_nothing(yaw: float, pitch: float, roll: float, size: float) -> None:
    plain = opened(mouth=0.05)
    moved = opened(mouth=0.05, pose_deg=(yaw, pitch, roll), side_px=120 * size, centre_px=(300, 20))
    assert moved == pytest.approx(plain, abs=2e-3)


@pytest.mark.parametrize(
    ("change", "measure", "sign"),
    [
        ({"mouth": 0.05}, "mouth_open", 1),
        ({"smile": 0.03}, "mouth_width", 1),
        ({"lids": 0.015}, "eye_open", -1),
        ({"brow": 0.03}, "brow", 1),
    ],
)
def test_each_measure_follows_its_part_and_no_other(
    change: dict[str, float], measure: str, sign: int
) -> None:
    before, after = opened(), opened(pose_deg=(20, -10, 15), **change)
    before_turned = opened(pose_deg=(20, -10, 15))
    moved = {name: after[name] - before_turned[name] for name in MEASURES}
    assert before == pytest.approx(before_turned, abs=2e-3)
    assert sign * moved[measure] > 0.02
    for name in set(MEASURES) - {measure}:
        assert abs(moved[name]) < 0.004


def test_mouth_opening_is_in_inter_ocular_distances() -> None:
    face = made_face()
    eyes = float(np.linalg.norm(face.landmarks_px[263] - face.landmarks_px[33]))
    gained = opened(mouth=0.05)["mouth_open"] - opened()["mouth_open"]
    # the three pairs are the middle of the lips, which open straight down by 0.05 sides
    assert gained == pytest.approx(0.05 * 120 / eyes, rel=0.03)


def test_points_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        pose_normalised(np.zeros((468, 3), np.float32))
