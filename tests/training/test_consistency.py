import pytest
import torch
from torch import Tensor, nn

from understudy.training.consistency import add_consistency_gradient
from understudy.training.model import Model


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    model = Model("tiny", ["a", "b"], bf16=False)
    model.eval()  # without noise, so that losses can be compared
    return model


def codes_of(model: Model) -> list[Tensor]:
    with torch.no_grad():
        return list(model.encoder(torch.rand(4, 3, 128, 128)).split(2))


def off(model: Model, codes: list[Tensor]) -> float:
    """How far what is read from the swaps is from what was meant, told plainly."""
    with torch.no_grad():
        by_a, by_b = model.decoders[0](codes[1])[:, :3], model.decoders[1](codes[0])[:, :3]
        said = [model.encoder.expression(model.encoder(picture)) for picture in (by_a, by_b)]
        meant = [model.encoder.expression(code) for code in (codes[1], codes[0])]
        return float(nn.functional.smooth_l1_loss(torch.cat(said), torch.cat(meant)))


def test_it_leads_swaps_to_what_was_meant_and_leaves_the_encoder_alone(model: Model) -> None:
    codes = codes_of(model)
    before, optimizer = off(model, codes), torch.optim.Adam(model.decoders.parameters(), 1e-3)
    for _ in range(8):
        optimizer.zero_grad()
        add_consistency_gradient(model, codes, 1.0)
        assert all(p.grad is None for p in model.encoder.parameters())
        optimizer.step()
    assert off(model, codes) < 0.8 * before


def test_it_adds_to_what_is_there_by_its_weight(model: Model) -> None:
    codes = codes_of(model)
    add_consistency_gradient(model, codes, 1.0)
    once = [None if p.grad is None else p.grad.clone() for p in model.decoders.parameters()]
    assert any(g is not None and g.abs().max() > 0 for g in once)
    add_consistency_gradient(model, codes, 2.0)
    for parameter, gradient in zip(model.decoders.parameters(), once, strict=True):
        if gradient is not None:
            torch.testing.assert_close(parameter.grad, 3 * gradient, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(("turn", "whose"), [(0, (1, 2, 0)), (1, (2, 0, 1)), (2, (1, 2, 0))])
def test_decoders_draw_the_codes_of_all_others_in_turn(turn: int, whose: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    three = Model("tiny", ["a", "b", "c"], bf16=False)
    drawn: list[tuple[int, Tensor]] = []
    for number, decoder in enumerate(three.decoders):
        decoder.register_forward_pre_hook(lambda _, given, n=number: drawn.append((n, given[0])))
    codes = [torch.full((1, three.preset.code), float(i)) for i in range(3)]
    add_consistency_gradient(three, codes, 1.0, turn)
    assert [(n, int(code[0, 0])) for n, code in drawn] == list(enumerate(whose))
