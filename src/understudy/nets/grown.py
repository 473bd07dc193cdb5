"""How far a network that grows has grown; saved with its weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Grown(nn.Module):
    """How often the picture has doubled, the last time perhaps only in part.

    A number of Python's, so that it decides what is computed without asking a device for it.
    """

    def __init__(self, most: int) -> None:
        """Fully grown, as most uses want it; `most` doublings are possible."""
        super().__init__()
        self.most, self.value = most, float(most)

    @property
    def doublings(self) -> int:
        """Levels that are in use above the smallest picture's."""
        return -int(-self.value // 1)

    @property
    def fade(self) -> float:
        """How much the last of them counts, in (0, 1]."""
        return 1 - (self.doublings - self.value)

    def set(self, value: float) -> None:
        """Grow to `value` doublings.

        Raises:
            ValueError: it is not in [0, most].
        """
        if not 0 <= value <= self.most:
            raise ValueError(f"a network of {self.most} doublings cannot be grown to {value}")
        self.value = value

    def get_extra_state(self) -> Tensor:
        """For the weights file, which holds tensors only."""
        return torch.tensor(self.value, dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """From a weights file."""
        self.set(float(state))
