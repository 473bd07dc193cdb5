"""Where the records of people lie: one readable file each, in a folder that only its owner may read."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.files import data_folder
from understudy.core.identity_record import (
    MOST_BYTES,
    IdentityRecord,
    checked_name,
    record_from_toml,
    record_to_toml,
)
from understudy.core.owner_only import create_private, write_private

FOLDER_VARIABLE = "UNDERSTUDY_IDENTITIES"  # says where records lie, where it is not the user's data folder
_REPLACED = "replaced"  # folder of records that newer ones took the place of


def identity_folder() -> Path:
    """The folder of records; it need not exist yet."""
    configured = os.environ.get(FOLDER_VARIABLE)
    return Path(configured) if configured else data_folder() / "identities"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record and the file it lies in."""

    record: IdentityRecord
    path: Path


def record_path(name: str) -> Path:
    """The file of somebody's record: readable, and safe on every file system whatever the name is.

    Raises:
        ConsentError: it is no name.
    """
    name = _checked(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_") or "identity"
    # told apart by a digest: names may differ in what a file name cannot say, like upper and lower case
    return identity_folder() / f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:12]}.toml"


def find_record(name: str) -> Found | None:
    """Somebody's record; None where there is none.

    Raises:
        ConsentError: it is no name, or the file cannot be read, or holds no record of that name.
    """
    path = record_path(name)
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # who took back their consent must not look like a stranger
        raise _unreadable(path.parent, error) from error
    record = _read(path)
    if record.name != _checked(name):
        raise ConsentError(f"{path} is the record of {record.name!r}, not of {name!r}", "remove it")
    return Found(record=record, path=path)


def all_records() -> tuple[list[Found], list[str]]:
    """Every record by name, and what is wrong with files that hold none, a line each.

    Raises:
        ConsentError: the folder cannot be read.
    """
    folder, found, problems = identity_folder(), list[Found](), list[str]()
    try:
        # `glob` keeps quiet of a folder that may not be read
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        paths = []
    except OSError as error:
        raise _unreadable(folder, error) from error
    for path in paths:
        if path.name.startswith("."):  # what a killed process was writing
            continue
        try:
            record = _read(path)
            if record_path(record.name).name != path.name:
                problems.append(f"{path} is not where the record of {record.name!r} belongs: it is not used")
                continue
        except ConsentError as error:
            problems.append(str(error))
        else:
            found.append(Found(record=record, path=path))
    return sorted(found, key=lambda one: one.record.name.casefold()), problems


def store_record(record: IdentityRecord, *, replaces: IdentityRecord | None = None) -> Found:
    """Write a record in the place of the one that is there, all or nothing.

    Args:
        record: what is written.
        replaces: of another agreement with the same person; it is kept aside.

    Raises:
        ConsentError: it cannot be written.
    """
    path = record_path(record.name)
    with _writing():
        if replaces is not None:
            aside = path.parent / _REPLACED / f"{path.stem}-{replaces.digest()[:12]}.toml"
            write_private(aside, record_to_toml(replaces))
        write_private(path, record_to_toml(record))
    return Found(record=record, path=path)


def store_new_record(record: IdentityRecord) -> Found:
    """Write the record of somebody of whom there was none.

    Raises:
        ConsentError: there is one by now, or it cannot be written.
    """
    path = record_path(record.name)
    with _writing():
        is_made = create_private(path, record_to_toml(record))
    if not is_made:
        raise ConsentError(
            f"a record of {record.name} was made meanwhile", "look at it: understudy identity list"
        )
    return Found(record=record, path=path)


@contextmanager
def _writing() -> Generator[None]:
    """Say of a folder that cannot be written to how to have another."""
    try:
        yield
    except UnderstudyError as error:
        raise ConsentError(
            error.what, f"let {FOLDER_VARIABLE} name a folder that you may write to"
        ) from error


def _unreadable(folder: Path, error: OSError) -> ConsentError:
    return ConsentError(f"cannot read {folder} ({error.strerror})", "check its permissions")


def _read(path: Path) -> IdentityRecord:
    if not path.is_file():  # a pipe would be waited for
        raise ConsentError(f"{path} is no file", "remove it")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConsentError(f"cannot read {path} ({error.strerror})", "check its permissions") from error
    return record_from_toml(data, str(path))


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError as error:
        raise ConsentError(
            f"{name[:60]!r} cannot be an identity's name ({error})", "choose another"
        ) from error
