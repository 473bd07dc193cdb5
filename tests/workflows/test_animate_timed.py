"""Somebody else's curves at the times of footage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from understudy.expression.performance import Performance
from understudy.workflows.animate_driving import frame_of, without_gaps
from understudy.workflows.animate_timed import EASE_S, Asked, Driven
from understudy.workflows.expression_words import said_of

NAMES = ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft", "mouthSmileRight")


def performance(times_s: np.ndarray, **values: object) -> Performance:
    count = len(times_s)
    columns = [np.broadcast_to(values.get(name, 0.0), count) for name in NAMES]
    return Performance(
        times_s=np.asarray(times_s, np.float64),
        names=NAMES,
        values=np.stack(columns, axis=1).astype(np.float32),
        pose_deg=np.zeros((count, 3), np.float32),
        centre_px=np.full((count, 2), 50, np.float32),
        scale_px=np.full(count, 40, np.float32),
        gaze_deg=np.zeros((count, 2), np.float32),
        rest=np.zeros((468, 3), np.float32),
        rest_gaze_deg=(0.0, 0.0),
        size_px=(100, 100),
    )


def test_values_are_taken_at_the_same_time_since_the_beginning() -> None:
    ramp = performance(np.arange(30) / 30 + 5, jawOpen=np.arange(30) / 30)  # its clock begins at 5 s
    own = performance(np.arange(12) / 12, mouthSmileLeft=0.3)
    driven = Driven(ramp, own, 1.0)
    for number in range(11):
        one = driven.at(number)
        assert one is not None
        np.testing.assert_allclose(one.of("jawOpen")[0], number / 12, atol=1e-5)
        assert one.of("mouthSmileLeft")[0] == 0  # the driver does not smile


def test_after_its_end_the_own_expression_comes_back_softly() -> None:
    own = performance(np.arange(50) / 25, jawOpen=0.2)
    driven = Driven(performance(np.arange(25) / 25, jawOpen=1.0), own, 1.0)
    jaw = [one.of("jawOpen")[0] if (one := driven.at(i)) else None for i in range(50)]
    ended = 25 + round(EASE_S * 25)
    assert jaw[:26] == [1.0] * 26
    falling = np.array(jaw[26:ended], float)
    assert (np.diff(falling) < 0).all()
    assert falling.min() > 0.2
    assert jaw[ended + 1 :] == [None] * (50 - ended - 1)
    (said,) = driven.warnings("a.mp4", "b.mp4")
    assert "b.mp4 ends before a.mp4" in said
    assert Driven(own, own, 1.0).warnings("a", "b") == []


def test_one_picture_drives_all_of_it() -> None:
    own = performance(np.arange(500) / 25)
    driven = Driven(performance(np.zeros(1), jawOpen=0.7), own, 1.0)
    assert driven.at(499) is not None
    assert driven.warnings("a", "b") == []


def test_an_eye_that_is_shut_stays_shut() -> None:
    blink = np.array([0.0, 0.2, 0.45, 0.9])
    own = performance(np.arange(4) / 25, eyeBlinkLeft=blink)
    for timed in (
        Driven(performance(np.arange(4) / 25), own, 1.0),
        Asked(said_of("eyeBlinkLeft=0, jaw_open=1"), _with_gaze_names(own), 1.0),
    ):
        shut = [timed.at(i).of("eyeBlinkLeft")[0] for i in range(4)]  # type: ignore[union-attr]
        np.testing.assert_allclose(shut, [0, 0, 0.225, 0.9], atol=1e-5)
    shutting = Driven(performance(np.arange(4) / 25, eyeBlinkLeft=1.0), own, 1.0)
    assert [shutting.at(i).of("eyeBlinkLeft")[0] for i in range(4)] == [1] * 4  # type: ignore[union-attr]


def _with_gaze_names(own: Performance) -> Performance:
    from understudy.expression.names import GAZE_NAMES

    more = np.zeros((len(own.times_s), len(GAZE_NAMES)), np.float32)
    return replace(own, names=(*own.names, *GAZE_NAMES), values=np.hstack([own.values, more]))


def test_names_that_the_driving_lacks_stay_the_own() -> None:
    own = performance(np.arange(3) / 25, mouthSmileLeft=0.5, jawOpen=0.5)
    full = performance(np.arange(3) / 25, jawOpen=0.1)
    jaw_only = replace(full, names=("jawOpen",), values=full.values[:, :1])
    one = Driven(jaw_only, own, 2.0).at(1)
    assert one is not None
    assert one.of("mouthSmileLeft")[0] == np.float32(0.5)
    np.testing.assert_allclose(one.of("jawOpen")[0], 0.2, atol=1e-6)


def test_gaps_hold_what_was_seen_last() -> None:
    curve = performance(np.arange(6) / 25, jawOpen=np.arange(6) / 10)
    for gone in (0, 3, 4):
        for name in ("values", "pose_deg", "centre_px", "scale_px", "gaze_deg"):
            getattr(curve, name)[gone] = np.nan
    whole = without_gaps(curve)
    np.testing.assert_allclose(whole.of("jawOpen"), [0.1, 0.1, 0.2, 0.2, 0.2, 0.5], atol=1e-6)
    assert whole.seen.all()
    assert frame_of(whole, 5).of("jawOpen").tolist() == [np.float32(0.5)]
    assert len(frame_of(whole, 5).poses().scale_px) == 1
