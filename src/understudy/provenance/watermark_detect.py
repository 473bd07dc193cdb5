"""Finds a watermark in footage, and says how sure that is.

When the mark began is not known where footage was cut, nor whether it was mirrored; with each of these
chance has another go, and all of them are counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.provenance.watermark_code import CHECK_BITS, decoded
from understudy.provenance.watermark_host import left_over
from understudy.provenance.watermark_pattern import CANVAS_PX, PUBLIC_KEY, Floats, Pattern, pattern
from understudy.provenance.watermark_read import (
    CLOCKS,
    Evidence,
    chance,
    clocks_s,
    evidence_of,
    luma_seen,
    pilot_scores,
    soft_bits,
)

MOST_CHANCE = 1e-6  # of a false find
LEAST_S = 1.0  # of one face without a gap: of less nothing can be said
VIEW_PX, VIEW_COVERAGE = CANVAS_PX, 1.0
_GAP_S = 0.25  # without the face, that end a run
_RUN_S = 6.0  # that are looked at as one: a face changes in longer ones
_LUMA, _BLUE = 0, 2  # of YCrCb

Run = tuple[NDArray[np.float64], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A face as it is looked at.

    Args:
        crop: (s, s, 3) uint8 RGB, upright, cut with `FaceSquare.crop_from_frame(VIEW_PX, VIEW_COVERAGE)`.
        time_s: when it is shown; footage that was cut may begin anywhere.
        mesh: (k, 2) float32 its landmarks in crop pixels; with them far more of what a face does is known.
    """

    crop: Image
    time_s: float
    mesh: Floats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found.

    Args:
        payload: 64 bits, None where they cannot be read (a mark may still have been found).
        score: standard deviations by which the pilot exceeds chance, all frames together.
        p_value: at most this is the chance of such a find in footage without a mark.
        clock_s: by how much the mark is ahead of the footage's time, up to a period.
        is_mirrored: whether the footage is.
    """

    payload: int | None
    score: float
    p_value: float
    clock_s: float = 0.0
    is_mirrored: bool = False

    @property
    def found(self) -> bool:
        """Whether there is a mark."""
        return self.p_value <= MOST_CHANCE

    @property
    def confidence(self) -> float:
        """0 to 1, that of there being a mark."""
        return 1 - self.p_value


def detect(views: Sequence[View], key: bytes = PUBLIC_KEY) -> Detection | None:
    """Look for a mark in the faces of one person.

    Args:
        views: of one person in one piece of footage, in order of time.
        key: that the mark was made with.

    Returns:
        None where no run of them is `LEAST_S` long.

    Raises:
        ValueError: a view of another size.
    """
    runs = left_over_in(views)
    return detection_in(runs, pattern(key)) if runs else None


def detection_in(runs: Sequence[Run], waves: Pattern) -> Detection:
    """The same of what `left_over_in` makes of views; of one run at least."""
    both = [evidence_in(runs, waves, is_mirrored=mirrored) for mirrored in (False, True)]
    scores = np.stack([pilot_scores(waves, luma_seen(evidence)) for evidence in both])
    mirrored, clock = divmod(int(scores.argmax()), CLOCKS)
    score, clock_s = float(scores.max()), float(clocks_s()[clock])
    payload = decoded(soft_bits(waves, both[mirrored], clock_s))
    by_check = 1.0 if payload is None else 2.0**-CHECK_BITS
    p_value = min(chance(score, math.log(scores.size)), by_check)
    return Detection(
        payload=payload,
        score=score,
        p_value=min(1.0, 2 * p_value),  # either is enough
        clock_s=clock_s,
        is_mirrored=bool(mirrored),
    )


def left_over_in(views: Sequence[View]) -> list[Run]:
    """The runs of frames that are long enough: when they are shown, and (t, VIEW_PX, VIEW_PX, 2) `left_over`.

    Raises:
        ValueError: a view of another size.
    """
    for view in views:
        if view.crop.shape != (VIEW_PX, VIEW_PX, 3):
            raise ValueError(f"need views of {VIEW_PX} x {VIEW_PX} RGB pixels, got {view.crop.shape}")
    runs: list[Run] = []
    for run in _runs(views):
        canvases = np.stack([_canvas(view.crop) for view in run])
        meshes = [view.mesh for view in run if view.mesh is not None]
        own = left_over(canvases, np.stack(meshes) if len(meshes) == len(run) else None)
        runs.append((np.array([view.time_s for view in run]), own))
    return runs


def evidence_in(runs: Sequence[Run], waves: Pattern, *, is_mirrored: bool = False) -> list[Evidence]:
    """What runs say of each wave."""
    step = -1 if is_mirrored else 1
    return [evidence_of(waves, canvases[:, :, ::step], times_s) for times_s, canvases in runs]


def _canvas(crop: Image) -> Floats:
    """(VIEW_PX, VIEW_PX, 2) luma and difference of blue."""
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)[..., [_LUMA, _BLUE]], np.float32)


def _runs(views: Sequence[View]) -> Iterator[list[View]]:
    """Frames that follow each other, up to about `_RUN_S` at once, `LEAST_S` at least."""
    whole: list[View] = []
    for view in [*views, None]:
        if whole and (view is None or not 0 < view.time_s - whole[-1].time_s <= _GAP_S):
            parts = max(1, round((whole[-1].time_s - whole[0].time_s) / _RUN_S))
            ends = np.linspace(0, len(whole), parts + 1).round().astype(int)
            for start, stop in pairwise(ends.tolist()):
                run = whole[start:stop]
                if run[-1].time_s - run[0].time_s >= 0.95 * LEAST_S:
                    yield run
            whole = []
        if view is not None:
            whole.append(view)
