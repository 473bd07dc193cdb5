"""An evaluation in the words and curves of a report."""

from __future__ import annotations

from dataclasses import replace

from understudy.workflows.report_figures import curves, figures
from workflows.made_evaluations import NOTHING_MEASURED, with_series


def test_what_was_not_measured_has_no_line_and_a_missed_line_is_said() -> None:
    assert figures(NOTHING_MEASURED) == []
    measured = replace(
        NOTHING_MEASURED,
        identity={"nearer_to_source": 1.0, "d_source": 0.3},
        expression={"r": {"mouth_open": 0.69, "eye_open": 0.6, "brow": None}},
        faces={"target": 4, "output": 3},
        sync_ms=0.0,
    )
    rows = {row.name: row for row in figures(measured)}
    assert {name: row.is_good for name, row in rows.items()} == {
        "identity": True,
        "distance to source": None,
        "mouth opening r": False,
        "eye opening r": True,
        "face found": None,
        "sync": None,
    }
    assert (rows["identity"].value, rows["face found"].value) == (100, 75)
    assert rows["mouth opening r"].good_when == "at least 0.7"
    assert rows["distance to source"].good_when == "lower is better"
    assert all(row.explanation for row in rows.values())


def test_frames_without_a_face_stay_gaps_however_many_they_are() -> None:
    seen: list[float | None] = [0.3, 0.4, None, None, None, None, None, 0.5, 0.4]
    (curve,) = curves(with_series(d_source=seen, d_target=seen))
    assert curve.times_s == [i / 25 for i in range(9)]
    assert curve.values == {"source": seen, "target": seen}


def test_what_was_measured_in_one_frame_is_no_curve() -> None:
    once: list[float | None] = [None, 2.0, *[None] * 7]
    assert curves(with_series(gaze_deg=once, pose_deg=[None] * 9)) == []
    (curve,) = curves(with_series(mouth_open_target=[None] * 9, mouth_open_output=[1.0, 2.0, *[None] * 7]))
    assert list(curve.values) == ["output"]
