"""What a network is made of and what it costs, counted on the real modules.

Their convolutions are not computed: only what shape comes out counts. (PyTorch's own "meta" tensors, which
compute nothing at all, load a computer algebra system at first use, which takes longer than all of this.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode

from understudy.nets.presets import PRESETS, Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one preset.

    Args:
        encoder: its parameters, those of a shared inter stage among them.
        decoder: parameters of one identity's decoder.
        flops: operations of one face through the encoder and one decoder, a multiplication and its
            addition counting two.
        saved_bytes: what the way back needs of the way there, a face, in float32.
    """

    encoder: int
    decoder: int
    flops: int
    saved_bytes: int


@cache
def counts_of(preset_name: str) -> Counts:
    """Count one preset.

    Args:
        preset_name: key of `PRESETS`.
    """
    return count(PRESETS[preset_name])


def count(preset: Preset) -> Counts:
    """Count an architecture at its full size."""
    with _ShapesOnly() as counted:
        encoder, decoder = preset.encoder(), preset.decoder()
        parameters = [*encoder.parameters(), *decoder.parameters()]
        counted.ignore(parameters)
        with saved_tensors_hooks(counted.keep, lambda tensor: tensor):
            decoder(encoder(torch.zeros(1, 3, preset.size_px, preset.size_px)))
    return Counts(
        encoder=sum(p.numel() for p in encoder.parameters()),
        decoder=sum(p.numel() for p in decoder.parameters()),
        flops=2 * counted.multiplications,
        saved_bytes=counted.saved_bytes,
    )


def decoder_parameters(preset: Preset) -> int:
    """How many one identity's decoder has; takes next to no time and memory."""
    with _ShapesOnly():
        return sum(parameter.numel() for parameter in preset.decoder().parameters())


_RANDOM_STARTS = (Tensor.normal_, Tensor.uniform_, nn.init.kaiming_normal_, nn.init.kaiming_uniform_)


class _ShapesOnly(TorchFunctionMode):
    """Runs networks without starting values and without the work of their convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.multiplications = 0
        self._kept: dict[int, Tensor] = {}
        self._ignored: set[int] = set()

    def ignore(self, tensors: Sequence[Tensor]) -> None:
        """Leave out what is there anyway."""
        self._ignored = {tensor.data_ptr() for tensor in tensors}

    def keep(self, tensor: Tensor) -> Tensor:
        """Count a tensor's memory once, and hold on to it so that no other is put in its place."""
        self._kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    @property
    def saved_bytes(self) -> int:
        """Memory of all that was kept."""
        return sum(t.untyped_storage().nbytes() for at, t in self._kept.items() if at not in self._ignored)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        if func in _RANDOM_STARTS:
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        if func is torch.conv2d:
            return self._convolved(*args[:5])
        if func is nn.functional.linear:
            self.multiplications += cast("Tensor", args[1]).numel()
        return func(*args, **(kwargs or {}))

    def _convolved(
        self, x_BCHW: Tensor, weight: Tensor, bias: Tensor, stride: Sequence[int], padding: Sequence[int]
    ) -> Tensor:
        """Zeros of the shape that a convolution makes."""
        del bias
        self.keep(x_BCHW)
        height, width = (
            (side + 2 * pad - kernel) // step + 1
            for side, pad, kernel, step in zip(
                x_BCHW.shape[2:], padding, weight.shape[2:], stride, strict=True
            )
        )
        self.multiplications += weight.numel() * height * width
        return x_BCHW.new_zeros((len(x_BCHW), len(weight), height, width)).requires_grad_()
