"""The network of voices: an encoder that reads what is said, a decoder for each speaker.

Shapes: B segments, T rows of 10 ms, K mel-cepstral coefficients, C channels of the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

KERNEL = 5


@dataclass(frozen=True, kw_only=True)
class VoiceNetConfig:
    """Sizes of the network.

    Args:
        coefficients: K, of the mel-cepstrum with its level.
        width: channels of the convolutions.
        code: C.
        blocks: residual blocks of the encoder and of each decoder.
    """

    coefficients: int = 60
    width: int = 96
    code: int = 48
    blocks: int = 2


class VoiceNet(nn.Module):
    """One encoder, and a decoder a speaker.

    Args:
        config: sizes.
        speakers: names, in the order of the decoders.
    """

    def __init__(self, config: VoiceNetConfig, speakers: Sequence[str]) -> None:
        """Make the networks with random weights."""
        super().__init__()
        self.config = config
        self.speakers = list(speakers)
        self.encoder = _stack(config.coefficients, config.width, config.code, config.blocks)
        self.decoders = nn.ModuleList(
            _stack(config.code, config.width, config.coefficients - 1, config.blocks) for _ in speakers
        )

    def encode(self, normal_BKT: Tensor) -> Tensor:
        """What is said.

        Args:
            normal_BKT: mel-cepstra with their speaker's mean and spread taken out.

        Returns:
            (B, C, T).
        """
        return self.encoder(normal_BKT)

    def decode(self, code_BCT: Tensor, speaker: int) -> Tensor:
        """Say it as somebody.

        Args:
            code_BCT: from `encode`.
            speaker: whose decoder.

        Returns:
            (B, K - 1, T) mel-cepstra without their level, of that speaker's mean 0 and spread 1.
        """
        return self.decoders[speaker](code_BCT)


class SpeakerGuess(nn.Module):
    """Guesses from codes who speaks; the encoder learns to leave it nothing to go by.

    Args:
        code: C.
        speakers: how many.
    """

    def __init__(self, code: int, speakers: int) -> None:
        """Make it with random weights."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(code, 64, KERNEL, padding=KERNEL // 2), nn.LeakyReLU(0.1), nn.Conv1d(64, speakers, 1)
        )

    def forward(self, code_BCT: Tensor) -> Tensor:
        """(B, speakers, T) scores."""
        return self.layers(code_BCT)


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        del ctx
        return value.view_as(value)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        del ctx
        return -gradient


def reversed_gradient(value: Tensor) -> Tensor:
    """The value itself; its gradient is turned around, so that what is before learns the contrary.

    Reference:
        Ganin et al. 2016, "Domain-adversarial training of neural networks".
    """
    return cast(Tensor, _Reverse.apply(value))  # pyright: ignore[reportUnknownMemberType]


class _Block(nn.Module):
    """Two convolutions beside a path that changes nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2)
        self.second = nn.Conv1d(width, width, 1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCT: Tensor) -> Tensor:
        return x_BCT + self.second(nn.functional.silu(self.first(x_BCT)))


def parameters_of(config: VoiceNetConfig, speakers: int) -> int:
    """How many numbers a network of these sizes has, found out without its memory."""

    def stack(inputs: int, outputs: int) -> int:
        width = config.width
        block = width * width * KERNEL + width + width * width + width
        return inputs * width + width + config.blocks * block + width * outputs + outputs

    return stack(config.coefficients, config.code) + speakers * stack(config.code, config.coefficients - 1)


def _stack(inputs: int, width: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, width, 1),
        *(_Block(width) for _ in range(blocks)),
        nn.Conv1d(width, outputs, 1),
    )
