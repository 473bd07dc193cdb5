"""The loss and its hand-made gradient, against the same sum left to automatic differentiation."""

import pytest
import torch
from torch import Tensor

from understudy.nets.face_loss import FaceLoss, LossConfig, Whole
from understudy.nets.losses import MaskedSsim

SIZE, COUNT = 32, 3


def pictures(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Drawn and true layers, channels last, and a focus."""
    torch.manual_seed(seed)
    truth = torch.rand(COUNT, 4, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    drawn = (truth + 0.2 * torch.randn_like(truth)).clamp(0, 1)
    return drawn, truth, torch.rand(COUNT, 1, SIZE, SIZE)


def oracle(drawn: Tensor, truth: Tensor, focus: Tensor, config: LossConfig) -> Tensor:
    """The definition, term by term, in double precision where it can be."""
    weight = truth[:, 3:] * (1 + config.focus * focus) + config.outside
    l1 = ((drawn[:, :3] - truth[:, :3]).abs().mean(dim=1, keepdim=True) * weight).sum() / weight.sum()
    rim = round(SIZE * config.rim)
    a, b, w = (x[..., rim : SIZE - rim, rim : SIZE - rim] for x in (drawn[:, :3], truth[:, :3], weight))
    ssim = MaskedSsim(SIZE - 2 * rim, stride=config.stride).to(drawn.dtype)(a, b, w).mean()
    mask = (drawn[:, 3] - truth[:, 3]).abs().mean()
    return config.l1 * l1 + config.ssim * (1 - ssim) + config.mask * mask


@pytest.mark.parametrize(
    "config",
    [
        LossConfig(),
        LossConfig(l1=1, ssim=0, mask=0),
        LossConfig(l1=0, ssim=1, mask=0, stride=1),
        LossConfig(l1=0, ssim=0, mask=2),
        LossConfig(focus=0, outside=1, stride=2, rim=0),
    ],
)
def test_value_and_gradient_equal_the_oracle(config: LossConfig) -> None:
    drawn, truth, focus = pictures(0)
    value, gradient = FaceLoss(SIZE, config)(drawn, truth, focus)
    exact = drawn.double().requires_grad_()
    expected = oracle(exact, truth.double(), focus.double(), config)
    expected.backward()
    assert exact.grad is not None
    assert float(value) == pytest.approx(float(expected.detach()), rel=1e-5)
    torch.testing.assert_close(gradient.double(), exact.grad, rtol=1e-3, atol=1e-7)
    assert gradient.shape == drawn.shape


def some_hidden() -> Tensor:
    """A corner that something lies before, with a soft border."""
    hidden = torch.zeros(COUNT, 1, SIZE, SIZE)
    hidden[:, :, 6:20, 4:15] = 1
    hidden[:, :, 6:20, 15] = 0.4
    return hidden


def test_what_is_hidden_is_not_looked_at_and_all_else_is_as_before() -> None:
    drawn, truth, focus = pictures(5)
    hidden = some_hidden()
    loss = FaceLoss(SIZE)
    value, gradient = loss(drawn, truth, focus, hidden_B1HW=hidden)
    hand = truth.clone()
    hand[:, :3, 6:20, 4:15] = 0.9
    other_value, other = loss(drawn, hand, focus, hidden_B1HW=hidden)
    torch.testing.assert_close(other_value, value)
    torch.testing.assert_close(other, gradient)
    assert not gradient[:, :3, 6:20, 4:15].any()
    assert gradient[:, 3].abs().min() > 0  # the mask is asked for everywhere
    nothing = loss(drawn, truth, focus, hidden_B1HW=torch.zeros_like(hidden))
    torch.testing.assert_close(nothing[1], loss(drawn, truth, focus)[1])


def test_the_gradient_beside_what_is_hidden_equals_the_oracle() -> None:
    drawn, truth, focus = pictures(6)
    hidden, config = some_hidden(), LossConfig()
    value, gradient = FaceLoss(SIZE, config)(drawn, truth, focus, hidden_B1HW=hidden)
    exact, truth, focus, hidden = (x.double() for x in (drawn, truth, focus, hidden))
    exact.requires_grad_()
    seen = 1 - hidden
    weight = (truth[:, 3:] * (1 + config.focus * focus) + config.outside) * seen
    off = exact[:, :3] - truth[:, :3]
    l1 = (off.abs().mean(dim=1, keepdim=True) * weight).sum() / weight.sum()
    beside = truth[:, :3] + hidden * off.detach()
    rim = round(SIZE * config.rim)
    a, b, w = (x[..., rim : SIZE - rim, rim : SIZE - rim] for x in (beside + seen * off, beside, weight))
    ssim = MaskedSsim(SIZE - 2 * rim, stride=config.stride).double()(a, b, w).mean()
    mask = (exact[:, 3] - truth[:, 3]).abs().mean()
    expected = config.l1 * l1 + config.ssim * (1 - ssim) + config.mask * mask
    expected.backward()
    assert exact.grad is not None
    assert float(value) == pytest.approx(float(expected.detach()), rel=1e-5)
    torch.testing.assert_close(gradient.double(), exact.grad, rtol=1e-3, atol=1e-7)


def test_the_layout_in_memory_does_not_matter() -> None:
    drawn, truth, focus = pictures(1)
    loss = FaceLoss(SIZE)
    value, gradient = loss(drawn, truth, focus)
    other_value, other = loss(drawn.contiguous(), truth.contiguous(), focus)
    torch.testing.assert_close(value, other_value)
    torch.testing.assert_close(gradient, other)


def test_parts_add_up_to_the_whole() -> None:
    drawn, truth, focus = pictures(4)
    truth[:, 3] *= torch.tensor([1.0, 0.3, 0.7])[:, None, None]  # so that no part weighs a third
    loss = FaceLoss(SIZE)
    value, gradient = loss(drawn, truth, focus)
    whole = Whole(pictures=COUNT, weight=loss.weight(truth, focus).sum())
    parts = [loss(drawn[rows], truth[rows], focus[rows], whole) for rows in (slice(0, 1), slice(1, 3))]
    torch.testing.assert_close(torch.stack([part for part, _ in parts]).sum(), value)
    torch.testing.assert_close(torch.cat([part for _, part in parts]), gradient)


def test_the_gradient_leads_to_the_truth() -> None:
    drawn, truth, focus = pictures(2)
    loss = FaceLoss(SIZE)
    values = []
    for _ in range(60):
        value, gradient = loss(drawn, truth, focus)
        values.append(float(value))
        drawn = drawn - 0.01 * gradient.sign()
    assert values[-1] < 0.2 * values[0]
    assert (drawn - truth).abs().mean() < 0.05


def test_the_truth_itself_costs_nothing_and_an_empty_mask_is_no_division_by_nothing() -> None:
    _, truth, focus = pictures(3)
    value, gradient = FaceLoss(SIZE)(truth, truth, focus)
    assert float(value) == pytest.approx(0, abs=1e-5)
    # an absolute value has no slope at nothing: any between those on either side will do
    beside = FaceLoss(SIZE)(truth + 1e-6, truth, focus)[1]
    assert (gradient.abs() <= beside.abs() + 1e-6).all()
    truth[:, 3] = 0
    value, gradient = FaceLoss(SIZE, LossConfig(outside=0))(truth * 0.5, truth, focus)
    assert torch.isfinite(value)
    assert torch.isfinite(gradient).all()
