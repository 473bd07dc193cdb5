from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from understudy.report.clips import Clip, cut_to_budget, encode_clip, fit_within


def _frames(count, shape=(60, 120, 3), step_s=Fraction(1, 25)):
    rng = np.random.default_rng(0)
    for i in range(count):
        yield i * step_s, rng.integers(0, 255, shape, np.uint8)


def test_every_frame_keeps_its_time_and_all_get_one_size():
    clip = encode_clip("target", _frames(5), 60)
    assert (clip.width_px, clip.height_px) == (60, 30)
    assert clip.times_s == [0, 0.04, 0.08, 0.12, 0.16]
    for frame in clip.frames:
        assert cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR).shape == (30, 60, 3)


def test_colours_are_not_swapped():
    red = np.full((16, 16, 3), (220, 30, 10), np.uint8)
    clip = encode_clip("target", [(0.0, red)], 64)
    decoded = cv2.imdecode(np.frombuffer(clip.frames[0], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_allclose(decoded[8, 8], (220, 30, 10), atol=4)


def test_small_pictures_are_not_enlarged():
    image = np.zeros((20, 30, 3), np.uint8)
    assert fit_within(image, 64) is image


@pytest.mark.parametrize(
    ("frames", "match"),
    [
        ([], "no|0 frames"),
        ([(0.0, np.zeros((8, 8, 3), np.uint8)), (0.1, np.zeros((9, 8, 3), np.uint8))], "frame 1"),
        ([(0.1, np.zeros((8, 8, 3), np.uint8)), (0.1, np.zeros((8, 8, 3), np.uint8))], "do not rise"),
        ([(0.0, np.zeros((8, 8), np.uint8))], "uint8 picture"),
    ],
)
def test_what_is_no_clip_is_refused(frames, match):
    with pytest.raises(ValueError, match=match):
        encode_clip("output", frames, 64)


def _of_size(name, count, size, start_s=0.0):
    times_s = [start_s + i / 10 for i in range(count)]
    return Clip(name=name, frames=[b"x" * size] * count, times_s=times_s, width_px=8, height_px=8)


def test_clips_within_the_budget_stay_as_they_are():
    clips = [_of_size("target", 10, 100), _of_size("output", 10, 100)]
    assert cut_to_budget(clips, 2000) == (clips, None)


def test_clips_over_the_budget_end_together():
    clips = [_of_size("target", 100, 100), _of_size("output", 100, 200), _of_size("source", 30, 50, 7.0)]
    kept, kept_s = cut_to_budget(clips, 15_000)
    assert kept_s is not None
    total = sum(clip.picture_bytes for clip in kept)
    assert 15_000 - 2 * 350 <= total <= 15_000
    assert len(kept[0].frames) == len(kept[1].frames)
    assert kept[2].times_s[0] == 7.0


def test_a_hopeless_budget_leaves_one_frame():
    kept, _ = cut_to_budget([_of_size("target", 10, 100)], 10)
    assert len(kept[0].frames) == 1


def test_spared_moments_stay_whatever_has_to_go():
    clips = [_of_size("target", 100, 100), _of_size("output", 100, 100), _of_size("source", 100, 100)]
    clips[2] = replace(clips[2], in_step=False)
    kept, kept_s = cut_to_budget(clips, 9_000, [(7.0, 7.45), (9.75, 20.0)])
    assert kept_s is not None
    assert sum(clip.picture_bytes for clip in kept) <= 9_000
    opening = round(kept_s * 10)
    assert 20 <= opening <= 30
    expected = [i / 10 for i in [*range(opening), 70, 71, 72, 73, 74, 98, 99]]
    assert kept[0].times_s == kept[1].times_s == expected
    assert kept[2].times_s == [i / 10 for i in range(opening)]
