"""The chooser among faces whose identity the test sets, one distance from the target at a time."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from footage import beside
from measure.made_faces import made_face
from understudy.core.types import Image, Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.media.reader import VideoReader

IMAGE = np.zeros((8, 8, 3), np.uint8)
HERE, THERE = (128.0, 128.0), (400.0, 128.0)
NEAR, FAR, UNCLEAR = 0.3, 0.9, 0.65


class Looks:
    """An embedder that puts each face as far from the target as the test says."""

    def __init__(self, distance_of: Callable[[Face], float]) -> None:
        self.distance_of = distance_of
        self.taken: list[int] = []  # tracks looked at

    def vector(self, image: Image, face: Face) -> Vector:
        self.taken.append(face.track)
        out = np.zeros(128, np.float32)
        out[0] = self.distance_of(face)
        return out


class Play:
    """A chooser, and the distance at which each track is seen now."""

    def __init__(self) -> None:
        self.distances: dict[int, float] = {}
        self.looks = Looks(lambda face: self.distances[face.track])
        self.chooser = TargetChooser(np.zeros(128, np.float32), embedder=self.looks)

    def show(self, frames: int, *faces: Face) -> list[int | None]:
        """Track chosen in each of some frames that show these faces."""
        chosen = (self.chooser.choose(IMAGE, faces) for _ in range(frames))
        return [face.track if face else None for face in chosen]


@pytest.fixture
def play() -> Play:
    return Play()


def face(track: int, at: tuple[float, float] = HERE, *, yaw_deg: float = 0.0, side_px: float = 120) -> Face:
    return made_face(track=track, centre_px=at, pose_deg=(yaw_deg, 0, 0), side_px=side_px)


def test_the_target_is_chosen_and_nobody_else(play: Play) -> None:
    play.distances = {0: FAR, 1: NEAR}
    assert play.show(30, face(0), face(1, THERE)) == [1] * 30
    assert play.show(30, face(0)) == [None] * 30
    assert (play.chooser.passed, play.chooser.unsure_frames) == (30, 0)


@pytest.mark.parametrize("distance", [NEAR, FAR, UNCLEAR])
def test_looks_are_few(play: Play, distance: float) -> None:
    play.distances = {0: distance}
    play.show(1000, face(0))
    assert 10 < len(play.looks.taken) < 60


def test_a_track_that_wavers_does_not_cost_a_look_a_frame(play: Play) -> None:
    wavering = itertools.cycle([NEAR, FAR])
    play.looks.distance_of = lambda _: next(wavering)
    play.show(1000, face(0))
    assert len(play.looks.taken) < 70


def test_a_new_track_is_looked_at_in_every_frame_until_it_is_surely_the_target(play: Play) -> None:
    play.distances = {0: FAR}
    assert play.show(3, face(0)) == [None] * 3
    play.distances = {0: NEAR}
    assert play.show(4, face(0))[1:] == [0] * 3


def test_a_track_that_passes_to_somebody_else_is_let_go_and_taken_up_again(play: Play) -> None:
    play.distances = {0: NEAR}
    assert play.show(200, face(0)) == [0] * 200
    play.distances = {0: FAR}
    chosen = play.show(300, face(0))
    assert None in chosen[:45]
    assert chosen[45:] == [None] * 255
    play.distances = {0: NEAR}
    assert play.show(165, face(0))[-1] == 0


@pytest.mark.parametrize(("usual", "chosen"), [(NEAR, 0), (FAR, None)])
def test_one_bad_look_changes_nothing(play: Play, usual: float, chosen: int | None) -> None:
    at = iter([usual] * 9 + [NEAR + FAR - usual] + [usual] * 500)
    play.looks.distance_of = lambda _: next(at)
    assert play.show(400, face(0)) == [chosen] * 400


def test_a_side_view_does_not_speak_against_the_target(play: Play) -> None:
    play.distances = {0: NEAR}
    play.show(50, face(0))
    play.distances = {0: FAR}
    assert play.show(200, face(0, yaw_deg=50)) == [0] * 200
    assert None in play.show(60, face(0))


def test_a_new_track_in_the_targets_place_takes_over_until_looks_say_otherwise(play: Play) -> None:
    play.distances = {0: NEAR, 1: UNCLEAR, 2: UNCLEAR}
    play.show(20, face(0))
    assert play.show(10) == [None] * 10  # the face is lost for a moment
    chosen = play.show(30, face(1))
    assert chosen[:7] == [1] * 7
    assert chosen[10:] == [None] * 20
    assert play.chooser.passed == play.chooser.unsure_frames == chosen.count(None)
    play.show(20, face(0))
    play.show(13)
    assert play.show(3, face(2)) == [None] * 3  # too long ago


def test_somebody_else_in_the_targets_place_takes_nothing_over(play: Play) -> None:
    play.distances = {0: NEAR, 1: FAR, 2: UNCLEAR, 3: UNCLEAR}
    play.show(20, face(0))
    assert play.show(5, face(1)) == [None] * 5
    play.show(5, face(0))
    assert play.show(3, face(2, THERE)) == [None] * 3
    # in its place, but the target itself is there too
    assert play.show(3, face(3), face(0, (150, 128))) == [0] * 3


def test_of_two_alike_the_one_followed_stays(play: Play) -> None:
    play.distances = {0: 0.40, 1: 0.35, 2: 0.1}
    play.show(5, face(0))
    assert play.show(50, face(0), face(1, THERE)) == [0] * 50
    assert play.show(1, face(0), face(1, THERE), face(2, (700, 128))) == [2]


def test_with_nobody_wanted_the_first_largest_face_is_followed() -> None:
    looks = Looks(lambda _: NEAR)
    chooser = TargetChooser(None, embedder=looks)
    large, small = face(0), face(1, (40, 40), side_px=50)
    assert chooser.choose(IMAGE, []) is None
    assert chooser.choose(IMAGE, [large, small]) is large
    assert chooser.choose(IMAGE, [small, large]) is large
    again = face(7, (135, 128), side_px=110)
    assert chooser.choose(IMAGE, [small, again]) is again
    assert chooser.choose(IMAGE, [small]) is small
    assert (chooser.passed, looks.taken) == (0, [])


def test_one_talker_among_several_clips() -> None:
    clips = [
        sorted(beside(f"data/video/{name}").glob("*.mpg"))[:2] for name in ("grid_s1", "grid_s26", "grid_s31")
    ]
    identifier, finder = Identifier(), FaceFinder()
    with VideoReader(clips[1][1]) as reader:
        seen = list(finder.stream(itertools.islice(reader, 5)))
    wanted = np.mean([identifier.vector(frame.image, faces[0]) for frame, faces in seen], axis=0)
    joined = []
    for clip in (clips[1][0], clips[0][0], clips[1][0], clips[2][0]):
        with VideoReader(clip) as reader:
            joined += list(itertools.islice(reader, 20))
    chooser = TargetChooser(wanted.astype(np.float32), embedder=identifier)
    chosen = [chooser.choose(f.image, faces) is not None for f, faces in finder.stream(joined)]
    assert chosen == [True] * 20 + [False] * 20 + [True] * 20 + [False] * 20
