"""Some of the faces of a step, where they are not all computed at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several equal parts of a batch, with the same number of everybody's faces.

    Args:
        index: which, from 0.
        count: how many parts there are.
        identities: whose faces the batch lists, one after the other.
    """

    index: int
    count: int
    identities: int

    def rows(self, faces: int) -> NDArray[np.intp]:
        """Which rows of a batch of so many faces in all are its own, in their order."""
        return np.arange(faces).reshape(self.identities, self.count, -1)[:, self.index].ravel()

    def of(self, whole: Tensor) -> Tensor:
        """Its own of a tensor with a row for every face."""
        parts = whole.reshape(self.identities, self.count, -1, *whole.shape[1:])
        return parts[:, self.index].flatten(0, 1)
