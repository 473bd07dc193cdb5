"""What was learnt from drawn masks is kept beside the model, for those masks and weights alone."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from understudy.compositing.segmenter import Segmenter
from understudy.core.events import Event, Notice, Progress, ignore
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.faceset_review import ReviewedFaceset
from understudy.faces.faults import HIDDEN
from understudy.nets.segmenter import OccluderNet
from understudy.training import segmenter as training
from understudy.training.model_folder import load_model
from understudy.workflows import learnt_occluders
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_frames import front_for
from understudy.workflows.learnt_occluders import clear_of, segmenters_of
from understudy.workflows.review import Review
from understudy.workflows.review_face import draw_mask


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps: what is learnt is another test's."""
    config = training.SegmenterConfig(steps=2, batch=2)
    learn = learnt_occluders.train_segmenter
    monkeypatch.setattr(learnt_occluders, "_LEAST_RIGHT", 0.0)
    monkeypatch.setattr(learnt_occluders, "_MOST_WRONG", 1.0)
    monkeypatch.setattr(
        learnt_occluders, "train_segmenter", lambda examples, on_step: learn(examples, config, on_step)
    )


@pytest.fixture
def drawn(facesets: tuple[Path, Path], tmp_path: Path) -> Path:
    """The target's faceset, with a mask on one face."""
    folder = tmp_path / "target"
    shutil.copytree(facesets[1], folder)
    draw(folder, 2)
    return folder


@pytest.fixture
def own(model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "own.model"
    shutil.copytree(model, folder)
    return folder


def draw(folder: Path, number: int, share: float = 0.5) -> None:
    """A mask over the left part of a face's crop."""
    with Faceset.open(folder) as faceset:
        stored = list(faceset.faces("kept"))[number]
    mask = np.zeros((stored.crop_size_px,) * 2, np.uint8)
    mask[:, : round(share * len(mask))] = 255
    review = Review(folder)
    draw_mask(review, stored.id, cv2.imencode(".png", mask)[1].tobytes())
    review.close()


def learnt(own: Path, folder: Path) -> tuple[Mapping[str, Segmenter], list[Event]]:
    events: list[Event] = []
    loaded = load_model(own, bf16=False)
    return segmenters_of(own, loaded.model.eval(), loaded.index, [folder], {}, events.append), events


@pytest.mark.usefixtures("quick")
def test_it_is_learnt_once_and_anew_with_another_mask(own: Path, drawn: Path) -> None:
    first, events = learnt(own, drawn)
    assert list(first) == ["target"]
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.message == "learning from a drawn mask what passes before target"
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 2]
    again, events = learnt(own, drawn)
    assert not events
    weights = zip(first["target"].net.parameters(), again["target"].net.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in weights)
    draw(drawn, 5)
    _, events = learnt(own, drawn)
    assert any("2 drawn masks" in event.message for event in events if isinstance(event, Notice))


