"""The shipped start: an encoder and a decoder trained beforehand on rendered people."""

from __future__ import annotations

from importlib.resources import as_file, files

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from understudy.core.errors import ModelError
from understudy.training.model import Model

BASE_FILES = {"tiny": "base_tiny.safetensors"}
_SCALE = ".scale"


def start_from_base(model: Model) -> None:
    """Give the encoder and every decoder the base's weights.

    Raises:
        ModelError: the installation lacks the base, or has one of another version.
    """
    packed = files("understudy") / "assets" / BASE_FILES[model.preset_name]
    try:
        with as_file(packed) as path, safe_open(path, framework="pt") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        weights = _unpack(stored)
        model.encoder.load_state_dict(_part(weights, "encoder."))
        for decoder in model.decoders:
            decoder.load_state_dict(_part(weights, "decoder."))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(
            f"the base of {model.preset_name!r} cannot be loaded",
            "install understudy again, or start from scratch",
        ) from error


def pack_base(encoder: torch.nn.Module, decoder: torch.nn.Module, about: dict[str, str]) -> bytes:
    """A base as the bytes of a safetensors file.

    Matrices and convolutions are stored in 8 bits with one scale an output channel: a start needs no
    more, and it keeps the package small.
    """
    packed: dict[str, Tensor] = {}
    for prefix, network in (("encoder.", encoder), ("decoder.", decoder)):
        for name, value in network.state_dict().items():
            value = value.detach().float().contiguous()
            if value.dim() < 2 or name.startswith("styles"):
                packed[prefix + name] = value
                continue
            scale = value.flatten(1).abs().amax(dim=1).clamp_min(1e-12) / 127
            shape = (-1, *[1] * (value.dim() - 1))
            packed[prefix + name] = (value / scale.view(shape)).round().to(torch.int8)
            packed[prefix + name + _SCALE] = scale
    return save(packed, metadata=about)


def _unpack(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = {}
    for name, value in stored.items():
        if name.endswith(_SCALE):
            continue
        scale = stored.get(name + _SCALE)
        weights[name] = value if scale is None else value.float() * scale.view(-1, *[1] * (value.dim() - 1))
    return weights


def _part(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
