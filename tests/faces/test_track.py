"""The tracker on a stage: faces stand where the test puts them, and both networks are stand-ins."""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import actors
from footage import beside
from measure.made_faces import made_face
from understudy.core.picture import Picture
from understudy.core.types import Frame, Image
from understudy.faces.detect import BlazeFace, Detection
from understudy.faces.face import Face, FaceSquare
from understudy.faces.finder import FaceFinder
from understudy.faces.landmark import Mesh, region_of_detection, region_of_points
from understudy.faces.track import FaceTracker, TrackerConfig
from understudy.media.reader import VideoReader


class Stage:
    """The faces that are there, by name, and who looked at them how often."""

    def __init__(self) -> None:
        self.faces: dict[str, Face] = {}
        self.unseen_by_detector: set[str] = set()
        self.scores: dict[str, float] = {}
        self.searches = 0
        self.looks = 0

    def put(self, name: str, x: float, y: float = 100.0, side: float = 60.0) -> None:
        self.faces[name] = made_face(centre_px=(x, y), side_px=side)

    def detect(self, image: Image) -> list[Detection]:
        self.searches += 1
        return [
            Detection(
                box_px=face.box_px,
                keypoints_px=face.landmarks_px[[33, 263, 4, 13, 234, 454], :2],
                score=0.9,
            )
            for name, face in self.faces.items()
            if name not in self.unseen_by_detector
        ]

    def find(self, image: Image, region: FaceSquare) -> Mesh:
        self.looks += 1
        centre = np.array([region.x_px, region.y_px])

        def away(name: str) -> float:
            middle = self.faces[name].box_px.reshape(2, 2).mean(axis=0)
            return float(np.linalg.norm(middle - centre)) / region.side_px

        name = min(self.faces, key=away, default="")
        if not name or away(name) > 0.5:
            return Mesh(points_px=made_face().landmarks_px, iris_px=made_face().iris_px, score=0.01)
        face = self.faces[name]
        return Mesh(points_px=face.landmarks_px, iris_px=face.iris_px, score=self.scores.get(name, 0.99))


class Blind:
    """A detector that never finds anything."""

    def __init__(self) -> None:
        self.searches = 0

    def detect(self, image: Image) -> list[Detection]:
        self.searches += 1
        return []


GREY = np.full((200, 640, 3), 100, np.uint8)


