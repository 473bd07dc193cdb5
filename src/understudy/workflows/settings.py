"""Settings of training: from flags, then the production's `understudy.toml`, then the defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.core.bounded import read_bounded, short
from understudy.core.errors import ConfigError
from understudy.workflows.choices import LOSSES, PRESET_NAMES, STARTS, LossName, PresetName, Start, nearest

FILE_NAME = "understudy.toml"
_LARGEST_BYTES = 1 << 20
_MOST = 1 << 53  # of any whole number
DEFAULT_MINUTES = 5.0

Settings = TypeVar("Settings", bound=BaseModel)

_DEFAULTS: dict[str, Any] = {"preset": "tiny", "start": "base", "seed": 0}


class TrainSettings(BaseModel):
    """The table `[train]`; None where nothing is said.

    Args:
        preset: network, by name; see `nets.presets.PRESETS`.
        minutes: wall time to train for.
        steps: optimizer steps instead.
        start: "base" or "scratch"; written `from`, as the flag.
        batch: faces an identity and step.
        seed: seed of every random choice.
        losses: weights of what is minimised, by name; see `workflows.loss_choice`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    preset: PresetName | None = None
    minutes: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    steps: int | None = Field(default=None, ge=1, le=_MOST)
    start: Start | None = Field(default=None, alias="from")
    batch: int | None = Field(default=None, ge=1, le=1_000_000)
    seed: int | None = Field(default=None, ge=0, le=_MOST)
    losses: dict[LossName, Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]] | None = None


@dataclass(frozen=True, kw_only=True)
class ResolvedSettings:
    """What a training uses; as `TrainSettings`, but only one of minutes and steps is None, and `batch`."""

    preset: str
    start: str
    seed: int
    minutes: float | None = None
    steps: int | None = None
    batch: int | None = None
    losses: dict[str, float] = field(default_factory=dict[str, float])


class ProductionSettings(BaseModel):
    """A production's whole `understudy.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: TrainSettings = TrainSettings()


def read_settings(production: Path) -> ProductionSettings:
    """Read a production's settings; all unset where it has no file.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or has a key or a value that is not known.
    """
    path = production / FILE_NAME
    if not path.is_file():
        return ProductionSettings()
    try:
        content = tomllib.loads(read_bounded(path, _LARGEST_BYTES).decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path} ({error.strerror})", "check its permissions") from error
    except (ValueError, RecursionError) as error:  # no TOML or UTF-8, numbers too large, too deep
        why = short(str(error)) or "it is nested too deep"
        raise ConfigError(f"{path} is not TOML ({why})", "correct it, or remove it") from error
    return _validated(str(path), ProductionSettings, content)


def resolve(
    production: Path, flags: Mapping[str, object], default_minutes: float | None = DEFAULT_MINUTES
) -> ResolvedSettings:
    """Let each flag win over the production's file, and the file over the defaults.

    Args:
        production: the folder that `understudy.toml` is looked for in.
        flags: fields of `TrainSettings` by name; None where nothing was given.
        default_minutes: how long where nothing says it; None for as long as it takes.

    Raises:
        ConfigError: a key or a value is not known, or both minutes and steps are set in one place.
    """
    given = _validated("the settings", TrainSettings, {k: v for k, v in flags.items() if v is not None})
    chosen = given.model_dump(exclude_none=True)
    file = read_settings(production).train.model_dump(exclude_none=True)
    for where, settings in (("", chosen), (f" in {production / FILE_NAME}", file)):
        if "minutes" in settings and "steps" in settings:
            raise ConfigError(f"both minutes and steps are set{where}", "keep one of them")
    # how long to train is one choice, said with either of two keys
    if "minutes" in chosen or "steps" in chosen:
        file = {key: value for key, value in file.items() if key not in ("minutes", "steps")}
    merged = _DEFAULTS | file | chosen
    merged["losses"] = file.get("losses", {}) | chosen.get("losses", {})  # each is a choice of its own
    if "steps" not in merged:
        merged.setdefault("minutes", default_minutes)
    return ResolvedSettings(**merged)


def _validated(where: str, model: type[Settings], content: dict[str, Any]) -> Settings:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _explained(where, error) from error


def _explained(where: str, error: ValidationError) -> ConfigError:
    """The first mistake, with the nearest known key or value."""
    mistake = error.errors()[0]
    location = tuple(part for part in mistake["loc"] if part != "[key]")  # pydantic's word
    name = short(".".join(map(str, location)), 60)
    given = short(repr(mistake["input"]), 60)
    if mistake["type"] == "extra_forbidden" or location != mistake["loc"]:
        known = _known_keys(error.title, location)
        return ConfigError(f"{where} has an unknown key {name}", nearest(str(location[-1])[:60], known))
    what = f"{where}: {name} = {given} cannot be used ({mistake['msg'].lower()})"
    if mistake["type"] == "literal_error":
        known = PRESET_NAMES if mistake["loc"][-1] == "preset" else STARTS
        return ConfigError(what, nearest(str(mistake["input"])[:60], known))
    return ConfigError(what, "correct the value, or remove the line")


def _known_keys(model: str, location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys of the table in which a location lies."""
    if "losses" in location[:-1]:
        return LOSSES
    inner = model == TrainSettings.__name__ or len(location) > 1
    fields = (TrainSettings if inner else ProductionSettings).model_fields
    return tuple(field.alias or name for name, field in fields.items())
