"""The processes that convert stretches of footage at the same time."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from understudy.core.errors import ProcessLost
from understudy.workflows.convert_message import Message, line_of, message_of
from understudy.workflows.helpers import started, why_ended

LEFT_ALONE = 3  # exit code of a process that ends because its parent has
# -P: else modules that lie in the current folder, which may be a stranger's, would be run
_COMMAND = (sys.executable, "-P", "-m", "understudy.workflows.convert_worker")
_LOOK_EVERY_S = 0.5  # Windows hears Ctrl-C only between two looks
_KEEPING_S = 60.0  # until a process that is stopped has finished the part that it was writing


class Team:
    """Processes that listen to this one; each is told what to do by `tell` and answers in `hear`.

    Args:
        count: how many.
        setup: the first message to each.
        threads: of the networks of each; as the machine has where None.
    """

    def __init__(self, count: int, setup: Message, threads: int | None) -> None:
        """Start them; UnderstudyError where one cannot be."""
        self._answers: queue.Queue[tuple[int, Message | None]] = queue.Queue()
        self._members: list[_Member] = []
        try:
            for number in range(count):
                self._members.append(_Member(number, threads, self._answers))
                self._members[-1].tell(setup)
        except BaseException:
            self._end()
            raise

    def __len__(self) -> int:
        """How many there are."""
        return len(self._members)

    def tell(self, number: int, message: Message) -> None:
        """Say something to one of them, by number from 0."""
        self._members[number].tell(message)

    def hear(self) -> tuple[int, Message]:
        """Wait for the next answer, and say whose it is.

        Raises:
            ProcessLost: one has ended.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                number, answer = self._answers.get(timeout=_LOOK_EVERY_S)
                if answer is None:
                    raise ProcessLost(
                        f"a process of --jobs has ended ({self._members[number].why()})",
                        "run the same command again, with fewer --jobs where memory is short: it goes on",
                    )
                return number, answer

    def __enter__(self) -> Self:
        """Give the team itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them; each keeps what it has made."""
        self._end()

    def _end(self) -> None:
        for member in self._members:
            member.tell({"stop": True})
        until = time.monotonic() + _KEEPING_S
        try:
            for member in self._members:
                member.wait(until - time.monotonic())
        finally:  # who presses Ctrl-C again does not wait
            for member in self._members:
                member.end()


class _Member:
    """A process, out of reach of the terminal's Ctrl-C, which is its parent's.

    Args:
        number: its number.
        threads: of its networks.
        answers: where what it says goes; None once it has ended.
    """

    def __init__(
        self, number: int, threads: int | None, answers: queue.Queue[tuple[int, Message | None]]
    ) -> None:
        self._number, self._answers = number, answers
        told = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
        self._process, self._words = started(
            _COMMAND,
            what="a process of --jobs",
            next_step="run the same command again, with fewer --jobs",
            told=told,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, daemon=True, name=f"job {number}").start()

    def tell(self, message: Message) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended, which `Team.hear` tells
            self._process.stdin.write(line_of(message))
            self._process.stdin.flush()

    def wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._words):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def why(self) -> str:
        """Why it has ended: what ended it, or its last words."""
        self.wait(_LOOK_EVERY_S * 10)
        self._words.seek(0)
        return why_ended(self._process.returncode, self._words.read())

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                with contextlib.suppress(ValueError):  # cut off: it has ended
                    self._answers.put((self._number, message_of(line)))
        self._answers.put((self._number, None))
