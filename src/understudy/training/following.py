"""How the other processes of a team follow its leader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from understudy.training.batches import Batch
from understudy.training.loop import Trainer
from understudy.training.team import Team

Make = Callable[[int, int], Iterator[list[Batch]]]


def give_state(team: Team, trainer: Trainer, first_step: int) -> None:
    """Let all processes go on from the leader's weights: at the start, and wherever it went back.

    Raises:
        ProcessLost: a process has ended.
    """
    text = json.dumps({"seed": trainer.seed, "first_step": first_step})
    team.tell("state", text=text)
    _exchange(team, trainer)


def follow(team: Team, trainer: Trainer, make: Make) -> str:
    """Take part in every step that the leader takes, until it says that this was all.

    Args:
        team: the processes.
        trainer: of a model like the leader's, whatever its weights.
        make: this process's parts of every batch, by seed and first step.

    Returns:
        The leader's last words.

    Raises:
        ProcessLost: the leader, or another process, has ended before.
    """
    number, batches = 0, iter(())
    while (order := team.hear()).kind != "end":
        if order.kind == "state":
            state = json.loads(order.text)
            trainer.seed, number = state["seed"], state["first_step"]
            _exchange(team, trainer)
            batches = make(trainer.seed, number)
        else:
            trainer.model.grow(order.grown)
            trainer.heard = order.heard
            trainer.step(next(batches), order.rate, number)
            number += 1
    return order.text


def _exchange(team: Team, trainer: Trainer) -> None:
    """Make the others' weights and moments the leader's."""
    weights = trainer.trained
    states = trainer.optimizer.state
    has_moments = torch.tensor([bool(states.get(weight)) for weight in weights])
    team.give([has_moments])
    if not team.leads:
        states.clear()
    moments: list[Tensor] = []
    for weight, has in zip(weights, has_moments.tolist(), strict=True):
        if has and not team.leads:
            states[weight] = {
                "step": torch.zeros((), device=weight.device),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }
        if has:
            moments += [states[weight][name] for name in ("step", "exp_avg", "exp_avg_sq")]
    critic = trainer.model.critic
    team.give([*weights, *moments, *(() if critic is None else critic.buffers())])
