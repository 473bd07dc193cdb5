"""Batches of pairs on a device, changed a little each time; a function of the seed and the step alone."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from understudy.nets.animator import places, sampled
from understudy.training.animator_pairs import AnimatorPairs, origin_of

_GAIN, _TINT = 0.25, 0.08  # how much brighter or darker, and one colour against another
_TURN_RAD, _ZOOM, _ASPECT = 0.15, 0.1, 0.07  # how far faces are turned, grown and made wider or higher
_STRIDE = 1_000_003  # between the seeds of two trainings


@dataclass(frozen=True, kw_only=True)
class AnimatorBatch:
    """Pictures in [0, 1] and what the network is told; shapes as in `nets.animator`."""

    photo_B3HW: Tensor
    warped_B3HW: Tensor
    truth_B3HW: Tensor
    from_B2hw: Tensor
    points_BK2: Tensor


class AnimatorBatches:
    """Draws pairs, any as often as any other.

    Args:
        pairs: to draw from.
        device: where they are kept, pictures in 8 bits.
        batch: pairs at once.
        seed: of what is drawn.
    """

    def __init__(self, pairs: AnimatorPairs, device: torch.device, *, batch: int, seed: int) -> None:
        """Move them to the device."""
        self._device, self._batch, self._seed = device, batch, seed
        self._pictures = torch.from_numpy(pairs.pictures).to(device)
        self._places = [
            torch.from_numpy(one.astype(np.int64)) for one in (pairs.photo, pairs.warped, pairs.truth)
        ]
        self._origin = torch.from_numpy(origin_of(pairs.origin)).to(device)
        self._points = torch.from_numpy(pairs.points.astype(np.float32)).to(device)
        self._mirror = torch.from_numpy(pairs.mirror.astype(np.int64)).to(device)

    def drawn(self, step: int) -> AnimatorBatch:
        """The batch of a step."""
        random = torch.Generator().manual_seed(self._seed * _STRIDE + step)
        chosen = torch.randint(len(self._points), (self._batch,), generator=random)
        batch = self._of(chosen)
        bright = 1 + _GAIN * (2 * torch.rand(self._batch, 1, 1, 1, generator=random) - 1)
        tint = 1 + _TINT * (2 * torch.rand(self._batch, 3, 1, 1, generator=random) - 1)
        gain = (bright * tint).to(self._device)
        matrix, is_mirrored = _matrices(self._batch, random)
        inverse = torch.linalg.inv(matrix).to(self._device)
        matrix, is_mirrored = matrix.to(self._device), is_mirrored.to(self._device)
        fetched = _carried(matrix, places(batch.photo_B3HW.shape[-1], matrix))
        pictures = (batch.photo_B3HW, batch.warped_B3HW, batch.truth_B3HW)
        photo, warped, truth = (sampled((one * gain).clamp(0, 1), fetched) for one in pictures)
        origin = sampled(batch.from_B2hw, _carried(matrix, places(batch.from_B2hw.shape[-1], matrix)))
        swapped = batch.points_BK2[:, self._mirror]
        points = torch.where(is_mirrored[:, None, None], swapped, batch.points_BK2)
        return AnimatorBatch(
            photo_B3HW=photo,
            warped_B3HW=warped,
            truth_B3HW=truth,
            from_B2hw=_carried(inverse, origin),
            points_BK2=points @ inverse.mT,
        )

    def all(self) -> Generator[AnimatorBatch]:
        """All pairs as they are, in order."""
        count = len(self._points)
        for start in range(0, count, self._batch):
            yield self._of(torch.arange(start, min(start + self._batch, count)))

    def _of(self, chosen: Tensor) -> AnimatorBatch:
        photo, warped, truth = (
            self._pictures[places[chosen].to(self._device)].permute(0, 3, 1, 2).float() / 255
            for places in self._places
        )
        at = chosen.to(self._device)
        return AnimatorBatch(
            photo_B3HW=photo,
            warped_B3HW=warped,
            truth_B3HW=truth,
            from_B2hw=self._origin[at],
            points_BK2=self._points[at],
        )


def _matrices(count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """(n, 2, 2) which place of a crop is seen at another, and (n,) whether that mirrors it."""
    turn, zoom, aspect, mirror = torch.rand(4, count, generator=random) * 2 - 1
    cos, sin = torch.cos(_TURN_RAD * turn), torch.sin(_TURN_RAD * turn)
    wide = torch.exp(_ZOOM * zoom + _ASPECT * aspect) * torch.where(mirror < 0, -1.0, 1.0)
    high = torch.exp(_ZOOM * zoom - _ASPECT * aspect)
    rows = [torch.stack([cos * wide, -sin * high], dim=1), torch.stack([sin * wide, cos * high], dim=1)]
    return torch.stack(rows, dim=1), mirror < 0


def _carried(matrix_B22: Tensor, places_B2hw: Tensor) -> Tensor:
    """Places times matrices, (B, 2, h, w)."""
    return torch.einsum("bij,bjhw->bihw", matrix_B22, places_B2hw.expand(len(matrix_B22), -1, -1, -1))
