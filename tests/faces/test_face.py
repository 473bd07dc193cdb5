import numpy as np
import pytest

from understudy.faces.face import FaceSquare

SQUARE = FaceSquare(x_px=120.5, y_px=80.25, side_px=60.0, roll_rad=0.4)


@pytest.mark.parametrize("size_px", [64, 129])
@pytest.mark.parametrize("coverage", [1.0, 1.8])
def test_the_crop_matrix_carries_the_corners_of_the_square(size_px: int, coverage: float) -> None:
    # oracle: walk from the centre along the face's own axes to the middle of each corner pixel
    right = np.array([np.cos(0.4), np.sin(0.4)])
    down = np.array([-np.sin(0.4), np.cos(0.4)])
    px = 60.0 * coverage / size_px  # frame pixels a crop pixel
    for column in (0, size_px - 1):
        for row in (0, size_px - 1):
            across, along = column - (size_px - 1) / 2, row - (size_px - 1) / 2
            in_frame = np.array([120.5, 80.25]) + (across * right + along * down) * px
            matrix = SQUARE.crop_from_frame(size_px, coverage)
            np.testing.assert_allclose(matrix[:, :2] @ in_frame + matrix[:, 2], [column, row], atol=1e-3)


def test_an_upright_square_of_its_own_size_is_a_shift() -> None:
    square = FaceSquare(x_px=49.5, y_px=29.5, side_px=40, roll_rad=0.0)
    matrix = square.crop_from_frame(40, 1.0)
    np.testing.assert_allclose(matrix, [[1, 0, -30], [0, 1, -10]], atol=1e-6)


def test_a_tilted_face_comes_out_upright() -> None:
    matrix = SQUARE.crop_from_frame(100, 1.0)
    tilted_right = np.array([np.cos(0.4), np.sin(0.4)])
    carried = matrix[:, :2] @ tilted_right
    assert carried[0] > 0
    assert carried[1] == pytest.approx(0, abs=1e-6)
