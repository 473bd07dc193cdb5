"""What every preset promises to training and conversion."""

import pytest
import torch
from torch import Tensor, nn

from understudy.nets.presets import PRESETS, Preset
from understudy.training.augment import AUGMENTATION
from understudy.workflows.choices import PRESET_NAMES

# the larger members of the family are the same code with more levels, and too slow to run in every test
RUN_HERE = ("classic", "standard", "tiny")


@pytest.fixture(scope="module", params=RUN_HERE)
def preset(request: pytest.FixtureRequest) -> Preset:
    return PRESETS[request.param]


@pytest.fixture(scope="module")
def networks(preset: Preset) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(3)
    return preset.encoder(), preset.decoder()


def faces(preset: Preset, count: int = 2) -> Tensor:
    return torch.rand(count, 3, preset.size_px, preset.size_px, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_chosen_and_draws_its_own_size(name: str) -> None:
    preset = PRESETS[name]
    assert name in PRESET_NAMES
    assert name in AUGMENTATION
    assert preset.purpose
    with torch.device("meta"):
        drawn = preset.decoder()(preset.encoder()(faces(preset, 1).to("meta")))
    assert drawn.shape == (1, 4, preset.size_px, preset.size_px)


def test_a_face_becomes_a_face_and_a_mask(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder, decoder = (network.eval() for network in networks)
    with torch.no_grad():
        layers = decoder(encoder(faces(preset)))
    assert layers.shape == (2, 4, preset.size_px, preset.size_px)
    for picture in (layers[:, :3], layers[:, 3]):
        assert picture.dtype == torch.float32
        assert picture.min() >= 0
        assert picture.max() <= 1
        assert picture.std() > 0


def test_the_code_has_the_size_that_the_preset_says(
    preset: Preset, networks: tuple[nn.Module, nn.Module]
) -> None:
    encoder = networks[0].eval()
    read = getattr(encoder, "code", encoder)  # classic goes on from its code within the encoder
    with torch.no_grad():
        assert read(faces(preset)).shape == (2, preset.code)


def test_the_code_depends_on_the_face_and_on_no_other_of_the_batch(
    preset: Preset, networks: tuple[nn.Module, nn.Module]
) -> None:
    encoder = networks[0].eval()
    two = faces(preset)
    with torch.no_grad():
        code = encoder(two)
        alone = torch.cat([encoder(two[:1]), encoder(two[1:])])
    torch.testing.assert_close(code, alone, rtol=1e-3, atol=1e-4)
    assert (code[0] - code[1]).abs().max() > 1e-5


def test_the_gradient_reaches_every_parameter(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder, decoder = (network.train() for network in networks)
    torch.manual_seed(0)
    code = encoder(faces(preset, 4))
    layers = decoder(code)
    loss = (layers[:, :3] - 0.3).square().mean() + (layers[:, 3] - 0.7).square().mean()
    if preset.expression_weight:
        loss = loss + encoder.expression(code).square().mean()  # type: ignore[operator]
    loss.backward()
    for network in networks:
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            # a block that starts as the identity has no gradient yet in its first convolution
            if not (name.endswith(("first.weight", "first.bias"))):
                assert parameter.grad.abs().max() > 0, name
        network.zero_grad(set_to_none=True)


def test_a_seed_decides_the_weights(preset: Preset) -> None:
    def built(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        return [parameter.flatten()[:50].clone() for parameter in preset.decoder().parameters()]

    first, again, other = built(1), built(1), built(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_evaluation_has_no_chance_in_it(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder, decoder = (network.eval() for network in networks)
    with torch.no_grad():
        once, again = decoder(encoder(faces(preset))), decoder(encoder(faces(preset)))
    assert torch.equal(once, again)


def test_a_seed_decides_training_noise(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder = networks[0].train()

    def code(seed: int) -> Tensor:
        torch.manual_seed(seed)
        with torch.no_grad():
            return encoder(faces(preset))

    assert torch.equal(code(5), code(5))


def test_bfloat16_draws_nearly_the_same(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder, decoder = (network.eval() for network in networks)
    with torch.no_grad():
        full = decoder(encoder(faces(preset)))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = decoder(encoder(faces(preset)))
    assert half.dtype == torch.float32
    assert (full - half).abs().max() < 0.05


def test_channels_last_draws_the_same(preset: Preset, networks: tuple[nn.Module, nn.Module]) -> None:
    encoder, decoder = (network.eval() for network in networks)
    with torch.no_grad():
        plain = decoder(encoder(faces(preset)))
        last = decoder(encoder(faces(preset).contiguous(memory_format=torch.channels_last)))
    torch.testing.assert_close(plain, last, rtol=1e-3, atol=1e-4)
