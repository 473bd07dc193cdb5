"""A critic of fine detail."""

from __future__ import annotations

import pytest
import torch

from understudy.nets.critic import PatchCritic, hinge
from understudy.training.adversarial import LOOKS, SPEAKS, add_adversarial_gradient, detail, heard_at

SIDE = 64


def faces() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    truth = torch.rand(2, 4, SIDE, SIDE)
    truth[:, 3] = 0
    truth[:, 3, 16:48, 16:48] = 1
    return torch.rand(2, 4, SIDE, SIDE), truth, torch.randn(2, 4, SIDE, SIDE)


def test_what_is_added_has_its_share_of_the_gradients_length() -> None:
    drawn, truth, gradient = faces()
    before = gradient.clone()
    add_adversarial_gradient(PatchCritic(), drawn, truth, gradient, 0.25)
    added = gradient - before
    lengths, before_lengths = (x[:, :3].flatten(1).norm(dim=1) for x in (added, before))
    torch.testing.assert_close(lengths, 0.25 * before_lengths, rtol=1e-4, atol=0)
    assert not added[:, 3].any()  # of the mask it has nothing to say


def test_a_critic_that_is_not_heard_learns_only() -> None:
    drawn, truth, gradient = faces()
    before, critic = gradient.clone(), PatchCritic()
    add_adversarial_gradient(critic, drawn, truth, gradient, 0.0)
    assert torch.equal(gradient, before)
    assert all(weight.grad is not None for weight in critic.parameters())


def test_a_critics_gradient_counts_by_its_share_of_the_faces() -> None:
    drawn, truth, gradient = faces()
    grown: list[torch.Tensor] = []
    for share in (1.0, 0.25):
        torch.manual_seed(2)
        critic = PatchCritic()
        add_adversarial_gradient(critic, drawn, truth, gradient.clone(), 0.0, share)
        grown.append(torch.cat([weight.grad.flatten() for weight in critic.parameters()]))  # type: ignore[union-attr]
    torch.testing.assert_close(0.25 * grown[0], grown[1])


def test_it_sees_detail_in_the_face_alone() -> None:
    """Another colour, another light, or another background change nothing of what it wants."""
    drawn, truth, _ = faces()
    torch.manual_seed(2)
    critic = PatchCritic().eval()
    other = drawn.clone()
    other[:, :3] += 0.2  # of a colour that it has nothing to say of
    other[:, :3, :4] = torch.rand(2, 3, 4, SIDE)  # nor of what is far outside
    wanted: list[torch.Tensor] = []
    for picture in (drawn, other):
        gradient = torch.ones_like(drawn)
        add_adversarial_gradient(critic, picture, truth, gradient, 1.0)
        wanted.append(gradient)
    torch.testing.assert_close(wanted[0], wanted[1], atol=1e-4, rtol=1e-3)
    assert detail(torch.full((1, 3, SIDE, SIDE), 0.7)).abs().max() < 1e-6


def test_a_critic_learns_to_tell_sharp_from_soft() -> None:
    torch.manual_seed(3)
    critic = PatchCritic()
    optimizer = torch.optim.AdamW(critic.parameters(), lr=1e-3)
    for _ in range(30):
        sharp = torch.rand(4, 3, SIDE, SIDE)
        real, drawn = critic(torch.cat([detail(sharp), detail(sharp) * 0.3])).chunk(2)
        optimizer.zero_grad()
        hinge(real, drawn).backward()
        optimizer.step()
        critic.settle()
    assert real.mean() > drawn.mean() + 0.5


def test_settling_follows_the_weights_norms() -> None:
    torch.manual_seed(3)
    critic = PatchCritic()
    layer = critic.layers[0]
    with torch.no_grad():
        layer.parametrizations.weight.original.mul_(3).add_(torch.randn(64, 3, 4, 4))  # type: ignore[union-attr]
    for _ in range(40):
        critic.settle()
    norm = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)  # type: ignore[union-attr]
    assert abs(norm - 1) < 0.01
    assert not critic.training


def test_hinge_is_nothing_for_who_tells_them_apart_surely() -> None:
    assert hinge(torch.tensor([1.5]), torch.tensor([-2.0])) == 0
    assert hinge(torch.tensor([0.0]), torch.tensor([0.0])) == 2


@pytest.mark.parametrize(("done", "heard"), [(0.0, None), (LOOKS, 0.0), (SPEAKS, 1.0), (1.0, 1.0)])
def test_it_looks_first_and_speaks_later(done: float, heard: float | None) -> None:
    assert heard_at(done) == heard
