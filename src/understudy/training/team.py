"""Several processes that train one model together: one leads, and the others do as it says.

Each computes the gradient of its share of every step's faces. All gradients are added up, so that all
take the same step and hold the same weights, without ever exchanging these again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, get_args

import torch
import torch.distributed as dist
from torch import Tensor

from understudy.core.errors import ConfigError, ProcessLost

_PATIENCE = timedelta(minutes=30)  # while the leader validates and saves, the others wait
_ARRIVAL = timedelta(minutes=1)  # to find the leader, which is there before the others are started
_BUCKET = 1 << 23  # numbers that are sent at once

Kind = Literal["job", "state", "step", "end"]
_KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the leader wants done next.

    Args:
        kind: to hear what to train ("job"), to take over weights ("state"), to take a step, or to end.
        rate: of the step, as a share of the preset's.
        grown: how often the picture has doubled in it.
        heard: how much a critic is heard in it; None where there is none yet.
        text: all else, as JSON.
    """

    kind: Kind
    rate: float = 0.0
    grown: float = 0.0
    heard: float | None = None
    text: str = ""


class Team:
    """The processes, as one of them sees them.

    Args:
        rank: number of this one; 0 leads.
        size: how many there are.
    """

    def __init__(self, rank: int, size: int) -> None:
        """See `join`."""
        self.rank, self.size = rank, size

    @property
    def leads(self) -> bool:
        """Whether this process decides, and alone writes files."""
        return self.rank == 0

    def tell(
        self,
        kind: Kind,
        *,
        rate: float = 0.0,
        grown: float = 0.0,
        heard: float | None = None,
        text: str = "",
    ) -> None:
        """Say what to do, see `Order`; it goes through the processor's memory: no device is waited for.

        Raises:
            ProcessLost: another process has ended.
        """
        words = text.encode()
        numbers = [_KINDS.index(kind), rate, grown, math.nan if heard is None else heard, len(words)]
        self._broadcast(torch.tensor(numbers, dtype=torch.float64))
        if words:
            self._broadcast(torch.frombuffer(bytearray(words), dtype=torch.uint8))

    def hear(self) -> Order:
        """Wait for what the leader says.

        Raises:
            ProcessLost: the leader has ended.
        """
        numbers = torch.zeros(5, dtype=torch.float64)
        self._broadcast(numbers)
        kind, rate, grown, heard, length = numbers.tolist()
        text = torch.zeros(int(length), dtype=torch.uint8)
        if length:
            self._broadcast(text)
        return Order(
            kind=_KINDS[int(kind)],
            rate=rate,
            grown=grown,
            heard=None if math.isnan(heard) else heard,
            text=text.numpy().tobytes().decode(),
        )

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes, which are the same to the bit everywhere.

        Raises:
            ProcessLost: another process has ended.
        """
        self._in_buckets(tensors, dist.all_reduce)

    def give(self, tensors: Sequence[Tensor]) -> None:
        """Replace the others' tensors by the leader's.

        Raises:
            ProcessLost: another process has ended.
        """
        self._in_buckets(tensors, lambda flat, **how: dist.broadcast(flat, src=0, **how))

    def close(self) -> None:
        """Leave; who waits for this process then hears that it has ended."""
        dist.destroy_process_group()

    def _broadcast(self, tensor: Tensor) -> None:
        with _lost():
            dist.broadcast(tensor, src=0)

    def _in_buckets(self, tensors: Sequence[Tensor], send: Callable[..., Any]) -> None:
        """Send few large pieces; while one travels, the next is put together."""
        under_way: list[tuple[list[Tensor], Tensor, Any]] = []
        for bucket in _buckets(tensors):
            flat = torch.cat([tensor.detach().reshape(-1) for tensor in bucket])
            with _lost():
                under_way.append((bucket, flat, send(flat, async_op=True)))
        for bucket, flat, work in under_way:
            with _lost():
                work.wait()
            for tensor, new in zip(bucket, flat.split([t.numel() for t in bucket]), strict=True):
                tensor.detach().copy_(new.view(tensor.shape))


def meeting_point(port: int | None = None) -> dist.TCPStore:  # pyright: ignore[reportPrivateImportUsage]
    """Where processes of this machine find each other.

    Args:
        port: where it is; None opens one.

    Raises:
        ProcessLost: nobody is there any more.
    """
    _check_torch()
    is_new = port is None
    with _lost():
        return dist.TCPStore(  # pyright: ignore[reportPrivateImportUsage]
            "127.0.0.1", port or 0, is_master=is_new, wait_for_workers=False, timeout=_ARRIVAL
        )


def join(
    store: dist.Store,  # pyright: ignore[reportPrivateImportUsage]
    rank: int,
    size: int,
    device: torch.device | None = None,
) -> Team:
    """Meet the other processes.

    Args:
        store: where they find each other; the same for all.
        rank: number of this process, from 0.
        size: how many there are.
        device: that this one computes on; the processor if None. Pictures and gradients on a GPU never
            leave it but for another one.

    Raises:
        ConfigError: this process belongs to another group already, or torch cannot do this here.
        ProcessLost: not all came.
    """
    _check_torch()
    if dist.is_initialized():
        raise ConfigError(
            "this process uses torch.distributed already", "end that first, or let Understudy start it"
        )
    backend = "cpu:gloo,cuda:nccl" if device is not None and device.type == "cuda" else "gloo"
    with _lost():
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    return Team(rank, size)


def join_started() -> Team:
    """Meet the processes that torchrun, or a cluster, has started with this one.

    Raises:
        ConfigError: see `join`.
        ProcessLost: not all came.
    """
    _check_torch()
    with _lost():
        store, rank, size = next(dist.rendezvous("env://"))  # pyright: ignore[reportPrivateImportUsage]
    return join(store, rank, size)


def _check_torch() -> None:
    if not (dist.is_available() and dist.is_gloo_available()):
        raise ConfigError("this build of torch has no gloo, by which processes talk", "train with one device")


def _buckets(tensors: Sequence[Tensor]) -> Generator[list[Tensor]]:
    """In their order; those of one bucket lie on one device and hold numbers of one kind."""
    bucket: list[Tensor] = []
    held = 0
    for tensor in tensors:
        alike = bool(bucket) and (tensor.device, tensor.dtype) == (bucket[0].device, bucket[0].dtype)
        if bucket and (not alike or held >= _BUCKET):
            yield bucket
            bucket, held = [], 0
        bucket.append(tensor)
        held += tensor.numel()
    if bucket:
        yield bucket


@contextmanager
def _lost() -> Generator[None]:
    """Say in our own words that another process does not answer; torch has no type for it."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLost("another process of this training has ended") from error
