"""List, pull and check the pretrained weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import WeightsError
from understudy.core.events import OnEvent, ignore
from understudy.faces.weights import State, pull_all, state_of, weights_folder
from understudy.faces.weights_catalogue import CATALOGUE, WeightsFile


@dataclass(frozen=True, kw_only=True)
class WeightsRow:
    """One file of the catalogue on this machine; `bytes` is its length, present or not."""

    name: str
    licence: str
    bytes: int
    path: Path
    state: State
    package: str
    sha256: str


def list_weights() -> list[WeightsRow]:
    """All files of the catalogue, each with whether it is here and is the pinned one.

    Raises:
        UnderstudyError: a file cannot be read.
    """
    return [_row(file, weights_folder()) for file in CATALOGUE.values()]


def pull_weights(on_event: OnEvent = ignore) -> list[WeightsRow]:
    """Fetch what is absent or wrong into `weights_folder()`, and list all.

    Raises:
        WeightsError: a package cannot be fetched, or does not hold what is pinned.
        UnderstudyError: the folder cannot be written to.
    """
    pull_all(on_event)
    return list_weights()


def check_weights() -> list[WeightsRow]:
    """List all files, and fail where one is absent or wrong.

    Raises:
        WeightsError: names the first such file.
    """
    rows = list_weights()
    for row in rows:
        if row.state != "present":
            raise WeightsError(f"{row.path} is {row.state}", "run `understudy weights pull`")
    return rows


def _row(file: WeightsFile, folder: Path) -> WeightsRow:
    return WeightsRow(
        name=file.name,
        licence=file.licence,
        bytes=file.size_bytes,
        path=folder / file.name,
        state=state_of(file, folder),
        package=f"{file.package.name} {file.package.version}",
        sha256=file.sha256,
    )
