"""The settings that a model was made with, and which files a report is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.media.footage import expand_footage, sha256_of
from understudy.training.model_folder import ModelIndex, find_generation, holds_model
from understudy.workflows.configs import TrainResult
from understudy.workflows.training_result import versions


def settings_of(training: TrainResult) -> dict[str, object]:
    """Everything that the model's index says of how it was made.

    Raises:
        ModelError: the model folder is damaged.
    """
    reached: dict[str, object] = {
        "steps": training.steps,
        "training time": f"{training.seconds:.0f} s",
        "steps a second": round(training.steps_per_s, 2),
    }
    if not holds_model(training.model):
        return reached
    index = find_generation(training.model).index
    return reached | _index_rows(index)


def _index_rows(index: ModelIndex) -> dict[str, object]:
    asked = {
        f"{name} (asked for)": value for name, value in index.settings.items() if name in ("minutes", "steps")
    }
    plain = {
        name: "the preset's own" if name == "batch" and value is None else value
        for name, value in index.settings.items()
        if name not in ("minutes", "steps", "facesets", "preset", "seed", "from_model")
    }
    origin = index.encoder_from
    if origin is not None:
        plain["encoder started from"] = (
            f"{origin.folder}, step {origin.step}, weights {origin.weights_sha256}, "
            f"which learnt from {', '.join(origin.identities)}"
        )
    identities = [
        f"{entry.name}: {entry.faces} faces, digest {entry.faceset_digest}" for entry in index.identities
    ]
    return {
        "preset": index.preset,
        **asked,
        **plain,
        "seed": index.seed,
        "facesets": identities,
        "weights, sha256": index.weights_sha256,
        "trained with": [f"{name} {number}" for name, number in index.versions.items()],
    }


def provenance_of(footage: Mapping[str, Path | None], *, is_swapped: bool = True) -> dict[str, object]:
    """Which files these are, by digest, and what measured them.

    Args:
        footage: role ("source", "target", ...) to where it lies; None is left out.
        is_swapped: whether the output shows another face than the target.

    Raises:
        UnderstudyError: a file cannot be read.
    """
    rows: dict[str, object] = {
        "synthetic": "yes: the output shows a performance that its face's owner did not give"
        if is_swapped
        else "no other face was found in the output",
    }
    for role, path in footage.items():
        if path is not None:
            rows[role] = _files(path)
    return rows | {"report made with": [f"{name} {number}" for name, number in versions().items()]}


def _files(path: Path) -> list[str]:
    if is_faceset(path):
        with Faceset.open(path) as faceset:
            return [f"faceset of {faceset.identity}, digest {faceset.digest()}"]
    return [f"{one.name}, sha256 {sha256_of(one)}" for one in expand_footage([path])]
