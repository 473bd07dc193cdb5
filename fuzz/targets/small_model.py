"""A model small enough to be made thousands of times, and its folder."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from understudy.nets.presets import PRESETS
from understudy.training.adam import AdamW
from understudy.training.model import Model
from understudy.training.model_folder import save_model
from understudy.training.model_index import IdentityEntry, ModelIndex

torch.set_num_threads(1)
_NAME = "micro"


class _Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Conv2d(1, 4, 1)

    def forward(self, code_BCHW: Tensor) -> Tensor:
        return self.up(code_BCHW)


def add_preset() -> str:
    """Make the smallest of presets known, for good; returns its name."""
    PRESETS[_NAME] = replace(PRESETS["classic"], encoder=lambda: nn.Conv2d(3, 1, 1), decoder=_Decoder)
    return _NAME


@contextmanager
def small_preset() -> Generator[None]:
    """The same while the block runs."""
    add_preset()
    try:
        yield
    finally:
        del PRESETS[_NAME]


def made() -> tuple[Model, AdamW, ModelIndex]:
    """A model after one step."""
    entries = [IdentityEntry(name=name, faceset_digest="0" * 64, faces=20) for name in ("Anna", "Bob")]
    model = Model(add_preset(), [entry.name for entry in entries], bf16=False)
    optimizer = AdamW([list(model.parameters())], lr=0.1, betas=(0.9, 0.999), weight_decay=0.01)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return model, optimizer, ModelIndex(preset=_NAME, identities=entries, step=1, seed=7)


def saved(folder: Path) -> Path:
    """A folder with such a model."""
    save_model(folder, *made())
    return folder


def with_digests(index: bytes, **digests: str) -> bytes:
    """An index that names other files, as whoever sends a model would write it."""
    return json.dumps(json.loads(index) | digests).encode()
