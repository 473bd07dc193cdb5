"""A model on disk: saved whole or not at all, the last good one kept, nothing pickled trusted."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from understudy.core.bounded import parse_json, read_bounded, short
from understudy.core.errors import ModelError, UnderstudyError
from understudy.core.files import replace_atomically, sha256_of_file, write_atomically
from understudy.nets.counts import decoder_parameters
from understudy.nets.presets import PRESETS
from understudy.training.adam import AdamW
from understudy.training.model import Model
from understudy.training.model_index import FORMAT, Best, ModelIndex
from understudy.training.optimizer_state import NOT_A_STATE, restore

GENERATIONS_KEPT = 2  # the newest save and those before it
BEST = "best"  # the folder, inside the model's, of the weights that validated best
_INNER = (BEST, "previews")  # folders inside the model's
_LARGEST_INDEX_BYTES, _HEADER_BYTES = 64 << 20, 16 << 20
_MOST_FORMAT = 1 << 31
_INDEX, _WEIGHTS, _OPTIMIZER = "model.json", "weights.safetensors", "optimizer.pt"
_LIMITS = ("known.lowest", "known.highest")
_LATER = ("critic.", "known.")  # begin the names of what models have since this version


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


def save_model(folder: Path, model: Model, optimizer: AdamW, index: ModelIndex) -> ModelIndex:
    """Save weights, optimizer and index; the generation before stays beside them.

    Kills at any moments leave at least one generation whole: the index names its files by digest, is
    written last, and the files of the one before are renamed, not overwritten.

    Returns:
        The index, which names what was saved.

    Raises:
        UnderstudyError: the folder cannot be written or the disk is full; what was saved is intact.
    """
    buffer = io.BytesIO()
    torch.save(optimizer.state_dict(), buffer)
    contents = {_WEIGHTS: _weights_of(model), _OPTIMIZER: buffer.getvalue()}
    return _save_generation(folder, contents, index, GENERATIONS_KEPT)


def save_best(folder: Path, model: Model, index: ModelIndex) -> None:
    """Keep weights and index aside as the best so far, in a folder that can be loaded like the model's.

    Raises:
        UnderstudyError: the folder cannot be written or the disk is full; the best before is intact.
    """
    _save_generation(folder / BEST, {_WEIGHTS: _weights_of(model)}, index, kept=1)


def best_of(folder: Path, index: ModelIndex) -> Best | None:
    """What the weights that are kept as the best reached; None where there are none that are whole.

    Args:
        folder: of the model.
        index: of the model; a best that is of other identities does not count.
    """
    try:
        kept = find_generation(folder / BEST).index
    except ModelError:
        return None
    alike = [entry.name for entry in kept.identities] == [entry.name for entry in index.identities]
    return kept.best if alike else None


def save_index(folder: Path, index: ModelIndex) -> None:
    """Save what is known of weights that are saved already; `index` names them.

    Raises:
        UnderstudyError: the folder cannot be written or the disk is full; what was saved is intact.
    """
    _move_up(folder, GENERATIONS_KEPT)
    write_atomically(folder / _INDEX, _as_json(index))


def _weights_of(model: Model) -> bytes:
    return save_tensors({name: value.contiguous() for name, value in model.state_dict().items()})


def _as_json(index: ModelIndex) -> bytes:
    return json.dumps(index.model_dump() | {"format": FORMAT}, indent=1).encode()


def _save_generation(folder: Path, contents: dict[str, bytes], index: ModelIndex, kept: int) -> ModelIndex:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    saved = index.model_copy(
        update={"weights_sha256": digests[_WEIGHTS], "optimizer_sha256": digests.get(_OPTIMIZER, "")}
    )
    _move_up(folder, kept)
    try:
        # everything new is on the disk before anything old moves
        for name, data in (contents | {_INDEX: _as_json(saved)}).items():
            write_atomically(_next(folder / name), data)
    except UnderstudyError:
        for name in contents:  # on a full disk, half a save only takes room from the next
            with contextlib.suppress(OSError):
                _next(folder / name).unlink(missing_ok=True)
        raise
    _move_up(folder, kept)
    return saved


def _move_up(folder: Path, kept: int) -> None:
    """Give a save that is written its final names, and each one before those of the one before it.

    A kill may have left that undone. Were the next save written over such files, they might be
    the only whole ones.
    """
    if not _next(folder / _INDEX).exists():
        return
    for name in (_WEIGHTS, _OPTIMIZER, _INDEX):
        if not _next(folder / name).exists():
            continue
        names = [_next(folder / name), *_generations(folder / name)[:kept]]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                replace_atomically(newer, older)


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
    _check_room(found)
    model = Model(index.preset, [entry.name for entry in index.identities], bf16=bf16)
    load_weights(model, found.weights)
    model.first_steps = [entry.first_step for entry in index.identities]
    return LoadedModel(model=model, index=index, warnings=found.warnings)


def _check_room(found: Generation) -> None:
    """Refuse an index that names more people than its weights can be of, before their networks are made."""
    least = decoder_parameters(PRESETS[found.index.preset])
    if found.weights.stat().st_size < least * len(found.index.identities):  # a byte a number
        raise ModelError(
            f"{found.weights} is too small for {len(found.index.identities)} identities", "get the model anew"
        )


def load_weights(model: Model, path: Path) -> None:
    """Put saved weights into a model.

    Raises:
        ModelError: they do not fit.
    """
    try:
        weights = load_tensors(read_bounded(path, _most_bytes(model)))
        for part in _LATER:
            if not any(name.startswith(part) for name in weights):  # saved by a version that had none
                weights |= {name: new for name, new in model.state_dict().items() if name.startswith(part)}
        model.load_state_dict(weights)
        for name, value in model.state_dict().items():
            # what an expression is held in may have no end
            is_good = ~torch.isnan(value) if name.startswith(_LIMITS) else torch.isfinite(value)
            if not is_good.all():
                raise ModelError(
                    f"{path} holds infinite numbers, or none, in {name}", "train it again, or get it anew"
                )
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", "get the model anew") from error
    except (SafetensorError, RuntimeError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path} does not fit the architecture {model.preset_name!r}",
            "it was saved by another version: train it again",
        ) from error


def _most_bytes(model: Model) -> int:
    """How large a file of a model's weights may be: numbers may be stored twice as exact."""
    return 2 * sum(value.nbytes for value in model.state_dict().values()) + _HEADER_BYTES


