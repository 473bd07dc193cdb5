"""Orientation: what is turned upright is turned back to the same numbers."""

import numpy as np
import pytest

from clips import picture
from understudy.media.rotation import Orientation

ALL = [Orientation(rotation_deg=deg, is_mirrored=flip) for deg in (0, 90, 180, 270) for flip in (False, True)]


@pytest.mark.parametrize("orientation", ALL, ids=str)
def test_coded_undoes_upright(orientation: Orientation) -> None:
    image = picture(2, 31, 17)
    upright = orientation.upright(image)
    assert upright.shape[1::-1] == orientation.upright_size(31, 17)
    np.testing.assert_array_equal(orientation.coded(upright), image)


@pytest.mark.parametrize("orientation", ALL, ids=str)
def test_display_matrix_moves_pixels_as_upright_does(orientation: Orientation) -> None:
    image = np.arange(5 * 3 * 3, dtype=np.uint8).reshape(3, 5, 3)
    upright = orientation.upright(image)
    a, b, _, c, d = np.array(orientation.display_matrix()[:5]) / 65536
    # oracle: carry every pixel's place about the pictures' centres
    for y in range(3):
        for x in range(5):
            u, v = x - 2.0, y - 1.0
            height, width = upright.shape[:2]
            to_x, to_y = a * u + c * v + (width - 1) / 2, b * u + d * v + (height - 1) / 2
            np.testing.assert_array_equal(upright[int(to_y), int(to_x)], image[y, x])
