"""What people are called: as somebody says, else as their footage is."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.identity_record import checked_name
from understudy.media.patterns import fixed_part, is_pattern

_LONGEST = 100  # characters that are taken of a file's name


def name_of_footage(path: Path, option: str) -> str:
    """What somebody is called whom nobody has named: as the file or folder of their footage is.

    Args:
        path: of the footage.
        option: that says who somebody is, for messages.

    Raises:
        ConfigError: nothing of it can be a name.
    """
    if is_pattern(path):
        path = fixed_part(path)  # the folder that it looks into
    text = path.absolute().name if path.is_dir() else path.stem
    name = "".join(
        character if _is_fit(character) else "_" for character in unicodedata.normalize("NFC", text)
    )
    name = name.strip()[:_LONGEST].strip()
    if not name.strip("_ ."):
        raise ConfigError(f"nobody can be named after {text!r}", f"say who it is with {option}")
    return name


def checked_person(name: str, option: str) -> str:
    """A name that was given, in the form that it is compared in.

    Args:
        name: as it was given.
        option: that it was given with, for messages.

    Raises:
        ConfigError: it cannot be one.
    """
    try:
        return checked_name(name)
    except ValueError as error:
        raise ConfigError(f"{name[:60]!r} is nobody's name ({error})", f"give another {option}") from error


def _is_fit(character: str) -> bool:
    """Whether it may stand in a name, and in `--map REPLACED=PUT_IN`."""
    if character.isspace():
        return character == " "
    try:
        checked_name(character)
    except ValueError:
        return False
    return character != "="