def load_optimizer(folder: Path, optimizer: AdamW, index: ModelIndex) -> bool:
    """Put the saved state into an optimizer; False where the file is not there or not the one meant.

    Raises:
        ModelError: the file holds something else than the state of such an optimizer.
    """
    for path in _places(folder / _OPTIMIZER):
        if path.is_file() and sha256_of_file(path) == index.optimizer_sha256:
            try:
                restore(optimizer, path)
            except NOT_A_STATE as error:
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
    for name in _INNER:
        if (folder / name).is_symlink():  # what is saved there would change something else
            raise ModelError(
                f"{folder / name} is a link out of the model", "put what it stands for in its place"
            )
    problems: list[str] = []
    for index_path in _places(folder / _INDEX):
        if not index_path.exists():
            continue
        try:
            data = read_bounded(index_path, _LARGEST_INDEX_BYTES)
        except OSError as error:
            problems.append(f"{index_path.name} cannot be read ({error.strerror})")
            continue
        if not 1 <= (found_format := _format_of(data)) <= FORMAT:
            raise _another_version(f"{folder} is of format {found_format}, this version reads up to {FORMAT}")
        try:
            index = ModelIndex.model_validate_json(data)
        except ValidationError as error:
            problems.append(f"{index_path.name} is damaged ({error.error_count()} errors)")
            continue
        if index.preset not in PRESETS:
            raise _another_version(f"{folder} is of architecture {short(repr(index.preset), 60)}")
        for weights in _places(folder / _WEIGHTS):
            if weights.is_file() and sha256_of_file(weights) == index.weights_sha256:
                warnings = [f"{folder}: {p}; went back to step {index.step}" for p in problems]
                return Generation(index=index, weights=weights, warnings=warnings)
        problems.append(f"the weights of step {index.step} are missing or damaged")
    raise ModelError(f"{folder} has no save that is whole ({'; '.join(problems)})", "train it again")


def _format_of(data: bytes) -> int:
    """The format that an index says it has, whatever else it holds; this version's where it says none."""
    try:
        content = parse_json(data)
    except ValueError:
        return FORMAT
    found: object = content.get("format") if isinstance(content, dict) else None
    return found if isinstance(found, int) and abs(found) < _MOST_FORMAT else FORMAT


def _another_version(what: str) -> ModelError:
    return ModelError(what, "it was made by another version of understudy: use that one, or train again")


def _places(path: Path) -> list[Path]:
    """Where a file of the model may lie, the newest first."""
    return [_next(path), *_generations(path)]


def _generations(path: Path) -> list[Path]:
    """The names that a file has in the generations that are kept, the newest first."""
    older = [f".previous{'' if age == 1 else age}" for age in range(1, GENERATIONS_KEPT)]
    return [path.with_name(f"{path.stem}{mark}{path.suffix}") for mark in ("", *older)]


def _next(path: Path) -> Path:
    return path.with_name(f"{path.stem}.next{path.suffix}")
