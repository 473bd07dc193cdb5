"""How well a model draws each of its people: what differs more from how they are drawn lies before them.

It is learnt once, when training ends, and kept beside the model, for the weights that it was learnt with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from understudy.compositing.occluder_evidence import WORK_PX, Tolerance, change, on_template, small
from understudy.core.files import write_atomically
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.training.model import Model
from understudy.training.model_folder import BEST, best_of, find_generation, load_model
from understudy.training.model_index import ModelIndex
from understudy.workflows.model_crops import ModelCrop, spread

_FILE = "usual.safetensors"
_FACES = 60  # of a person
_FEWEST = 16  # that say something
_AT_ONCE = 8
_WEIGHTS = "weights_sha256"


def keep_tolerances(folder: Path, model: Model, index: ModelIndex, facesets: Sequence[Path]) -> None:
    """Learn how well a model draws its people, and save it.

    Args:
        folder: of the model.
        model: as it is saved there.
        index: likewise.
        facesets: of its people.

    Raises:
        UnderstudyError: it cannot be written.
    """
    usual = {name: known.usual for name, known in tolerances_of(model, facesets).items()}
    if usual:
        write_atomically(folder / _FILE, save(usual, {_WEIGHTS: index.weights_sha256}))


def keep_tolerances_of_best(folder: Path, model: Model, index: ModelIndex, facesets: Sequence[Path]) -> None:
    """The same of the weights that validated best, which can be converted with like the model's.

    They are often the last ones, or those of an earlier run; else they are loaded once more.

    Args:
        folder: of the model.
        model: as it is saved there; what is learnt of its best weights is learnt alike.
        index: likewise.
        facesets: of its people.

    Raises:
        UnderstudyError: it cannot be read or written.
    """
    if best_of(folder, index) is None:
        return
    best = find_generation(folder / BEST).index
    if kept_tolerances(folder / BEST, best):
        return
    if best.weights_sha256 == index.weights_sha256 and kept_tolerances(folder, index):
        write_atomically(folder / BEST / _FILE, (folder / _FILE).read_bytes())
        return
    loaded = load_model(folder / BEST, bf16=model.bf16)
    keep_tolerances(folder / BEST, loaded.model.to(model.device).eval(), best, facesets)


def kept_tolerances(folder: Path, index: ModelIndex) -> dict[str, Tolerance]:
    """What was learnt of a model's people, by name; none where it is not there, or of other weights.

    Args:
        folder: of the model.
        index: of the model.
    """
    known: dict[str, Tolerance] = {}
    if not (folder / _FILE).is_file():  # a pipe would be waited for
        return {}
    try:
        with safe_open(folder / _FILE, framework="numpy") as file:
            if (file.metadata() or {}).get(_WEIGHTS) != index.weights_sha256:
                return {}
            there = set(file.keys())
            for name in (entry.name for entry in index.identities if entry.name in there):
                part = file.get_slice(name)  # a model may come from anybody: its shape is looked at first
                if part.get_shape() != [WORK_PX, WORK_PX, 3] or part.get_dtype() != "F32":
                    continue
                usual = file.get_tensor(name)
                if np.isfinite(usual).all() and (usual > 0).all():
                    known[name] = Tolerance(usual)
    except (OSError, SafetensorError):
        return {}
    return known


def tolerances_of(model: Model, facesets: Sequence[Path]) -> Mapping[str, Tolerance]:
    """How well people are usually drawn as themselves, place by place: what differs more lies before them.

    Args:
        model: draws them.
        facesets: of those who are replaced; of others a guess is made.

    Returns:
        By name.
    """
    known: dict[str, Tolerance] = {}
    preset = model.preset
    for folder in facesets:
        with Faceset.open(folder) as faceset:
            faces = _unhidden(list(faceset.faces("kept")))
            name = faceset.identity
        if not faces:
            continue
        chosen = spread(faces, _FACES)
        changes: list[np.ndarray] = []
        for begin in range(0, len(chosen), _AT_ONCE):
            some = [ModelCrop.of(face, preset) for face in chosen[begin : begin + _AT_ONCE]]
            drawn, masks = model.draw(np.stack([one.crop for one in some]), name)
            for one, own, mask in zip(some, drawn, masks, strict=True):
                differs = change(one.crop, own, np.minimum(small(one.hull), small(mask)))
                changes.append(on_template(differs, one.landmarks_px, preset.size_px))
        known[name] = Tolerance.learned(changes)
    return known


def _unhidden(faces: list[StoredFace]) -> list[StoredFace]:
    """Those on which a person has drawn nothing that hides them, where these are enough to learn from."""
    clear = [face for face in faces if face.mask_path is None]
    return clear if len(clear) >= _FEWEST else faces
