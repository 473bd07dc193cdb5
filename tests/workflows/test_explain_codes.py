"""The main directions of codes, against what they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.workflows.explain_codes import SEVERAL, WORDS, main_directions


def made(rng, count, mean):
    """Codes of one person that vary along two known directions, and what is seen of each face."""
    mouth, yaw = rng.normal(size=(2, count))
    first, second = np.zeros((2, 12))
    first[3], second[[5, 6]] = 1.0, np.sqrt(0.5)
    codes = (
        mean + 3 * mouth[:, None] * first - 2 * yaw[:, None] * second + 0.01 * rng.normal(size=(count, 12))
    )
    other = {name: rng.normal(size=count).astype(np.float32) for name in WORDS}
    seen = other | {"mouth_open": mouth.astype(np.float32), "yaw": yaw.astype(np.float32)}
    return codes.astype(np.float32), seen


@pytest.fixture
def two():
    rng = np.random.default_rng(1)
    people = {"one": made(rng, 300, 0.0), "two": made(rng, 60, 40.0)}
    return {who: codes for who, (codes, _) in people.items()}, {
        who: seen for who, (_, seen) in people.items()
    }


def test_directions_are_those_that_codes_were_made_of(two):
    first, second, *_ = main_directions(*two, count=4)
    assert first.moves == WORDS["mouth_open"]
    assert second.moves == WORDS["yaw"]
    # more of what it moves is upwards, though codes were made to fall with it
    assert first.unit[3] > 0.99
    assert second.unit[5] < -0.6
    assert first.deviation == pytest.approx(3, rel=0.15)
    assert second.deviation == pytest.approx(2, rel=0.15)
    assert first.correlation > 0.99
    assert first.share + second.share == pytest.approx(1, abs=0.01)


def test_who_it_is_is_no_direction(two):
    """The means of both people lie 40 apart: along no direction is there more than what each does."""
    assert max(one.deviation for one in main_directions(*two, count=4)) < 4


def test_they_are_the_eigenvectors_of_the_covariance(two):
    codes, seen = two
    covariances = [np.cov(one.T.astype(float), bias=True) for one in codes.values()]
    values, vectors = np.linalg.eigh(np.mean(covariances, axis=0))
    found = main_directions(codes, seen, count=3)
    for number, one in enumerate(found):
        assert one.deviation == pytest.approx(np.sqrt(values[-1 - number]), rel=1e-3)
        assert abs(one.unit @ vectors[:, -1 - number]) == pytest.approx(1, abs=1e-3)


def test_what_moves_nothing_that_was_measured_is_not_named(two):
    codes, seen = two
    rng = np.random.default_rng(2)
    blind = {
        who: {name: rng.normal(size=len(values)) for name, values in figures.items()}
        for who, figures in seen.items()
    }
    assert {one.moves for one in main_directions(codes, blind, count=2)} == {SEVERAL}
