"""Counts are those of the networks as they run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from understudy.nets.counts import count, counts_of, decoder_parameters
from understudy.nets.family import FamilyConfig
from understudy.nets.presets import PRESETS, Preset, family_preset


def grows() -> Preset:
    config = FamilyConfig(widths=(16, 12, 8), blocks=(2, 1, 1), narrow=8, rest=6, inter="split", start_px=32)
    return family_preset(config, batch=1, learning_rate=1e-3, purpose="a test")


@pytest.fixture(scope="module", params=["tiny", "a small family"])
def preset(request: pytest.FixtureRequest) -> Preset:
    return PRESETS.get(request.param) or grows()


def test_what_is_counted_is_what_is_computed_and_kept(preset: Preset) -> None:
    networks = nn.ModuleList([preset.encoder(), preset.decoder()])
    own = {parameter.data_ptr() for parameter in networks.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    computed: list[int] = []

    def multiplied(layer: nn.Module, _: object, output: Tensor) -> None:
        computed.append(output.numel() * layer.weight[0].numel())  # type: ignore[index]

    for layer in networks.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(multiplied)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        networks[1](networks[0](torch.rand(1, 3, preset.size_px, preset.size_px)))
    counts = count(preset)
    assert counts.flops == 2 * sum(computed)
    assert counts.encoder == sum(p.numel() for p in networks[0].parameters())
    assert counts.decoder == sum(p.numel() for p in networks[1].parameters()) == decoder_parameters(preset)
    saved = sum(t.untyped_storage().nbytes() for at, t in kept.items() if at not in own)
    assert counts.saved_bytes == pytest.approx(saved, rel=0.05)


def test_counting_leaves_no_trace() -> None:
    torch.manual_seed(1)
    before = PRESETS["tiny"].decoder()
    count(PRESETS["tiny"])
    torch.manual_seed(1)
    after = PRESETS["tiny"].decoder()
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))


def test_operations_are_those_of_the_layers_as_a_paper_counts_them() -> None:
    encoder = sum(
        out * into * 25 * side**2
        for into, out, side in ((3, 128, 32), (128, 256, 16), (256, 512, 8), (512, 1024, 4))
    )
    dense = 2 * 16384 * 1024 + 1024 * 2048 * 9 * 16
    decoder = 512 * 1024 * 9 * 64 + 256 * 512 * 9 * 256 + 128 * 256 * 9 * 1024 + 64 * 3 * 25 * 4096
    mask = 512 * 128 * 9 * 64 + 32 * 64 * 9 * 256 + 16 * 32 * 9 * 1024 + 8 * 25 * 4096
    assert counts_of("classic").flops == 2 * (encoder + dense + decoder + mask)
