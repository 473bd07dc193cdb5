"""The swaps of a production: folders with the facesets of two people."""

from __future__ import annotations

from pathlib import Path

from understudy.faces.faceset_schema import is_faceset
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.order import WORK, free_folder
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of


def swaps_of(context: StudioContext) -> dict[str, Path]:
    """Folders by id, the production's own first."""
    parents = dict.fromkeys(path.parent for path in context.facesets().values())
    return {context.know(path): path for path in parents if is_swap(path)}


def swap_of(context: StudioContext, short: str) -> Path | None:
    """The folder with this id; the first there is where the id is empty, None where there is none.

    Raises:
        UnknownError: no swap has this id.
    """
    if not short:
        return next(iter(swaps_of(context).values()), None)
    path = context.known(short)
    if not is_swap(path):
        raise UnknownError(f"{path.name} is no swap, or no more", "go back to the start page")
    return path


def is_swap(folder: Path) -> bool:
    """Whether a folder holds the facesets of two people."""
    return all(is_faceset(faceset_of(folder, role)) for role in (SOURCE, TARGET))


def queued(context: StudioContext, name: str, command: list[str]) -> int:
    """Let the queue run `understudy COMMAND`, in a folder of its own; gives the job's number.

    What is asked for again while it waits or runs, as by a double click, is the same job.
    """
    return context.queue.add(name, free_folder(context, name, WORK), command, once=True)
