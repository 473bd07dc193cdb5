"""Reads the losses of many steps at once, and notices when training breaks down."""

from __future__ import annotations

import math

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

EXPLODES = 3.0  # times the best smoothed loss: networks that learn do not fall back so far
_SETTLED = 50  # steps until the smoothed loss means something
_KEEP = 0.95  # share of the smoothed loss that a step leaves
_FORGET = 1.0001  # a step lets go of the best by so much: what is asked for may grow harder


class LossState(BaseModel):
    """What the watch remembers; saved with the model, so that a resumed run judges alike.

    Args:
        smoothed: exponential mean of the losses.
        best: the lowest of it, slowly forgotten; None until it has settled.
        seen: losses so far.
    """

    model_config = ConfigDict(extra="forbid")
    smoothed: float = 0.0
    best: float | None = None
    seen: int = 0


class LossWatch:
    """Collects losses as tensors: reading one makes the processor wait for its device, so that is rare."""

    def __init__(self, state: LossState) -> None:
        """Go on from a state; it is changed in place."""
        self.state = state
        self._unread: list[Tensor] = []

    def add(self, loss: Tensor) -> None:
        """Note one step's loss, a 0-d tensor, without looking at it."""
        self._unread.append(loss)

    def read(self) -> float:
        """Look at the losses since the last read.

        Returns:
            The smoothed loss.

        Raises:
            FloatingPointError: a loss is no number, or the smoothed loss has exploded.
        """
        values: list[float] = torch.stack(self._unread).tolist() if self._unread else []
        self._unread = []
        for value in values:
            self._take(value)
        return self.state.smoothed

    def _take(self, value: float) -> None:
        if not math.isfinite(value):
            raise FloatingPointError(f"a loss is {value}")
        state = self.state
        state.smoothed = value if state.seen == 0 else _KEEP * state.smoothed + (1 - _KEEP) * value
        state.seen += 1
        if state.seen < _SETTLED:
            return
        best = state.smoothed if state.best is None else min(state.smoothed, state.best * _FORGET)
        if state.smoothed > EXPLODES * best:
            raise FloatingPointError(f"the loss went from {best:.3g} to {state.smoothed:.3g}")
        state.best = best
