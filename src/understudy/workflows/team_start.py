"""Start the processes that train together, or meet those that were started."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager

import torch

from understudy.core.errors import ProcessLost
from understudy.training.team import Team, join, join_started, meeting_point
from understudy.workflows.helpers import started, why_ended
from understudy.workflows.torchrun import Started

LEFT_ALONE = 3  # exit code of a process that ends because another one has
_LOOK_EVERY_S = 0.05
_DYING_S = 5.0  # until one that has left the others is gone
_LEAVING_S = 30.0


@contextmanager
def team_of(size: int, started: Started | None) -> Generator[Team]:
    """Lend the processes that train together.

    Args:
        size: how many.
        started: those that were started together; None to start the others here.

    Raises:
        ConfigError: torch cannot do this here.
        ProcessLost: another process has ended; says which and why, where that is known.
        UnderstudyError: one cannot be started.
    """
    if started is None:
        with _started_here(size) as team:
            yield team
    else:
        with closing(join_started()) as team:
            yield team


@contextmanager
def _started_here(size: int) -> Generator[Team]:
    store = meeting_point()
    before = torch.get_num_threads()
    threads = max(1, before // size)
    followers: list[_Follower] = []
    torch.set_num_threads(threads)
    try:
        for rank in range(1, size):
            followers.append(_Follower(rank, size, store.port, threads))
        _await(store.check, followers)
        with closing(join(store, 0, size)) as team:
            yield team
        for follower in followers:
            follower.wait()
    except ProcessLost as error:
        raise ProcessLost(_which(followers) or error.what, error.next_step) from error
    finally:
        torch.set_num_threads(before)
        for follower in followers:
            follower.end()


class _Follower:
    """A process that does as this one says.

    Args:
        rank: its number, from 1.
        size: how many processes there are.
        port: where the leader waits.
        threads: of its networks.
    """

    def __init__(self, rank: int, size: int, port: int, threads: int) -> None:
        """Start it, out of reach of the terminal's Ctrl-C, which is the leader's."""
        self.rank, self.size = rank, size
        # -P: no module that lies in the current folder, which may be a stranger's
        command = [sys.executable, "-P", "-m", "understudy.workflows.follower"]
        self._process, self._said = started(
            [*command, str(port), str(rank), str(size)],
            what="a process of --devices",
            next_step="run the same command again, with fewer --devices",
            told={"OMP_NUM_THREADS": str(threads)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def has_failed(self) -> bool:
        """Whether it is gone by itself, and not because another one was."""
        return self.has_ended() and self._process.returncode != LEFT_ALONE

    def wait(self) -> None:
        """Let it leave by itself."""
        try:
            self._process.wait(_LEAVING_S)
        except subprocess.TimeoutExpired:  # it has nothing that could be lost
            self._process.kill()

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self._said.close()

    def why(self) -> str:
        """Why it has ended: its last words, or what ended it."""
        self._said.seek(0)
        return why_ended(self._process.returncode, self._said.read())


def _await(have_come: Callable[[list[str]], bool], followers: list[_Follower]) -> None:
    """Wait until all have come.

    Raises:
        ProcessLost: one has ended instead.
    """
    while not have_come([came(follower.rank) for follower in followers]):
        if any(follower.has_ended() for follower in followers):
            raise ProcessLost("a process of this training did not start", "try with one device")
        time.sleep(_LOOK_EVERY_S)


def came(rank: int) -> str:
    """What a process that has come notes in the store."""
    return f"came/{rank}"


def _which(followers: list[_Follower]) -> str | None:
    """Which process has ended and why; None where none has, or only because another one had."""
    until = time.monotonic() + _DYING_S
    while time.monotonic() < until:
        for follower in followers:
            if follower.has_failed():
                return f"process {follower.rank + 1} of {follower.size} has ended ({follower.why()})"
        time.sleep(_LOOK_EVERY_S)
    return None
