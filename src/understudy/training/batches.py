"""Batches of training pairs, the same for the same seed and step however often training resumes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.nets.part import Part
from understudy.training.augment import AugmentConfig, Moves, make_pairs, random_moves, sent
from understudy.training.samples import Hidden, Samples

_BLOCK = 16  # steps whose moves are drawn together: alone, a step's few numbers cost as much as many
_MOVES = 1  # keeps those apart from other random numbers
FOCUS_SHARE = 0.25  # of the faces of an identity that has a focus; of half, all other frames become worse


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pairs of all identities, identity by identity, `size` each, float32.

    Args:
        face_B3HW: what is read, in [0, 1].
        truth_B4HW: what should be drawn: the picture and the face mask.
        focus_B1HW: eyes and mouth.
        expression_BX: what the code should say.
        hidden_B1HW: where nothing is learnt of the picture, as something lies before the face there; None
            where nothing was drawn over any face of the facesets.
    """

    face_B3HW: Tensor
    truth_B4HW: Tensor
    focus_B1HW: Tensor
    expression_BX: Tensor
    hidden_B1HW: Tensor | None = None


def batches(
    identities: Sequence[Samples],
    size: int,
    seed: int,
    first_step: int,
    config: AugmentConfig | None = None,
    device: torch.device | None = None,
) -> Generator[Batch]:
    """Endless batches from `first_step` on.

    The faces lie on the device, as bytes, and never leave it: only numbers are sent to it at every step.
    Of an identity with a focus, about a quarter are drawn from that.

    Args:
        identities: one entry an identity.
        size: faces an identity.
        seed: of every random choice; step n has the same batch whatever came before.
        first_step: number of the first batch.
        config: the augmentation.
        device: where the faces lie and the batches are made; the processor if None.
    """
    made = batches_in_parts(identities, size, seed, first_step, (None,), config, device)
    with closing(made):
        for (whole,) in made:
            yield whole


def batches_in_parts(
    identities: Sequence[Samples],
    size: int,
    seed: int,
    first_step: int,
    parts: Sequence[Part | None],
    config: AugmentConfig | None = None,
    device: torch.device | None = None,
) -> Generator[list[Batch]]:
    """Those of `batches`, but only some parts of each; None is the whole.

    Args:
        identities: see `batches`.
        size: faces an identity in the whole batch; every part's count divides it.
        seed: see `batches`.
        first_step: see `batches`.
        parts: what to make of each batch.
        config: see `batches`.
        device: see `batches`.
    """
    settings = config or AugmentConfig()
    where = device or torch.device("cpu")
    # faces are mapped from a file where the device's memory cannot hold them: they stay there
    is_mapped = any(isinstance(samples.planes, np.memmap) for samples in identities)
    faces = [torch.from_numpy(samples.planes) for samples in identities]
    faces = faces if is_mapped else [every.to(where) for every in faces]
    hidden = _hidden(identities, faces[0].device)
    count, side, size_px = len(faces) * size, faces[0].shape[-1], identities[0].size_px
    step, block, moves = first_step, -1, None
    while True:
        if moves is None or block != step // _BLOCK:
            block = step // _BLOCK
            rng = np.random.default_rng([seed, block, _MOVES])
            moves = random_moves(_BLOCK * count, side, size_px, rng, settings)
        rng = np.random.default_rng([seed, step])
        chosen = np.stack([_drawn(samples, size, rng) for samples in identities])
        own = moves.part(step % _BLOCK * count, count)
        yield [_made(faces, hidden, identities, *_of(part, chosen, own), where) for part in parts]
        step += 1


def _drawn(samples: Samples, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """(size,) indices of faces: any that is learnt from, and about `FOCUS_SHARE` of them from the focus."""
    chosen = rng.choice(samples.training, size)
    if not len(samples.focus):
        return chosen
    return np.where(rng.random(size) < FOCUS_SHARE, rng.choice(samples.focus, size), chosen)


def _of(part: Part | None, chosen: NDArray[np.intp], moves: Moves) -> tuple[NDArray[np.intp], Moves]:
    """A part's share of (identities, size) chosen faces, and of the moves of them all."""
    if part is None:
        return chosen, moves
    rows = part.rows(chosen.size)
    return chosen.ravel()[rows].reshape(len(chosen), -1), moves.rows(rows)


def _hidden(identities: Sequence[Samples], device: torch.device) -> list[tuple[Hidden, Tensor]]:
    """What hides the faces of each identity, and its masks where these lie; none where nothing does."""
    if all(samples.hidden is None for samples in identities):
        return []
    side = identities[0].planes.shape[-1]
    each = [samples.hidden or Hidden.nothing(len(samples), side) for samples in identities]
    return [(one, torch.from_numpy(one.masks).to(device)) for one in each]


def _made(
    faces: Sequence[Tensor],
    hidden: Sequence[tuple[Hidden, Tensor]],
    identities: Sequence[Samples],
    chosen: NDArray[np.intp],
    moves: Moves,
    where: torch.device,
) -> Batch:
    picked = faces[0].new_empty(chosen.size, *faces[0].shape[1:])
    for every, some, into in zip(faces, chosen, picked.split(chosen.shape[1]), strict=True):
        torch.index_select(every, 0, sent(some, picked.device), out=into)
    if hidden:
        drawn = [
            masks.index_select(0, sent(one.of[some], picked.device))
            for (one, masks), some in zip(hidden, chosen, strict=True)
        ]
        picked = torch.cat([picked, torch.cat(drawn)[:, None]], dim=1)
    if picked.device.type != where.type:
        picked = picked.pin_memory().to(where, non_blocking=True)
    expressions = [samples.expressions[some] for samples, some in zip(identities, chosen, strict=True)]
    return to_batch(picked, picked, moves, np.concatenate(expressions), identities[0].size_px)


def to_batch(
    read_N5SS: Tensor, drawn_N5SS: Tensor, moves: Moves, expressions: NDArray[np.float32], size_px: int
) -> Batch:
    """Move faces, and say what the code should.

    Args:
        read_N5SS: samples to read from, see `make_pairs`.
        drawn_N5SS: samples to draw.
        moves: how.
        expressions: (n, 2, `EXPRESSION_SIZE`) float32 of what is read, as it is and in a mirror.
        size_px: side of the pairs.
    """
    pairs = make_pairs(read_N5SS, drawn_N5SS, moves, size_px)
    seen = expressions[np.arange(len(expressions)), moves.flipped.astype(int)]
    said = np.concatenate([seen, moves.placement], axis=1)
    return Batch(
        face_B3HW=pairs.warped_B3HW,
        truth_B4HW=pairs.truth_B4HW,
        focus_B1HW=pairs.focus_B1HW,
        expression_BX=sent(said, read_N5SS.device),
        hidden_B1HW=pairs.hidden_B1HW,
    )
