"""What a segment tells of its faces that no single frame does."""

from __future__ import annotations

import numpy as np
import pytest

from actors import frames_of
from understudy.faces.faceset_records import FaceRecord
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.quality import portrait_score
from understudy.workflows.segment import IDENTIFY_EVERY, Segment

FRAMES = 100


@pytest.fixture(scope="module")
def records() -> list[FaceRecord]:
    segment = Segment(Identifier(), first_track=7)
    for frame, faces in FaceFinder().stream(frames_of("A_testA", stop=FRAMES)):
        segment.add(frame, faces)
    assert (segment.frames, segment.first_frame, segment.next_frame) == (FRAMES, 0, FRAMES)
    return segment.records()


def test_every_face_has_all_figures(records: list[FaceRecord]) -> None:
    assert [record.face.track for record in records] == [7] * FRAMES
    always = {"sharpness", "side_px", "in_frame", "mouth_open", "mouth_width", "eye_open", "brow"}
    always |= {"brightness", "clipped", "occlusion", "identity_distance"}
    assert all(always <= record.face.quality.keys() for record in records)
    assert sum("gaze_yaw_deg" in record.face.quality for record in records) > 0.8 * FRAMES


def test_the_best_portrait_of_each_stretch_has_a_vector(records: list[FaceRecord]) -> None:
    scores = np.array(
        [portrait_score(r.face.quality["sharpness"], *r.face.pose_deg[:2].tolist()) for r in records]
    )
    best = [
        start + int(scores[start:][:IDENTIFY_EVERY].argmax()) for start in range(0, FRAMES, IDENTIFY_EVERY)
    ]
    assert [r.frame_index for r in records if r.face.identity is not None] == best
    frames = frames_of("A_testA", stop=FRAMES)
    for place in best:
        face = records[place].face
        np.testing.assert_array_equal(face.identity, Identifier().vector(frames[place].image, face))


def test_identity_distance_is_that_of_the_nearest_vector_to_the_mean(records: list[FaceRecord]) -> None:
    known = {r.frame_index: r.face.identity for r in records if r.face.identity is not None}
    mean = np.mean(list(known.values()), axis=0)
    for record in records:
        nearest = min(known, key=lambda place: abs(place - record.frame_index))
        oracle = float(np.linalg.norm(known[nearest] - mean))
        assert record.face.quality["identity_distance"] == pytest.approx(oracle, abs=1e-5)


def test_one_vector_has_no_distance() -> None:
    segment = Segment(Identifier(), first_track=0)
    for frame, faces in FaceFinder().stream(frames_of("A_testA", stop=5)):
        segment.add(frame, faces)
    found = segment.records()
    assert sum(record.face.identity is not None for record in found) == 1
    assert not any({"identity_distance", "occlusion"} & record.face.quality.keys() for record in found)
