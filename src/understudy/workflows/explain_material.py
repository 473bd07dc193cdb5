"""Whose faces, and which model, the method is explained on: the production's, or the built-in actors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError, FacesetError
from understudy.core.events import OnEvent
from understudy.core.files import cache_folder
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.faceset_schema import is_faceset
from understudy.training.base import BASE_FILES, start_from_base
from understudy.training.model import Model
from understudy.training.model_folder import holds_model, load_model
from understudy.training.processor import has_fast_bf16
from understudy.training.samples import Samples, load_samples, sample_bytes
from understudy.training.validate import centred
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig
from understudy.workflows.consent import note_person, person_in
from understudy.workflows.consent_of_models import agreed_for
from understudy.workflows.convert_cast import Role
from understudy.workflows.known_pairs import rendered_pairs
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of

_MOST_FACES, _FEWEST_FACES = 240, 8
_MOST_BYTES = 100 << 20  # of an identity's faces in memory
_BUILT_IN_EVERY = 2  # frames of the built-in clips


@dataclass(frozen=True, kw_only=True)
class ExplainConfig:
    """What the method is explained on.

    Args:
        source: faceset of the person put in; the built-in actors where this and `target` are None.
        target: faceset of the person replaced.
        model: folder of their model; where None, or where nothing is saved there yet, the shipped start.
    """

    source: Path | None = None
    target: Path | None = None
    model: Path | None = None

    @classmethod
    def of_production(cls, folder: Path | None) -> ExplainConfig:
        """That of a production's folder; of the built-in actors where it has not both facesets."""
        found = {role: faceset_of(folder, role) for role in (SOURCE, TARGET)} if folder else {}
        if folder is None or not all(is_faceset(path) for path in found.values()):
            return cls(model=model_of(_built_in_place()))
        return cls(source=found[SOURCE], target=found[TARGET], model=model_of(folder))


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """One person's faces.

    Args:
        identity: as the model calls them.
        faces: an even choice of those kept, in their order.
        samples: the same, aligned, in memory.
        footage: path by source id.
    """

    identity: str
    faces: list[StoredFace]
    samples: Samples
    footage: dict[int, Path]


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the method is explained on.

    Args:
        model: that draws.
        steps: that it was trained for; 0 where it is the shipped start, which knows neither of the two.
        is_built_in: whether the faces are those of the rendered actors.
        source: who is put in.
        target: who is replaced.
        facesets: folders of both.
        model_folder: where their model is, or is to be.
    """

    model: Model
    steps: int
    is_built_in: bool
    source: Somebody
    target: Somebody
    facesets: tuple[Path, Path]
    model_folder: Path | None


def gather(config: ExplainConfig, on_event: OnEvent) -> Material:
    """Open facesets and model; the built-in actors' faces are found once, and kept.

    Raises:
        ConfigError: one of two facesets is missing, or both are of one identity.
        FacesetError: a faceset is missing, damaged, or has too few faces.
        ConsentError: no record says that the face put in may be used.
        ModelError: the model is damaged, or knows other people.
        RefusedError: the target's footage shows nudity, see `screen.refuse_nudity`.
        UnderstudyError: weights to find the built-in actors' faces by cannot be had.
    """
    if (config.source is None) != (config.target is None):
        raise ConfigError("one faceset is given, and a swap has two people", "give both, or neither")
    is_built_in = config.source is None or config.target is None
    if config.source is not None and config.target is not None:
        folders = (config.source, config.target)
    else:
        folders = _built_in(on_event)
    names = [_identity_of(folder) for folder in folders]
    if names[0] == names[1]:
        raise ConfigError(f"both facesets hold {names[0]}", "give those of two people")
    model, steps = _model_for(config.model, names, folders[0], on_event)
    source, target = (_somebody(folder, model) for folder in folders)
    for footage in target.footage.values():
        if footage.exists():
            refuse_nudity(footage, on_event)
    if not steps:
        _learn_where_codes_lie(model, source, target)
    return Material(
        model=model,
        steps=steps,
        is_built_in=is_built_in,
        source=source,
        target=target,
        facesets=folders,
        model_folder=config.model,
    )


def _built_in(on_event: OnEvent) -> tuple[Path, Path]:
    """Facesets of the rendered actors, source first."""
    place = _built_in_place()
    place.mkdir(parents=True, exist_ok=True)
    with rendered_pairs() as pairs:
        pair = pairs[0]
        footage = {SOURCE: (pair.source, pair.person), TARGET: ((pair.target,), pair.replaced)}
        for role, (clips, name) in footage.items():
            folder = faceset_of(place, role)
            extract.run(
                ExtractConfig(footage=clips, faceset=folder, identity=name, every=_BUILT_IN_EVERY), on_event
            )
            note_person(folder, name)
    return faceset_of(place, SOURCE), faceset_of(place, TARGET)


def _built_in_place() -> Path:
    return cache_folder() / "explain"


def _identity_of(folder: Path) -> str:
    with Faceset.open(folder) as faceset:
        return faceset.identity


def _model_for(folder: Path | None, names: list[str], source: Path, on_event: OnEvent) -> tuple[Model, int]:
    """The model of both, and how long it was trained; the shipped start, which knows nobody, else."""
    if folder is not None and holds_model(folder):
        loaded = load_model(folder, bf16=has_fast_bf16())
        missing = [name for name in names if name not in loaded.model.identities]
        if not missing:
            role = Role(source=names[0], target=names[1])
            agreed_for([role], loaded.index, None, {names[0]: person_in(source)}, on_event)
            return loaded.model.eval(), loaded.index.step
        raise ConfigError(
            f"the model does not know {missing[0]}", f"it knows {', '.join(loaded.model.identities)}"
        )
    model = Model(next(iter(BASE_FILES)), names, bf16=has_fast_bf16())
    start_from_base(model)
    return model.eval(), 0


def _somebody(folder: Path, model: Model) -> Somebody:
    preset = model.preset
    most = max(_FEWEST_FACES, min(_MOST_FACES, _MOST_BYTES // sample_bytes(preset.size_px)))
    with Faceset.open(folder) as faceset:
        kept = list(faceset.faces())
        footage = {one.state.id: one.record.path for one in faceset.sources()}
        identity = faceset.identity
    if len(kept) < _FEWEST_FACES:
        raise FacesetError(
            f"{folder} has {len(kept)} faces that are kept",
            f"{_FEWEST_FACES} are needed to show how they vary",
        )
    chosen = [kept[i] for i in np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int)]
    samples = load_samples(identity, chosen, preset.size_px, preset.coverage)
    return Somebody(identity=identity, faces=chosen, samples=samples, footage=footage)


def _learn_where_codes_lie(model: Model, *people: Somebody) -> None:
    """Training takes note of it; the shipped start has not seen these people."""
    for one in people:
        every = np.arange(len(one.samples))
        model.know_codes(one.identity, centred(one.samples, every)[..., :3], one.samples.expressions[:, 0])
