"""Samples that are made in the test."""

from __future__ import annotations

import numpy as np

from understudy.faces.expression import EXPRESSION_SIZE
from understudy.training.samples import Samples, sample_size_px


def made_samples(identity: str, count: int, size_px: int = 32, seed: int = 0) -> Samples:
    """Noise, each picture of another brightness; expressions that say which picture and which view."""
    rng = np.random.default_rng(seed)
    side = sample_size_px(size_px)
    planes = np.full((count, 5, side, side), 255, np.uint8)
    planes[:, :3] = rng.integers(0, 60, (count, 3, side, side), dtype=np.uint8)
    planes[:, :3] += (np.arange(count) * 180 // max(count, 1)).astype(np.uint8)[:, None, None, None]
    expressions = np.zeros((count, 2, EXPRESSION_SIZE), np.float32)
    expressions[:, :, 0] = np.arange(count)[:, None]
    expressions[:, 1, 1] = 1
    return Samples(identity=identity, size_px=size_px, planes=planes, expressions=expressions)
