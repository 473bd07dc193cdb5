"""Gaps of hand-made faces are named, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.measure.coverage import FaceArrays, coverage
from understudy.measure.coverage_advice import covered_share, gaps

LEVELS = {
    "mouth_open": 0.02,
    "mouth_width": 0.6,
    "eye_open": 0.1,
    "brow": 0.3,
    "gaze_yaw_deg": 0.0,
    "gaze_pitch_deg": -10.0,
    "brightness": 120.0,
    "light_side": 0.0,
    "size_px": 200.0,
}


def faces(groups: list[tuple[int, dict[str, float]]]) -> FaceArrays:
    """So many faces at rest but for what each group changes; yaw and pitch among it."""
    rest = {"yaw": 0.0, "pitch": 0.0} | LEVELS
    columns = {
        key: np.concatenate([np.full(n, changes.get(key, level)) for n, changes in groups])
        for key, level in rest.items()
    }
    pose = np.stack([columns.pop("yaw"), columns.pop("pitch")], axis=1)
    return FaceArrays(pose_deg=pose, values=columns)


AT_REST = faces([(100, {})])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"yaw": -35, "pitch": 22}, "with the head turned to the left (about 35°) and down (about 22°)"),
        ({"yaw": 35}, "with the head turned to the right (about 35°)"),
        ({"pitch": -25}, "with the head turned up (about 25°)"),
        ({"mouth_open": 0.3}, "with the mouth wide open"),
        ({"mouth_open": 0.18}, "with the mouth open"),
        ({"mouth_width": 0.75}, "with the mouth drawn wide, as in a broad smile"),
        ({"mouth_width": 0.45}, "with the lips drawn together, as in saying “oo”"),
        ({"eye_open": 0.02}, "with the eyes shut, as in a blink"),
        ({"eye_open": 0.06}, "with the eyes narrowed"),
        ({"eye_open": 0.15}, "with the eyes opened wide"),
        ({"brow": 0.36}, "with the brows raised"),
        ({"brow": 0.24}, "with the brows drawn down, as in a frown"),
        (
            {"gaze_yaw_deg": -25},
            "with the eyes turned further to the left (about -25° from the head's front, where the source's "
            "are at 0° to 0°)",
        ),
        (
            {"gaze_yaw_deg": 25},
            "with the eyes turned further to the right (about 25° from the head's front, where the source's "
            "are at 0° to 0°)",
        ),
        (
            {"gaze_pitch_deg": 12},
            "with the eyes turned further down (about 12° from the head's front, where the source's are at "
            "-10° to -10°)",
        ),
        (
            {"gaze_pitch_deg": -35},
            "with the eyes turned further up (about -35° from the head's front, where the source's are at "
            "-10° to -10°)",
        ),
        ({"brightness": 60}, "in dimmer light (0.5 times its usual)"),
        ({"brightness": 180}, "in brighter light (1.5 times its usual)"),
        ({"light_side": -0.5}, "with light from the left"),
        ({"light_side": 0.5}, "with light from the right"),
        (
            {"size_px": 280},
            "from nearer, or in a higher resolution (faces of about 280 px; the source's are at most 200 px)",
        ),
    ],
)
def test_each_gap_has_its_words(changes: dict[str, float], words: str) -> None:
    found = coverage(AT_REST, faces([(80, {}), (20, changes)]))
    (gap,) = gaps(found)
    assert gap.words == words
    assert gap.share == pytest.approx(0.2)
    assert gap.rows.tolist() == list(range(80, 100))
    assert covered_share(found) == pytest.approx(0.8)


def test_equal_faces_have_no_gap() -> None:
    rng = np.random.default_rng(0)
    everything = {"yaw": 40.0, "mouth_open": 0.3, "eye_open": 0.02, "light_side": 0.4}
    both = faces([(60, {}), *((10, {key: value}) for key, value in everything.items())])
    assert gaps(coverage(both, both)) == []
    # nor has the same performance with the landmarks' jitter
    jittered = FaceArrays(
        pose_deg=both.pose_deg + rng.normal(0, 0.5, both.pose_deg.shape),
        values={key: one * (1 + rng.normal(0, 0.01, len(one))) for key, one in both.values.items()},
    )
    assert gaps(coverage(both, jittered)) == []


def test_a_source_that_lacks_a_half_of_the_yaw_is_told_which() -> None:
    yaws = np.linspace(-60, 60, 600)
    target = FaceArrays(pose_deg=np.stack([yaws, np.zeros(600)], axis=1), values={})
    source = FaceArrays(pose_deg=target.pose_deg[yaws > 0], values={})
    (gap,) = gaps(coverage(source, target))
    assert gap.words == "with the head turned to the left (about 32°)"
    assert 0.4 < gap.share < 0.5
    assert (yaws[list(gap.examples)] < -20).all()
    # the other way round it is the other half
    mirrored = FaceArrays(pose_deg=target.pose_deg[yaws < 0], values={})
    assert [gap.words for gap in gaps(coverage(mirrored, target))] == [
        "with the head turned to the right (about 32°)"
    ]


def test_a_camera_that_the_source_never_faces() -> None:
    source = faces([(100, {"yaw": 50})])
    assert [gap.words for gap in gaps(coverage(source, AT_REST))] == ["facing the camera"]


def test_a_direction_in_which_the_source_looks_anyway_is_not_told() -> None:
    source = faces([(50, {"pitch": 8}), (50, {"pitch": 13})])
    aside = faces([(80, {"pitch": 10}), (15, {"yaw": -30, "pitch": 13}), (5, {"yaw": -30, "pitch": 9})])
    (gap,) = gaps(coverage(source, aside))
    assert gap.words == "with the head turned to the left (about 30°)"
    assert gap.share == pytest.approx(0.2)
    # but what it does only at other times is
    apart = faces([(60, {}), (20, {"yaw": -30}), (20, {"pitch": 25})])
    (gap,) = gaps(coverage(apart, faces([(80, {}), (20, {"yaw": -30, "pitch": 25})])))
    assert gap.words == "with the head turned to the left (about 30°) and down (about 25°)"
    # and facing the camera is not said of a head that looks down
    (gap,) = gaps(coverage(faces([(100, {"yaw": 50, "pitch": 15})]), faces([(100, {"pitch": 15})])))
    assert gap.words == "with the head turned down (about 15°)"


def test_what_a_view_does_beside_is_told_with_it() -> None:
    talking_down = {"yaw": -20, "pitch": 20, "mouth_open": 0.3}
    found = gaps(coverage(AT_REST, faces([(70, {}), (20, talking_down), (10, {"mouth_open": 0.3})])))
    assert [(gap.measure, gap.words) for gap in found] == [
        ("mouth_open", "with the mouth wide open"),
        (
            "pose",
            "with the head turned to the left (about 20°) and down (about 20°), with the mouth wide open",
        ),
    ]
    # an opening that few of those faces have is not
    few = faces([(70, {}), (16, {"yaw": -20}), (4, talking_down | {"pitch": 0})])
    assert "with the head turned to the left (about 20°)" in [
        gap.words for gap in gaps(coverage(AT_REST, few))
    ]


def test_the_worst_comes_first_and_a_handful_of_many_is_left_out() -> None:
    target = faces([(900, {}), (30, {"yaw": 40}), (66, {"brow": 0.4}), (4, {"eye_open": 0.02})])
    assert [gap.measure for gap in gaps(coverage(AT_REST, target))] == ["brow", "pose"]


def test_examples_are_typical_and_spread_over_the_footage() -> None:
    changes = [{"mouth_open": level} for level in (0.5, 0.3, 0.3, 0.2, 0.3, 0.9, 0.3, 0.3, 0.25)]
    target = faces([(1, change) for change in changes] + [(60, {})])
    (gap,) = gaps(coverage(AT_REST, target))
    assert gap.examples == (1, 4, 6)
    (gap,) = gaps(coverage(AT_REST, faces([(50, {}), (1, {"mouth_open": 0.3})])))
    assert gap.examples == (50,)
