"""Steps of training that a GPU is told once and then repeats by itself.

A step is some thousand small pieces of work, and telling a GPU of each takes the processor longer than a
fast GPU needs to do it. A few steps are computed as on a processor, the next is recorded as a graph, and from
then on one call repeats it with other faces.

Reference:
    CUDA graphs: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from understudy.training.batches import Batch

_BEFORE = (
    3  # steps of a kind until it is recorded: libraries choose their ways and take their memory in these
)


class Recorded:
    """Computes steps, and records each kind of them once it has been computed a few times.

    What a step reads and changes besides its batch must stay where it is in the device's memory: after
    weights or the optimizer's state were replaced, call `forget`.

    Args:
        learn: computes a step from its batch and its kind, never waiting for the device, and returns its
            loss, 0-d.
        device: a GPU.
    """

    def __init__(self, learn: Callable[[Batch, Any], Tensor], device: torch.device) -> None:
        """Record nothing yet."""
        self._learn, self._device = learn, device
        self._seen: dict[Hashable, int] = {}
        self._recordings: dict[Hashable, _Recording] = {}
        self._stream: torch.cuda.Stream | None = None

    def forget(self) -> None:
        """Drop what was recorded, and the memory that it holds; it is recorded anew."""
        self._seen.clear()
        self._recordings.clear()

    def __call__(self, batch: Batch, kind: Hashable) -> Tensor:
        """Compute one step.

        Args:
            batch: on the device.
            kind: steps of one kind, with batches of one shape, do the same with other numbers.

        Returns:
            The loss, 0-d, on the device.
        """
        key = (batch.face_B3HW.shape, kind)
        if key not in self._recordings:
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] <= _BEFORE:
                return self._computed(batch, kind)
            self._recordings[key] = _Recording(
                lambda copy: self._learn(copy, kind), batch, self._side_stream()
            )
        return self._recordings[key](batch)

    def _side_stream(self) -> torch.cuda.Stream:
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)
        return self._stream

    def _computed(self, batch: Batch, kind: Hashable) -> Tensor:
        """Compute at once, on the stream that will be recorded: autograd remembers which one it was."""
        side, usual = self._side_stream(), torch.cuda.current_stream(self._device)
        side.wait_stream(usual)
        with torch.cuda.stream(side):
            loss = self._learn(batch, kind)
        usual.wait_stream(side)
        return loss


class _Recording:
    """One kind of step, and the place in memory that it reads its batch from."""

    def __init__(self, learn: Callable[[Batch], Tensor], batch: Batch, stream: torch.cuda.Stream) -> None:
        """Record without computing."""
        self._batch = Batch(**{name: value.clone() for name, value in _tensors(batch).items()})
        self._graph = torch.cuda.CUDAGraph()
        # what other threads do with the device meanwhile is no mistake of this one
        with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
            self._loss = learn(self._batch)

    def __call__(self, batch: Batch) -> Tensor:
        """Compute one step; returns its loss."""
        own = _tensors(self._batch)
        for name, value in _tensors(batch).items():
            own[name].copy_(value, non_blocking=True)
        self._graph.replay()
        return self._loss.clone()  # the next one is written to the same place


def _tensors(batch: Batch) -> dict[str, Tensor]:
    found = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return {name: value for name, value in found.items() if value is not None}
