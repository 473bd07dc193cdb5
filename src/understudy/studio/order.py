"""What the start page orders. It becomes a consent record, and a command in the queue."""

from __future__ import annotations

import math
import re
import unicodedata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from understudy.core.errors import ConfigError
from understudy.studio.choose import allowed
from understudy.studio.consents import ConsentTold, agree
from understudy.studio.context import StudioContext
from understudy.studio.job_kinds import KINDS
from understudy.studio.voices import Voice, voice_called
from understudy.studio.work_kinds import Field, Kind

WORK = ".jobs/"  # what jobs say that are no productions: nothing that a page lists
_MOST_FILES, _MOST_PATH, _MOST_NAME, _MOST_TEXT = 100, 4096, 200, 500


class Order(BaseModel):
    """Something to be made.

    Args:
        kind: a key of `job_kinds.KINDS`; what else that asks are further keys.
        consent: None where there is a record already.
    """

    model_config = ConfigDict(extra="allow")
    kind: str = "swap"
    consent: ConsentTold | None = None


class _Given:
    """What was given for a kind's fields, checked: as options, and as people would say it."""

    def __init__(self, context: StudioContext, kind: Kind, told: dict[str, Any]) -> None:
        unknown = [name for name in told if name not in {one.name for one in kind.fields}]
        if unknown:
            raise ConfigError(f"there is nothing called {unknown[0][:40]!r} to give", "reload the page")
        self._context = context
        self.words: dict[str, str] = {}
        self.person = ""
        self.options: list[str] = []
        self.alone: list[str] = []
        for field in kind.fields:
            value = told.get(field.name)
            # a number of 0 is given, and equals False
            if value is not None and value is not False and value not in ("", []):
                self._take(field, value)
        _check_complete(kind, set(self.words))
        self.person = self.person or self.words[kind.person]

    def _take(self, field: Field, value: object) -> None:
        if field.what in ("footage", "sound"):
            paths = _files(self._context, field, value)
            self.words |= {field.name: paths[0].stem, f"{field.name}_file": paths[0].name}
            for path in paths:
                self._add(field, str(path))
        elif field.what == "voice":
            voice = voice_called(self._context, str(value))
            self.words[field.name] = voice.name
            self.person = voice.person
            self.options += _voice_options(voice)
        elif field.what == "tick":
            self.words[field.name] = "yes"
            self.options.append(f"--{field.option}")
        else:
            self.words[field.name] = said = _said(field, value)
            self._add(field, said)

    def _add(self, field: Field, said: str) -> None:
        if field.option:
            self.options.append(f"--{field.option}={said}")
        else:
            self.alone.append(said)


def place_order(context: StudioContext, order: Order) -> int:
    """Record the consent, where there is none yet, and put the work into the queue; its number.

    Raises:
        NotAllowedError: files from where none may be taken.
        ConfigError: what is asked is not given, or cannot be used.
        ConsentError: nobody agreed, or the record does not hold.
    """
    kind = KINDS.get(order.kind)
    if kind is None:
        raise ConfigError(f"nothing here makes {order.kind[:40]!r}", "reload the page")
    given = _Given(context, kind, dict(order.model_extra or {}))
    agree(context, given.person, order.consent, kind.use)
    folder = free_folder(context, kind.folder(given.words))
    arguments = [*kind.command, *given.options]
    arguments.append(f"--out={context.production / folder / kind.out(given.words)}")
    if kind.has_production:
        arguments.append(f"--production={context.production / folder}")
    if given.alone:
        arguments += ["--", *given.alone]
    return context.queue.add(kind.called(given.words), folder, arguments)


def with_minutes(arguments: list[str], minutes: float) -> list[str]:
    """The command of an order with another time to train."""
    kept = [one for one in arguments if not one.startswith(("--minutes=", "--steps="))]
    return [*kept, f"--minutes={minutes}"]


def said_of(arguments: list[str], option: str) -> str | None:
    """What a command says of an option, None where it says nothing; of "" what stands alone behind all."""
    if not option:
        return arguments[arguments.index("--") + 1] if "--" in arguments[:-1] else None
    pairs = (one.partition("=") for one in arguments)
    return next((value for name, _, value in pairs if name == f"--{option}"), None)


def free_folder(context: StudioContext, name: str, inside: str = "") -> str:
    """A folder of the production that is not there yet, named so that every file system can say it.

    Args:
        context: of the studio.
        name: as people call it.
        inside: a folder of the production, followed by a slash, that it is to lie in.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:60] or "swap"
    taken = {job.folder for job in context.queue.store.all()}
    number, free = 1, inside + plain
    while free in taken or (context.production / free).exists():
        number += 1
        free = f"{inside}{plain}_{number}"
    return free


def _check_complete(kind: Kind, given: set[str]) -> None:
    """Raise where something is lacking, or is said twice in two ways."""
    replaced = {one.instead_of: one for one in kind.fields if one.instead_of}
    for field in kind.fields:
        other = replaced.get(field.name)
        if other is not None and (field.name in given) == (other.name in given):
            raise ConfigError(
                f"one of two is to be given: {field.label}, or {other.label[0].lower()}{other.label[1:]}",
                "give one of them",
            )
        if other is None and field.required and field.name not in given:
            raise ConfigError(f"this is not given: {field.label}", "fill it in")


def _files(context: StudioContext, field: Field, value: object) -> list[Path]:
    paths = value if isinstance(value, list) else [value]
    if len(paths) > (_MOST_FILES if field.several else 1):
        raise ConfigError(f"{field.label}: {len(paths)} files are too many", "leave some out")
    if not all(isinstance(path, str) and len(path) <= _MOST_PATH for path in paths):
        raise ConfigError(f"{field.label}: that is no path", "choose it again")
    return [allowed(context, str(path)) for path in paths]


def _voice_options(voice: Voice) -> list[str]:
    return [f"--model={voice.model}", f"--as={voice.name}"]


def _said(field: Field, value: object) -> str:
    """A value as the command line says it.

    Raises:
        ConfigError: it is none that this field has.
    """
    if field.what == "number":
        return _number(field, value)
    most = _MOST_NAME if field.what == "name" else _MOST_TEXT
    text = value.strip() if isinstance(value, str) else ""
    known = [key for key, _ in field.choices]
    if not text or len(text) > most or (known and text not in known):
        raise ConfigError(f"{field.label}: {str(value)[:60]!r} will not do", "give another")
    if field.what == "choice" and not re.fullmatch(r"[a-z0-9_-]{1,40}", text):
        raise ConfigError(f"{field.label}: {text[:60]!r} cannot be chosen", "choose another")
    return text


def _number(field: Field, value: object) -> str:
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    is_one = field.low <= number <= field.high and (not field.is_whole or number == int(number))
    if not is_one:
        raise ConfigError(
            f"{field.label}: {str(value)[:40]} will not do", f"give {field.low:g} to {field.high:g}"
        )
    return f"{int(number) if field.is_whole else number}"
