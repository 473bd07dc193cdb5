"""Pairs that are made up: the truth is the warped picture, moved up."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.nets.animator import AnimatorConfig
from understudy.training.animator_pairs import ORIGIN_PX, AnimatorPairs, stored_origin

SIZE, POINTS, SHIFT_PX = 64, 6, 3
SMALL = AnimatorConfig(size_px=SIZE, points=POINTS, widths=(8, 12, 16, 16, 16), photo=(4, 6, 8), blocks=1)


def made_pairs(count: int = 12, people: tuple[str, ...] = ("anna", "bert", "carl")) -> AnimatorPairs:
    """Smooth noise; each pair has pictures of its own."""
    random = np.random.default_rng(5)
    noise = random.uniform(0, 255, (count, SIZE + SHIFT_PX, SIZE, 3)).astype(np.float32)
    smooth = [cv2.normalize(cv2.GaussianBlur(one, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX) for one in noise]
    whole = np.array(smooth).astype(np.uint8)
    warped, truth = whole[:, :-SHIFT_PX], whole[:, SHIFT_PX:]
    axis = (np.arange(ORIGIN_PX) + 0.5) * 2 / ORIGIN_PX - 1
    origin = np.broadcast_to(np.stack(np.meshgrid(axis, axis)), (count, 2, ORIGIN_PX, ORIGIN_PX))
    return AnimatorPairs(
        pictures=np.concatenate([warped, truth]),
        photo=np.arange(count, dtype=np.int32),
        warped=np.arange(count, dtype=np.int32),
        truth=np.arange(count, 2 * count, dtype=np.int32),
        person=(np.arange(count) % len(people)).astype(np.int32),
        origin=stored_origin(origin),
        points=random.uniform(-0.6, 0.6, (count, POINTS, 2)).astype(np.float16),
        mirror=np.array([1, 0, 2, 4, 3, 5], np.int32),
        features=3,
        people=people,
        coverage=1.6,
    )
