"""Two processes take the steps of one."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
import torch

from training.made_presets import LOSSES, SMALL_PRESETS, bright_samples
from training.team_member import NAMES, SIZE
from understudy.core.errors import ConfigError
from understudy.nets.presets import PRESETS
from understudy.training.batches import batches, batches_in_parts
from understudy.training.division import Division
from understudy.training.following import give_state
from understudy.training.loop import Trainer, train
from understudy.training.model import Model
from understudy.training.schedule import Schedule
from understudy.training.team import Team, join, meeting_point

STEPS, SEED = 20, 7
MEMBER = Path(__file__).with_name("team_member.py")


@pytest.fixture(scope="module", autouse=True)
def like_the_member() -> Generator[None]:
    """One thread: sums over several may be put together otherwise."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        for name, preset in SMALL_PRESETS.items():
            patch.setitem(PRESETS, name, preset)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def team(like_the_member: None) -> Generator[Team]:
    store = meeting_point()
    member = subprocess.Popen(
        [sys.executable, str(MEMBER), str(store.port)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(MEMBER.parents[1]), *filter(None, sys.path)])},
    )
    try:
        with closing(join(store, 0, 2)) as team:
            yield team
            team.tell("job", text="no more")
        assert member.wait(60) == 0
    finally:
        member.kill()
        member.wait()


def trainer(preset: str, division: Division | None) -> Trainer:
    torch.manual_seed(1)
    model = Model(preset, list(NAMES), bf16=False)
    model.grow(0)
    return Trainer(model, SEED, division, LOSSES.get(preset))


def ended(subject: Trainer, first: int = 0, steps: int = STEPS) -> list[float]:
    """The losses of a training."""
    faces, losses = bright_samples(NAMES), list[float]()
    if subject.division is None:
        made = batches(faces, SIZE, subject.seed, first)
    else:
        made = batches_in_parts(faces, SIZE, subject.seed, first, subject.division.parts)
    schedule = Schedule(seconds=None, steps=STEPS)
    train(subject, islice(made, steps), schedule, first, lambda m: losses.append(float(m.loss)) is None, 0.0)
    return losses


def followed(team: Team, subject: Trainer, first: int = 0, steps: int = STEPS) -> list[float]:
    give_state(team, subject, first)
    return ended(subject, first, steps)


def end(team: Team, subject: Trainer) -> None:
    """Both processes end with the same weights, to the bit."""
    team.tell("end")
    sums = [weight.detach().clone() for weight in subject.trained]
    team.add_up(sums)
    assert all(torch.equal(both, 2 * one) for both, one in zip(sums, subject.trained, strict=True))


def same(one: Trainer, other: Trainer) -> bool:
    others = other.model.state_dict()
    return all(torch.equal(value, others[name]) for name, value in one.model.state_dict().items())


@pytest.mark.parametrize("preset", list(SMALL_PRESETS))
def test_two_processes_take_the_same_steps_as_one(team: Team, preset: str) -> None:
    team.tell("job", text=preset)
    two, parts, one = (trainer(preset, division) for division in (Division(3, 1, team), Division(3, 2), None))
    losses = followed(team, two)
    end(team, two)
    # one process that computes the two halves one after the other: every bit
    assert ended(parts) == losses
    assert same(parts, two)
    # one that computes them at once adds the same numbers up in another order
    assert ended(one) == pytest.approx(losses, abs=1e-5)
    weights = two.model.state_dict()
    for name, value in one.model.state_dict().items():
        # of real and drawn faces a critic wants the opposite: of much of that rounding alone is left, and the
        # optimizer takes a step of full length for it
        if not name.startswith("critic."):
            torch.testing.assert_close(value, weights[name], rtol=0, atol=1e-5)
    assert losses[-1] < losses[0]


def test_where_the_leader_goes_back_to_others_go_too(team: Team) -> None:
    two, parts = (trainer("seedling", division) for division in (Division(3, 1, team), Division(3, 2)))
    start = copy.deepcopy(two.model.state_dict())
    team.tell("job", text="seedling")
    followed(team, two, 0, 4)
    two.model.load_state_dict(start)
    two.optimizer.state.clear()
    two.seed = parts.seed = SEED + 1
    assert followed(team, two, 0, 4) == ended(parts, 0, 4)
    end(team, two)
    assert same(parts, two)


def test_who_joins_later_gets_weights_and_moments(team: Team) -> None:
    two, parts = (trainer("tiniest", division) for division in (Division(3, 1, team), Division(3, 2)))
    for first in (0, 4):
        team.tell("job", text="tiniest")  # the other process begins with a new optimizer
        assert followed(team, two, first, 4) == ended(parts, first, 4)
        end(team, two)
    assert same(parts, two)


def test_a_process_is_in_one_team_only(team: Team) -> None:
    with pytest.raises(ConfigError, match=r"torch\.distributed already"):
        join(meeting_point(), 0, 1)