def test_what_could_not_be_learnt_is_told_and_not_tried_again(
    own: Path, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn, times = learnt_occluders.train_segmenter, list[int]()

    def badly(examples: Mapping[str, training.Tensors], on_step: object) -> OccluderNet:
        times.append(1)
        return learn(examples, training.SegmenterConfig(steps=1, batch=2))

    monkeypatch.setattr(learnt_occluders, "train_segmenter", badly)
    for _ in range(2):
        found, events = learnt(own, drawn)
        assert found == {}
        warnings = [event.message for event in events if isinstance(event, Notice) and event.is_warning]
        assert warnings == ["what passes before target cannot be told from a drawn mask: it is searched for"]
    assert len(times) == 1


def test_where_nobody_drew_there_is_none(own: Path, facesets: tuple[Path, Path]) -> None:
    assert learnt(own, facesets[1]) == ({}, [])


@pytest.mark.usefixtures("quick")
def test_what_is_damaged_or_of_other_shapes_does_not_count(own: Path, drawn: Path) -> None:
    learnt(own, drawn)
    (file,) = own.glob("occluders_*.safetensors")
    whole, weights = file.read_bytes(), load_file(file)
    index = load_model(own, bf16=False).index
    digest = {"learnt_from": learnt_occluders._digest(index, kept(drawn)), "fits": "yes"}
    save_file(weights, file, digest)
    assert not learnt(own, drawn)[1]  # so it is the digest that it is known by
    name = next(iter(weights))
    for bad in (weights[name][:1], weights[name].half(), torch.full_like(weights[name], float("nan"))):
        save_file({**weights, name: bad.contiguous()}, file, digest)
        assert learnt(own, drawn)[1]
    file.write_bytes(whole[: len(whole) // 2])
    assert learnt(own, drawn)[1]


def kept(folder: Path) -> list[StoredFace]:
    with Faceset.open(folder) as faceset:
        return [face for face in faceset.faces("kept") if face.mask_path is not None]


@pytest.mark.usefixtures("quick")
def test_where_the_model_cannot_be_written_it_is_kept_in_the_cache(
    own: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (own / "occluders_1.safetensors").mkdir()
    assert learnt(own, drawn)[1]
    if sys.platform == "linux":  # other systems have a folder of their own
        assert len(list((tmp_path / "cache" / "understudy" / "occluders").iterdir())) == 1
        assert not learnt(own, drawn)[1]


def test_of_a_mask_beside_the_face_nothing_is_learnt(
    own: Path, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "target"
    shutil.copytree(facesets[1], folder)
    draw(folder, 2, 0.1)
    found, events = learnt(own, folder)
    assert found == {}
    (warning,) = [event for event in events if isinstance(event, Notice) and event.is_warning]
    assert "cannot be told from a drawn mask" in warning.message


@pytest.mark.usefixtures("quick")
def test_a_mask_on_a_face_that_is_too_hidden_to_learn_from_counts(
    own: Path, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "target"
    shutil.copytree(facesets[1], folder)
    draw(folder, 2)
    (one,) = kept(folder)
    with ReviewedFaceset(folder) as faceset:
        faceset.set_state([one.id], "rejected", HIDDEN, by="test")
    assert list(learnt(own, folder)[0]) == ["target"]
    with ReviewedFaceset(folder) as faceset:
        faceset.set_state([one.id], "rejected", "another person", by="test")
    draw(folder, 7)  # else there is nothing at all
    assert any(
        "from a drawn mask" in event.message for event in learnt(own, folder)[1] if isinstance(event, Notice)
    )


@pytest.mark.usefixtures("quick")
def test_conversions_use_it(own: Path, drawn: Path, tmp_path: Path) -> None:
    config = ConvertConfig(target=tmp_path / "a.mp4", model=own, out=tmp_path / "b.mp4", faces=(drawn,))
    loaded = load_model(own, bf16=False)
    front = front_for(config, loaded.model.eval(), loaded.index, ignore)
    assert list(front._segmenters) == ["target"]


def test_faces_near_in_time_to_drawn_ones_are_not_taken_for_clear(drawn: Path) -> None:
    with Faceset.open(drawn) as faceset:
        faces = list(faceset.faces("kept"))
    (one,) = kept(drawn)
    clear = clear_of([one], faces)
    far_s = sorted((abs(face.time_s - one.time_s) for face in faces if face.id != one.id), reverse=True)
    assert len(clear) == max(16, sum(far >= 1 for far in far_s))
    assert sorted((abs(face.time_s - one.time_s) for face in clear), reverse=True) == far_s[: len(clear)]
    elsewhere = [replace(face, source_id=one.source_id + 1) for face in faces]
    assert clear_of([one], elsewhere) == []  # nobody drew anything there: it is not known what hides these
    later = [replace(face, time_s=face.time_s + 60) for face in faces if face.id != one.id]
    assert len(clear_of([one], later)) == min(48, len(later))
