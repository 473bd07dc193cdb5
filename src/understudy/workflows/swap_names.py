"""What the two people of a swap are called: in facesets, model, report, manifest and consent alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.training.model_folder import find_generation, holds_model
from understudy.workflows.configs import SwapConfig
from understudy.workflows.consent import noted_person
from understudy.workflows.person_names import checked_person, name_of_footage
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of

OPTIONS = {SOURCE: "--source-name", TARGET: "--target-name"}  # that say who somebody is


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody in a swap.

    Args:
        identity: as faceset and model call them; an earlier version's production has "source" and "target".
        person: as their record is called; the same, but for such a production.
        is_said: whether somebody has said it, now or when the production was begun; else a file's name does.
    """

    identity: str
    person: str
    is_said: bool


def names_of(config: SwapConfig, production: Path) -> dict[str, Named]:
    """Who is who, by role: as is said, else as the production has it, else as their footage is called.

    Raises:
        ConfigError: a name cannot be one, nobody could be named after the footage, or both are called alike.
        FacesetError: a faceset of the production cannot be read.
    """
    said = {SOURCE: config.source_name, TARGET: config.target_name}
    said = {role: checked_person(name, OPTIONS[role]) for role, name in said.items() if name is not None}
    persons = said | {
        role: known
        for role in (SOURCE, TARGET)
        if role not in said and (known := noted_person(faceset_of(production, role))) is not None
    }
    footage = {SOURCE: config.source[0], TARGET: config.target}
    found: dict[str, Named] = {}
    for role, path in footage.items():
        person = persons.get(role)
        if person is None:
            others = {name for other, name in persons.items() if other != role}
            others |= {one.person for one in found.values()}
            person = _unlike(name_of_footage(path, OPTIONS[role]), others, role)
        identity = _kept_identity(production, role) or person
        found[role] = Named(identity=identity, person=person, is_said=role in persons)
    _check_two(found)
    return found


def take_name(folder: Path, identity: str) -> None:
    """Call a faceset's identity otherwise, where `names_of` says so; nothing is done where there is none.

    Raises:
        FacesetError: it cannot be read or written.
    """
    if not is_faceset(folder):
        return
    with Faceset.open(folder) as faceset:
        if faceset.identity != identity:
            faceset.note("identity", identity)


def _unlike(name: str, others: set[str], role: str) -> str:
    """The name, or one that says the role, too, where somebody else is called like that."""
    taken = {other.casefold() for other in others}
    return f"{name}_{role}" if name.casefold() in taken else name


def _kept_identity(production: Path, role: str) -> str | None:
    """What the person is called where work was done already; None where there is none."""
    model = model_of(production)
    learnt = find_generation(model).index.identities if holds_model(model) else []
    folder = faceset_of(production, role)
    if is_faceset(folder):
        with Faceset.open(folder) as faceset:
            # nothing was learnt of one that nobody has named: it may be called otherwise
            is_open = not learnt and noted_person(folder) is None
            return None if is_open else faceset.identity
    position = (SOURCE, TARGET).index(role)
    is_earlier = position < len(learnt) and learnt[position].name == role
    return role if is_earlier else None


def _check_two(found: Mapping[str, Named]) -> None:
    source, target = found[SOURCE], found[TARGET]
    if source.person == target.person or source.identity == target.identity:
        name = source.person if source.person == target.person else source.identity
        raise ConfigError(f"both people are called {name}", "give another --source-name or --target-name")
