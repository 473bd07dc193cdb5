"""The watermark: what it stands, what it changes, and that it is seen only where it is."""

import hashlib
import math
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from made_marks import COVERAGE, PAYLOAD, RATE, SIZE_PX, Image, coded_again, face, footage, oval, views
from understudy.provenance.watermark_detect import (
    LEAST_S,
    MOST_CHANCE,
    View,
    detect,
    evidence_in,
    left_over_in,
)
from understudy.provenance.watermark_embed import LEAST_PSNR_DB, Watermark
from understudy.provenance.watermark_pattern import CHIP_S, PERIOD_S, carriers, pattern
from understudy.provenance.watermark_read import chance, luma_seen, pilot_scores

FRAMES = 2 * RATE


@cache
def marked() -> list[Image]:
    return footage(1, FRAMES)


def test_the_payload_is_read_from_two_seconds() -> None:
    found = detect(views(marked()))
    assert found is not None
    assert (found.found, found.payload, found.is_mirrored) == (True, PAYLOAD, False)
    assert found.p_value < MOST_CHANCE
    assert found.confidence > 0.999999


def test_it_is_found_after_coding() -> None:
    found = detect(views(coded_again(marked(), crf=28)))
    assert found is not None
    assert found.found


def test_the_payload_outlives_scaling() -> None:
    small = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in marked()]
    found = detect(views([np.asarray(frame, np.uint8) for frame in small]))
    assert found is not None
    assert found.payload == PAYLOAD


def test_the_payload_outlives_jpeg() -> None:
    codes = [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 75])[1] for frame in marked()]
    found = detect(views([np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8) for code in codes]))
    assert found is not None
    assert found.payload == PAYLOAD


def test_a_face_square_may_be_off() -> None:
    found = detect(views(marked(), off_px=2.5))
    assert found is not None
    assert found.payload == PAYLOAD


def test_a_video_that_was_cut_is_read() -> None:
    cut_frames = 13
    found = detect(views(marked()[cut_frames:]))
    assert found is not None
    assert found.payload == PAYLOAD
    assert found.clock_s == pytest.approx(cut_frames / RATE, abs=0.1)


def test_a_video_that_was_mirrored_is_read() -> None:
    found = detect(views([np.ascontiguousarray(frame[:, ::-1]) for frame in marked()]))
    assert found is not None
    assert (found.payload, found.is_mirrored) == (PAYLOAD, True)


def test_a_face_that_is_away_for_a_while_is_read_all_the_same() -> None:
    seen = views(footage(1, 90))
    found = detect(seen[:30] + seen[50:])
    assert found is not None
    assert found.payload == PAYLOAD


def test_no_mark_is_found_where_there_is_none() -> None:
    for seed in range(3):
        found = detect(views(footage(seed, FRAMES, marked=False)))
        assert found is not None
        assert not found.found
        assert found.payload is None


def test_another_key_finds_nothing() -> None:
    found = detect(views(marked()), key=b"another")
    assert found is not None
    assert not found.found
    assert found.payload is None
    other = detect(views(footage(1, FRAMES, key=b"another")), key=b"another")
    assert other is not None
    assert other.payload == PAYLOAD


def test_of_less_than_a_second_nothing_is_said() -> None:
    assert detect([]) is None
    seen = views(marked())
    short = round(0.8 * LEAST_S * RATE)
    assert detect(seen[:1]) is None
    assert detect(seen[:short]) is None
    assert detect(seen[:short] + seen[-short:]) is None  # nor of two that a gap parts
    assert detect(seen[: round(1.1 * LEAST_S * RATE)]) is not None


def test_views_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="128 x 128"):
        detect([View(crop=np.zeros((100, 100, 3), np.uint8), time_s=0)])


@pytest.mark.parametrize("time_s", [0.0, 1.0, 2.47])
@pytest.mark.parametrize("frame_px", [100.0, 300.0])
def test_what_is_added_is_little(time_s: float, frame_px: float) -> None:
    drawn = face(0)
    kept = drawn.copy()
    mark = Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE)
    added = mark.marked(drawn, time_s=time_s, frame_px=frame_px) - drawn
    np.testing.assert_array_equal(drawn, kept)
    red, green, blue = np.moveaxis(added, -1, 0)  # luma is in each; of the difference of blue red has nothing
    np.testing.assert_allclose((green - red) / -0.344, (blue - red) / 1.772, atol=1e-5)
    inside = added[oval() > 0.5]
    assert 10 * math.log10(1 / float(np.square(inside).mean())) >= LEAST_PSNR_DB
    assert np.abs(inside).max() > 2 / 255


