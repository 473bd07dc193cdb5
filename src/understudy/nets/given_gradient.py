"""Gradients that are known already, as a part of a loss.

`torch.autograd.backward` takes gradients too, but loads torch's symbolic algebra to compare their shapes: a
second of a process's life.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor


class _Given(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, drawn: Tensor, gradient: Tensor) -> Tensor:  # noqa: ANN401 (torch's own)
        ctx.save_for_backward(gradient)
        return drawn.new_zeros(())

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        (gradient,) = ctx.saved_tensors
        return gradient, None


def with_given(loss: Tensor, drawn: Sequence[Tensor], gradient: Tensor) -> Tensor:
    """A loss that leads what was drawn along a gradient, besides what it did before.

    Args:
        loss: 0-d.
        drawn: pictures of some identities, (b, ...) each.
        gradient: to all of them, one identity after the other; the same whatever the loss is multiplied by.

    Returns:
        0-d, the same number.

    Raises:
        ValueError: shapes differ.
    """
    begin = 0
    for picture in drawn:
        own = gradient[begin : begin + len(picture)]
        begin += len(picture)
        if picture.shape != own.shape:
            raise ValueError(f"a gradient of shape {tuple(own.shape)} for {tuple(picture.shape)}")
        loss = loss + cast(Tensor, _Given.apply(picture, own))  # type: ignore[no-untyped-call]
    if begin != len(gradient):
        raise ValueError(f"a gradient for {len(gradient)} pictures, of which there are {begin}")
    return loss
