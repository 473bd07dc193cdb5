"""How the faces of a step are divided: over processes, and into parts that one computes after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from understudy.nets.part import Part

if TYPE_CHECKING:
    from understudy.training.team import Team


class Division:
    """What a process computes of every step.

    Args:
        identities: how many a batch holds.
        accumulate: parts that this process computes one after another.
        team: the processes; None for this one alone.
    """

    def __init__(self, identities: int, accumulate: int = 1, team: Team | None = None) -> None:
        """Give each process the parts that follow those of the process before."""
        self.team, self.accumulate = team, accumulate
        rank, self.size = (0, 1) if team is None else (team.rank, team.size)
        self.count = self.size * accumulate
        first = rank * accumulate
        self.parts = [
            Part(index=index, count=self.count, identities=identities)
            for index in range(first, first + accumulate)
        ]

    def begin(self, rate: float, grown: float, heard: float | None) -> None:
        """Let the other processes take the step that this one takes now.

        Args:
            rate: learning rate as a share of the preset's.
            grown: how often the picture has doubled.
            heard: how much a critic is heard, see `training.adversarial`.

        Raises:
            ProcessLost: one of them has ended.
        """
        if self.team is not None and self.team.leads:
            self.team.tell("step", rate=rate, grown=grown, heard=heard)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes.

        Raises:
            ProcessLost: one of them has ended.
        """
        if self.team is not None:
            self.team.add_up(tensors)


def take_gradients(weights: Iterable[Tensor]) -> dict[Tensor, Tensor]:
    """By weight, those that there are: a part of a network that is not in use has none; none are left."""
    taken = {weight: weight.grad for weight in weights if weight.grad is not None}
    for weight in taken:
        weight.grad = None
    return taken


def sum_of(parts: Iterable[dict[Tensor, Tensor]]) -> dict[Tensor, Tensor]:
    """Gradients of several parts of a step together, in the first one's memory.

    Each part's own are complete before they meet those of another, as with several processes. So two parts
    have the same sum, to the bit, wherever they are computed.
    """
    total: dict[Tensor, Tensor] = {}
    for part in parts:
        if total:
            into, own = list(total.values()), [part[weight] for weight in total]
            torch._foreach_add_(into, own)  # pyright: ignore[reportPrivateImportUsage]
        else:
            total = part
    return total
