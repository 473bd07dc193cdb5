"""How well people are usually drawn is learnt when training ends, and counts for those weights alone."""

import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from understudy.training.model_folder import find_generation, load_model, save_best
from understudy.workflows.usual_faces import keep_tolerances_of_best, kept_tolerances, tolerances_of


def test_training_keeps_what_facesets_would_tell(model: Path, facesets: tuple[Path, Path]) -> None:
    loaded = load_model(model, bf16=False)
    kept = kept_tolerances(model, loaded.index)
    told = tolerances_of(loaded.model.eval(), facesets)
    assert set(kept) == {"source", "target"} == set(told)
    for name, tolerance in kept.items():
        assert np.abs(tolerance.usual / told[name].usual - 1).max() < 0.2  # learnt in bfloat16


def test_the_best_weights_have_their_own(model: Path, facesets: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    index = find_generation(copy).index
    best = find_generation(copy / "best").index
    assert set(kept_tolerances(copy / "best", best)) == {"source", "target"}
    # of other weights than the last ones, and after those
    other = load_model(copy, bf16=False)
    with torch.no_grad():
        for value in other.model.parameters():
            value.mul_(0.9)
    save_best(copy, other.model, best)
    best = find_generation(copy / "best").index
    assert kept_tolerances(copy / "best", best) == {}
    loaded = load_model(copy, bf16=False)
    keep_tolerances_of_best(copy, loaded.model, index, facesets)
    told, kept = tolerances_of(other.model.eval(), facesets), kept_tolerances(copy / "best", best)
    for name, tolerance in kept_tolerances(copy, index).items():
        assert np.abs(kept[name].usual / told[name].usual - 1).max() < 1e-4
        assert np.abs(kept[name].usual / tolerance.usual - 1).max() > 0.1


def test_what_is_of_other_weights_or_damaged_does_not_count(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    index = find_generation(copy).index
    file = copy / "usual.safetensors"
    assert kept_tolerances(copy, index)
    assert kept_tolerances(copy, index.model_copy(update={"weights_sha256": "0" * 64})) == {}
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert kept_tolerances(copy, index) == {}
    small = {"source": np.ones((8, 8, 3), np.float32), "target": np.full((64, 64, 3), np.nan, np.float32)}
    save_file(small, file, {"weights_sha256": index.weights_sha256})
    assert kept_tolerances(copy, index) == {}
    deep = {"source": torch.ones(64, 64, 3, dtype=torch.bfloat16)}
    save_torch(deep, file, {"weights_sha256": index.weights_sha256})
    assert kept_tolerances(copy, index) == {}
    file.unlink()
    assert kept_tolerances(copy, index) == {}
