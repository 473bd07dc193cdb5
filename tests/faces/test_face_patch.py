"""Whether two pictures of a face show the same."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.faces.face_patch import PATCH_PX, change, face_patch

HALF = np.float32([[0.5, 0, -0.25], [0, 0.5, -0.25]])
FACE = np.kron(np.random.default_rng(1).integers(0, 255, (6, 6, 3), np.uint8), np.ones((8, 8, 1), np.uint8))


def test_light_changes_nothing_and_another_face_all() -> None:
    patch = face_patch(FACE, HALF)
    assert patch.shape == (PATCH_PX, PATCH_PX)
    assert change(patch, face_patch((FACE * 0.6).astype(np.uint8), HALF)) == pytest.approx(0, abs=0.02)
    assert change(patch, face_patch(FACE[::-1].copy(), HALF)) > 0.4


def test_in_the_dark_nothing_is_seen_to_change() -> None:
    dark = face_patch((FACE // 255).astype(np.uint8), HALF)
    assert change(dark, face_patch((FACE[::-1] // 255).astype(np.uint8), HALF)) == 0
    assert change(dark, dark) == 0
    # but going dark is a change
    assert change(face_patch(FACE, HALF), dark) > 0.4
