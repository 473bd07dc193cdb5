import numpy as np
import pytest
import torch
from torch import Tensor

from understudy.measure.ssim import masked_ssim
from understudy.nets.losses import LUMA, MaskedSsim

SIZE = 24


def pictures(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    a = torch.rand(2, 3, SIZE, SIZE, generator=generator)
    b = (a + 0.3 * torch.randn(2, 3, SIZE, SIZE, generator=generator)).clamp(0, 1)
    return a, b, torch.rand(2, 1, SIZE, SIZE, generator=generator)


def slow_ssim(a: np.ndarray, b: np.ndarray, weight: np.ndarray, stride: int) -> float:
    """Oracle: equation 13 window by window, in float64."""
    offsets = np.arange(11) - 5
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    total = weight_sum = 0.0
    for row in range(5, a.shape[0] - 5, stride):
        for column in range(5, a.shape[1] - 5, stride):
            at = np.s_[row - 5 : row + 6, column - 5 : column + 6]
            mean_a, mean_b = (window * a[at]).sum(), (window * b[at]).sum()
            variance_a = (window * (a[at] - mean_a) ** 2).sum()
            variance_b = (window * (b[at] - mean_b) ** 2).sum()
            covariance = (window * (a[at] - mean_a) * (b[at] - mean_b)).sum()
            likeness = (2 * mean_a * mean_b + 1e-4) * (2 * covariance + 9e-4)
            likeness /= (mean_a**2 + mean_b**2 + 1e-4) * (variance_a + variance_b + 9e-4)
            total += weight[row, column] * likeness
            weight_sum += weight[row, column]
    return total / weight_sum


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_ssim_equals_the_slow_oracle(stride: int) -> None:
    a, b, weight = pictures(0)
    found = MaskedSsim(SIZE, stride=stride)(a, b, weight)
    luma = np.array(LUMA)[:, None, None]
    for i in range(2):
        x, y = (np.asarray(p[i].double()) * luma for p in (a, b))
        expected = slow_ssim(x.sum(axis=0), y.sum(axis=0), np.asarray(weight[i, 0].double()), stride)
        assert float(found[i]) == pytest.approx(expected, abs=1e-4)


def test_on_grey_pictures_it_is_the_figure_that_is_reported() -> None:
    a, b, weight = (p[:, :1] for p in pictures(1))
    weight[..., :5, :] = weight[..., -5:, :] = weight[..., :5] = weight[..., -5:] = 0  # no window fits there
    a, b = a.expand(-1, 3, -1, -1), b.expand(-1, 3, -1, -1)
    found = MaskedSsim(SIZE)(a, b, weight)
    for i in range(2):
        x, y = (np.ascontiguousarray(p[i].permute(1, 2, 0).numpy()) for p in (a, b))
        assert float(found[i]) == pytest.approx(masked_ssim(x, y, weight[i, 0].numpy()), abs=1e-3)


def test_equal_pictures_have_one_and_unlike_ones_less() -> None:
    a, b, weight = pictures(2)
    ssim = MaskedSsim(SIZE)
    torch.testing.assert_close(ssim(a, a, weight), torch.ones(2), atol=1e-4, rtol=0)
    assert (ssim(a, b, weight) < 0.95).all()


def test_only_what_the_weight_covers_counts() -> None:
    a, b, _ = pictures(3)
    weight = torch.zeros(2, 1, SIZE, SIZE)
    weight[..., 12, 12] = 1
    changed = b.clone()
    changed[..., :6, :] = 0  # outside the 11x11 window about (12, 12)
    ssim = MaskedSsim(SIZE)
    torch.testing.assert_close(ssim(a, b, weight), ssim(a, changed, weight))
    changed[..., 7, 12] = 0
    assert (ssim(a, b, weight) != ssim(a, changed, weight)).all()


def test_an_empty_weight_is_no_division_by_nothing() -> None:
    a, b, weight = pictures(4)
    assert torch.isfinite(MaskedSsim(SIZE)(a, b, weight * 0)).all()


def test_ssim_has_a_gradient_that_helps() -> None:
    a, b, weight = pictures(5)
    drawn = b.clone().requires_grad_()
    ssim = MaskedSsim(SIZE)
    before = ssim(drawn, a, weight).mean()
    before.backward()
    assert drawn.grad is not None
    after = ssim(drawn.detach() + 0.5 * drawn.grad / drawn.grad.abs().max(), a, weight).mean()
    assert after > before
