"""The training benchmark counts what it says it counts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from understudy.training.model import Model
from understudy.workflows import bench_train
from understudy.workflows.bench_train import BenchConfig


def test_it_compares_the_loop_with_the_bare_network() -> None:
    result = bench_train.run(BenchConfig(seconds=0.5, batch=2))
    assert result.overhead == pytest.approx(result.bare_steps_per_s / result.steps_per_s - 1)
    assert result.faces_per_s == pytest.approx(4 * result.steps_per_s)
    assert 0 < result.mfu < 1.5


def test_multiplications_are_those_of_the_layers() -> None:
    model = Model("classic", ["a", "b"], bf16=False)
    encoder = sum(
        out * into * 25 * side**2
        for into, out, side in ((3, 128, 32), (128, 256, 16), (256, 512, 8), (512, 1024, 4))
    )
    dense = 2 * 16384 * 1024 + 1024 * 2048 * 9 * 16
    decoder = 512 * 1024 * 9 * 64 + 256 * 512 * 9 * 256 + 128 * 256 * 9 * 1024 + 64 * 3 * 25 * 4096
    mask = 512 * 128 * 9 * 64 + 32 * 64 * 9 * 256 + 16 * 32 * 9 * 1024 + 8 * 25 * 4096
    assert bench_train._multiplications(model) == encoder + dense + decoder + mask
    assert not any(module._forward_hooks for module in model.modules() if isinstance(module, nn.Conv2d))
    assert torch.is_grad_enabled()
