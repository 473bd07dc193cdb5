"""Frames judged one after another: the figures of whole frames, and the bad stretch that is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from measure.made_faces import made_face, picture_of
from understudy.core.types import Image, Vector
from understudy.faces.face import Face, FaceSquare
from understudy.faces.landmark import Mesh
from understudy.measure.expression import rms_distance
from understudy.measure.flicker import FlickerMeter, passing
from understudy.measure.frame_quality import (
    FrameJudge,
    FrameQuality,
    JudgePace,
    SwappedFrame,
    moved,
    window_of,
)
from understudy.measure.seam import frame_seam
from understudy.measure.worst import scored, worst_frames

SIZE_PX = 384
FRAMES = 40
BAD = range(20, 26)
OTHER = (170, 120, 90)  # tint of the face put in
EVERY = JudgePace(seam_every=1, expression_every=1, identity_every=1)


def performance(i: int, *, mouth: float = 0.0) -> Face:
    return made_face(
        pose_deg=(10 * np.sin(i / 6), 4, 12 + 2 * np.cos(i / 5)),
        centre_px=(190 + 2 * i, 200 - i),
        side_px=110,
        mouth=0.02 + 0.02 * np.sin(i / 3) + mouth,
    )


class Reader:
    """Reads what the output was drawn with, with the grain of a real network; notes when it is asked."""

    def __init__(self, shown: Callable[[int], Face]) -> None:
        self.shown, self.asked, self.index = shown, [], 0
        self._noise = np.random.default_rng(0)

    def find(self, image: Image, region: FaceSquare) -> Mesh:
        self.asked.append(self.index)
        face = self.shown(self.index)
        x0, y0, x1, y1 = window_of(performance(self.index), SIZE_PX, SIZE_PX)
        assert image.shape == (y1 - y0, x1 - x0, 3)
        points = face.landmarks_px + self._noise.normal(0, 0.1, face.landmarks_px.shape)
        return Mesh(
            points_px=(points - [x0, y0, 0]).astype(np.float32), iris_px=face.iris_px - [x0, y0], score=1.0
        )


class Embedder:
    """As far from 0 as the picture's middle is red; notes how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def vector(self, image: Image, face: Face) -> Vector:
        self.asked += 1
        x, y = face.landmarks_px[5, :2].round().astype(int)  # the nose
        return np.full(128, image[y, x, 0] / 255 / np.sqrt(128), np.float32)


def windowed(index: int, target: Image, output: Image, face: Face) -> SwappedFrame:
    x0, y0, x1, y1 = window_of(face, SIZE_PX, SIZE_PX)
    return SwappedFrame(
        frame_index=index,
        time_s=Fraction(index, 25),
        target=target[y0:y1, x0:x1].copy(),
        output=output[y0:y1, x0:x1].copy(),
        face=face,
        origin_px=(x0, y0),
    )


def judged(
    shown: Callable[[int], Face] = performance,
    damage: Callable[[int, Image, Face], Image] = lambda _, image, __: image,
    pace: JudgePace | None = None,
) -> tuple[list[FrameQuality], Reader, Embedder]:
    reader, embedder = Reader(shown), Embedder()
    judge = FrameJudge(landmarker=reader, embedder=embedder, source=np.zeros(128, np.float32), pace=pace)
    for i in range(FRAMES):
        reader.index, face = i, performance(i)
        output = damage(i, picture_of(shown(i), SIZE_PX, OTHER), face)
        judge.add(windowed(i, picture_of(face, SIZE_PX), output, face))
    return judge.finish(), reader, embedder


def test_figures_of_windows_are_those_of_whole_frames() -> None:
    """Oracle: the definitions, over the frames as they are."""
    known, _, _ = judged(pace=EVERY)
    meter = FlickerMeter()
    changes: list[float] = []
    for i, quality in enumerate(known):
        face = performance(i)
        target, output = picture_of(face, SIZE_PX), picture_of(face, SIZE_PX, OTHER)
        change = meter.update(output, target, face)
        changes.append(np.nan if change is None else change)
        assert quality.figures["seam"] == pytest.approx(frame_seam(output, target, face), abs=1e-3)
        assert quality.figures["identity"] == pytest.approx(OTHER[0] * 0.93 / 255, abs=0.06)
        assert (quality.frame_index, quality.time_s) == (i, Fraction(i, 25))
        assert quality.face_px[:3] == (face.square.x_px, face.square.y_px, face.square.side_px)
    flicker = passing(np.array(changes))
    between = slice(1, -1)  # of the first and last it is not known what comes before and after
    assert [one.figures["flicker"] for one in known[between]] == pytest.approx(flicker[between], abs=0.02)
    assert [known[i].figures["flicker"] for i in (0, -1)] == pytest.approx(flicker[[1, -2]], abs=0.02)


