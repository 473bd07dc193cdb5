"""Holes are filled from what is around them."""

from __future__ import annotations

import numpy as np

from understudy.expression.fill import filled


def test_a_hole_is_filled_between_what_is_around_it() -> None:
    ramp = np.tile(np.linspace(40, 200, 64), (64, 1))[..., None].repeat(3, axis=2).astype(np.uint8)
    known = np.ones((64, 64), np.float32)
    known[20:44, 20:44] = 0
    whole = filled(np.where(known[..., None] > 0, ramp, 255).astype(np.uint8), known).astype(int)
    assert (whole[known > 0] == ramp[known > 0]).all()
    assert np.abs(whole - ramp).max() < 30
