"""The training benchmark counts what it says it counts."""

from __future__ import annotations

import pytest

from understudy.workflows import bench_train
from understudy.workflows.bench_train import BenchConfig


def test_it_compares_the_loop_with_the_bare_network() -> None:
    result = bench_train.run(BenchConfig(seconds=0.5, batch=2))
    # of rounds in turns, so not the ratio of the medians; but near it
    assert result.overhead == pytest.approx(result.bare_steps_per_s / result.steps_per_s - 1, abs=0.5)
    low, high = result.overhead_range
    assert low <= result.overhead <= high
    assert result.rounds >= 5
    assert result.faces_per_s == pytest.approx(4 * result.steps_per_s)
    assert 0 < result.mfu < 1.5