def scene(seed: int) -> Image:
    """A (200, 640, 3) picture of some place, dull enough to be lit otherwise without clipping."""
    rng = np.random.default_rng(seed)
    spots = rng.integers(60, 140, (5, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(spots, (640, 200), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def tracker(stage: Stage, **settings: float) -> FaceTracker:
    return FaceTracker((stage,), stage, TrackerConfig(**settings))  # type: ignore[arg-type]


def tracks(faces: list[Face]) -> list[int]:
    return [face.track for face in faces]


def test_a_face_that_moves_keeps_its_track(stage: Stage) -> None:
    follow = tracker(stage)
    for i in range(40):
        stage.put("a", 100 + 5 * i)
        (face,) = follow.track(GREY)
        assert face.track == 0
        assert face.square.x_px == pytest.approx(100 + 5 * i, abs=0.5)


def test_the_detector_is_called_only_now_and_then_while_all_is_well(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage, detect_every=15)
    for _ in range(46):
        follow.track(GREY)
    assert stage.searches == 1 + 3  # at the start, then every fifteenth frame
    assert stage.looks == 46 + 1  # once a frame; the start takes a second look


def test_an_empty_stage_is_searched_in_every_frame(stage: Stage) -> None:
    follow = tracker(stage)
    assert [follow.track(GREY) for _ in range(5)] == [[]] * 5
    assert stage.searches == 5
    stage.put("a", 100)
    assert tracks(follow.track(GREY)) == [0]


def test_a_face_that_comes_in_is_found_by_the_next_search(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage, detect_every=10)
    for _ in range(5):
        follow.track(GREY)
    stage.put("b", 400)
    seen = [tracks(follow.track(GREY)) for _ in range(10)]
    first = seen.index([0, 1])
    assert all(row == [0] for row in seen[:first])
    assert all(row == [0, 1] for row in seen[first:])


def test_a_lost_face_is_searched_for_at_once_and_comes_back_as_a_new_track(stage: Stage) -> None:
    stage.put("a", 100)
    stage.put("b", 400)
    follow = tracker(stage)
    assert len(follow.track(GREY)) == 2
    gone = stage.faces.pop("b")
    searches = stage.searches
    assert len(follow.track(GREY)) == 1
    assert stage.searches == searches + 1
    stage.faces["b"] = gone
    for _ in range(20):
        found = follow.track(GREY)
    assert sorted(tracks(found))[-1] >= 2
    assert len(set(tracks(found))) == 2


def test_a_face_that_jumps_is_not_followed(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage)
    follow.track(GREY)
    stage.put("a", 500)
    assert tracks(follow.track(GREY)) == [1]


def test_a_face_that_suddenly_doubles_is_not_followed(stage: Stage) -> None:
    stage.put("a", 100, side=40)
    follow = tracker(stage)
    follow.track(GREY)
    stage.put("a", 100, side=80)
    assert tracks(follow.track(GREY)) == [1]


def test_a_face_that_steps_aside_farther_than_faces_move_is_another(stage: Stage) -> None:
    # far enough to be told from a still face, near enough for the landmarks to be found
    stage.put("a", 100, side=60)
    follow = tracker(stage, max_step=0.3)
    follow.track(GREY)
    stage.put("a", 115, side=60)
    assert tracks(follow.track(GREY)) == [0]
    stage.put("a", 138, side=60)
    assert tracks(follow.track(GREY)) == [1]


def test_a_cut_starts_new_tracks(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage, max_face_change=9.0)
    assert tracks(follow.track(scene(1))) == [0]
    assert tracks(follow.track(scene(1))) == [0]
    assert tracks(follow.track(scene(2))) == [1]
    assert tracks(follow.track(scene(2))) == [1]


@pytest.mark.parametrize(("gain", "shift"), [(1.0, 80.0), (1.8, 0.0), (0.4, 0.0), (1.5, -60.0)])
def test_a_change_of_light_is_no_cut(stage: Stage, gain: float, shift: float) -> None:
    stage.put("a", 100)
    follow = tracker(stage)
    follow.track(scene(1))
    lit = np.clip(scene(1) * gain + shift, 0, 255).astype(np.uint8)
    assert tracks(follow.track(lit)) == [0]
    assert tracks(follow.track(scene(1))) == [0]


def test_another_face_in_the_same_place_and_scene_is_a_new_track(stage: Stage) -> None:
    stage.put("a", 100)
    stage.put("b", 400)
    follow = tracker(stage)
    before, after = scene(1), scene(1)
    after[50:150, 50:150] = scene(2)[50:150, 50:150]
    assert sorted(tracks(follow.track(before))) == [0, 1]
    assert sorted(tracks(follow.track(after))) == [1, 2]
    assert sorted(tracks(follow.track(after))) == [1, 2]


def test_a_weak_track_that_the_detector_does_not_see_is_dropped(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage, detect_every=3)
    follow.track(GREY)
    stage.unseen_by_detector.add("a")
    stage.scores["a"] = 0.6
    assert [len(follow.track(GREY)) for _ in range(5)] == [1, 1, 0, 0, 0]


def test_a_sure_track_lives_on_although_the_detector_does_not_see_it(stage: Stage) -> None:
    stage.put("a", 100)
    follow = tracker(stage, detect_every=3)
    follow.track(GREY)
    stage.unseen_by_detector.add("a")
    assert [len(follow.track(GREY)) for _ in range(8)] == [1] * 8


def test_two_tracks_that_end_on_one_face_become_the_older_one(stage: Stage) -> None:
    stage.put("a", 100)
    stage.put("b", 150)
    follow = tracker(stage)
    assert sorted(tracks(follow.track(GREY))) == [0, 1]
    del stage.faces["a"]
    stage.put("b", 125)  # now within reach of both
    searches = stage.searches
    assert tracks(follow.track(GREY)) == [0]
    assert stage.searches == searches + 1


def test_the_largest_face_comes_first_and_no_more_than_allowed(stage: Stage) -> None:
    for i, side in enumerate((30.0, 70.0, 50.0)):
        stage.put(str(i), 100 + 180 * i, side=side)
    sides = [face.square.side_px for face in tracker(stage).track(GREY)]
    assert sides == sorted(sides, reverse=True)
    assert len(sides) == 3
    assert len(tracker(stage, max_faces=2).track(GREY)) == 2


def test_a_face_outside_the_frame_is_none(stage: Stage) -> None:
    stage.put("a", 700)
    assert tracker(stage).track(GREY) == []


class CloseUps:
    """An eager detector: may see a ghost in parts of the frame, and in close-ups a face where one is due."""

    SIZE_PX, COVERAGES = 192, (4.5, 5.0, 6.0, 8.0, 12.0)

    def __init__(self, *, believes: bool, ghost: bool = False) -> None:
        self.believes, self.ghost = believes, ghost
        self.close_ups = 0

    def detect(self, image: Image) -> list[Detection]:
        if image.shape[:2] == (self.SIZE_PX, self.SIZE_PX):
            self.close_ups += 1
            return [self._face(coverage) for coverage in self.COVERAGES] if self.believes else []
        box = np.array([50, 50, 110, 110], np.float32)
        points = np.array([[60, 70], [100, 70], [80, 80], [80, 95], [55, 75], [105, 75]], np.float32)
        return [Detection(box_px=box, keypoints_px=points, score=0.9)] if self.ghost else []

    def _face(self, coverage: float) -> Detection:
        face = made_face(centre_px=((self.SIZE_PX - 1) / 2,) * 2, side_px=30)
        region = region_of_points(face.landmarks_px)
        matrix = region.crop_from_frame(self.SIZE_PX, coverage)
        points = face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        keypoints = np.stack([points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0), points[4]])
        keypoints = np.concatenate([keypoints, points[[13, 14]].mean(axis=0)[None], points[[234, 454]]])
        box = np.concatenate([points.min(axis=0), points.max(axis=0)])
        return Detection(box_px=box.astype(np.float32), keypoints_px=keypoints.astype(np.float32), score=0.9)


@pytest.mark.parametrize(
    ("side", "believes", "expected"), [(20, True, 1), (20, False, 0), (60, True, 0), (60, False, 0)]
)
def test_a_face_that_its_score_denies_is_one_where_it_is_tiny_and_detectors_see_it(
    stage: Stage, side: float, believes: bool, expected: int
) -> None:
    stage.put("a", 100, side=side)
    stage.scores["a"] = 0.1
    follow = FaceTracker((stage,), stage, eager=(CloseUps(believes=believes),))
    assert [len(follow.track(GREY)) for _ in range(20)] == [expected] * 20


def test_a_tiny_face_is_lost_when_detectors_no_longer_see_it(stage: Stage) -> None:
    stage.put("a", 100, side=20)
    stage.scores["a"] = 0.1
    eager = CloseUps(believes=True)
    follow = FaceTracker((stage,), stage, eager=(eager,))
    assert len(follow.track(GREY)) == 1
    eager.believes = False
    assert len(follow.track(GREY)) == 0


def test_a_place_that_held_no_face_is_left_alone_for_a_while(stage: Stage) -> None:
    def close_ups(patience: int) -> int:
        eager = CloseUps(believes=False, ghost=True)
        config = TrackerConfig(patience=patience, closer_every=1)
        follow = FaceTracker((Blind(),), stage, config, eager=(eager,))
        for _ in range(48):
            assert follow.track(GREY) == []
        return eager.close_ups

    every_time, first_time, now_and_then = close_ups(1), close_ups(1000), close_ups(24)
    assert first_time < now_and_then < every_time


def test_the_second_detector_is_asked_where_the_first_finds_nothing(stage: Stage) -> None:
    blind = Blind()
    stage.put("a", 100)
    assert len(FaceTracker((blind, stage), stage).track(GREY)) == 1
    assert (blind.searches, stage.searches) == (1, 1)


def test_the_second_detector_is_asked_besides_only_in_a_new_shot(stage: Stage) -> None:
    blind = Blind()
    stage.put("a", 100)
    follow = FaceTracker((stage, blind), stage, TrackerConfig(detect_every=1, max_face_change=9.0))
    for _ in range(3):
        follow.track(scene(1))
    assert (stage.searches, blind.searches) == (3, 1)
    follow.track(scene(2))
    assert (stage.searches, blind.searches) == (4, 2)


@dataclass(frozen=True)
class Still:
    """A frame of which only the picture counts."""

    image: Image


class Loose:
    """A detector whose boxes of one of the faces on a stage lie too far off to find landmarks by."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage, self.name = stage, name

    def detect(self, image: Image) -> list[Detection]:
        seen = self.stage.detect(image)
        place = [*self.stage.faces].index(self.name) if self.name in self.stage.faces else -1
        return [
            replace(face, box_px=face.box_px + 45, keypoints_px=face.keypoints_px + 45)
            if i == place
            else face
            for i, face in enumerate(seen)
        ]


@pytest.mark.parametrize("comes_in", [0, 20])
def test_where_one_detectors_box_leads_to_nothing_that_of_the_next_is_tried(
    stage: Stage, comes_in: int
) -> None:
    stage.put("large", 100, side=100)
    config = TrackerConfig(max_face_change=9.0)
    eager = CloseUps(believes=True)
    follow = FaceTracker((Loose(stage, "small"), stage), stage, config, eager=(eager,))
    counts: list[int] = []
    for frame in range(40):
        if frame == comes_in:
            stage.put("small", 450, side=30)
        counts.append(len(follow.track(GREY)))
    assert counts[comes_in + config.detect_every :] == [2] * (40 - comes_in - config.detect_every)
    assert counts[0] == (1 if comes_in else 2)


@pytest.mark.parametrize("roll_deg", [0.0, 30.0, -45.0])
def test_the_region_from_landmarks_holds_them_all_snugly(roll_deg: float) -> None:
    face = made_face(pose_deg=(0, 0, roll_deg), centre_px=(300, 100))
    region = region_of_points(face.landmarks_px)
    assert np.degrees(region.roll_rad) == pytest.approx(roll_deg, abs=0.5)
    matrix = region.crop_from_frame(100, 1.0)
    inside = face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    low, high = inside.min(axis=0), inside.max(axis=0)
    np.testing.assert_allclose((high - low).max(), 100, atol=0.1)
    np.testing.assert_allclose(low + high, 99, atol=0.1)  # centred


def test_the_region_from_a_detection_is_turned_with_its_eyes() -> None:
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[:2] = [[100, 100], [140, 140]]
    box = np.array([80, 90, 180, 160], np.float32)
    region = region_of_detection(Detection(box_px=box, keypoints_px=keypoints, score=1.0))
    assert (region.x_px, region.y_px, region.side_px) == (130, 125, 100)
    assert np.degrees(region.roll_rad) == pytest.approx(45)


def test_the_real_networks_follow_the_rendered_actor(performance: list[tuple[Frame, Face]]) -> None:
    assert {face.track for _, face in performance} == {0}
    assert min(face.confidence for _, face in performance) > 0.9
    _, eyes = actors.exact_points("A_testA", "A")
    for (_, face), (left, right) in zip(performance, eyes, strict=True):
        seen = face.landmarks_px[[33, 133, 362, 263], :2].reshape(2, 2, 2).mean(axis=1)
        assert np.abs(seen - [left, right]).max() < 0.08 * face.square.side_px


def beside_a_large_face(still: np.ndarray, small_px: int) -> Image:
    """A (720, 1280, 3) frame with the actor's picture large, and small on its right if there is any."""
    frame = np.full((720, 1280, 3), 110, np.uint8)
    frame[60:660, 30:630] = cv2.resize(still, (600, 600), interpolation=cv2.INTER_CUBIC)
    if small_px:
        small = cv2.resize(still, (small_px, small_px), interpolation=cv2.INTER_AREA)
        frame[300 : 300 + small_px, 1000 : 1000 + small_px] = small
    return frame


def test_the_real_networks_find_a_small_face_beside_a_large_one(still: np.ndarray) -> None:
    [(_, faces)] = FaceFinder().stream([Still(beside_a_large_face(still, 50))])
    large, small = (face.square for face in faces)
    assert large.side_px > 6 * small.side_px
    assert 1000 < small.x_px < 1050
    assert 300 < small.y_px < 350


def test_a_small_face_that_comes_in_beside_a_large_one_is_found_later(still: np.ndarray) -> None:
    alone, both = (beside_a_large_face(still, small_px) for small_px in (0, 50))
    finder = FaceFinder(tracker=TrackerConfig(beside_every=2))
    found = [len(faces) for _, faces in finder.tracked([Still(alone), *[Still(both)] * 16])]
    assert found[0] == 1
    assert found[-1] == 2


def test_looks_beside_a_large_face_are_few(still: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    # 1,200 frames of 512 x 512 cost 13 s of CPU in all, a look 4 ms: no more than 1 % may go into them
    looks = 0
    detect = BlazeFace.detect

    def counted(self: BlazeFace, image: Image | Picture) -> list[Detection]:
        nonlocal looks
        looks += self is eager
        return detect(self, image)

    finder = FaceFinder()
    eager = finder._eager[-1]
    monkeypatch.setattr(BlazeFace, "detect", counted)
    frame = np.asarray(cv2.resize(still, (512, 512), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert all(len(faces) == 1 for _, faces in finder.tracked([Still(frame)] * 240))
    assert 2 <= looks <= 6


def first_frames(path: Path, number: int) -> list[Frame]:
    with VideoReader(path) as reader:
        return list(itertools.islice(reader, number))


def test_every_cut_between_talkers_starts_a_track_and_nothing_else_does() -> None:
    clips = [
        sorted(beside(f"data/video/{name}").glob("*.mpg"))[0] for name in ("grid_s1", "grid_s26", "grid_s31")
    ]
    joined = [frame for clip in (*clips, clips[0]) for frame in first_frames(clip, 20)]
    seen = [{face.track for face in faces} for _, faces in FaceFinder().stream(joined)]
    assert seen == [{i // 20} for i in range(80)]


@pytest.mark.parametrize("name", ["expressive/d13", "expressive/d9", "latentsync/demo2_video"])
def test_a_steady_shot_is_one_track(name: str) -> None:
    frames = first_frames(beside(f"data/video/{name}.mp4"), 90)
    assert {face.track for _, faces in FaceFinder().stream(frames) for face in faces} == {0}
