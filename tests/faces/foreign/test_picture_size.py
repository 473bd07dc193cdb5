"""Sizes of pictures, read from their headers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from understudy.faces.foreign.picture_size import LARGEST_PX, picture_size


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_sizes(ending: str) -> None:
    def size(width: int, height: int) -> tuple[int, int]:
        return picture_size(cv2.imencode(ending, np.zeros((height, width), np.uint8))[1].tobytes())

    assert size(30, 20) == (30, 20)
    assert size(LARGEST_PX, LARGEST_PX) == (2048, 2048)  # what both programs write at most
    with pytest.raises(ValueError, match=f"{LARGEST_PX + 1} x 8 px is no aligned face"):
        size(LARGEST_PX + 1, 8)
