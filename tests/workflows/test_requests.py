import os
import signal
import sys
import threading
from collections.abc import Generator

import pytest

from limits import hearing_ctrl_c
from understudy.workflows import requests as subject
from understudy.workflows.requests import Requests, heard

pytestmark = pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows has no SIGUSR1 and ends a process at SIGTERM, without its handler",
)


@pytest.fixture(autouse=True)
def foreground() -> Generator[None]:
    with hearing_ctrl_c():
        yield


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_end_is_a_request_and_a_second_one_an_exception(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(number)
    requests = Requests()
    now = [10.0]
    monkeypatch.setattr(subject.time, "monotonic", lambda: now[0])
    with heard(requests):
        assert not requests.stop
        os.kill(os.getpid(), number)
        assert requests.stop
        now[0] += 0.1
        os.kill(os.getpid(), number)  # of a parent that passes the same Ctrl-C on
        now[0] += 2
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before
    assert not requests.save


def test_a_signal_to_save_is_one_only_while_it_is_heard() -> None:
    requests = Requests()
    with heard(requests):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert requests.save
    assert not requests.stop
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with heard(Requests()) as _:
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_hears_none() -> None:
    seen: list[object] = []

    def listen() -> None:
        with heard(Requests()):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
