"""Interlaced pictures to progressive ones: as many, at the same times."""

# PyAV leaves type parameters of its filters open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.error import FFmpegError
from av.filter import Graph

Timed = tuple[int, av.VideoFrame]  # (pts, picture)

_MOST_PIXELS = 4096 * 2304  # nothing interlaced was ever larger than 4K, and the filter holds four pictures


class Deinterlacer:
    """Draws the missing half of the lines of pictures that are flagged interlaced, by FFmpeg's bwdif.

    A picture shows the moment of its first field. One that is not flagged passes as it is: untouched,
    and until the first flagged one without cost or delay; from there on pictures come one late. So does
    one larger than 4K.

    Attributes:
        count: pictures that were flagged, so far.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.count = 0
        self._waiting: deque[int] = deque()  # times of the pictures in the filter
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None

    def of(self, pictures: Iterable[Timed]) -> Iterator[Timed]:
        """Give the pictures, each with the time that it came with."""
        for pts, picture in pictures:
            self.count += picture.interlaced_frame
            if not self.count:
                yield pts, picture
                continue
            kind = (picture.width, picture.height, picture.format.name)
            if kind != self._kind:
                yield from self._drain()
                self._graph, self._kind = _graph(picture), kind
            if self._graph is None:
                yield pts, picture
                continue
            self._waiting.append(pts)
            self._graph.push(picture)
            yield from self._ready()
        yield from self._drain()

    def _ready(self) -> Iterator[Timed]:
        """What the filter has finished."""
        while self._graph is not None and self._waiting:
            try:
                picture = self._graph.pull()
            except (BlockingIOError, EOFError):  # it needs the next picture first, or is through
                return
            assert isinstance(picture, av.VideoFrame)
            yield self._waiting.popleft(), picture

    def _drain(self) -> Iterator[Timed]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._ready()
            self._graph = None
        assert not self._waiting, f"{len(self._waiting)} pictures did not come out of the filter"


def _graph(picture: av.VideoFrame) -> Graph | None:
    """What draws the missing lines of pictures like one; None where FFmpeg cannot, or they are too large."""
    if picture.width * picture.height > _MOST_PIXELS:
        return None
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base or Fraction(1, 25),
    )
    nodes = source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    try:
        graph.link_nodes(*nodes).configure()
    except FFmpegError:
        return None
    return graph
