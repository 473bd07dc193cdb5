"""The optimizer, against torch's own."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from understudy.training.adam import AdamW

SETTINGS = {"lr": 0.01, "betas": (0.5, 0.99), "weight_decay": 0.1}


def made_weights() -> list[list[Tensor]]:
    torch.manual_seed(3)
    return [[torch.randn(4, 3, requires_grad=True), torch.randn(5, requires_grad=True)], [
        torch.randn(2, 3, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
    ]]  # fmt: skip


def flat(groups: list[list[Tensor]]) -> list[Tensor]:
    return [weight for group in groups for weight in group]


def torchs(groups: list[list[Tensor]]) -> torch.optim.AdamW:
    return torch.optim.AdamW([{"params": group} for group in groups], fused=True, **SETTINGS)


def learn(optimizer: AdamW | torch.optim.AdamW, groups: list[list[Tensor]], first: int, steps: int) -> None:
    """Take steps with gradients that their numbers decide; the second weight has none in the first."""
    for number in range(first, first + steps):
        torch.manual_seed(number)
        for weight in flat(groups):
            gradient = torch.randn(weight.shape)
            weight.grad = None if number == 0 and weight.shape == (5,) else gradient
        optimizer.param_groups[1]["lr"] = 0.01 / (1 + number)
        optimizer.step()
        optimizer.zero_grad()


def assert_equal(ours: list[list[Tensor]], theirs: list[list[Tensor]]) -> None:
    for one, other in zip(flat(ours), flat(theirs), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_steps_are_torchs_to_the_bit() -> None:
    ours, theirs = made_weights(), made_weights()
    learn(AdamW(ours, **SETTINGS), ours, 0, 5)
    learn(torchs(theirs), theirs, 0, 5)
    assert_equal(ours, theirs)
    assert all(weight.grad is None for weight in flat(ours))


def test_a_state_goes_on_in_either() -> None:
    ours, theirs, again = made_weights(), made_weights(), made_weights()
    first = torchs(theirs)
    learn(first, theirs, 0, 3)
    second = AdamW(ours, **SETTINGS)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    third = AdamW(again, **SETTINGS)
    third.load_state_dict(copy.deepcopy(second.state_dict()))
    for mine in (ours, again):
        for weight, truth in zip(flat(mine), flat(theirs), strict=True):
            weight.data.copy_(truth.detach())
    learn(first, theirs, 3, 3)
    learn(third, again, 3, 3)
    assert_equal(again, theirs)


def test_a_state_of_other_weights_is_refused() -> None:
    groups = made_weights()
    optimizer = AdamW(groups, **SETTINGS)
    learn(optimizer, groups, 0, 2)
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match="other groups"):
        AdamW(groups[:1], **SETTINGS).load_state_dict(saved)
    wrong = made_weights()
    wrong[0].reverse()
    with pytest.raises(ValueError, match="of shape"):
        AdamW(wrong, **SETTINGS).load_state_dict(saved)


def test_torchs_compiler_stays_where_it_is(tmp_path: Path) -> None:
    """It is what made the first step of a training late, and each use of a model."""
    script = """
import sys, torch
from pathlib import Path
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import load_model, save_model
from understudy.training.model_index import IdentityEntry, ModelIndex
model = Model("tiny", ["a", "b"], bf16=False)
weights = Trainer(model).optimizer
weights.param_groups[0]["params"][0].grad = torch.zeros_like(weights.param_groups[0]["params"][0])
weights.step()
people = [IdentityEntry(name=name, faceset_digest="0", faces=20) for name in ("a", "b")]
folder = Path(sys.argv[1])
save_model(folder, model, weights, ModelIndex(preset="tiny", identities=people, step=1))
load_model(folder, bf16=False)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script, tmp_path / "m"], check=False).returncode == 0
