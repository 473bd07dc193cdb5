"""The watermark: what it stands, what it changes, and that it is seen only where it is."""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from made_marks import (
    COVERAGE,
    PAYLOAD,
    SIZE_PX,
    coded_again,
    face,
    footage,
    oval,
    views,
)
from understudy.provenance.watermark_align import Place, lumas_of
from understudy.provenance.watermark_detect import MOST_CHANCE, View, detect
from understudy.provenance.watermark_embed import LEAST_PSNR_DB, Watermark
from understudy.provenance.watermark_pattern import CANVAS_PX, pattern
from understudy.provenance.watermark_read import Reader, chance, evidence_of


def test_the_payload_is_read_from_one_picture() -> None:
    found = detect(views(footage(1, 1)))
    assert found is not None
    assert found.found
    assert found.payload == PAYLOAD
    assert found.p_value < MOST_CHANCE
    assert found.confidence > 0.999999


def test_it_is_found_after_coding_and_scaling() -> None:
    coded = coded_again(footage(1, 30), crf=28)
    small = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in coded]
    found = detect(views([np.asarray(frame, np.uint8) for frame in small]))
    assert found is not None
    assert found.found
    assert len(found.frame_scores) == len(found.frame_p_values) == 30


def test_the_payload_outlives_jpeg() -> None:
    code = cv2.imencode(".jpg", footage(1, 1)[0], [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
    found = detect(views([np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)]))
    assert found is not None
    assert found.payload == PAYLOAD


def test_a_face_square_that_is_off_is_corrected() -> None:
    found = detect(views(footage(1, 1), off_px=2.5))
    assert found is not None
    assert found.payload == PAYLOAD
    # the mark lies to the upper left of where it is looked for
    assert found.place.x_px == pytest.approx(-2.5 * CANVAS_PX / 300, abs=0.4)
    assert found.place.y_px == pytest.approx(-2.5 * CANVAS_PX / 300, abs=0.4)


def test_a_video_that_was_cut_is_read() -> None:
    found = detect(views(footage(1, 60)[33:], begin_s=0.0))
    assert found is not None
    assert found.payload == PAYLOAD


def test_no_mark_is_found_where_there_is_none() -> None:
    for seed in range(4):
        found = detect(views(footage(seed, 1, marked=False)))
        assert found is not None
        assert not found.found
        assert found.payload is None


def test_another_key_finds_nothing() -> None:
    seen = views(footage(1, 1))
    found = detect(seen, key=b"another")
    assert found is not None
    assert not found.found
    assert found.payload is None
    other = detect(views(footage(1, 1, key=b"another")), key=b"another")
    assert other is not None
    assert other.payload == PAYLOAD


def test_without_a_face_there_is_nothing_to_say() -> None:
    assert detect([]) is None


def test_views_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="256 x 256"):
        detect([View(crop=np.zeros((100, 100, 3), np.uint8))])


@pytest.mark.parametrize("seed", range(3))
def test_what_is_added_is_little_and_grey(seed: int) -> None:
    drawn, mask = face(seed), oval()
    kept = drawn.copy()
    marked = Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE).marked(drawn, mask)
    np.testing.assert_array_equal(drawn, kept)
    added = marked - drawn
    np.testing.assert_allclose(added[..., :1], added[..., 1:2], atol=1e-6)
    inside = added[mask > 0.5]
    assert 10 * math.log10(1 / float(np.square(inside).mean())) >= LEAST_PSNR_DB
    assert np.abs(inside).max() > 1 / 255


def test_smooth_skin_is_changed_least() -> None:
    rough = face(1)
    smooth = np.asarray(cv2.GaussianBlur(rough, (0, 0), 12), np.float32)
    mark = [
        Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE).marked(each, oval()) - each
        for each in (rough, smooth)
    ]
    levels = [float(np.sqrt(np.square(each * 255).mean(where=oval()[..., None] > 0.5))) for each in mark]
    assert levels[1] < 1.3 < levels[0]


def test_it_does_not_flicker() -> None:
    mark = Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE)
    rng, added = np.random.default_rng(0), []
    for number in range(100):  # two changes of signs within
        drawn = face(1) + rng.normal(0, 1.5 / 255, (SIZE_PX, SIZE_PX, 1)).astype(np.float32)
        added.append((mark.marked(drawn, oval(), time_s=number / 25) - drawn)[..., 0] * 255)
    steps = [float(np.abs(b - a)[oval() > 0.5].mean()) for a, b in pairwise(added)]
    assert max(steps) < 0.5  # grey levels; the camera's own noise is 1.7 from frame to frame


def test_people_do_not_mix() -> None:
    apart, mixed = (Watermark(PAYLOAD, size_px=SIZE_PX, coverage=COVERAGE) for _ in range(2))
    alone = [apart.marked(face(1), oval(), track=1, time_s=k / 25) for k in range(5)]
    for k in range(5):
        one = mixed.marked(face(1), oval(), track=1, time_s=k / 25)
        mixed.marked(face(2), oval(), track=2, time_s=k / 25)
        np.testing.assert_array_equal(one, alone[k])


FOREVER = (1876, "--++-+-+--++-+--", [86, 467, 1643, 1180, 254])


def test_the_waves_are_orthonormal() -> None:
    inside = pattern().analysis[10:-10]
    np.testing.assert_allclose(inside @ inside.T, np.eye(len(inside)), atol=1e-5)


def test_the_signs_are_the_same_for_ever() -> None:
    # what was marked must be found by every later version
    waves = pattern()
    assert len(waves.frequency) == FOREVER[0]
    assert "".join("+-"[int(sign < 0)] for sign in waves.signs[0, :16]) == FOREVER[1]
    assert waves.pilot[:5].tolist() == FOREVER[2]


def test_chance_keeps_its_bound() -> None:
    # oracle: other keys on the same picture
    scores = []
    seen = views(footage(3, 1, marked=False))
    for number in range(300):
        waves = pattern.__wrapped__(f"key {number}".encode())
        evidence = evidence_of(waves, lumas_of([seen[0].crop]), Place())
        scores += Reader(waves, np.zeros(1)).scores(evidence)[:, -1].tolist()
    assert np.std(scores) == pytest.approx(1, abs=0.1)
    for bound in (1.0, 2.0, 3.0):
        assert np.mean(np.array(scores) > bound) <= chance(bound, 0.0)