def test_expression_is_the_distance_less_what_is_constant() -> None:
    """Oracle: of two people, one with a wider mouth in every frame, one whose mouth also moved otherwise."""

    def wider(i: int) -> Face:
        return replace(performance(i), landmarks_px=_wide(performance(i)))

    same, other = judged(pace=EVERY)[0], judged(wider, pace=EVERY)[0]
    for one, two in zip(same, other, strict=True):
        assert two.figures["expression"] == pytest.approx(one.figures["expression"], abs=0.002)
    opened = judged(lambda i: performance(i, mouth=0.05 if i in BAD else 0.0), pace=EVERY)[0]
    frontal = made_face(), made_face(mouth=0.05)
    eyes = np.linalg.norm(frontal[0].landmarks_px[263, :2] - frontal[0].landmarks_px[33, :2])
    true = rms_distance(*(face.landmarks_px[:, :2] / eyes for face in frontal))
    assert opened[BAD[2]].figures["expression"] == pytest.approx(true, rel=0.1)
    assert opened[3].figures["expression"] < 0.2 * true


def _wide(face: Face) -> np.ndarray:
    points = face.landmarks_px.copy()
    across = points[291] - points[61]
    points[[61, 78]] -= 0.1 * across
    points[[291, 308]] += 0.1 * across
    return points


def test_figures_are_taken_now_and_then_and_what_lies_between_is_filled_in() -> None:
    pace = JudgePace(seam_every=3, expression_every=4, identity_every=16)
    (known, reader, embedder), (all_known, _, _) = judged(pace=pace), judged(pace=EVERY)
    assert reader.asked == list(range(0, FRAMES, 4))
    assert embedder.asked == 3  # frames 0, 16 and 32
    values = [one.figures["expression"] for one in known]
    assert values[9] == pytest.approx(0.75 * values[8] + 0.25 * values[12])
    assert values[-1] == values[36]
    assert all(set(one.figures) == {"identity", "expression", "seam", "flicker"} for one in known)
    some, every = ([one.figures["seam"] for one in these] for these in (known, all_known))
    read = range(0, FRAMES, 3)
    assert some == pytest.approx(np.interp(range(FRAMES), read, [every[i] for i in read]).tolist())
    assert some != pytest.approx(every)
    flickers = ([one.figures["flicker"] for one in these] for these in (known, all_known))
    assert next(flickers) == next(flickers)


def damages() -> dict[str, tuple[Callable[[int], Face], Callable[[int, Image, Face], Image]]]:
    def clean(_: int, image: Image, __: Face) -> Image:
        return image

    def flickering(i: int, image: Image, _: Face) -> Image:
        return cv2.convertScaleAbs(image, alpha=1 + 0.1 * (-1) ** i) if i in BAD else image

    def edged(i: int, image: Image, face: Face) -> Image:
        if i not in BAD:
            return image
        hull = cv2.convexHull(face.landmarks_px[:, :2].astype(np.float32))
        hull = (hull - hull.mean(axis=0)) * 0.9 + hull.mean(axis=0)
        mask = np.zeros(image.shape[:2], np.float32)
        cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), (1.0,))
        return np.clip(image - 40 * mask[..., None], 0, 255).astype(np.uint8)

    def redder(i: int, image: Image, _: Face) -> Image:
        return np.clip(image * [1.25, 1, 1], 0, 255).astype(np.uint8) if i in BAD else image

    return {
        "flicker": (performance, flickering),
        "seam": (performance, edged),
        "expression": (lambda i: performance(i, mouth=0.06 if i in BAD else 0.0), clean),
        "identity": (performance, redder),
    }


