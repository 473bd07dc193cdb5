"""The family at sizes small enough for a test; the presets are the same code with larger numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from understudy.nets.family import FamilyConfig, FamilyDecoder, FamilyEncoder, Inter


def config(inter: Inter = "shared") -> FamilyConfig:
    """32 px that grows to 64 and 128 px."""
    return FamilyConfig(widths=(16, 12, 8), blocks=(2, 1, 1), narrow=8, rest=6, inter=inter, start_px=32)


def built(inter: Inter = "shared") -> tuple[FamilyEncoder, FamilyDecoder]:
    torch.manual_seed(0)
    return FamilyEncoder(config(inter)).eval(), FamilyDecoder(config(inter)).eval()


def faces(size_px: int, count: int = 2) -> Tensor:
    return torch.rand(count, 3, size_px, size_px, generator=torch.Generator().manual_seed(1))


def grow(value: float, *networks: FamilyEncoder | FamilyDecoder) -> None:
    for network in networks:
        network.grown.set(value)


@pytest.mark.parametrize("inter", ["shared", "split"])
def test_it_draws_the_size_that_it_is_grown_to(inter: Inter) -> None:
    encoder, decoder = built(inter)
    assert (encoder.config.size_px, encoder.config.doublings) == (128, 2)
    for value, size_px in ((0, 32), (0.3, 64), (1, 64), (1.5, 128), (2, 128)):
        grow(value, encoder, decoder)
        assert decoder(encoder(faces(size_px))).shape == (2, 4, size_px, size_px)


def test_a_level_comes_in_little_by_little() -> None:
    encoder, decoder = built()
    large = faces(64)
    with torch.no_grad():
        grow(0, encoder, decoder)
        small = decoder(encoder(avg_pool2d(large, 2)))
        before = torch.logit(small)
        changes: list[float] = []
        for value in (1e-6, 0.1, 0.5, 1):
            grow(value, encoder, decoder)
            now = torch.logit(decoder(encoder(large)))
            changes.append(float((now - interpolate(before, scale_factor=2, mode="bilinear")).abs().max()))
    assert changes[0] < 1e-4  # it starts where the smaller network was
    assert changes == sorted(changes)
    assert changes[-1] > 0.1


def test_how_far_it_is_grown_is_saved_with_its_weights() -> None:
    encoder, decoder = built()
    grow(1.25, encoder, decoder)
    other_encoder, other_decoder = FamilyEncoder(config()), FamilyDecoder(config())
    assert other_encoder.grown.value == 2
    other_encoder.load_state_dict(encoder.state_dict())
    other_decoder.load_state_dict(decoder.state_dict())
    assert other_encoder.grown.value == other_decoder.grown.value == 1.25
    assert all(isinstance(value, Tensor) for value in encoder.state_dict().values())


def test_it_cannot_grow_further_than_it_is_built() -> None:
    encoder, _ = built()
    with pytest.raises(ValueError, match="of 2 doublings cannot be grown"):
        encoder.grown.set(2.5)


def test_levels_that_are_not_grown_to_learn_nothing() -> None:
    encoder, decoder = built()
    grow(1, encoder, decoder)
    decoder(encoder(faces(64))).sum().backward()
    for unused in (encoder.entries[2], encoder.blocks[2], decoder.ups[1], decoder.heads[2]):
        assert all(parameter.grad is None for parameter in unused.parameters())
    assert encoder.entries[0].weight.grad is not None


def test_the_code_is_the_expression_and_a_rest_of_unit_deviation() -> None:
    encoder, _ = built()
    code = encoder.code(faces(128, 3))
    expression, rest = code.split((encoder.config.expression, encoder.config.rest), dim=1)
    assert torch.equal(encoder.expression(encoder.spread(code)), expression)
    torch.testing.assert_close(rest.mean(dim=1), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(rest.std(dim=1, correction=0), torch.ones(3), atol=2e-2, rtol=0)


def test_training_disturbs_the_rest_and_never_the_expression() -> None:
    encoder, _ = built()
    grow(0, encoder)
    many = faces(32, 300)
    with torch.no_grad():
        still = encoder.code(many)
        noisy = encoder.train().code(many)
    known = encoder.config.expression
    assert torch.equal(noisy[:, :known], still[:, :known])
    blank = (noisy[:, known:] == 0).all(dim=1)
    assert 0.5 * encoder.config.drop < blank.float().mean() < 1.6 * encoder.config.drop
    assert abs(float((noisy - still)[~blank][:, known:].std()) - encoder.config.noise) < 0.03


def test_a_split_inter_stage_is_half_everybodys_and_half_ones_own() -> None:
    encoder, decoder = built("split")
    other = FamilyDecoder(config("split")).eval()
    other.load_state_dict(decoder.state_dict())
    spread = encoder(faces(128))
    assert torch.equal(decoder(spread), other(spread))
    with torch.no_grad():
        assert other.inter is not None
        other.inter.from_code.weight.mul_(2)
    small, changed = decoder._small_map(spread), other._small_map(spread)
    half = config("split").shared_width
    assert torch.equal(small[:, :half], changed[:, :half])
    assert not torch.equal(small[:, half:], changed[:, half:])
    assert built("shared")[1].inter is None


def test_the_decoder_starts_without_a_grid_and_without_fading_away() -> None:
    encoder, decoder = built()
    grow(0, encoder, decoder)
    with torch.no_grad():
        drawn = decoder(encoder(faces(32)))
    blocks = drawn.unfold(2, 4, 4).unfold(3, 4, 4)
    assert blocks.flatten(4).std(dim=-1).mean() < 1e-6
    assert drawn.std() > 0.02
