"""The watermark of speech in sound of any rate: what it changes is added, all else stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from understudy.provenance.sound_mark import RATE_HZ, Samples, SoundMark


def marked_at(rate_hz: int, blocks: Iterable[Samples], payload: int) -> Iterator[Samples]:
    """Mark sound.

    Args:
        rate_hz: of it.
        blocks: (n,) float32 each, one after the other.
        payload: as of `SoundMark`.

    Yields:
        Blocks of other lengths, together as long.
    """
    import soxr  # pyright: ignore[reportMissingTypeStubs] # its native part is loaded where it is needed

    down = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")
    up = soxr.ResampleStream(RATE_HZ, rate_hz, 1, dtype="float32")
    nothing = np.zeros(0, np.float32)
    own, plain = _Queue(), _Queue()

    def lowered() -> Iterator[Samples]:
        for block in blocks:
            own.put(block)
            yield plain.put(down.resample_chunk(block))
        yield plain.put(down.resample_chunk(nothing, last=True))

    for marked in SoundMark(payload).marked(lowered()):
        change = up.resample_chunk(marked - plain.take(len(marked)))
        yield own.take(len(change)) + change[: len(own.taken)]
    change = up.resample_chunk(nothing, last=True)
    rest = own.take(own.length)
    change = np.pad(change[: len(rest)], (0, max(0, len(rest) - len(change))))
    yield rest + change


class _Queue:
    """Samples that wait for others."""

    def __init__(self) -> None:
        self._waiting = np.zeros(0, np.float32)
        self.taken = self._waiting  # last

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, block: Samples) -> Samples:
        """Let samples wait, and give them."""
        self._waiting = np.concatenate([self._waiting, block])
        return block

    def take(self, count: int) -> Samples:
        """The first so many, or all there are."""
        self.taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return self.taken
