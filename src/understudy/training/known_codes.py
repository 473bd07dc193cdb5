"""What a decoder knows of codes, and how another person's are brought there.

A code says the expression in known numbers, and the rest in numbers that the encoder chose itself. What
these say of light, hair and glasses differs from one person to the next, and a decoder has learnt to draw
its own only. In a swap it is given those of another, and the longer it was trained, the worse it draws
them: a face that is half the target's. So the rest is moved to where the source's lies, and keeps what
varies about it; and an expression that the source never had is held at the most of each number that it had.

Reference:
    Huang & Belongie, Arbitrary Style Transfer in Real-Time with Adaptive Instance Normalization, ICCV 2017,
    eq. 8: there of feature maps, here of codes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEAST = 1e-3  # deviation: a number that hardly varies is not blown up
_FREE = 1e6  # beyond any number of a code, and a number, which infinity is not
_BEYOND = 0.1  # share of what was seen of an expression's number by which it may be exceeded


class KnownCodes(nn.Module):
    """Where each identity's codes lie; saved with the weights.

    Args:
        identities: how many.
        expression: numbers that say the expression.
        rest: all others.
    """

    def __init__(self, identities: int, expression: int, rest: int) -> None:
        """Know nothing yet."""
        super().__init__()
        self.means: Tensor
        self.deviations: Tensor
        self.lowest: Tensor
        self.highest: Tensor
        self.faces: Tensor
        self.register_buffer("means", torch.zeros(identities, rest))
        self.register_buffer("deviations", torch.ones(identities, rest))
        self.register_buffer("lowest", torch.full((identities, expression), -_FREE))
        self.register_buffer("highest", torch.full((identities, expression), _FREE))
        self.register_buffer("faces", torch.zeros(identities, dtype=torch.int64))  # that they were taken from

    def note(self, number: int, rest_NR: Tensor, said_NX: Tensor) -> None:
        """Take note of an identity's codes.

        Args:
            number: of the identity.
            rest_NR: (n, R), of n of its faces, two at least.
            said_NX: (m, X) what its faces' codes should say of the expression; fewer numbers than a code has
                leave the others free.
        """
        self.lowest[number], self.highest[number] = -_FREE, _FREE
        self.means[number] = rest_NR.mean(dim=0)
        self.deviations[number] = rest_NR.std(dim=0)
        low, high = said_NX.amin(dim=0), said_NX.amax(dim=0)
        beyond = _BEYOND * (high - low)
        self.lowest[number, : len(low)], self.highest[number, : len(high)] = low - beyond, high + beyond
        self.faces[number] = len(rest_NR)

    def moved(self, code_BK: Tensor, of: int, to: int) -> Tensor:
        """Codes of one identity as if they were another's; unchanged where one of both is not known.

        Args:
            code_BK: (B, X + R).
            of: number of the identity whose codes they are.
            to: number of the one whose decoder is to draw them.
        """
        if of == to or not (self.faces[of] and self.faces[to]):
            return code_BK
        said, rest = code_BK.split((self.lowest.shape[1], self.means.shape[1]), dim=1)
        said = torch.minimum(torch.maximum(said, self.lowest[to]), self.highest[to])
        gain = self.deviations[to] / self.deviations[of].clamp_min(_LEAST)
        return torch.cat([said, (rest - self.means[of]) * gain + self.means[to]], dim=1)
