from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load
from torch import Tensor

from understudy.nets.presets import PRESETS
from understudy.training import base
from understudy.training.base import pack_base, start_from_base
from understudy.training.model import Model


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_a_base_comes_back_within_a_hundredth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    encoder, decoder = PRESETS["tiny"].encoder(), PRESETS["tiny"].decoder()
    for style in decoder.styles:  # type: ignore[union-attr]
        torch.nn.init.normal_(style)  # type: ignore[arg-type]
    packed = pack_base(encoder, decoder, {"made by": "a test"})
    (tmp_path / "assets").mkdir()
    path = tmp_path / "assets" / base.BASE_FILES["tiny"]
    path.write_bytes(packed)
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"made by": "a test"}
    numbers = sum(value.numel() for network in (encoder, decoder) for value in network.state_dict().values())
    assert len(packed) < 1.1 * numbers  # a byte a number

    monkeypatch.setattr(base, "files", lambda package: tmp_path)
    model = Model("tiny", ["a", "b"], bf16=False)
    start_from_base(model)
    for network, given in ((model.encoder, encoder), *((d, decoder) for d in model.decoders)):
        for (name, value), (other, truth) in zip(
            weights(network).items(), weights(given).items(), strict=True
        ):
            assert name == other
            error = (value - truth).norm() / truth.norm().clamp_min(1e-9)
            assert error < 0.01, name
            if truth.dim() < 2 or name.startswith("styles"):
                assert torch.equal(value, truth), name


def test_a_channel_of_zeros_stays_zero() -> None:
    layer = torch.nn.Conv2d(3, 4, 3)
    torch.nn.init.zeros_(layer.weight)
    unpacked = base._unpack(base_tensors(pack_base(layer, torch.nn.Linear(1, 1), {})))
    assert torch.equal(unpacked["encoder.weight"], torch.zeros(4, 3, 3, 3))


def base_tensors(packed: bytes) -> dict[str, Tensor]:
    return load(packed)


def test_the_shipped_base_fits_the_architecture() -> None:
    for name in base.BASE_FILES:
        model = Model(name, ["a", "b"], bf16=False)
        start_from_base(model)
        first, second = (weights(decoder) for decoder in model.decoders)
        assert all(torch.equal(first[key], second[key]) for key in first)
        model.eval()
        with torch.no_grad():
            size = model.preset.size_px
            layers = model.decoders[0](model.encoder(torch.full((1, 3, size, size), 0.5)))
        assert torch.isfinite(layers).all()
