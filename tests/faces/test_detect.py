from pathlib import Path

import numpy as np
import pytest

import actors
from understudy.faces import detect
from understudy.faces.detect import (
    FULL_RANGE,
    SHORT_RANGE,
    BlazeFace,
    BlazeFaceConfig,
    Detection,
    Detector,
    is_same,
    merge_overlapping,
    overlap,
)
from understudy.faces.weights import weights_path

LEFT_EYE, RIGHT_EYE, NOSE, MOUTH, LEFT_EAR, RIGHT_EAR = range(6)


@pytest.fixture(params=["short_range", "full_range"])
def detector(request: pytest.FixtureRequest) -> Detector:
    """Every implementation of the Protocol."""
    return request.getfixturevalue(request.param)


# --- the contract of a Detector ---


def test_finds_the_one_face(detector: Detector, still: np.ndarray) -> None:
    (found,) = detector.detect(still)
    assert found.box_px.shape == (4,)
    assert found.keypoints_px.shape == (6, 2)
    assert found.box_px.dtype == found.keypoints_px.dtype == np.float32
    assert 0.5 < found.score <= 1
    x0, y0, x1, y1 = found.box_px
    points = found.keypoints_px
    assert points[LEFT_EYE, 0] < points[RIGHT_EYE, 0]
    assert points[LEFT_EAR, 0] < points[RIGHT_EAR, 0]
    assert points[[LEFT_EYE, RIGHT_EYE], 1].max() < points[NOSE, 1] < points[MOUTH, 1]
    inner = points[[LEFT_EYE, RIGHT_EYE, NOSE, MOUTH]]
    assert ((inner > [x0, y0]) & (inner < [x1, y1])).all()


def test_points_lie_on_the_rendered_head(detector: Detector, still: np.ndarray) -> None:
    points, eyes = actors.exact_points("A_testA", "A")
    (found,) = detector.detect(still)
    truth = np.concatenate([points[0].min(axis=0), points[0].max(axis=0)])
    assert overlap(found.box_px, truth[None])[0] > 0.5
    apart = np.linalg.norm(eyes[0, 1] - eyes[0, 0])
    off = np.linalg.norm(found.keypoints_px[[LEFT_EYE, RIGHT_EYE]] - eyes[0], axis=1)
    assert (off < 0.3 * apart).all()


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"), [(0, 0, 200, 0), (150, 0, 50, 0), (0, 120, 0, 31)]
)
def test_a_wider_or_higher_frame_only_shifts_the_face(
    detector: Detector, still: np.ndarray, left: int, top: int, right: int, bottom: int
) -> None:
    (found,) = detector.detect(still)
    wide = np.pad(still, ((top, bottom), (left, right), (0, 0)), mode="edge")
    (shifted,) = detector.detect(wide)
    # the network sees a smaller face and answers a little differently, but nothing like a wrong offset
    off = (shifted.keypoints_px - [left, top] - found.keypoints_px)[[LEFT_EYE, RIGHT_EYE, NOSE, MOUTH]]
    assert np.abs(off.mean(axis=0)).max() < 0.05 * (found.box_px[2] - found.box_px[0])


def test_a_frame_twice_as_large_has_the_same_face(detector: Detector, still: np.ndarray) -> None:
    (found,) = detector.detect(still)
    (twice,) = detector.detect(still.repeat(2, axis=0).repeat(2, axis=1))
    np.testing.assert_allclose((twice.keypoints_px - 0.5) / 2, found.keypoints_px, atol=0.5)


@pytest.mark.parametrize("shape", [(384, 384), (48, 640), (640, 30), (1, 1), (7, 3)])
def test_an_empty_frame_of_any_shape_has_no_face(detector: Detector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.full((*shape, 3), 90, np.uint8)) == []


def test_two_faces_are_two_and_the_surer_comes_first(detector: Detector, still: np.ndarray) -> None:
    found = detector.detect(np.concatenate([still, still[:, ::-1]], axis=1))
    assert len(found) == 2
    assert found[0].score >= found[1].score
    assert {int(f.keypoints_px[NOSE, 0] // still.shape[1]) for f in found} == {0, 1}


def test_the_frame_is_left_as_it_was(detector: Detector, still: np.ndarray) -> None:
    frame = still.copy()
    frame.setflags(write=False)
    assert detector.detect(frame)[0].score == detector.detect(still)[0].score


# --- decoding ---


class FakeNetwork:
    """Answers with one anchor that is sure."""

    input_px = 128

    def __init__(self, weights: Path) -> None:
        self.output_shapes = [(1, 896, 16), (1, 896, 1)]
        self.boxes = np.zeros((1, 896, 16), np.float32)
        self.logits = np.full((1, 896, 1), -200, np.float32)
        self.seen: np.ndarray | None = None

    def run(self, picture: np.ndarray) -> list[np.ndarray]:
        self.seen = picture
        return [self.boxes, self.logits]


@pytest.mark.parametrize(
    ("anchor", "centre"),
    [(0, (4, 4)), (1, (4, 4)), (2, (12, 4)), (32, (4, 12)), (512, (8, 8)), (518, (24, 8)), (895, (120, 120))],
)
def test_an_anchor_is_decoded_by_hand(
    monkeypatch: pytest.MonkeyPatch, anchor: int, centre: tuple[int, int]
) -> None:
    monkeypatch.setattr(detect, "PictureNetwork", FakeNetwork)
    detector = BlazeFace(Path("any"), SHORT_RANGE)
    network: FakeNetwork = detector._network  # type: ignore[assignment]
    network.logits[0, anchor] = 2.0
    network.boxes[0, anchor] = [3, -2, 40, 20, *range(12)]
    # 512 x 256: scaled by a quarter to 128 x 64, with 32 empty rows above and below
    (found,) = detector.detect(np.full((256, 512, 3), 255, np.uint8))
    x, y = centre
    cx, cy = (x + 3) * 4 - 0.5, (y - 2 - 32) * 4 - 0.5
    np.testing.assert_allclose(found.box_px, [cx - 80, cy - 40, cx + 80, cy + 40], atol=1e-3)
    keypoints = np.arange(12).reshape(6, 2) + np.array([x, y - 32])
    np.testing.assert_allclose(found.keypoints_px, keypoints * 4 - 0.5, atol=1e-3)
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)), rel=1e-5)
    assert network.seen is not None
    assert network.seen.shape == (1, 128, 128, 3)
    assert (network.seen[0, 32:96] == 1).all()  # white
    assert (network.seen[0, :32] == -1).all()  # the empty rows are black


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match="another network"):
        BlazeFace(weights_path("face_detection_full_range_sparse.tflite"), SHORT_RANGE)
    with pytest.raises(ValueError, match="another network"):
        BlazeFace(weights_path("face_detection_short_range.tflite"), FULL_RANGE)


