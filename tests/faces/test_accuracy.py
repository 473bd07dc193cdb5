"""Landmarks against points that are known, beside the reference program's errors on the same pictures.

What the reference found is recorded in the benchmark's result; it does not run here.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from landmark_accuracy import landmarks_of_picture
from landmark_truth import Truth, photographs, rendered, rendered_truths

from footage import beside
from understudy.core.types import Image
from understudy.faces.finder import FaceFinder

RECORDED = Path(__file__).parents[2] / "benchmarks" / "results" / "landmark_accuracy.json"
WORST_RATIO = 1.1
CLIPS = ("A_testA", "B_testB", "duo_AB")


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text())


def check(pictures: list[tuple[str, Image, list[Truth]]], recorded: dict[str, Any]) -> None:
    """Each face that the reference finds is found, and the mean error is not above its by a tenth."""
    names = {name for name, _, _ in pictures}
    rows = [row for row in recorded["faces"] if row["picture"] in names]
    finder, found = FaceFinder(), []
    for name, image, truths in pictures:
        faces = landmarks_of_picture(finder, image)
        found += [(name, truth.error(faces)) for truth in truths]
    assert [name for name, _ in found] == [row["picture"] for row in rows]
    pairs = [
        (error, row["reference"])
        for (_, error), row in zip(found, rows, strict=True)
        if row["reference"] is not None
    ]
    assert pairs
    assert None not in [error for error, _ in pairs]
    ours, theirs = np.mean(pairs, axis=0)
    assert ours <= WORST_RATIO * theirs


@pytest.mark.parametrize("group", ["london", "dlib68", "aflw2000"])
def test_on_photographs_the_error_is_the_reference_programs(recorded: dict[str, Any], group: str) -> None:
    shared = beside("data/landmarks").parents[1]
    check([p for p in photographs(shared) if p[2][0].group == group], recorded)


def test_on_rendered_people_the_error_is_the_reference_programs(recorded: dict[str, Any]) -> None:
    shared = beside("synthetic/points").parents[1]
    truths = rendered_truths(shared, CLIPS, recorded["pairs"])
    pictures = rendered(shared, CLIPS)
    check([(n, image, [t for t in truths if t.picture == n]) for n, image in pictures], recorded)


def test_an_error_is_a_mean_distance_in_the_faces_unit() -> None:
    points = np.array([[10.0, 10.0], [20.0, 10.0]])
    truth = Truth(group="", picture="", mesh=np.array([4, 2]), points_px=points, unit_px=50.0)
    face = np.zeros((468, 3))
    face[4, :2], face[2, :2] = points[0] + [3, 4], points[1]
    assert truth.error([face + 1000, face]) == pytest.approx(2.5 / 50)
    assert truth.error([face + 1000]) is None
    assert truth.error([]) is None
