"""Steps that a GPU repeats by itself; what needs one is skipped elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from training.made_presets import SMALL_PRESETS
from training.made_samples import made_samples
from understudy.nets.presets import PRESETS
from understudy.training.batches import batches
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import load_model, load_optimizer, save_index, save_model
from understudy.training.model_index import IdentityEntry, ModelIndex

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="CUDA graphs are recorded by a CUDA GPU only"
)
NAMES = ("a", "b")
LATER = ("critic", "known")  # what models of earlier versions lack


def losses(trainer: Trainer, steps: int) -> list[float]:
    """Of some steps, the critic heard in the last third."""
    faces = [made_samples(name, 20, trainer.model.preset.size_px) for name in NAMES]
    made = batches(faces, 4, 7, 0, device=trainer.model.device)
    told: list[torch.Tensor] = []
    for number, batch in zip(range(steps), made, strict=False):
        trainer.follow(number / steps)
        told.append(trainer.step(batch, 1.0, number))
    return torch.stack(told).tolist()


def trainer(preset: str, device: str, *, recorded: bool = True) -> Trainer:
    torch.manual_seed(3)
    model = Model(preset, NAMES, bf16=False)
    if model.preset.doublings:
        model.grow(0)
    losses = {"adversarial": 0.1} if model.preset.has_critic else {}
    made = Trainer(model.to(device), 5, losses=losses)
    if not recorded:
        made._recorded = None
    return made


@needs_gpu
@pytest.mark.parametrize("preset", ["standard", "high"])
def test_recorded_steps_are_the_computed_ones(preset: str) -> None:
    torch.backends.cudnn.deterministic = True
    assert losses(trainer(preset, "cuda"), 40) == pytest.approx(
        losses(trainer(preset, "cuda", recorded=False), 40), abs=1e-4
    )


@needs_gpu
def test_a_gpu_takes_the_processors_steps() -> None:
    assert losses(trainer("tiny", "cuda"), 12) == pytest.approx(losses(trainer("tiny", "cpu"), 12), rel=0.01)


@needs_gpu
def test_what_a_gpu_saved_goes_on_on_a_processor(tmp_path: Path) -> None:
    made = trainer("tiny", "cuda")
    losses(made, 12)
    entries = [IdentityEntry(name=name, faceset_digest="", faces=4) for name in NAMES]
    index = save_model(tmp_path, made.model, made.optimizer, ModelIndex(preset="tiny", identities=entries))
    there = Trainer(load_model(tmp_path, bf16=False).model, 5)
    assert load_optimizer(tmp_path, there.optimizer, index)
    assert losses(there, 3)[0] < 2


def test_a_restored_optimizer_keeps_the_settings_of_where_it_is(tmp_path: Path) -> None:
    """A state from a GPU says that steps are recorded, which a processor cannot do."""
    made = trainer("tiny", "cpu")
    losses(made, 2)
    for group in made.optimizer.param_groups:
        group["capturable"], group["lr"] = True, torch.tensor(9.0)
    entries = [IdentityEntry(name=name, faceset_digest="", faces=4) for name in NAMES]
    index = save_model(tmp_path, made.model, made.optimizer, ModelIndex(preset="tiny", identities=entries))
    there = trainer("tiny", "cpu")
    assert load_optimizer(tmp_path, there.optimizer, index)
    assert not any(group["capturable"] for group in there.optimizer.param_groups)
    assert there.optimizer.state_dict()["state"].keys() == made.optimizer.state_dict()["state"].keys()
    losses(there, 2)


def test_a_state_from_before_there_was_a_critic_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, "seedling", SMALL_PRESETS["seedling"])
    made = trainer("seedling", "cpu")
    losses(made, 1)
    del made.optimizer.param_groups[-1]
    entries = [IdentityEntry(name=name, faceset_digest="", faces=4) for name in NAMES]
    index = save_model(
        tmp_path, made.model, made.optimizer, ModelIndex(preset="seedling", identities=entries)
    )
    weights = tmp_path / "weights.safetensors"
    kept = {name: value for name, value in load_file(weights).items() if name.split(".")[0] not in LATER}
    save_file(kept, weights)
    index = index.model_copy(update={"weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest()})
    save_index(tmp_path, index)

    loaded = load_model(tmp_path, bf16=False).model
    assert loaded.known is not None
    assert not loaded.known.faces.any()
    there = Trainer(loaded, 5, losses={"adversarial": 0.1})
    assert load_optimizer(tmp_path, there.optimizer, index)
    there.heard = 1.0
    faces = [made_samples(name, 20, loaded.preset.size_px) for name in NAMES]
    there.step(next(batches(faces, 1, 7, 0)), 1.0, 1)
    assert there.is_sound()
