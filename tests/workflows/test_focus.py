"""Which faces are drawn more often: those of the bad moments, and those of the others that do the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from made_facesets import write_faceset
from training.made_samples import made_samples
from understudy.core.errors import ConfigError
from understudy.core.events import Event, Notice
from understudy.faces.expression import EXPRESSION_SIZE
from understudy.faces.face import FaceSquare
from understudy.faces.faceset import Faceset
from understudy.media.footage import sha256_of
from understudy.training import batches
from understudy.training.model_folder import find_generation, load_model
from understudy.training.samples import HOLD_OUT_EVERY
from understudy.workflows import train, training_session
from understudy.workflows.configs import TrainConfig
from understudy.workflows.focus import ALIKE, NEAR_FRAMES, NEAREST, Learnt, check_footage, focused
from understudy.workflows.training_faces import told_focus
from understudy.workflows.worst_list import CHOSEN, WorstList, write_worst
from workflows.made_worst import made_list, write_list

COUNT = 60
SQUARE = FaceSquare(x_px=128, y_px=128, side_px=120, roll_rad=0)
FAR = replace(SQUARE, x_px=128 + 200)


def sha_of(footage: str) -> str:
    """What `write_faceset` says of footage of this name."""
    return f"{sum(footage.encode()):064x}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two people whose mouths open in time, one face a frame."""
    folder = tmp_path_factory.mktemp("focus")
    looks = [{"mouth": 0.001 * i} for i in range(COUNT)]
    return [write_faceset(folder / name, f"{name}.mp4", looks) for name in ("source", "target")]


@pytest.fixture(scope="module")
def identities(folders: list[Path]) -> list[Learnt]:
    rng = np.random.default_rng(3)
    learnt: list[Learnt] = []
    for seed, folder in enumerate(folders):
        with Faceset.open(folder) as faceset:
            samples = made_samples(folder.name, COUNT, seed=seed)
            numbers = rng.normal(size=(COUNT, 2, EXPRESSION_SIZE)).astype(np.float32)
            sources = {source.state.id: source.record.sha256 for source in faceset.sources()}
            learnt.append(
                Learnt(
                    samples=replace(samples, expressions=numbers),
                    faces=list(faceset.faces()),
                    sources=sources,
                )
            )
    return learnt


def test_faces_of_the_moments_and_the_most_alike_of_everybody_else(identities: list[Learnt]) -> None:
    """Oracle: a loop over all faces, one by one."""
    source, target = identities
    worst = made_list([(15, SQUARE), (40, SQUARE)], sha_of("target.mp4"))
    found = focused(identities, worst)
    chosen = found.samples
    assert found.missing == found.lacking == []
    own: set[int] = set()
    alike: set[int] = set()
    for frame in (15, 40):
        learnt = [i for i in range(COUNT) if i % HOLD_OUT_EVERY != HOLD_OUT_EVERY - 1]
        near = sorted(learnt, key=lambda i: (abs(i - frame), i))[:NEAREST]
        assert max(abs(i - frame) for i in near) <= NEAR_FRAMES
        own |= set(near)
        wanted = target.samples.expressions[near[0], 0]

        def unlike(i: int, wanted: np.ndarray = wanted) -> float:
            gaps = [np.abs(source.samples.expressions[i, view] - wanted) for view in (0, 1)]
            return min(sum(g**2 for g in gap[:-2]) + 25 * sum(g**2 for g in gap[-2:]) for gap in gaps)

        alike |= set(sorted(learnt, key=unlike)[:ALIKE])
    assert set(chosen[1].focus.tolist()) == own
    assert set(chosen[0].focus.tolist()) == alike


def test_held_out_faces_stay_held_out(identities: list[Learnt]) -> None:
    worst = made_list([(i, SQUARE) for i in range(COUNT)], sha_of("target.mp4"))
    for samples in focused(identities, worst).samples:
        assert len(samples.focus)
        assert not set(samples.focus.tolist()) & set(samples.held_out.tolist())


def test_a_face_elsewhere_in_the_frame_is_somebody_else(identities: list[Learnt]) -> None:
    both = made_list([(15, SQUARE), (40, FAR)], sha_of("target.mp4"))
    found = focused(identities, both)
    assert found.missing == [40]
    near = found.samples[1].focus
    assert np.abs(near - 15).max() <= NEAR_FRAMES
    with pytest.raises(ConfigError, match="none of the 1 worst frames"):
        focused(identities, made_list([(40, FAR)], sha_of("target.mp4")))


def _turned(one: Learnt, poses_deg: Mapping[int, tuple[float, float]]) -> Learnt:
    faces = list(one.faces)
    for index, pose_deg in poses_deg.items():
        turned = np.array((*pose_deg, 0), np.float32)
        faces[index] = replace(faces[index], face=replace(faces[index].face, pose_deg=turned))
    return replace(one, faces=faces)


