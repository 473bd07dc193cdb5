"""Models of many people, people who join one, and encoders that are handed on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from understudy.core.errors import ConfigError, ModelError, UnderstudyError
from understudy.core.files import sha256_of_file
from understudy.training.base import start_from_base
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import find_generation, load_model, save_index
from understudy.workflows import train, training_session
from understudy.workflows.configs import TrainConfig, TrainResult
from understudy.workflows.report_facts import settings_of

pytestmark = pytest.mark.usefixtures("quick_training")

Weights = dict[str, torch.Tensor]
FACES = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8)


@pytest.fixture(scope="module")
def people(few_faces: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Facesets of 17 people, who look alike in twos."""
    folder = tmp_path_factory.mktemp("people")
    for number in range(17):
        own = folder / f"p{number}"
        shutil.copytree(few_faces[number % 2], own)
        with closing(sqlite3.connect(own / "faces.sqlite")) as database, database:
            renamed = database.execute(
                "UPDATE meta SET value = ? WHERE value IN ('source', 'target')", (own.name,)
            ).rowcount
        assert renamed == 1
    return [folder / f"p{number}" for number in range(17)]


@pytest.fixture(scope="module")
def two(people: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the first two; copy it to change it."""
    folder = tmp_path_factory.mktemp("two") / "m"
    trained(people[:2], folder)
    return folder


@pytest.fixture(scope="module")
def three(people: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainResult]:
    """A model of the first three, of four steps; copy it to change it."""
    folder = tmp_path_factory.mktemp("three") / "m"
    return folder, trained(people[:3], folder, steps=4)


def copied(model: Path, folder: Path) -> Path:
    return Path(shutil.copytree(model, folder))


def trained(facesets: Sequence[Path], model: Path, **settings: object) -> TrainResult:
    """Train with one face a step."""
    chosen = {"steps": 2, "batch": 1} | settings
    return train.run(TrainConfig(facesets=tuple(facesets), model=model, **chosen))  # type: ignore[arg-type]


def killed_at_the_first_step(facesets: Sequence[Path], model: Path, **settings: object) -> None:
    """Train until the first step, before which a whole model is saved."""

    def is_killed(*_: object) -> torch.Tensor:
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", is_killed)
        with pytest.raises(OSError, match="killed"):
            trained(facesets, model, **settings)


def loaded(folder: Path) -> Model:
    return load_model(folder, bf16=False).model


def encoder_of(folder: Path) -> Weights:
    return dict(loaded(folder).encoder.state_dict())


def moved(before: Weights, after: Weights) -> float:
    """How far weights have moved, as the mean over all numbers."""
    return float(torch.cat([(after[name] - value).abs().flatten() for name, value in before.items()]).mean())


def networks_moved(before: Model, after: Model) -> list[float]:
    """How far each network has moved: the encoder, then the decoders."""
    pairs = zip([before.encoder, *before.decoders], [after.encoder, *after.decoders], strict=True)
    return [moved(dict(old.state_dict()), dict(new.state_dict())) for old, new in pairs]


def stopped_after(step: int) -> Callable[[object], None]:
    def interrupt(event: object) -> None:
        if getattr(event, "stage", "") == "train" and getattr(event, "done", 0) >= step:
            raise KeyboardInterrupt

    return interrupt


def test_sixteen_people_are_trained_and_seventeen_are_too_many(people: list[Path], tmp_path: Path) -> None:
    base = Model("tiny", ["a"], bf16=False)
    start_from_base(base)
    before = dict(base.decoders[0].state_dict())
    result = trained(people[:16], tmp_path / "m", steps=1)
    assert list(result.validation["ssim_in_mask"]) == [f"p{number}" for number in range(16)]
    after = loaded(tmp_path / "m").decoders
    assert len(after) == 16
    assert all(moved(before, dict(decoder.state_dict())) > 0 for decoder in after)
    said = r"^17 facesets given, a model holds 16 people at most: leave some out, or train two models$"
    with pytest.raises(ConfigError, match=said):
        trained(people, tmp_path / "many")
    with pytest.raises(ConfigError, match="17 facesets given"):  # nor one after the other
        trained(people, tmp_path / "m", resume=True)
    assert not (tmp_path / "many").exists()


def test_a_fourth_joins_and_the_first_three_are_as_they_were(
    people: list[Path], three: tuple[Path, TrainResult], tmp_path: Path
) -> None:
    folder, before = copied(three[0], tmp_path / "m"), three[1]
    first = loaded(folder)
    killed_at_the_first_step(people[:4], folder, resume=True)
    four = loaded(folder)
    for number in range(3):
        old, new = (model.decoders[number].state_dict() for model in (first, four))
        assert all(torch.equal(value, new[name]) for name, value in old.items())
        for drawn, as_before in zip(
            four.draw(FACES, f"p{number}"), first.draw(FACES, f"p{number}"), strict=True
        ):
            assert (drawn == as_before).all()
    assert all(
        torch.equal(value, encoder_of(folder)[name]) for name, value in first.encoder.state_dict().items()
    )
    by: dict[str | None, list[float]] = {}
    for encoder in (None, "trained", "frozen"):
        own = tmp_path / f"{encoder}"
        shutil.copytree(folder, own)
        figures = trained(people[:4], own, resume=True, encoder=encoder, steps=5).validation["ssim_in_mask"]
        assert list(figures) == ["p0", "p1", "p2", "p3"]
        assert all(figures[name] > ssim - 0.005 for name, ssim in before.validation["ssim_in_mask"].items())
        by[encoder] = networks_moved(four, loaded(own))
    usual, trained_too, frozen = by[None], by["trained"], by["frozen"]
    for number in range(4):  # the encoder and the decoders of the three: by itself all this is slow
        assert 0.05 * trained_too[number] < usual[number] < 0.2 * trained_too[number]
    for rates in (usual, frozen):  # who joins is not
        assert 0.8 * trained_too[4] < rates[4] < 1.25 * trained_too[4]
    assert frozen[0] == 0
    assert frozen[1:4] == pytest.approx(usual[1:4], rel=0.3)
    # once the fourth is one of them, all learn alike
    fourth = loaded(tmp_path / "None")
    trained(people[:4], tmp_path / "None", resume=True, steps=5)
    assert networks_moved(fourth, loaded(tmp_path / "None")) == pytest.approx(trained_too, rel=0.5)


def test_a_slow_encoder_moves_less_but_moves(people: list[Path], two: Path, tmp_path: Path) -> None:
    start, by = encoder_of(two), {}
    for encoder in ("trained", "slow", "frozen"):
        trained(people[:2], copied(two, tmp_path / encoder), resume=True, encoder=encoder, steps=4)
        by[encoder] = moved(start, encoder_of(tmp_path / encoder))
    assert by["frozen"] == 0
    assert 0.05 * by["trained"] < by["slow"] < 0.2 * by["trained"]
    trained(people[:2], tmp_path / "slow", resume=True, steps=4)  # and can be let go again
    assert moved(start, encoder_of(tmp_path / "slow")) > 2 * by["slow"]


@pytest.mark.parametrize(("count", "encoder"), [(2, "slow"), (3, None)])  # two go on; a third joins
def test_a_stopped_slow_run_ends_like_an_undisturbed_one(
    count: int,
    encoder: str | None,
    people: list[Path],
    two: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_session, "READ_EVERY", 1)
    for name in ("whole", "stopped"):
        copied(two, tmp_path / name)
    settings = {"resume": True, "encoder": encoder, "steps": 6}
    trained(people[:count], tmp_path / "whole", **settings)
    config = TrainConfig(
        facesets=tuple(people[:count]), model=tmp_path / "stopped", batch=1, **settings  # type: ignore[arg-type]
    )  # fmt: skip
    assert train.run(config, stopped_after(3)).interrupted
    assert find_generation(tmp_path / "stopped").index.step == 5
    assert train.run(config).steps == 8
    whole, stopped = (find_generation(tmp_path / name).index for name in ("whole", "stopped"))
    assert whole.weights_sha256 == stopped.weights_sha256
    assert whole.optimizer_sha256 == stopped.optimizer_sha256


def test_a_model_starts_from_anothers_encoder(
    people: list[Path], three: tuple[Path, TrainResult], tmp_path: Path
) -> None:
    known, new = copied(three[0], tmp_path / "known"), tmp_path / "new"
    theirs, saved = encoder_of(known), find_generation(known).index.weights_sha256
    killed_at_the_first_step(people[3:5], new, from_model=known)
    started = loaded(new)
    assert started.identities == ("p3", "p4")
    assert all(torch.equal(value, theirs[name]) for name, value in started.encoder.state_dict().items())
    killed_at_the_first_step(people[3:5], tmp_path / "base")
    base = loaded(tmp_path / "base")
    assert moved(theirs, dict(base.encoder.state_dict())) > 0
    for own, usual in zip(started.decoders, base.decoders, strict=True):
        assert all(torch.equal(value, usual.state_dict()[name]) for name, value in own.state_dict().items())
    # what was stopped goes on with its own encoder, wherever the other model is by then
    known.rename(tmp_path / "moved")
    trained(people[3:5], new, from_model=known)
    assert moved(theirs, encoder_of(new)) > 0
    origin = find_generation(new).index.encoder_from
    assert origin is not None
    assert (origin.folder, origin.step, origin.weights_sha256) == (str(known), 4, saved)
    assert origin.identities == ["p0", "p1", "p2"]
    assert find_generation(tmp_path / "moved").index.weights_sha256 == saved
    # it is known of who comes after, too, and stays known when training goes on
    trained(people[5:7], tmp_path / "third", from_model=new, encoder="frozen")
    assert moved(encoder_of(new), encoder_of(tmp_path / "third")) == 0
    result = trained(people[5:7], tmp_path / "third", resume=True)
    later = find_generation(tmp_path / "third").index.encoder_from
    assert later is not None
    assert later.identities == ["p3", "p4", "p0", "p1", "p2"]
    assert "which learnt from p3, p4, p0, p1, p2" in repr(settings_of(result))


def test_another_run_is_told_from_one_of_another_encoder(
    people: list[Path], two: Path, tmp_path: Path
) -> None:
    killed_at_the_first_step(people[:2], tmp_path / "m", from_model=two)
    with pytest.raises(ModelError, match="holds a model already"):
        trained(people[:2], tmp_path / "m")


def refused(people: list[Path], model: Path, **settings: object) -> str:
    with pytest.raises(UnderstudyError) as caught:
        trained(people[:2], model, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_encoder_that_does_not_fit_is_refused(people: list[Path], two: Path, tmp_path: Path) -> None:
    known, new = copied(two, tmp_path / "known"), tmp_path / "new"
    assert "of the preset tiny, it does not fit standard: give the preset tiny" in refused(
        people, new, from_model=known, preset="standard"
    )
    assert f"{tmp_path / 'none'} holds no model" in refused(people, new, from_model=tmp_path / "none")
    assert "holds no model" in refused(people, new, from_model=people[0])
    assert "has an encoder of its own: leave out --from-model" in refused(
        people, known, from_model=known, resume=True
    )
    for encoder in ("slow", "frozen"):
        assert f"leave out the {encoder} encoder" in refused(people, new, encoder=encoder)
    weights, index = known / "weights.safetensors", find_generation(known).index
    tensors = load_file(weights)
    name = next(name for name, value in tensors.items() if name.startswith("encoder.") and value.dim() == 4)
    save_file(tensors | {name: tensors[name][1:].contiguous()}, weights)
    save_index(known, index.model_copy(update={"weights_sha256": sha256_of_file(weights)}))
    assert "weights.safetensors does not fit the architecture 'tiny'" in refused(
        people, new, from_model=known
    )
    assert not new.exists()
