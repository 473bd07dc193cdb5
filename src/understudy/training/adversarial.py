"""What a critic adds to the gradient of a drawn face in the last part of training.

Absolute differences are least where what is not known, each hair and the rim of each tooth, is drawn as the
mean of all that it could be. A critic tells such softness from real faces, and wants one of these.

Reference:
    Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014. Both gradients are held at a fixed ratio as
    in Esser et al., Taming Transformers for High-Resolution Image Synthesis, CVPR 2021, section 3.1.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from understudy.nets.critic import PatchCritic, hinge

_COARSE_PX = 8
LOOKS, SPEAKS = 0.65, 0.7  # shares of the training from which a critic learns, and from which it is heard


def heard_at(done: float) -> float | None:
    """How much of its weight a critic has at a moment of training; None before it is there.

    Args:
        done: share of the training that lies behind, in [0, 1].
    """
    return None if done < LOOKS else float(done >= SPEAKS)


def add_adversarial_gradient(
    critic: PatchCritic,
    drawn_B4HW: Tensor,
    truth_B4HW: Tensor,
    gradient_B4HW: Tensor,
    weight: float,
    share: float = 1.0,
) -> None:
    """Add what the critic wants of drawn faces to a gradient, and to the critic's own what it learns.

    Args:
        critic: sees faces inside the mask of the truth only.
        drawn_B4HW: faces as they are drawn, and their masks.
        truth_B4HW: as they should be drawn.
        gradient_B4HW: to what is drawn; changed in place.
        weight: length of what is added to each face's gradient, as a share of its length so far; with 0 the
            critic learns only.
        share: that these are of a step's faces.
    """
    mask = truth_B4HW[:, 3:]
    drawn = drawn_B4HW[:, :3].detach().requires_grad_()
    real = detail(truth_B4HW[:, :3]) * mask
    real_scores, scores = critic(torch.cat([real, detail(drawn) * mask])).float().chunk(2)
    learnt = share * hinge(real_scores, scores)
    learnt.backward(inputs=list(critic.parameters()), retain_graph=weight > 0)
    if not weight:
        return
    (wanted,) = torch.autograd.grad(-scores.mean(), drawn)
    so_far = gradient_B4HW[:, :3]
    # of each face by itself, so that it does not matter with which others it is computed
    lengths, so_far_lengths = (x.flatten(1).norm(dim=1) for x in (wanted, so_far))
    so_far.addcmul_(wanted, (weight * so_far_lengths / lengths.clamp_min(1e-12)).view(-1, 1, 1, 1))


def detail(picture_B3HW: Tensor) -> Tensor:
    """What is finer than some pixels: of colours and shapes a critic has nothing to say."""
    coarse = avg_pool2d(picture_B3HW, _COARSE_PX)
    return picture_B3HW - interpolate(coarse, scale_factor=_COARSE_PX, mode="bilinear")
