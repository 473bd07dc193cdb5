"""Ranking on series whose bad moments are put there by hand."""

import numpy as np
import pytest

from understudy.measure.ranking import HIGHEST, NO_FACE, rank_frames

N = 200


@pytest.fixture
def series():
    """Eight seconds in which nothing is out of the ordinary."""
    rng = np.random.default_rng(3)
    mouth = 0.1 + 0.09 * np.sin(np.arange(N) / 7)
    noise = lambda scale: scale * rng.standard_normal(N)  # noqa: E731
    return {
        "time_s": (np.arange(N) / 25).tolist(),
        "mouth_open_target": mouth.tolist(),
        "mouth_open_output": (mouth + 0.01 + noise(0.005)).tolist(),
        "eye_open_target": (0.09 + noise(0.001)).tolist(),
        "eye_open_output": (0.11 + noise(0.001)).tolist(),
        "rms": (0.1 + noise(0.004)).tolist(),
        "gaze_deg": (3 + noise(0.5)).tolist(),
        "flicker": [None, *(0.1 + noise(0.1))[1:]],
        "d_source": (0.4 + noise(0.01)).tolist(),
        "d_target": (0.7 + noise(0.01)).tolist(),
    }


def worst_at(series, **changes):
    position = 120
    for name, value in changes.items():
        series[name][position] = value
    (first, *_) = rank_frames(series).worst
    assert first.position == position
    assert first.time_s == pytest.approx(position / 25)
    return first.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mouth_open_output": 0.01, "mouth_open_target": 0.3}, "mouth shut while the target's is open"),
        ({"mouth_open_output": 0.3, "mouth_open_target": 0.01}, "mouth open while the target's is shut"),
        ({"mouth_open_output": 0.2, "mouth_open_target": 0.4}, "mouth less open than the target's"),
        ({"eye_open_output": 0.11, "eye_open_target": 0.01}, "eyes open while the target's are shut"),
        ({"eye_open_output": 0.02}, "eyes shut while the target's are open"),
        ({"gaze_deg": 17.2}, "eyes look elsewhere, 17° off"),
        ({"flicker": 8.0}, "face jumps from the frame before"),
        ({"d_source": 0.8, "d_target": 0.5}, "nearer to the target than to the source"),
        ({"rms": 0.4}, "another expression than the target's"),
    ],
)
def test_a_bad_frame_comes_first_and_the_reason_is_said(series, changes, reason):
    assert worst_at(series, **changes) == reason


def test_what_two_people_always_differ_by_is_no_fault(series):
    before = rank_frames(series)
    series["mouth_open_output"] = [value + 0.2 for value in series["mouth_open_output"]]
    after = rank_frames(series)
    assert [frame.position for frame in after.worst] == [frame.position for frame in before.worst]


def test_one_bad_second_does_not_fill_the_list(series):
    for at in range(50, 75):
        series["rms"][at] = 0.5
    ranking = rank_frames(series, count=5)
    for frames in (ranking.worst, ranking.best):
        assert len(frames) == 5
        times = sorted(frame.time_s for frame in frames)
        assert min(np.diff(times)) >= 8 / 10 - 0.05
    assert not {f.position for f in ranking.worst} & {f.position for f in ranking.best}
    scores = [frame.score for frame in ranking.worst]
    assert scores == sorted(scores, reverse=True)
    assert max(frame.score for frame in ranking.best) < min(scores)


def test_a_lost_face_is_the_worst_and_a_frame_without_a_target_takes_no_part(series):
    for name in series:
        if name != "time_s":
            series[name][30] = None  # nobody in the target
            if not name.endswith("target"):
                series[name][90] = None
    ranking = rank_frames(series, count=100)
    assert (ranking.worst[0].position, ranking.worst[0].reason) == (90, NO_FACE)
    assert ranking.worst[0].score == HIGHEST
    assert 30 not in {frame.position for frame in [*ranking.worst, *ranking.best]}
    assert 90 not in {frame.position for frame in ranking.best}


def test_noise_too_small_to_be_seen_is_not_ranked_up(series):
    series["rms"] = [0.1] * N
    series["rms"][10] = 0.1 + 1e-6
    assert rank_frames({"time_s": series["time_s"], "rms": series["rms"]}).worst[0].score < 1e-3


def test_the_score_is_the_root_mean_square_of_deviations():
    series = {
        "time_s": [0.0, 1.0, 2.0, 3.0, 4.0],
        "gaze_deg": [0.0, 2.0, 4.0, 6.0, 8.0],  # median 4, MAD 2
        "seam": [1.0, 1.0, 1.0, 1.0, 1.6],  # floor of 0.3
        "pose_deg": [4.0, 4.0, 4.0, 4.0, 1.0],  # better than usual makes up for nothing
    }
    sigma = 1.4826 * 2
    (first, *_) = rank_frames(series).worst
    assert first.position == 4
    assert first.score == pytest.approx(np.sqrt(((4 / sigma) ** 2 + 2**2 + 0) / 3))
    assert first.reason == "the mask's border shows"


def test_nothing_measured_ranks_nothing():
    for series in ({}, {"time_s": []}, {"time_s": [0.0, 1.0], "rms": [None, None]}):
        ranking = rank_frames(series)
        assert (ranking.worst, ranking.best, ranking.figures) == ([], [], [])
