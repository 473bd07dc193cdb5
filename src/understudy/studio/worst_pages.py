"""The lists of worst frames that lie in a production, by ids."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from understudy.core.errors import UnderstudyError
from understudy.studio.context import StudioContext, UnknownError
from understudy.workflows.swap_folders import model_of
from understudy.workflows.worst_list import FILE_NAME, WorstList, read_worst

_DEPTH = 3  # folders below the production
_MOST_LISTS = 20


def lists_of(context: StudioContext, swap: Path) -> list[dict[str, Any]]:
    """The lists of a swap's results: what its page shows of them, those that cannot be read left out."""
    found: list[dict[str, Any]] = []
    for path in _files(swap):
        try:
            read = read_worst(path)
        except UnderstudyError:
            continue
        found.append(_shown(context, path, read, swap))
    # a swap's results lie beside its production as often as in it
    for path in sorted(swap.parent.glob(f"*/{FILE_NAME}")):
        with suppress(UnderstudyError):
            read = read_worst(path)
            if read.model is not None and Path(read.model).absolute() == model_of(swap):
                found.append(_shown(context, path, read, swap))
    return found


def list_of(context: StudioContext, short: str) -> Path:
    """The file of the list with this id.

    Raises:
        UnknownError: no list has it.
    """
    path = context.known(short)
    if path.name != FILE_NAME or not path.is_file():
        raise UnknownError("there is no such list of worst frames", "reload the page")
    return path


def picture_of(context: StudioContext, short: str, number: int) -> Path:
    """The picture of an entry of a list, which lies beside it.

    Raises:
        UnknownError: there is no such list, entry or picture.
        ConfigError: the list is damaged.
    """
    path = list_of(context, short)
    frames = read_worst(path).frames
    if number >= len(frames):
        raise UnknownError(f"the list has no entry {number}", "reload the page")
    # a list may come from anybody: it names a file beside it, and no other
    picture = path.with_name(Path(frames[number].picture).name)
    if picture.suffix != ".jpg" or not picture.is_file() or picture.is_symlink():
        raise UnknownError(f"the picture of entry {number} is gone", "reload the page")
    return picture


def _files(swap: Path) -> list[Path]:
    patterns = ["/".join(["*"] * depth + [FILE_NAME]) for depth in range(_DEPTH + 1)]
    return [path for pattern in patterns for path in sorted(swap.glob(pattern))][:_MOST_LISTS]


def _shown(context: StudioContext, path: Path, read: WorstList, swap: Path) -> dict[str, Any]:
    short = context.know(path)
    return {
        "id": short,
        "name": Path(read.video).name,
        "frames": [
            {
                "frame": one.frame,
                "time_s": round(one.time_s, 2),
                "reason": one.reason,
                "badness": one.badness,
                "picture": f"/api/convert/worst/{short}/{number}",
            }
            for number, one in enumerate(read.frames)
        ],
    }
