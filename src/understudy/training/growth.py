"""Growing while training: how far at which moment, and batches of the size that is grown to.

Reference:
    Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and Variation, ICLR 2018.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d

from understudy.training.batches import Batch

_GROWN_BY = 0.6  # share of the training at which the last doubling has begun at the latest
_FADE = 0.1  # share of the training that a doubling is faded in over


def grown_at(done: float, doublings: int) -> float:
    """How often the picture has doubled; a matter of the moment alone, so that resuming changes nothing.

    Args:
        done: share of the training that lies behind, in [0, 1].
        doublings: how many there are in all.

    Returns:
        In [0, `doublings`]; between whole numbers while a doubling is faded in.
    """
    gap = _GROWN_BY / (doublings + 1)
    return sum(min(1.0, max(0.0, (done - gap * (i + 1)) / _FADE)) for i in range(doublings))


def at_size(batch: Batch, size_px: int) -> Batch:
    """A batch with its pictures made smaller by means over squares.

    Args:
        batch: as it is made.
        size_px: divides the size of its pictures.
    """
    factor = batch.face_B3HW.shape[-1] // size_px
    if factor == 1:
        return batch

    def smaller(pictures: Tensor) -> Tensor:
        return avg_pool2d(pictures, factor)

    return Batch(
        face_B3HW=smaller(batch.face_B3HW),
        truth_B4HW=smaller(batch.truth_B4HW),
        focus_B1HW=smaller(batch.focus_B1HW),
        expression_BX=batch.expression_BX,
        hidden_B1HW=None if batch.hidden_B1HW is None else smaller(batch.hidden_B1HW),
    )