def test_a_turn_that_nobody_else_makes_is_told_and_not_drawn(identities: list[Learnt]) -> None:
    source, target = identities
    target = _turned(target, dict.fromkeys(range(30, 50), (-20.0, 8.0)))
    worst = made_list([(15, SQUARE), (40, SQUARE)], sha_of("target.mp4"))
    found = focused([source, target], worst)
    assert (found.missing, found.lacking) == ([], [40])
    alone = focused(identities, made_list([(15, SQUARE)], sha_of("target.mp4"))).samples
    for one, other in zip(found.samples, alone, strict=True):
        np.testing.assert_array_equal(one.focus, other.focus)
    with pytest.raises(ConfigError, match=r"none of the 1 worst frames .* turned .*understudy coverage"):
        focused([source, target], made_list([(40, SQUARE)], sha_of("target.mp4")))


def test_turns_that_nobody_else_makes_are_said(identities: list[Learnt]) -> None:
    source, target = identities
    target = _turned(target, dict.fromkeys(range(30, 50), (-20.0, 8.0)))
    worst = made_list([(12, SQUARE), (41, SQUARE), (40, SQUARE)], sha_of("target.mp4"))
    heard: list[Event] = []
    told_focus([source, target], worst, heard.append)
    said = [event.message for event in heard if isinstance(event, Notice)]
    assert [message for message in said if message.startswith("nobody else turns the head")] == [
        "nobody else turns the head as in these of the worst frames, so they are not trained on "
        '("understudy coverage" says what to film): 40, 41'
    ]


def test_a_turn_that_a_person_chose_is_drawn_of_who_makes_it(identities: list[Learnt]) -> None:
    source, target = identities
    target = _turned(target, dict.fromkeys(range(30, 50), (-20.0, 8.0)))
    listed = made_list([(40, SQUARE)], sha_of("target.mp4"))
    frames = [frame.model_copy(update={"reason": CHOSEN}) for frame in listed.frames]
    found = focused([source, target], listed.model_copy(update={"frames": frames}))
    assert found.lacking == []
    assert found.samples[0].focus.tolist() == []
    near = found.samples[1].focus
    assert len(near) == NEAREST
    assert np.abs(near - 40).max() <= NEAR_FRAMES


@pytest.mark.parametrize(
    ("yaw_deg", "faces", "is_lacking"),
    [(-11.0, 3, False), (11.0, 3, False), (-11.0, 2, True), (-9.0, 3, True)],
    ids=["near", "near in a mirror", "too few", "not near"],
)
def test_what_a_few_faces_near_are_enough_for(
    identities: list[Learnt], yaw_deg: float, faces: int, is_lacking: bool
) -> None:
    source, target = identities
    source = _turned(source, dict.fromkeys(range(20, 20 + faces), (yaw_deg, 8.0)))
    target = _turned(target, dict.fromkeys(range(30, 50), (-20.0, 8.0)))
    worst = made_list([(15, SQUARE), (40, SQUARE)], sha_of("target.mp4"))
    assert focused([source, target], worst).lacking == ([40] if is_lacking else [])


def test_each_of_several_is_asked_for_the_turn(identities: list[Learnt]) -> None:
    """Who turns the head like that learns from it; who does not is left alone."""
    source, target = identities
    able = _turned(source, dict.fromkeys(range(20, 30), (-20.0, 8.0)))
    target = _turned(target, dict.fromkeys(range(30, 50), (-20.0, 8.0)))
    found = focused([source, target, able], made_list([(40, SQUARE)], sha_of("target.mp4")))
    assert found.lacking == []
    assert [len(one.focus) > 0 for one in found.samples] == [False, True, True]


def test_moments_that_no_face_is_of(identities: list[Learnt], folders: list[Path]) -> None:
    late = made_list([(COUNT + NEAR_FRAMES, SQUARE)], sha_of("target.mp4"))
    check_footage(late, folders)
    with pytest.raises(ConfigError, match=r"within 6 frames: extract all"):
        focused(identities, late)
    with pytest.raises(ConfigError, match=r"no faceset holds faces of that footage: extract it"):
        check_footage(made_list([(3, SQUARE)], sha_of("other.mp4")), folders)
    with pytest.raises(ConfigError, match=r"nothing to focus on: leave out --focus"):
        check_footage(made_list([], sha_of("target.mp4")), folders)


@pytest.fixture
def worst(clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path) -> Path:
    """Two frames of the short clip, in which the source turns the head alike."""
    with Faceset.open(facesets[1]) as faceset:
        faces = {face.frame_index: face.square for face in faceset.faces()}
    return write_list(
        tmp_path / "worst", made_list([(i, faces[i]) for i in (30, 42)], sha256_of(clips["target"]))
    )


