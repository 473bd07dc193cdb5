"""What other processes and Ctrl-C ask of a run, heard at once and done between two steps."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_TWICE_S = 1.0  # a terminal and a parent process may both pass on the same Ctrl-C


class Requests:
    """What was asked for so far.

    Args:
        stop: end the run and keep its work; may be set by whoever wants that.
        save: save and go on; to be unset once that is done.
    """

    def __init__(self) -> None:
        """Nothing was asked for."""
        self.stop = self.save = False
        self._stop_s = 0.0

    def on_stop(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal to end; who asks again a second later is not made to wait for it.

        Raises:
            KeyboardInterrupt: it was asked for before.
        """
        del number, frame
        now = time.monotonic()
        if self.stop and now - self._stop_s > _TWICE_S:
            raise KeyboardInterrupt
        if not self.stop:
            self.stop, self._stop_s = True, now

    def on_save(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal to save."""
        del number, frame
        self.save = True


@contextmanager
def heard(requests: Requests) -> Generator[None]:
    """Hear Ctrl-C and SIGTERM as requests to stop, SIGUSR1 as one to save, while the block runs.

    A step that an exception cuts in two leaves weights that no undisturbed run has. Only the main thread
    hears signals: in others nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {signal.SIGINT: requests.on_stop, signal.SIGTERM: requests.on_stop}
    if hasattr(signal, "SIGUSR1"):  # not on Windows
        handlers[signal.SIGUSR1] = requests.on_save
    # what a script's background job was told to ignore stays ignored
    before = {n: signal.getsignal(n) for n in handlers if signal.getsignal(n) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handlers[number])
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