def test_a_stricter_score_drops_the_face(still: np.ndarray) -> None:
    strict = BlazeFaceConfig(input_px=128, grids=SHORT_RANGE.grids, min_score=0.9999)
    assert BlazeFace(weights_path("face_detection_short_range.tflite"), strict).detect(still) == []


# --- merging ---


def slow_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Oracle for whole-numbered boxes: count the cells."""
    canvas = np.zeros((2, 60, 60), bool)
    for layer, (x0, y0, x1, y1) in zip(canvas, (a, b), strict=True):
        layer[y0:y1, x0:x1] = True
    return float((canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum())


def test_overlap_counts_cells() -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(0, 30, (40, 2))
    boxes = np.concatenate([low, low + rng.integers(1, 30, (40, 2))], axis=1)
    for box in boxes:
        expected = [slow_overlap(box, other) for other in boxes]
        np.testing.assert_allclose(overlap(box.astype(float), boxes.astype(float)), expected, atol=1e-6)


def slow_merge(points: np.ndarray, scores: np.ndarray, limit: float) -> list[tuple[np.ndarray, float]]:
    """Oracle: take the best, blend all that overlap it, go on with the rest."""
    left = sorted(range(len(scores)), key=lambda i: -scores[i])
    merged: list[tuple[np.ndarray, float]] = []
    while left:
        best = left[0]

        def box(i: int) -> np.ndarray:
            return np.concatenate([points[i, 0] - points[i, 1] / 2, points[i, 0] + points[i, 1] / 2])

        group = [i for i in left if i == best or overlap(box(best), box(i)[None])[0] > limit]
        mean = sum(scores[i] * points[i] for i in group) / sum(scores[i] for i in group)
        merged.append((mean, scores[best]))
        left = [i for i in left if i not in group]
    return merged


def test_merging_equals_the_slow_way() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 100, (60, 8, 2)).astype(np.float32)
    points[:, 1] = rng.uniform(20, 60, (60, 1))
    scores = rng.uniform(0.5, 1, 60).astype(np.float32)
    found, expected = merge_overlapping(points, scores, 0.3), slow_merge(points, scores, 0.3)
    assert 3 < len(found) == len(expected) < 60
    for one, (mean, score) in zip(found, expected, strict=True):
        assert one.score == pytest.approx(float(score))
        np.testing.assert_allclose(one.keypoints_px, mean[2:], atol=1e-3)
        np.testing.assert_allclose(one.box_px[:2], mean[0] - mean[1] / 2, atol=1e-3)
        np.testing.assert_allclose(one.box_px[2:], mean[0] + mean[1] / 2, atol=1e-3)


def test_a_box_without_area_is_still_one_detection() -> None:
    points = np.zeros((2, 8, 2), np.float32)
    assert len(merge_overlapping(points, np.array([0.9, 0.8], np.float32), 0.3)) == 2


def detection(x: float, angle_deg: float) -> Detection:
    points = np.zeros((6, 2), np.float32)
    points[1] = [np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))]
    return Detection(box_px=np.array([x, 0, x + 10, 10], np.float32), keypoints_px=points, score=0.9)


@pytest.mark.parametrize(
    ("x", "angle_deg", "expected"),
    [(1, 0, True), (1, 40, True), (1, 50, False), (1, 180, False), (6, 0, False)],
)
def test_one_thing_is_in_one_place_and_one_way_up(x: float, angle_deg: float, expected: bool) -> None:
    assert is_same(detection(0, 20), detection(x, 20 + angle_deg), 0.6) == expected


def test_another_threshold_gives_other_detections_of_the_same_network(
    short_range: BlazeFace, still: np.ndarray
) -> None:
    (found,) = short_range.detect(still)
    assert short_range.with_min_score(found.score + 0.01).detect(still) == []
    assert short_range.with_min_score(found.score - 0.01).detect(still)[0].score == found.score
    assert len(short_range.detect(still)) == 1