@pytest.mark.parametrize("reason", ["flicker", "seam", "expression", "identity"])
def test_a_bad_stretch_is_found_and_what_made_it_bad(reason: str) -> None:
    shown, damage = damages()[reason]
    known = scored(judged(shown, damage, JudgePace(identity_every=4))[0])
    first = worst_frames(known, count=1)[0]
    assert first.frame_index in (*BAD, BAD[-1] + 1)  # what ends suddenly flickers
    middle = known[24]
    assert middle.reason == reason
    usual = [one.badness or 0.0 for one in known if not BAD[0] - 4 < one.frame_index < BAD[-1] + 4]
    assert (middle.badness or 0.0) > 1.25 * max(usual)


def quality(index: int, **figures: float) -> FrameQuality:
    return FrameQuality(
        frame_index=index, time_s=Fraction(index, 25), face_px=(0.0, 0.0, 1.0, 0.0), figures=figures
    )


def test_badness_is_told_by_median_deviations_above_the_median() -> None:
    seams = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 39.0]
    flickers = [10.0] * 8 + [11.0]  # so steady that only the least deviation counts
    known = scored(
        [quality(i, seam=s, flicker=f) for i, (s, f) in enumerate(zip(seams, flickers, strict=True))]
    )
    deviation = 1.4826 * 2  # of |s - 5|: 4 3 2 1 0 1 2 3 34
    for one, s in zip(known[:8], seams[:8], strict=True):
        assert one.badness == pytest.approx(np.log(1 + max(s - 5, 0) / deviation))
        assert one.reason == ("seam" if s > 5 else "")
    assert known[8].badness == pytest.approx(np.hypot(np.log(1 + 34 / deviation), np.log(1 + 1 / 1.0)))
    assert known[8].reason == "seam"


def test_a_later_swap_is_told_by_what_was_usual_before() -> None:
    before = [quality(i, seam=s) for i, s in enumerate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 39.0])]
    later = [quality(0, seam=5.0), quality(1, seam=8.0, code=1.0), quality(2)]
    deviation = 1.4826 * 2
    known = [one.badness for one in scored(later, usual=before)]
    assert known == pytest.approx([0.0, np.log(1 + 3 / deviation), 0.0])
    assert scored(before, usual=before) == scored(before)


def test_a_figure_of_few_frames_says_nothing() -> None:
    known = scored([quality(i, seam=1.0 + (i == 3), **({"code": 9.0} if i == 2 else {})) for i in range(20)])
    assert [one.frame_index for one in worst_frames(known)] == [3]


def test_worst_frames_lie_apart_and_are_not_usual_ones() -> None:
    rng = np.random.default_rng(1)
    known = scored([quality(i, seam=float(value)) for i, value in enumerate(rng.exponential(1, 300))])
    worst = worst_frames(known, count=8, apart_frames=10)
    at = [one.frame_index for one in worst]
    assert len(worst) == 8
    assert min(abs(a - b) for a in at for b in at if a != b) >= 10
    assert [one.badness for one in worst] == sorted((one.badness for one in worst), reverse=True)  # type: ignore[type-var]
    # whoever is left out is less bad than each, or near a worse one
    for one in known:
        if one.frame_index not in at and one.badness > worst[-1].badness:  # type: ignore[operator]
            assert any(
                abs(one.frame_index - other.frame_index) < 10 and other.badness >= one.badness  # type: ignore[operator]
                for other in worst
            )
    assert worst_frames(scored([quality(i, seam=1.0) for i in range(30)])) == []
    with pytest.raises(ValueError, match="not scored"):
        worst_frames([quality(0, seam=1.0)])


def test_no_figure_fills_the_list_of_worst_frames_alone() -> None:
    rng = np.random.default_rng(2)
    known = scored(
        [
            quality(
                i,
                flicker=float(rng.exponential(1) ** 3),  # far out very often
                identity=0.3 + 0.1 * float(rng.standard_normal()) + 0.5 * (i in (100, 200)),
                expression=0.02 + 0.005 * float(rng.uniform(-1, 1)),  # never far out
            )
            for i in range(400)
        ]
    )
    reasons = {one.frame_index: one.reason for one in worst_frames(known, count=9, apart_frames=10)}
    assert len(reasons) == 9
    assert (reasons[100], reasons[200]) == ("identity", "identity")
    # identity has its half; of flicker's there are always enough
    assert sorted(reasons.values()) == ["flicker"] * 5 + ["identity"] * 4


