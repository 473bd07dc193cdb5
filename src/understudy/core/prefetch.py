"""Run a producer in a thread of its own, or in several, a few items ahead."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Item = TypeVar("Item")


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def prefetch(items: Iterable[Item], depth: int = 4) -> Generator[Item]:
    """Pass items through while a thread makes the next ones.

    It pays where the producer releases the interpreter lock: decoding, networks, OpenCV. Leave it through
    `contextlib.closing`: after an error or Ctrl-C the thread else runs on, while what it reads is closed.

    Args:
        items: made in the thread; not touched elsewhere until the generator is closed. A generator is
            closed at the end, early or not.
        depth: items made ahead, at most; bounds the memory.

    Yields:
        The same items in the same order. An error of the producer is raised here.
    """
    waiting: queue.Queue[Item | _End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: Item | _End) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def produce() -> None:
        error: BaseException | None = None
        try:
            try:
                for item in items:
                    if not put(item):
                        return
            finally:
                # here, as no other thread may; what the generator holds open is free when the thread ends
                if isinstance(items, Generator):
                    items.close()
        except BaseException as caught:  # noqa: BLE001  # handed over to the consumer
            error = caught
        put(_End(error))

    thread = threading.Thread(target=produce, daemon=True, name="prefetch")
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def in_threads(made: Callable[[Given], Item], given: Iterable[Given], threads: int) -> Generator[Item]:
    """Make an item of each thing given, several at a time.

    Args:
        made: may be called by any thread.
        given: of what; taken one by one, a few ahead.
        threads: how many items are made at a time, and, as much again, lie ready.

    Yields:
        The items in the order of what was given. An error of `made` is raised in its place.
    """
    waiting: deque[Future[Item]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for one in given:
                waiting.append(pool.submit(made, one))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
