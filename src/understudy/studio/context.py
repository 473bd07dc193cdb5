"""What every page of the studio shares: which production it shows, and what lies in it."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.faces.faceset_schema import is_faceset
from understudy.studio.job_queue import JobQueue
from understudy.workflows.training_look import INDEXES


@dataclass(kw_only=True)
class StudioContext:
    """One studio and the production that it shows.

    Args:
        production: its folder; it need not exist yet, and holds swaps as folders of their own.
        token: what a browser must show to be answered.
        started_in: the folder that the studio was started in: footage may be chosen from it.

    Attributes:
        queue: its jobs; they are done while the queue is entered, as `Server.serve_here` does.
    """

    production: Path
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    started_in: Path = field(default_factory=Path.cwd)
    queue: JobQueue = field(init=False)
    _known: dict[str, Path] = field(default_factory=dict[str, Path])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Paths hold, wherever the process goes."""
        self.production = self.production.absolute()
        self.started_in = self.started_in.absolute()
        self.queue = JobQueue(self.production)

    def know(self, path: Path) -> str:
        """A short id for a folder or file, the same one each time; URLs name it by that."""
        path = path.absolute()
        short = hashlib.sha256(str(path).encode(errors="surrogateescape")).hexdigest()[:12]
        with self._lock:
            self._known[short] = path
        return short

    def known(self, short: str) -> Path:
        """What an id stands for.

        Raises:
            UnknownError: nothing has this id.
        """
        if short not in self._known:  # after a restart a page still has the ids of before
            self.facesets()
            self.models()
        with self._lock:
            path = self._known.get(short)
        if path is None:
            raise UnknownError(f"nothing here is called {short[:20]!r}", "go back to the start page")
        return path

    def faceset(self, short: str) -> Path:
        """The folder of a faceset that has this id.

        Raises:
            UnknownError: none has, or it is gone.
        """
        path = self.known(short)
        if not is_faceset(path):
            raise UnknownError(f"{path.name} is no faceset, or no more", "go back to the start page")
        return path

    def facesets(self) -> dict[str, Path]:
        """Facesets of the production by their ids: in its folder, and in folders in there."""
        found = [folder for folder in self.folders() if is_faceset(folder)]
        with self._lock:
            extra = [path for path in self._known.values() if path not in found]
        return {self.know(path): path for path in [*found, *(path for path in extra if is_faceset(path))]}

    def models(self) -> dict[str, Path]:
        """Models of the production by their ids: in its folder, and in folders in there."""
        return {self.know(path): path for path in self.folders() if _is_model(path)}

    def folders(self) -> list[Path]:
        """The production's folder, those in it and those in these; none through a link."""
        if not self.production.is_dir():
            return []
        first = _folders_in(self.production)
        return [self.production, *first, *(folder for one in first for folder in _folders_in(one))]


class UnknownError(UnderstudyError):
    """A page asks for what is not there."""


def _is_model(path: Path) -> bool:
    return any((path / name).is_file() for name in INDEXES)


def _folders_in(folder: Path) -> list[Path]:
    if is_faceset(folder) or _is_model(folder):
        return []
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in inside if path.is_dir() and not path.is_symlink() and path.name[0] != "."]
