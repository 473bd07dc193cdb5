import threading
import time
from collections.abc import Iterator

import pytest

from understudy.core.prefetch import in_threads, prefetch


class Producer:
    """Counts what it made, and knows whether it was asked for more than there is to make."""

    def __init__(self, count: int, fail_at: int | None = None) -> None:
        self.count, self.fail_at = count, fail_at
        self.made = 0
        self.threads: set[str] = set()

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            if number == self.fail_at:
                raise KeyError(f"item {number}")
            self.threads.add(threading.current_thread().name)
            self.made += 1
            yield number


def prefetch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def settled(producer: Producer) -> int:
    """How many items are made once the thread has nothing more to do."""
    made = -1
    while made != producer.made:
        made = producer.made
        time.sleep(0.15)
    return made


@pytest.mark.parametrize("depth", [1, 4])
def test_the_same_items_in_the_same_order(depth: int) -> None:
    assert list(prefetch(range(200), depth=depth)) == list(range(200))


def test_nothing_stays_nothing() -> None:
    assert list(prefetch([])) == []
    assert prefetch_threads() == []


def test_items_are_made_in_another_thread() -> None:
    producer = Producer(3)
    assert list(prefetch(producer)) == [0, 1, 2]
    assert producer.threads == {"prefetch"}


def test_an_error_comes_after_the_items_before_it() -> None:
    items = prefetch(Producer(9, fail_at=5))
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError, match="item 5"):
        next(items)
    assert prefetch_threads() == []


def test_an_interrupt_in_the_producer_reaches_the_consumer() -> None:
    def interrupted() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(prefetch(interrupted()))


def test_no_more_than_the_depth_is_made_ahead() -> None:
    producer = Producer(1000)
    items = prefetch(producer, depth=3)
    assert next(items) == 0
    # one was taken, three wait, and one is in the thread's hand
    assert settled(producer) <= 5
    for _ in range(10):
        next(items)
    assert settled(producer) <= 15
    items.close()


def test_closing_early_stops_the_thread_and_the_producer() -> None:
    producer = Producer(1000)
    items = prefetch(producer, depth=2)
    next(items)
    items.close()
    assert prefetch_threads() == []
    made = producer.made
    assert settled(producer) == made < 1000


def test_an_error_in_the_consumer_stops_the_thread() -> None:
    def consume() -> None:
        for _ in prefetch(Producer(1000)):
            raise RuntimeError("the consumer failed")

    with pytest.raises(RuntimeError):
        consume()
    assert prefetch_threads() == []


def test_two_in_a_row_end_together() -> None:
    producer = Producer(1000)
    items = prefetch(prefetch(producer, depth=2), depth=2)
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    items.close()
    del items
    deadline = time.monotonic() + 10
    while prefetch_threads() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert prefetch_threads() == []


def test_a_stop_iteration_in_the_producer_is_an_error_not_an_end() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            yield 1
            next(iter([]))

    with pytest.raises(RuntimeError):
        list(prefetch(Broken()))


@pytest.mark.parametrize("taken", [1, 3, 50])
def test_a_generator_is_closed_in_its_thread(taken: int) -> None:
    closed_in: list[str] = []

    def made() -> Iterator[int]:
        try:
            yield from range(3 if taken == 3 else 50)
        finally:
            closed_in.append(threading.current_thread().name)

    held = made()  # else it would be closed by being forgotten
    items = prefetch(held, depth=2)
    for _ in range(min(taken, 3)):
        next(items)
    items.close()
    assert closed_in == ["prefetch"]


def test_an_error_while_the_producer_is_closed_is_no_crash() -> None:
    def stubborn() -> Iterator[int]:
        try:
            yield from range(50)
        finally:
            raise KeyError("on the way out")

    items = prefetch(stubborn(), depth=2)
    next(items)
    items.close()
    assert prefetch_threads() == []


def slow(number: int) -> tuple[int, str]:
    time.sleep(0.02 if number % 3 else 0.06)
    return number, threading.current_thread().name


def test_items_made_by_several_threads_come_in_order() -> None:
    made = list(in_threads(slow, range(20), 3))
    assert [number for number, _ in made] == list(range(20))
    assert len({name for _, name in made}) == 3


def test_only_so_many_are_made_ahead() -> None:
    begun: list[int] = []

    def made(number: int) -> int:
        begun.append(number)
        return number

    items = in_threads(made, range(100), 2)
    assert next(items) == 0
    time.sleep(0.1)
    assert len(begun) == 4
    items.close()
    assert len(begun) == 4
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_what_fails_in_a_thread_is_raised_in_its_place() -> None:
    def made(number: int) -> int:
        if number == 3:
            raise KeyError(number)
        return number

    items = in_threads(made, range(10), 2)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(items)
