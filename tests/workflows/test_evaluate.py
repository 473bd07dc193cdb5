"""Evaluation from files to figures, with faces that the pictures themselves tell about."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import make_clip
from measure.made_faces import made_face, picture_of
from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.events import Event, Notice, Progress
from understudy.core.types import Frame, Image, Vector
from understudy.faces.face import Face
from understudy.workflows.evaluate import EvaluateConfig, EvaluateResult, run

FRAMES = 12
NOBODY, SOURCE, TARGET = 0, 1, 2
TINTS = {SOURCE: (150, 100, 80), TARGET: (210, 160, 140)}


def performance(index: int) -> Face:
    """What the target does at a moment; the faces of all clips do the same."""
    return made_face(
        pose_deg=(3 * index - 15, 2, 0),
        mouth=0.03 * (1 + np.sin(index)),
        smile=0.01 * np.cos(index),
        lids=0.01 * (index % 4 == 1),
        brow=0.01 * np.sin(index / 2),
    )


class TellingFinder:
    """Finds the face that the first two pixels of a frame name: who, and at which moment."""

    def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        for frame in frames:
            who, moment = (int(value) for value in frame.image[0, :2, 0])
            yield frame, [performance(moment)] if who != NOBODY else []


class TrackingFinder(TellingFinder):
    """Gives each person a track."""

    def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        for frame, faces in super().stream(frames):
            yield frame, [replace(face, track=int(frame.image[0, 0, 0])) for face in faces]


class TellingEmbedder:
    """The person that the frame names, with a little noise."""

    def vector(self, image: Image, face: Face) -> Vector:
        del face
        return np.full(128, image[0, 0, 0] * 0.06, np.float32) + image[0, 1, 0] * np.float32(1e-4)


def footage(folder: Path, who: list[int], moments: Iterable[int] = range(FRAMES), size_px: int = 256) -> Path:
    """A folder of pictures of the performance, played by `who` (one a frame)."""
    folder.mkdir()
    for i, (person, moment) in enumerate(zip(who, moments, strict=True)):
        face = performance(moment)
        image = picture_of(face, size_px, TINTS.get(person, (20, 200, 20)))
        image[0, :2] = [[person] * 3, [moment] * 3]
        cv2.imwrite(str(folder / f"{i:03d}.png"), image[..., ::-1])
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return footage(tmp_path / "target", [TARGET] * FRAMES)


def evaluate(config: EvaluateConfig, events: list[Event] | None = None) -> EvaluateResult:
    heard: list[Event] = [] if events is None else events
    return run(config, heard.append, new_finder=TellingFinder, embedder=TellingEmbedder())


def test_a_perfect_swap_has_perfect_figures(tmp_path: Path, target: Path) -> None:
    output = footage(tmp_path / "output", [SOURCE] * FRAMES)
    source = footage(tmp_path / "source", [SOURCE] * FRAMES)
    events: list[Event] = []
    result = evaluate(EvaluateConfig(output=output, target=target, source=source, truth=output), events)
    assert (result.frames, result.measured) == (FRAMES, FRAMES)
    assert result.identity["nearer_to_source"] == 1
    assert result.identity["d_source"] < 0.01 < 0.5 < result.identity["d_target"]  # type: ignore[operator]
    assert result.expression["rms"] == 0
    assert result.expression["r"] == pytest.approx(dict.fromkeys(result.expression["r"], 1.0))  # type: ignore[arg-type]
    assert (result.pose_deg, result.gaze_deg) == (0, 0)
    assert result.truth["ssim"] == pytest.approx(1, abs=1e-3)
    assert result.truth["ssim_gain"] > 0.02  # type: ignore[operator]
    assert result.warnings == []
    assert {len(values) for values in result.series.values()} == {FRAMES}
    assert result.series["time_s"][1] == pytest.approx(1 / 25)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == list(range(1, FRAMES + 1))


def test_the_target_itself_is_nobodys_swap(tmp_path: Path, target: Path) -> None:
    truth = footage(tmp_path / "truth", [SOURCE] * FRAMES)
    result = evaluate(EvaluateConfig(output=target, target=target, source=truth, truth=truth))
    assert result.identity["nearer_to_source"] == 0
    assert result.truth["ssim_gain"] == 0
    assert (result.flicker, result.seam) == (0, 0)
    assert result.is_unswapped
    assert any("target's own face in 100 % of the frames" in warning for warning in result.warnings)


def test_without_a_source_an_output_in_which_nothing_was_swapped_is_told(
    tmp_path: Path, target: Path
) -> None:
    half = footage(tmp_path / "half", [SOURCE, TARGET] * (FRAMES // 2))
    result = evaluate(EvaluateConfig(output=half, target=target))
    assert result.unswapped == 0.5
    assert not result.is_unswapped
    assert not any("own face" in warning for warning in result.warnings)
    same = evaluate(EvaluateConfig(output=target, target=target))
    assert (same.unswapped, same.is_unswapped, same.remark) == (1, True, "not swapped")


def test_an_output_of_other_footage_is_told(tmp_path: Path, target: Path) -> None:
    other = footage(tmp_path / "other", [SOURCE] * FRAMES)
    for path in sorted(other.iterdir()):
        picture = cv2.imread(str(path))
        picture[:, :40] = 255 - picture[:, :40]
        picture[:, -40:] = 255 - picture[:, -40:]
        picture[0, :2] = cv2.imread(str(target / path.name))[0, :2]
        cv2.imwrite(str(path), picture)
    result = evaluate(EvaluateConfig(output=other, target=target))
    assert any("was it made from that footage?" in warning for warning in result.warnings)


def test_an_output_that_does_not_follow_scores_lower(tmp_path: Path, target: Path) -> None:
    late = footage(tmp_path / "late", [SOURCE] * FRAMES, [(i + 4) % FRAMES for i in range(FRAMES)])
    result = evaluate(EvaluateConfig(output=late, target=target))
    assert result.expression["r"]["mouth_open"] < 0.5  # type: ignore[index, operator]
    assert result.expression["rms"] > 0.01  # type: ignore[operator]
    assert result.pose_deg > 2  # type: ignore[operator]
    assert result.identity["nearer_to_source"] is None
    assert result.identity["d_target"] is not None
    assert result.truth["ssim"] is None


def test_keys_are_those_that_tools_rely_on(target: Path) -> None:
    keys = asdict(evaluate(EvaluateConfig(output=target, target=target)))
    wanted = {
        "frames",
        "identity",
        "expression",
        "pose_deg",
        "gaze_deg",
        "flicker",
        "seam",
        "sync_ms",
        "truth",
    }
    assert wanted <= set(keys)
    assert {"nearer_to_source", "d_source", "d_target"} <= set(keys["identity"])
    assert {"background", "faces", "fps", "seconds", "peak_rss_mb"} <= set(keys)
    assert keys["peak_rss_mb"] > 0 < keys["fps"]
    assert {"rms", "r"} <= set(keys["expression"])
    assert set(keys["expression"]["r"]) == {"mouth_open", "mouth_width", "eye_open", "brow"}
    assert {"ssim", "psnr", "ssim_target", "ssim_gain"} <= set(keys["truth"])


def test_frames_without_a_face_are_left_out_and_every_skips(tmp_path: Path, target: Path) -> None:
    some = [NOBODY if i in (0, 5) else SOURCE for i in range(FRAMES)]
    output = footage(tmp_path / "output", some)
    result = evaluate(EvaluateConfig(output=output, target=target))
    missing = [i for i, value in enumerate(result.series["rms"]) if value is None]
    assert missing == [0, 5]
    assert len(result.series["rms"]) == FRAMES
    third = evaluate(EvaluateConfig(output=output, target=target, every=3))
    assert (third.frames, third.measured) == (FRAMES, 4)
    assert third.series["time_s"] == pytest.approx([0, 3 / 25, 6 / 25, 9 / 25])
    # a skipped frame is still the past of the next one
    flickers = third.series["flicker"][1:]
    assert flickers == pytest.approx([result.series["flicker"][i] for i in (3, 6, 9)])


def test_different_lengths_are_said(tmp_path: Path, target: Path) -> None:
    short = footage(tmp_path / "short", [SOURCE] * 7, range(7))
    events: list[Event] = []
    result = evaluate(EvaluateConfig(output=short, target=target), events)
    assert result.frames == 7
    assert any("ends after 7 frames" in warning for warning in result.warnings)
    assert [event.message for event in events if isinstance(event, Notice)] == result.warnings
    longer = evaluate(EvaluateConfig(output=target, target=short))
    assert any("goes on" in warning for warning in longer.warnings)
    half_true = evaluate(EvaluateConfig(output=target, target=target, truth=short))
    assert any("no truth" in warning for warning in half_true.warnings)
    assert half_true.series["ssim"][6] is not None
    assert half_true.series["ssim"][7] is None


def test_a_bystander_is_not_measured(tmp_path: Path, target: Path) -> None:
    who = [SOURCE] * 3 + [TARGET] * (FRAMES - 3)  # alone in the frame at first
    footage_of_two = footage(tmp_path / "two", who)
    target_faceset = footage(tmp_path / "wanted", [TARGET] * FRAMES)
    config = EvaluateConfig(output=target, target=footage_of_two, target_faceset=target_faceset)
    rms = run(config, new_finder=TrackingFinder, embedder=TellingEmbedder()).series["rms"]
    assert [value is None for value in rms] == [True] * 3 + [False] * (FRAMES - 3)
    other = footage(tmp_path / "other", [SOURCE] * FRAMES)
    with pytest.raises(UnderstudyError, match=r"no face like those of .*wanted was found in .*other"):
        evaluate(EvaluateConfig(output=target, target=other, target_faceset=target_faceset))


def test_what_cannot_be_compared_is_refused(tmp_path: Path, target: Path) -> None:
    other = footage(tmp_path / "other", [SOURCE] * FRAMES, size_px=200)
    with pytest.raises(UnderstudyError, match="200x200"):
        evaluate(EvaluateConfig(output=other, target=target))
    empty = footage(tmp_path / "empty", [NOBODY] * FRAMES)
    with pytest.raises(UnderstudyError, match="no face"):
        evaluate(EvaluateConfig(output=empty, target=empty))
    with pytest.raises(UnderstudyError, match="no face"):
        evaluate(EvaluateConfig(output=target, target=target, source=empty))
    with pytest.raises(MediaError, match="missing"):
        evaluate(EvaluateConfig(output=tmp_path / "missing.mp4", target=target))
    with pytest.raises(ValueError, match="every"):
        EvaluateConfig(output=target, target=target, every=0)
    nobody = evaluate(EvaluateConfig(output=empty, target=target))
    assert nobody.expression["rms"] is None
    assert any("no face" in warning for warning in nobody.warnings)


class SeveralFinder(TellingFinder):
    """Sees a bystander beside the person."""

    def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        for frame, faces in super().stream(frames):
            yield frame, [*faces, made_face(centre_px=(20, 20), side_px=30, track=1)]


def test_several_faces_are_told_unless_it_is_known_who_is_meant(tmp_path: Path, target: Path) -> None:
    config = EvaluateConfig(output=target, target=target)
    several = run(config, new_finder=SeveralFinder, embedder=TellingEmbedder())
    assert any("show several faces" in warning for warning in several.warnings)
    chosen = replace(config, target_faceset=footage(tmp_path / "wanted", [TARGET] * FRAMES))
    known = run(chosen, new_finder=SeveralFinder, embedder=TellingEmbedder())
    assert not any("several faces" in warning for warning in known.warnings)


def test_faces_missing_in_the_output_are_counted_and_told(tmp_path: Path, target: Path) -> None:
    output = footage(tmp_path / "output", [NOBODY if i in (0, 5) else SOURCE for i in range(FRAMES)])
    result = evaluate(EvaluateConfig(output=output, target=target))
    assert result.faces == {"target": FRAMES, "output": FRAMES - 2}
    assert any("shows no face in 2 of 12 frames" in warning for warning in result.warnings)


def test_what_hardly_moves_has_no_correlation(tmp_path: Path) -> None:
    still = footage(tmp_path / "still", [TARGET] * FRAMES, [3] * FRAMES)
    result = evaluate(EvaluateConfig(output=still, target=still))
    assert set(result.expression["r"].values()) == {None}  # type: ignore[union-attr]
    assert any("no correlation of mouth open, mouth width" in warning for warning in result.warnings)
    short = footage(tmp_path / "short", [TARGET] * 5, range(5))
    few = evaluate(EvaluateConfig(output=short, target=short))
    assert set(few.expression["r"].values()) == {None}  # type: ignore[union-attr]


@pytest.mark.parametrize("is_late", [False, True])
def test_an_output_of_another_container_is_compared_and_drift_is_told(tmp_path: Path, is_late: bool) -> None:
    target = make_clip(tmp_path / "target.mp4", frames=10)
    times = [i + (is_late and i >= 6) for i in range(9)]  # a frame is lost, and one at the end
    output = make_clip(tmp_path / "output.mkv", pts=times, time_base=Fraction(1, 25), codec="libx265")

    class EverywhereFinder:
        def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
            return ((frame, [performance(frame.index)]) for frame in frames)

    config = EvaluateConfig(output=output, target=target)
    result = run(config, new_finder=EverywhereFinder, embedder=TellingEmbedder())
    assert result.frames == 9
    assert any("ends after 9 frames" in warning for warning in result.warnings)
    assert any("drifts by 40 ms" in warning for warning in result.warnings) == is_late
