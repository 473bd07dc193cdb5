"""An evaluation in the words and curves of a report."""

from __future__ import annotations

from understudy.workflows.evaluate import EvaluateResult
from understudy.workflows.report_figures import curves


def evaluation(**series: list[float | None]) -> EvaluateResult:
    return EvaluateResult(
        frames=9,
        measured=9,
        identity={},
        expression={},
        pose_deg=None,
        gaze_deg=None,
        flicker=None,
        seam=None,
        sync_ms=None,
        truth={},
        series={"time_s": [i / 25 for i in range(9)], **series},
    )


def test_frames_without_a_face_stay_gaps_however_many_they_are() -> None:
    seen: list[float | None] = [0.3, 0.4, None, None, None, None, None, 0.5, 0.4]
    (curve,) = curves(evaluation(d_source=seen, d_target=seen))
    assert curve.times_s == [i / 25 for i in range(9)]
    assert curve.values == {"source": seen, "target": seen}


def test_what_was_measured_in_one_frame_is_no_curve() -> None:
    once: list[float | None] = [None, 2.0, *[None] * 7]
    assert curves(evaluation(gaze_deg=once, pose_deg=[None] * 9)) == []
    (curve,) = curves(evaluation(mouth_open_target=[None] * 9, mouth_open_output=[1.0, 2.0, *[None] * 7]))
    assert list(curve.values) == ["output"]
