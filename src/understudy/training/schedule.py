"""How long a training takes, and the learning rate over that time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from understudy.training.model_index import Budget

TAIL = 0.2  # share of the time given in which the rate falls, where a run ends by itself
_SHORTEST_TAIL = 50  # steps


def tail_steps(steps: int, most: int | None = None) -> int:
    """How many steps a tail has.

    Args:
        steps: trained before it.
        most: that it may have; the shortest one may be longer.
    """
    wanted = round(TAIL * steps)
    return max(_SHORTEST_TAIL, wanted if most is None else min(wanted, most))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, and the learning rate over that time: a short rise, then half a cosine down.

    A run that ends by itself cannot know its cosine: the rate stays at the peak until the end is known,
    then falls in a tail. What is flat is told at one rate so, as a falling one improves figures by itself.

    Args:
        seconds: wall time in all, or None.
        steps: steps in all, or None; one of both is given, or `until_flat`.
        first_step: number of its first step; earlier ones have had a rise and fall of their own.
        spent_s: wall time spent of it in a run that was stopped.
        rise_steps: steps to the peak.
        floor: last learning rate as a share of the peak.
        factor: of the whole; below 1 once training broke down.
        until_flat: whether it ends by itself.
        tail_from: step from which the rate falls then, None until that is known.
        tail_steps: steps that this takes.
    """

    seconds: float | None
    steps: int | None
    first_step: int = 0
    spent_s: float = 0.0
    rise_steps: int = 50
    floor: float = 0.02
    factor: float = 1.0
    until_flat: bool = False
    tail_from: int | None = None
    tail_steps: int = 0

    @classmethod
    def of(cls, budget: Budget, spent_s: float, factor: float) -> Schedule:
        """That of what is left of a budget.

        Args:
            budget: of the run.
            spent_s: of it, before this run.
            factor: see `Schedule`.
        """
        given = budget.model_dump(
            include={"seconds", "steps", "first_step", "until_flat", "tail_from", "tail_steps"}
        )
        return cls(**given, spent_s=spent_s, factor=factor)

    def done(self, elapsed_s: float, step: int) -> float:
        """Share of the way that lies behind, in [0, 1]; 0 where its length is not known.

        Args:
            elapsed_s: wall time of this run.
            step: steps of the model in all.
        """
        by_tail = self._tail_done(step)
        return by_tail if by_tail >= 1 else self._given_done(elapsed_s, step)

    def rate(self, elapsed_s: float, step: int) -> float:
        """Learning rate as a share of the peak."""
        done = self._given_done(elapsed_s, step)
        if self.until_flat:
            done = max(0.0, (done - (1 - TAIL)) / TAIL)
        done = max(done, self._tail_done(step))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        rise = min(1.0, (step - self.first_step + 1) / self.rise_steps)
        return self.factor * rise * (self.floor + (1 - self.floor) * cosine)

    def _given_done(self, elapsed_s: float, step: int) -> float:
        by_time = (self.spent_s + elapsed_s) / self.seconds if self.seconds else 0.0
        by_steps = (step - self.first_step) / self.steps if self.steps else 0.0
        return min(1.0, max(by_time, by_steps))

    def _tail_done(self, step: int) -> float:
        return 0.0 if self.tail_from is None else (step - self.tail_from) / max(1, self.tail_steps)
