"""A model on disk: saved whole or not at all, the last good one kept, nothing pickled trusted."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from understudy.core.errors import ModelError
from understudy.core.files import replace_atomically, sha256_of_file, write_atomically
from understudy.nets.presets import PRESETS
from understudy.training.loss_watch import LossState
from understudy.training.model import Model

FORMAT = 1
_INDEX, _WEIGHTS, _OPTIMIZER = "model.json", "weights.safetensors", "optimizer.pt"
# what torch and an optimizer raise at files that hold something else, or code to run
_NOT_A_STATE = (
    pickle.UnpicklingError, AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class IdentityEntry(BaseModel):
    """One identity of a model.

    Args:
        name: of the identity.
        faceset_digest: content digest of the faceset it was trained on.
        faces: how many faces that were.
        mean_identity: mean identity vector, 128 numbers, None where unknown.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    faceset_digest: str
    faces: int
    mean_identity: list[float] | None = None


class Budget(BaseModel):
    """How long the model is trained for at present; a stopped run goes on with what is left of it.

    Args:
        seconds: wall time, or None.
        steps: optimizer steps, or None; one of both is given.
        first_step: step of the model at which this budget began.
        spent_s: wall time spent of it.
        finished: whether it is used up.
    """

    model_config = ConfigDict(extra="forbid")
    seconds: float | None = None
    steps: int | None = None
    first_step: int = 0
    spent_s: float = 0.0
    finished: bool = False


class ModelIndex(BaseModel):
    """What `model.json` says; it comes from outside, so it is checked.

    Args:
        format: version of the folder's layout.
        preset: architecture.
        identities: in the order of the decoders.
        settings: resolved settings of the last run.
        versions: of what made it.
        step: optimizer steps done.
        seconds: wall time trained.
        seed: with `step`, the state of every random choice: batch n depends on both alone.
        budget: of the last run.
        loss: what is remembered of the losses.
        rollbacks: how often training broke down and went back; batches and noise depend on it, too.
        rate_factor: of the learning rate, lowered at each of these.
        history: one entry a validation.
        weights_sha256: of the weights file that belongs to this index.
        optimizer_sha256: likewise.
    """

    model_config = ConfigDict(extra="forbid")
    format: int = FORMAT
    preset: str
    identities: list[IdentityEntry] = Field(min_length=1)
    settings: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    step: int = 0
    seconds: float = 0.0
    seed: int = 0
    budget: Budget = Field(default_factory=Budget)
    loss: LossState = Field(default_factory=LossState)
    rollbacks: int = 0
    rate_factor: float = 1.0
    history: list[dict[str, Any]] = Field(default_factory=list)
    weights_sha256: str = ""
    optimizer_sha256: str = ""


@dataclass(kw_only=True)
class LoadedModel:
    """A model as it came from disk.

    Args:
        model: the networks.
        index: what is known of them.
        warnings: what was wrong and how it was helped.
    """

    model: Model
    index: ModelIndex
    warnings: list[str] = field(default_factory=list[str])


def holds_model(folder: Path) -> bool:
    """Whether a model was saved there."""
    return any(path.exists() for path in _places(folder / _INDEX))


def save_model(folder: Path, model: Model, optimizer: torch.optim.Optimizer, index: ModelIndex) -> ModelIndex:
    """Save weights, optimizer and index; the generation before stays beside them.

    Kills at any moments leave at least one generation whole: the index names its files by digest, is
    written last, and the files of the one before are renamed, not overwritten.

    Raises:
        UnderstudyError: the folder cannot be written or the disk is full.
    """
    weights = save_tensors({name: value.contiguous() for name, value in model.state_dict().items()})
    buffer = io.BytesIO()
    torch.save(optimizer.state_dict(), buffer)
    contents = {_WEIGHTS: weights, _OPTIMIZER: buffer.getvalue()}
    saved = index.model_copy(
        update={
            "weights_sha256": hashlib.sha256(contents[_WEIGHTS]).hexdigest(),
            "optimizer_sha256": hashlib.sha256(contents[_OPTIMIZER]).hexdigest(),
        }
    )
    contents[_INDEX] = _as_json(saved)
    _move_up(folder)
    # everything new is on the disk before anything old moves
    for name, data in contents.items():
        write_atomically(_next(folder / name), data)
    _move_up(folder)
    return saved


