"""Evaluations that are made in the test."""

from __future__ import annotations

from dataclasses import replace

from understudy.workflows.evaluate_result import EvaluateResult

NOTHING_MEASURED = EvaluateResult(
    frames=4,
    measured=0,
    identity={},
    expression={},
    pose_deg=None,
    gaze_deg=None,
    flicker=None,
    seam=None,
    sync_ms=None,
    truth={},
)


def with_series(**series: list[float | None]) -> EvaluateResult:
    """One in which only these series are known, frame by frame at 25 a second."""
    frames = max(map(len, series.values()), default=0)
    times: list[float | None] = [i / 25 for i in range(frames)]
    return replace(NOTHING_MEASURED, frames=frames, measured=frames, series={"time_s": times, **series})
