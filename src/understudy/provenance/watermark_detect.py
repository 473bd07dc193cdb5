"""Finds a watermark in footage, and says how sure that is.

Where the mark lies is searched for, and with every place and reading chance has another go; all of them are
counted, whether they are looked at or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.core.types import Image
from understudy.provenance.watermark_align import NEAR, Place, StepSearch, lumas_of
from understudy.provenance.watermark_code import CHECK_BITS, decoded
from understudy.provenance.watermark_pattern import PUBLIC_KEY, Floats, Pattern, pattern
from understudy.provenance.watermark_read import Reader, chance, evidence_of

MOST_CHANCE = 1e-6  # of a false find
_LOOKED_AT = 8  # frames by which the place is found
_STRETCH = 50  # frames through which it is taken to stay


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A face as it is looked at.

    Args:
        crop: (s, s, 3) uint8 RGB, upright, cut with `FaceSquare.crop_from_frame(VIEW_PX, VIEW_COVERAGE)`.
        time_s: when it is shown; footage that was cut may begin anywhere.
    """

    crop: Image
    time_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found.

    Args:
        payload: 64 bits, None where they cannot be read (a mark may still have been found).
        score: standard deviations by which the pilot exceeds chance, all frames together.
        p_value: at most this is the chance of such a find in footage without a mark.
        frame_scores: the same of each frame alone, at the place that all agree on.
        frame_p_values: likewise.
        place: where the mark lies against the face squares that were found.
    """

    payload: int | None
    score: float
    p_value: float
    frame_scores: tuple[float, ...]
    frame_p_values: tuple[float, ...]
    place: Place

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
        None where there is no view.

    Raises:
        ValueError: a view of another size.
    """
    if not views:
        return None
    waves = pattern(key)
    lumas = lumas_of([view.crop for view in views])
    times = np.array([view.time_s for view in views])
    some = np.unique(np.linspace(0, len(views) - 1, _LOOKED_AT).round().astype(int))
    few, reader = Reader(waves, times[some]), Reader(waves, times)

    def score(place: Place) -> float:
        return float(few.scores(evidence_of(waves, [lumas[each] for each in some], place)).max())

    place = StepSearch(score).best()
    still = _Find.of(reader, evidence_of(waves, lumas, place), StepSearch.PLACES * few.count)
    find, followed = still, _followed(waves, reader, lumas, place, still)
    if followed is not None and followed.p_value < still.p_value:
        find = followed
    ways = 3 if followed is not None else 2  # each of which is enough, the check of the payload among them
    payload = decoded(reader.soft(find.evidence, find.clock, find.ceiling))
    p_value = min(still.p_value, find.p_value, 1.0 if payload is None else 2.0**-CHECK_BITS)
    alone = reader.alone(find.evidence, find.clock, find.ceiling).tolist()
    return Detection(
        payload=payload,
        score=find.score,
        p_value=min(1.0, ways * p_value),
        frame_scores=tuple(alone),
        frame_p_values=tuple(chance(each, math.log(ways * find.tests)) for each in alone),
        place=place,
    )


@dataclass(frozen=True, slots=True)
class _Find:
    """The best score of some evidence, by which reading, and after how many tests."""

    evidence: Floats
    score: float
    clock: int
    ceiling: int
    tests: int
    p_value: float

    @classmethod
    def of(cls, reader: Reader, evidence: Floats, tests: int, more_log_tests: float = 0.0) -> _Find:
        scores = reader.scores(evidence)
        score, (clock, ceiling) = float(scores.max()), np.unravel_index(int(scores.argmax()), scores.shape)
        tests += reader.count
        return cls(
            evidence, score, int(clock), int(ceiling), tests, chance(score, math.log(tests) + more_log_tests)
        )


def _followed(
    waves: Pattern, reader: Reader, lumas: Sequence[Floats], place: Place, still: _Find
) -> _Find | None:
    """The same with the place followed from stretch to stretch; None where there is but one."""
    starts = range(0, len(lumas), _STRETCH)
    if len(starts) < 2:
        return None
    evidence = np.empty_like(still.evidence)
    for start in starts:
        stop = min(start + _STRETCH, len(lumas))
        some = range(start, stop, max(1, (stop - start) // _LOOKED_AT))
        place = max(
            place.near(),
            key=lambda each: reader.together(
                evidence_of(waves, [lumas[k] for k in some], each), some, still.clock, still.ceiling
            ),
        )
        evidence[start:stop] = evidence_of(waves, lumas[start:stop], place)
    # with each stretch chance has as many more goes as there are places to choose from
    return _Find.of(reader, evidence, still.tests, len(starts) * math.log(NEAR))
