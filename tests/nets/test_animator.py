"""The animator's network: what it changes, where, and which way its numbers point."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from understudy.nets.animator import Animator, AnimatorConfig, Mending, heat_maps, places
from understudy.nets.animator_loss import AnimatorLoss

SIZE, POINTS = 64, 6
SMALL = AnimatorConfig(size_px=SIZE, points=POINTS, widths=(4, 6, 8, 10, 12), photo=(4, 6, 8), blocks=1)


def given(batch: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    photo, warped = torch.rand(2, batch, 3, SIZE, SIZE)
    return photo, warped, places(32, photo).expand(batch, -1, -1, -1), torch.rand(batch, POINTS, 2) - 0.5


@pytest.fixture
def net() -> Animator:
    torch.manual_seed(0)
    return Animator(SMALL)


def loud(net: Animator) -> Animator:
    """The same, as if it had learnt something."""
    with torch.no_grad():
        for layer in (net.head, net.flow):
            layer.weight.normal_(std=0.3)
    return net


def mending(**fields: float) -> Mending:
    """Nothing but what is named, the same everywhere."""
    blank = {"shift_B2HW": 2, "anew_B1HW": 1, "light_B3HW": 3, "colour_B3HW": 3}
    return Mending(
        **{name: torch.full((1, n, SIZE, SIZE), fields.get(name, 0.0)) for name, n in blank.items()}
    )


def test_untrained_it_is_the_warp(net: Animator) -> None:
    photo, warped, origin, points = given()
    assert (net(photo, warped, origin, points).given(warped) - warped).abs().max() < 0.02


def test_the_borders_stay_whatever_it_has_learnt(net: Animator) -> None:
    photo, warped, origin, points = given()
    off = (loud(net)(photo, warped, origin, points).given(warped) - warped).detach().abs()
    assert off[..., 24:40, 24:40].max() > 0.2
    for border in (off[..., 0, :], off[..., -1, :], off[..., 0], off[..., -1]):
        assert border.max() < 0.03


def test_a_shift_fetches_from_the_right_and_from_below() -> None:
    warped = torch.rand(1, 3, SIZE, SIZE)
    moved = mending()
    moved.shift_B2HW[:, 0] = 2 * 3 / SIZE  # three pixels to the right
    moved.shift_B2HW[:, 1] = 2 * 5 / SIZE
    torch.testing.assert_close(moved.given(warped)[..., :-5, :-3], warped[..., 5:, 3:], atol=1e-4, rtol=0)


def test_what_is_drawn_anew_replaces_and_light_is_added() -> None:
    warped = torch.full((1, 3, SIZE, SIZE), 0.4)
    assert mending(light_B3HW=0.1).given(warped).mean() == pytest.approx(0.5)
    assert mending(anew_B1HW=0.25, colour_B3HW=0.8).given(warped).mean() == pytest.approx(0.5)


def test_everything_it_is_told_counts(net: Animator) -> None:
    loud(net)
    told = given()
    before = net(*told).given(told[1])
    for number in (0, 2, 3):
        other = list(told)
        other[number] = told[number].flip(-1)
        assert (net(*other).given(told[1]) - before).abs().max() > 1e-5, number


def test_a_landmarks_spot_lies_on_it() -> None:
    maps = heat_maps(torch.tensor([[[0.5, -0.25]]]), 16)[0, 0]
    assert divmod(int(maps.argmax()), 16) in {(5, 11), (5, 12), (6, 11), (6, 12)}
    assert heat_maps(places(16, maps)[0, :, 3, 9].view(1, 1, 2), 16)[0, 0, 3, 9] == pytest.approx(1)


def test_the_loss_is_least_at_the_truth_and_looks_at_the_features() -> None:
    points = torch.tensor([[[-0.4, -0.3], [0.4, -0.3], [0.0, 0.4], [0.0, 0.0], [0.0, -0.8], [0.0, 0.8]]])
    loss, truth = AnimatorLoss(SIZE, features=3), torch.rand(1, 3, SIZE, SIZE)

    def at(drawn: Tensor) -> tuple[float, float]:
        value, likeness = loss(mending(), drawn, truth, points)
        return float(value), float(likeness)

    assert at(truth) == pytest.approx((0, 1), abs=1e-4)
    beside, on = truth.clone(), truth.clone()
    beside[..., 60:, 0:4] = 0
    on[..., 43:47, 30:34] = 0  # at the third landmark
    assert 0 < at(beside)[0] < at(on)[0]