def save_index(folder: Path, index: ModelIndex) -> None:
    """Save what is known of weights that are saved already; `index` names them.

    Raises:
        UnderstudyError: the folder cannot be written or the disk is full; what was saved is intact.
    """
    _move_up(folder)
    write_atomically(folder / _INDEX, _as_json(index))


def _as_json(index: ModelIndex) -> bytes:
    return json.dumps(index.model_dump(), indent=1).encode()


def _move_up(folder: Path) -> None:
    """Give a save that is written its final names, and the one before theirs.

    A kill may have left that undone. Were the next save written over such files, they might be
    the only whole ones.
    """
    if not _next(folder / _INDEX).exists():
        return
    for name in (_WEIGHTS, _OPTIMIZER, _INDEX):
        if not _next(folder / name).exists():
            continue
        if (folder / name).exists():
            replace_atomically(folder / name, _previous(folder / name))
        replace_atomically(_next(folder / name), folder / name)


def load_model(folder: Path, *, bf16: bool) -> LoadedModel:
    """Load the newest generation that is whole.

    Args:
        folder: of the model.
        bf16: see `Model`.

    Raises:
        ModelError: there is no model, or no generation of it is whole.
    """
    found = find_generation(folder)
    index = found.index
    model = Model(index.preset, [entry.name for entry in index.identities], bf16=bf16)
    load_weights(model, found.weights)
    return LoadedModel(model=model, index=index, warnings=found.warnings)


def load_weights(model: Model, path: Path) -> None:
    """Put saved weights into a model.

    Raises:
        ModelError: they do not fit.
    """
    try:
        model.load_state_dict(load_tensors(path.read_bytes()))
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(
            f"{path} does not fit the architecture {model.preset_name!r}",
            "it was saved by another version: train it again",
        ) from error


def load_optimizer(folder: Path, optimizer: torch.optim.Optimizer, index: ModelIndex) -> bool:
    """Put the saved state into an optimizer; False where the file is not there or not the one meant.

    Raises:
        ModelError: the file holds something else than the state of such an optimizer.
    """
    for path in _places(folder / _OPTIMIZER):
        if path.exists() and sha256_of_file(path) == index.optimizer_sha256:
            try:
                optimizer.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
            except _NOT_A_STATE as error:
                raise ModelError(
                    f"{path} holds no state of this model's optimizer",
                    "delete it: training then goes on with a fresh one",
                ) from error
            return True
    return False


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One save that is whole: its index and the weights file that belongs to it."""

    index: ModelIndex
    weights: Path
    warnings: list[str]


def find_generation(folder: Path) -> Generation:
    """The newest save whose weights are those its index names.

    Raises:
        ModelError: see `load_model`.
    """
    if not folder.is_dir() or not holds_model(folder):
        raise ModelError(
            f"{folder} holds no model", "train one first: understudy train FACESET FACESET --model M"
        )
    problems: list[str] = []
    for index_path in _places(folder / _INDEX):
        if not index_path.exists():
            continue
        data = index_path.read_bytes()
        if (found_format := _format_of(data)) != FORMAT:
            raise _another_version(f"{folder} is of format {found_format}, this version reads {FORMAT}")
        try:
            index = ModelIndex.model_validate_json(data)
        except ValidationError as error:
            problems.append(f"{index_path.name} is damaged ({error.error_count()} errors)")
            continue
        if index.preset not in PRESETS:
            raise _another_version(f"{folder} is of architecture {index.preset!r}")
        for weights in _places(folder / _WEIGHTS):
            if weights.exists() and sha256_of_file(weights) == index.weights_sha256:
                warnings = [f"{folder}: {p}; went back to step {index.step}" for p in problems]
                return Generation(index=index, weights=weights, warnings=warnings)
        problems.append(f"the weights of step {index.step} are missing or damaged")
    raise ModelError(f"{folder} has no save that is whole ({'; '.join(problems)})", "train it again")


def _format_of(data: bytes) -> int:
    """The format that an index says it has, whatever else it holds; this version's where it says none."""
    try:
        content = json.loads(data)
    except ValueError:
        return FORMAT
    found = content.get("format") if isinstance(content, dict) else None
    return found if isinstance(found, int) else FORMAT


def _another_version(what: str) -> ModelError:
    return ModelError(what, "it was made by another version of understudy: use that one, or train again")


def _places(path: Path) -> tuple[Path, Path, Path]:
    """Where a file of the model may lie, the newest first."""
    return _next(path), path, _previous(path)


def _previous(path: Path) -> Path:
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def _next(path: Path) -> Path:
    return path.with_name(f"{path.stem}.next{path.suffix}")
