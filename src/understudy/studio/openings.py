"""What takes seconds to open is opened once, on a thread, while the page says how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar

from fastapi import FastAPI

from understudy.core.errors import UnderstudyError
from understudy.core.events import Event, Notice, OnEvent, Progress

Opened = TypeVar("Opened")
_CLOSING_S = 10.0


class Openings(Generic[Opened]):
    """Things by key, each opened where it is first asked for; the last few are kept.

    Args:
        kept: how many.
    """

    def __init__(self, kept: int = 1) -> None:
        """Nothing is open."""
        self._kept, self._lock = kept, threading.Lock()
        self._all: dict[Hashable, _Opening[Opened]] = {}
        self._is_closed = False

    @asynccontextmanager
    async def while_it_runs(self, app: FastAPI) -> AsyncGenerator[None]:
        """The lifespan of the routes that use them: what is open or being opened then is let go of."""
        del app
        yield
        self.close()

    def close(self) -> None:
        """Break off what is being opened, at the next thing that it says, and wait some seconds for that."""
        with self._lock:
            self._is_closed = True
            known = list(self._all.values())
            self._all.clear()
        for one in known:
            one.break_off()
        until = time.monotonic() + _CLOSING_S
        for one in known:
            one.wait(until - time.monotonic())

    def state(
        self, key: Hashable, opener: Callable[[OnEvent], Opened], *, again: bool = False
    ) -> dict[str, Any]:
        """Begin to open something, or say how far that is.

        Args:
            key: what it is called.
            opener: opens it; on a thread of its own.
            again: whether one that is open, or could not be opened, is opened anew.

        Returns:
            `state` ("opening", "ready" or "failed"), what it `said` last, and of a failure the `next_step`.

        Raises:
            UnderstudyError: they are closed.
        """
        with self._lock:
            if self._is_closed:
                raise UnderstudyError("the studio ends", "start it again")
            known = self._all.get(key)
            if known is None or (again and known.is_over):
                self._all.pop(key, None)
                known = self._all[key] = _Opening(opener)
                self._make_room(key)
        return known.told()

    def _make_room(self, new: Hashable) -> None:
        """Let go of the oldest; what is being opened stays, or two pages would open theirs for ever."""
        over = [key for key, one in self._all.items() if key != new and one.is_over]
        for key in over[: max(0, len(self._all) - self._kept)]:
            del self._all[key]

    @contextmanager
    def using(self, key: Hashable) -> Generator[Opened]:
        """What is open, for one user at a time.

        Raises:
            UnderstudyError: it is not open.
        """
        with self._lock:
            known = self._all.get(key)
        if known is None or known.opened is None:
            raise UnderstudyError("the studio was started anew, or is still opening this", "reload the page")
        with known.lock:
            yield known.opened


class _BrokenOff(Exception):
    """Nobody waits any more for what is being opened."""


class _Opening(Generic[Opened]):
    """One of them."""

    def __init__(self, opener: Callable[[OnEvent], Opened]) -> None:
        self.lock = threading.Lock()
        self.opened: Opened | None = None
        self._said, self._error, self._next_step = "", "", ""
        self._is_broken_off = False
        self._thread = threading.Thread(target=self._open, args=(opener,), daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it is open, or failed."""
        return self.opened is not None or bool(self._error)

    def break_off(self) -> None:
        """Open it no further."""
        self._is_broken_off = True

    def wait(self, timeout_s: float) -> None:
        """Wait until its thread has ended, or for some time."""
        self._thread.join(max(0.0, timeout_s))

    def told(self) -> dict[str, Any]:
        """How far it is."""
        if self._error:
            return {"state": "failed", "said": self._error, "next_step": self._next_step}
        return {"state": "ready" if self.opened is not None else "opening", "said": self._said}

    def _open(self, opener: Callable[[OnEvent], Opened]) -> None:
        try:
            self.opened = opener(self._hear)
        except UnderstudyError as error:
            self._error, self._next_step = error.what, error.next_step
        except Exception as error:
            if self._is_broken_off:  # the production may be gone by now
                return
            self._error, self._next_step = f"unexpected failure, {type(error).__name__}: {error}", "report it"
            raise

    def _hear(self, event: Event) -> None:
        if self._is_broken_off:
            raise _BrokenOff
        if isinstance(event, Notice):
            self._said = event.message
        elif isinstance(event, Progress):
            of = f" of {event.total}" if event.total else ""
            self._said = f"{event.stage}: {event.done}{of} {event.unit}"