def test_no_flicker_across_a_gap() -> None:
    judge = FrameJudge(pace=EVERY)
    shown = [*range(4), *range(8, 12)]
    for i in shown:
        face = performance(i)
        image = picture_of(face, SIZE_PX)
        judge.add(windowed(i, image, image // 2 if i in (2, 3, 8, 9) else image, face))
    known = judge.finish()
    assert [one.frame_index for one in known] == shown
    assert all(one.figures["flicker"] < 1 for one in known)  # each stretch changes but once


def _darker(frames: Sequence[int]) -> Callable[[int, Image, Face], Image]:
    return lambda i, image, _: cv2.convertScaleAbs(image, alpha=0.8) if i in frames else image


@pytest.mark.parametrize("bad", [[20], [21], [20, 21], [20, 21, 22]])
def test_what_comes_and_goes_is_seen_in_every_frame_of_it(bad: list[int]) -> None:
    known = scored(judged(damage=_darker(bad))[0])
    first = worst_frames(known, count=1)[0]
    assert (first.frame_index in bad, first.reason) == (True, "flicker")
    flickers = [one.figures["flicker"] for one in known]
    assert min(flickers[i] for i in bad) > 5 * max(
        value for i, value in enumerate(flickers) if i not in bad and i > 0
    )


def test_a_frame_that_is_shown_twice_flickers() -> None:
    def late(i: int, image: Image, _: Face) -> Image:
        return picture_of(performance(i - 1), SIZE_PX, OTHER) if i == 20 else image

    flickers = [one.figures["flicker"] for one in judged(damage=late)[0]]
    assert np.argmax(flickers) == 20


def test_what_changes_once_does_not_flicker() -> None:
    """As an eye that shuts: the picture is another from then on, or for longer than any fault lasts."""
    for frames in (range(20, FRAMES), range(20, 24)):
        assert max(one.figures["flicker"] for one in judged(damage=_darker(frames))[0]) < 1


def test_passing_is_the_smaller_of_two_changes_nearby() -> None:
    nan = np.nan
    changes = np.array([nan, 0.0, 5.0, 1.0, 4.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0, 0.0, nan, 3.0, 3.0])
    # something is there in 2 and 3; what comes at 9 stays; of 12 nothing is known
    expected = [nan, 0.0, 4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, nan]
    np.testing.assert_array_equal(passing(changes), expected)
    assert np.isnan(passing(np.array([nan, nan]))).all()
    assert len(passing(np.zeros(0))) == 0


def test_a_window_shows_the_square_however_it_is_turned_and_stays_inside() -> None:
    for roll in (0, 30, 45, 80):
        face = made_face(pose_deg=(0, 0, roll), centre_px=(190, 200), side_px=80)
        x0, y0, x1, y1 = window_of(face, SIZE_PX, SIZE_PX)
        frame_from_crop = cv2.invertAffineTransform(face.square.crop_from_frame(101, 1.75))
        corners = np.array([[0, 0], [100, 0], [0, 100], [100, 100]]) @ frame_from_crop[:, :2].T
        corners += frame_from_crop[:, 2]
        assert (corners.min(axis=0) >= [x0, y0]).all()
        assert (corners.max(axis=0) <= [x1, y1]).all()
    assert window_of(made_face(centre_px=(0, 383)), SIZE_PX, SIZE_PX)[::3] == (0, SIZE_PX)
    x0, y0, x1, y1 = window_of(made_face(centre_px=(-900, 2000)), SIZE_PX, SIZE_PX)
    assert 0 <= x0 < x1 <= SIZE_PX
    assert 0 <= y0 < y1 <= SIZE_PX


def test_a_moved_face_is_the_same_face() -> None:
    face = performance(3)
    shifted = moved(face, (40, 25))
    np.testing.assert_allclose(shifted.landmarks_px[:, :2] + [40, 25], face.landmarks_px[:, :2], atol=1e-4)
    np.testing.assert_allclose(shifted.iris_px + np.array([40, 25]), face.iris_px, atol=1e-4)
    np.testing.assert_allclose(shifted.box_px + np.array([40, 25] * 2), face.box_px, atol=1e-4)
    assert (shifted.square.x_px + 40, shifted.square.y_px + 25) == (face.square.x_px, face.square.y_px)