def test_a_part_is_marked_as_in_the_whole_face() -> None:
    drawn, mark = face(0), Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE)
    whole = mark.marked(drawn, time_s=1.1, frame_px=300)
    part = mark.marked(drawn[9:70, 5:80], time_s=1.1, frame_px=300, corner=(5, 9))
    np.testing.assert_allclose(part, whole[9:70, 5:80], atol=1e-6)


def test_what_is_added_is_the_picture_of_the_waves_warped_into_the_crop() -> None:
    """Which takes twice as long."""
    drawn, coverage, time_s = np.zeros((96, 96, 3), np.float32), 1.5, 1.1
    marked = Watermark(PAYLOAD, size_px=96, coverage=coverage).marked(drawn, time_s=time_s, frame_px=300)
    signs = carriers(np.array([time_s]))[0] @ pattern().signs_of(PAYLOAD).astype(np.float32)
    luma, _ = pattern().picture(signs)
    scale = 96 / coverage / luma.shape[0]
    shift = 95 / 2 - scale * (luma.shape[0] - 1) / 2
    matrix = np.array([[scale, 0, shift], [0, scale, shift]])
    seen = cv2.warpAffine(luma, matrix, (96, 96), flags=cv2.INTER_CUBIC)
    share = float((marked[..., 0] * seen).sum() / (seen * seen).sum())
    np.testing.assert_allclose(marked[..., 0], share * seen, atol=1e-5)
    assert 255 * share == pytest.approx(7.07 * 1.3, rel=0.01)


def test_a_small_face_is_marked_more() -> None:
    mark, black = Watermark(PAYLOAD, size_px=64, coverage=COVERAGE), np.zeros((64, 64, 3), np.float32)
    small, large = (float(mark.marked(black, frame_px=size).std()) for size in (150, 350))
    assert 1.1 < small / large < 1.3


def test_it_does_not_flicker() -> None:
    mark = Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE)
    shown = [mark.marked(face(1), time_s=number / RATE) * 255 for number in range(60)]
    steps = [float(np.abs(b - a)[oval() > 0.5].mean()) for a, b in pairwise(shown)]
    assert max(steps) < 0.5  # grey levels; the camera's own noise is 1.7 from frame to frame


def test_patterns_fade_into_each_other() -> None:
    times = np.arange(0, 2 * PERIOD_S, 0.01)
    shown = carriers(times)
    np.testing.assert_allclose(np.square(shown).sum(axis=1), 1, atol=1e-5)
    assert np.abs(np.diff(shown, axis=0)).max() < 1.1 * math.pi / 2 * 0.01 / CHIP_S
    np.testing.assert_allclose(shown[: len(shown) // 2], shown[len(shown) // 2 :], atol=1e-4)
    np.testing.assert_allclose(carriers(np.array([CHIP_S]))[0, :3], [0, 1, 0], atol=1e-6)


FOREVER = "cf702be621bb084e"


def test_the_waves_are_orthonormal() -> None:
    inside = pattern().analysis[8:-8]
    np.testing.assert_allclose(inside @ inside.T, np.eye(len(inside)), atol=1e-5)
    amounts = np.random.default_rng(0).normal(0, 1, pattern().pilot.shape[1]).astype(np.float32)
    back, rest = pattern().waves(pattern().picture(amounts))
    np.testing.assert_allclose(back, amounts, atol=1e-4)
    np.testing.assert_allclose(rest, 0, atol=1e-4)


def test_the_signs_are_the_same_for_ever() -> None:
    # what was marked must be found by every later version
    waves = pattern()
    said = b"".join(
        np.ascontiguousarray(part, kind).tobytes()
        for part, kind in ((waves.pilot, "i1"), (waves.data, "i1"), (waves.bit, "<i4"), (waves.at, "<i4"))
    )
    assert hashlib.sha256(said).hexdigest()[:16] == FOREVER


def test_chance_keeps_its_bound() -> None:
    # oracle: other keys on the same pictures
    runs = left_over_in(views(footage(3, FRAMES, marked=False)))
    seen = luma_seen(evidence_in(runs, pattern()))
    scores = np.array(
        [pilot_scores(pattern.__wrapped__(f"key {number}".encode()), seen)[::12] for number in range(100)]
    )
    assert scores.std() == pytest.approx(1, abs=0.1)
    for bound in (1.0, 2.0, 3.0):
        assert np.mean(scores > bound) <= chance(bound, 0.0)
    assert chance(7.0, math.log(100)) == pytest.approx(100 * chance(7.0, 0.0))
    assert chance(-1.0, 0.0) == 1.0
