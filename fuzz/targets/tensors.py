"""`weights.safetensors`, `usual.safetensors` and `occluders_N.safetensors` of a model."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from targets.scratch import scratch, written
from targets.small_model import made
from understudy.core.errors import UnderstudyError
from understudy.training.model import Model
from understudy.training.model_folder import load_weights
from understudy.training.model_index import ModelIndex
from understudy.workflows.learnt_occluders import kept_network
from understudy.workflows.usual_faces import kept_tolerances


@cache
def _model() -> tuple[Model, ModelIndex]:
    model, _, index = made()
    return model, index


def check(data: bytes) -> None:
    """As each of them."""
    model, index = _model()
    with suppress(UnderstudyError):
        load_weights(model, written("weights.safetensors", data))
    written("usual.safetensors", data)
    kept_tolerances(scratch(), index)
    kept_network(written("occluders_0.safetensors", data), "")
