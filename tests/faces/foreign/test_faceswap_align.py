"""Where faceswap cuts heads, against its procedure worked through step by step."""

from __future__ import annotations

import numpy as np
import pytest

from foreign_files import landmarks_68
from measure.made_faces import made_face
from understudy.faces.foreign.faceswap_align import aligned_from_frame

# taken once in double precision, with a fit by singular values
EXPECTED = [
    ({}, [[2.2805, 0.0, -35.90368], [0.0, 2.2805, -5.12107]]),
    ({"pose_deg": (40, 5, 0)}, [[2.34109, -0.24473, 37.73735], [0.24473, 2.34109, -31.36471]]),
    (
        {"pose_deg": (-60, 20, 30), "mouth": 0.1},
        [[1.96973, 1.61483, -250.84372], [-1.61483, 1.96973, 289.21904]],
    ),
]


@pytest.mark.parametrize(("look", "expected"), EXPECTED)
def test_the_head_is_cut_where_faceswap_cuts_it(look: dict[str, object], expected: list[list[float]]) -> None:
    landmarks = landmarks_68(made_face(**look).landmarks_px)  # type: ignore[arg-type]
    matrix = aligned_from_frame(landmarks, 512)
    corners = np.array([[0, 0], [256, 0], [0, 256], [256, 256]])
    carried = corners @ matrix[:, :2].T + matrix[:, 2]
    wanted = np.array(expected)
    np.testing.assert_allclose(carried, corners @ wanted[:, :2].T + wanted[:, 2], atol=0.01)


def test_pictures_of_other_sizes_show_the_same() -> None:
    landmarks = landmarks_68(made_face().landmarks_px)
    # the padding is whole pixels, so only some sizes scale exactly
    np.testing.assert_allclose(
        aligned_from_frame(landmarks, 256), aligned_from_frame(landmarks, 512) / 2, atol=1e-3
    )


def test_landmarks_of_no_head() -> None:
    with pytest.raises(ValueError, match="coincide"):
        aligned_from_frame(np.zeros((68, 2), np.float32), 256)
