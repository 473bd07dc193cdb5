"""What a decoder draws of another person's code must say the same when it is read again.

Trained on its own person only, a decoder has never seen the codes that a swap gives it. Here it draws some of
them, and the encoder, which is left as it is, reads the expression back.

Reference:
    The idea of a cycle: Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
    Networks, ICCV 2017; of keeping what an encoder reads: Nirkin et al., FSGAN, ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from understudy.training.model import Model

EVERY = 4  # steps: drawing and reading once more costs a third of a step


def add_consistency_gradient(model: Model, codes: Sequence[Tensor], weight: float, turn: int = 0) -> None:
    """Add to the decoders' gradients what leads their swaps back to the expression that was read.

    Args:
        model: two identities or more.
        codes: for each identity what its faces were read as; (b, K) each.
        weight: of the loss, that of all the steps that it stands for. Too much of it, and decoders draw
            what reads well instead of their person.
        turn: which of the others' codes a decoder is given: the next one's at 0, and so on around.
    """
    shift = 1 + turn % (len(codes) - 1)
    others = [*codes[shift:], *codes[:shift]]
    with model.autocast():
        swapped = [decoder(code.detach()) for decoder, code in zip(model.decoders, others, strict=True)]
        again = model.encoder(torch.cat([picture[:, :3] for picture in swapped]))
        said, meant = (model.encoder.expression(code).float() for code in (again, torch.cat(others).detach()))  # type: ignore[operator]
    loss = weight * nn.functional.smooth_l1_loss(said, meant)
    weights = list(model.decoders.parameters())
    for parameter, gradient in zip(
        weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True
    ):
        if gradient is not None:
            parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