def _stop_at(step: int) -> Callable[[object], None]:
    def interrupt(event: object) -> None:
        if getattr(event, "stage", "") == "train" and getattr(event, "done", 0) >= step:
            raise KeyboardInterrupt

    return interrupt


def _state(folder: Path) -> tuple[object, ...]:
    index = find_generation(folder).index
    return index.weights_sha256, index.optimizer_sha256, index.step, index.loss


def test_a_stopped_run_with_a_focus_ends_like_an_undisturbed_one(
    facesets: tuple[Path, Path], worst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = TrainConfig(facesets=facesets, model=tmp_path / "plain", batch=2, seed=3, steps=6)
    whole = replace(plain, model=tmp_path / "whole", focus=worst)
    stopped = replace(whole, model=tmp_path / "stopped")
    train.run(plain)
    train.run(whole)
    with monkeypatch.context() as patch:
        patch.setattr(training_session, "READ_EVERY", 1)
        assert train.run(stopped, _stop_at(3)).interrupted
    # the list may have been moved meanwhile
    train.run(replace(stopped, focus=worst.rename(tmp_path / "moved.json")))
    assert _state(tmp_path / "whole") == _state(tmp_path / "stopped") != _state(tmp_path / "plain")
    assert "focus" not in find_generation(tmp_path / "plain").index.settings
    again = replace(plain, resume=True, steps=2, focus=tmp_path / "moved.json")
    assert train.run(again).steps == 8  # a model that was trained without is trained further with it


def test_two_processes_draw_the_faces_of_one(
    facesets: tuple[Path, Path], worst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(train, "has_fast_bf16", lambda _: False)
    shared = TrainConfig(facesets=facesets, model=tmp_path / "two", steps=4, batch=4, devices=2, focus=worst)
    alone = replace(shared, model=tmp_path / "parts", batch=2, accumulate=2, devices=1)
    weights = []
    for config in (shared, alone, replace(alone, model=tmp_path / "plain", focus=None)):
        train.run(config)
        weights.append(load_model(config.model, bf16=False).model.state_dict())
    torch.set_num_threads(threads)
    two, parts, plain = weights
    assert all(torch.equal(value, parts[name]) for name, value in two.items())
    assert any(not torch.equal(value, plain[name]) for name, value in two.items())


def test_training_draws_the_faces_of_the_list(
    facesets: tuple[Path, Path], worst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []
    drawn = batches._drawn

    def noted(samples: object, size: int, rng: object) -> np.ndarray:
        chosen = drawn(samples, size, rng)  # type: ignore[arg-type]
        seen.append(chosen.tolist())
        return chosen

    monkeypatch.setattr(batches, "_drawn", noted)
    events: list[Event] = []
    config = TrainConfig(facesets=facesets, model=tmp_path / "m", steps=24, batch=8, focus=worst)
    train.run(config, events.append)
    said = [event.message for event in events if isinstance(event, Notice)]
    assert any(
        message.startswith("drawn more often: ") and "8 faces of target" in message for message in said
    )
    near = {i for i in range(48) if min(abs(i - 30), abs(i - 42)) <= 3}
    of_target = [index for step in seen[1::2] for index in step]
    assert sum(index in near for index in of_target) / len(of_target) > 0.38  # 0.28 without, 0.46 is wanted


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot read .*worst.json"), ("[]", "no list of worst frames"), ("other", "no faceset holds")],
)
def test_a_wrong_list_is_told_before_anything_is_made(
    facesets: tuple[Path, Path], tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "worst.json"
    if content == "other":
        write_list(tmp_path, made_list([(1, SQUARE)], "0" * 64))
    elif content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=said):
        train.run(TrainConfig(facesets=facesets, model=tmp_path / "m", steps=2, focus=file))
    assert not (tmp_path / "m").exists()


def test_what_a_swap_writes_is_what_training_takes(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    """From figures to faces: the list is of the footage that the faceset knows."""
    from fractions import Fraction

    from understudy.measure.frame_quality import FrameQuality

    with Faceset.open(facesets[1]) as faceset:
        faces = list(faceset.faces())
    known = [
        FrameQuality(
            frame_index=face.frame_index,
            time_s=face.time_s,
            face_px=(face.square.x_px, face.square.y_px, face.square.side_px, face.square.roll_rad),
            figures={"seam": 9.0 if face.time_s == Fraction(20, 25) else 1.0 + 0.1 * (face.frame_index % 3)},
        )
        for face in faces
    ]
    worst: WorstList = write_worst(
        tmp_path, known, target=clips["target"], output=clips["target"], marks=None, count=1
    )
    check_footage(worst, facesets)
    assert [one.frame for one in worst.frames] == [20]
