"""Faces to learn from what passes before somebody: a person draws three masks, and a network needs hundreds.

So what was drawn is cut out and laid over other faces of the same person, turned, moved and lit
differently, and things that nobody has drawn are laid there, too; every face made so is drawn by the model as
itself, as faces of footage are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.compositing.looked import Looked
from understudy.compositing.occluder import occlusion_mask
from understudy.compositing.occluder_evidence import Tolerance, small
from understudy.compositing.segmenter import seen_of
from understudy.core.types import Image, Mask, Points

_Floats = NDArray[np.float32]

# draws faces as themselves: (n, s, s, 3) RGB uint8 to (n, s, s, 3) and (n, s, s), float32 in [0, 1]
Draw = Callable[[NDArray[np.uint8]], tuple[_Floats, _Floats]]

_AT_ONCE = 8
_PASTED, _MOST_PASTED = 16, 160  # for each drawn mask, and in all
_MADE_UP = 64
_BOTH = 0.25  # of those over which something is laid: something else is there already
_TURN, _SMALLER, _LARGER = 30.0, 0.75, 1.3  # degrees and scale of what is laid over a face
_REACH = 0.2  # of the crop's side: how far from the face its middle may be
_SHADOW = 0.35  # most that it darkens beside it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskedFace:
    """A face in footage, and what hides it.

    Args:
        crop: (s, s, 3) RGB uint8.
        hull: (s, s) float32 in [0, 1], see `mask.face_hull_mask`.
        landmarks_px: (468, 2) or (468, 3) in crop pixels.
        hidden: (s, s) float32 in [0, 1], 1 where something lies before it.
    """

    crop: Image
    hull: Mask
    landmarks_px: Points
    hidden: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Faces of one kind.

    Args:
        seen: (n, `nets.segmenter.CHANNELS`, h, w) float32, see `segmenter.seen_of`.
        hidden: (n, h, w) float32 in [0, 1], 1 where something lies before the face.
        counts: (n, h, w) float32 in [0, 1], where that is known.
    """

    seen: _Floats
    hidden: _Floats
    counts: _Floats

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """All three, sharing their memory."""
        return torch.from_numpy(self.seen), torch.from_numpy(self.hidden), torch.from_numpy(self.counts)

    def every(self, step: int) -> Examples:
        """The first and every so manieth after it."""
        return self._some(np.arange(len(self.seen)) % step == 0)

    def without_every(self, step: int) -> Examples:
        """All that `every` leaves."""
        return self._some(np.arange(len(self.seen)) % step != 0)

    def _some(self, which: NDArray[np.bool_]) -> Examples:
        return Examples(seen=self.seen[which], hidden=self.hidden[which], counts=self.counts[which])


def occluder_examples(
    drawn: Sequence[MaskedFace],
    others: Sequence[MaskedFace],
    draw: Draw,
    tolerance: Tolerance | None,
    seed: int = 0,
) -> dict[str, Examples]:
    """What to learn from what passes before one person's face.

    Args:
        drawn: faces on which a person has drawn what hides them.
        others: faces of the same person that nothing should hide; those that something seems to hide are
            left out.
        draw: draws the person as themselves.
        tolerance: how well that is usually done.
        seed: of every random choice.

    Returns:
        By kind: "drawn" as they are, "pasted" over other faces, "made up", and "clear" of anything; kinds of
        which there is none are left out.

    Raises:
        ValueError: nothing was drawn.
    """
    pieces = [one for one in drawn if one.hidden.any()]
    if not pieces:
        raise ValueError("nothing was drawn")
    random = np.random.default_rng(seed)
    clear = [one for one, look in _shown(others, draw) if not occlusion_mask(look, tolerance).any()]
    # where there is none, what else is laid over a face that something hides is truth as well
    faces = clear or pieces
    kinds: dict[str, Iterable[MaskedFace]] = {
        "drawn": pieces,
        "pasted": _laid_over(pieces, faces, random),
        "made up": (_made_up(_any(faces, random), random) for _ in range(_MADE_UP)),
        "clear": clear,
    }
    found = {kind: _examples(some, draw, tolerance) for kind, some in kinds.items()}
    return {kind: examples for kind, examples in found.items() if examples is not None}


def _examples(faces: Iterable[MaskedFace], draw: Draw, tolerance: Tolerance | None) -> Examples | None:
    """What the network is shown of faces; they themselves are let go, as they may be large."""
    planes, hidden, counts = list[_Floats](), list[_Floats](), list[_Floats]()
    for one, looked in _shown(faces, draw):
        planes.append(seen_of(looked, tolerance))
        hidden.append(small(one.hidden))
        counts.append(np.asarray(cv2.dilate(small(one.hull), np.ones((3, 3), np.uint8)), np.float32))
    if not planes:
        return None
    return Examples(seen=np.stack(planes), hidden=np.stack(hidden), counts=np.stack(counts))


def _shown(faces: Iterable[MaskedFace], draw: Draw) -> Iterator[tuple[MaskedFace, Looked]]:
    """Faces, and how the model draws them."""
    waiting = iter(faces)
    while some := list(islice(waiting, _AT_ONCE)):
        own, masks = draw(np.stack([one.crop for one in some]))
        for one, picture, mask in zip(some, own, masks, strict=True):
            yield one, Looked.at(one, picture, mask)


def _laid_over(
    pieces: Sequence[MaskedFace], faces: Sequence[MaskedFace], random: np.random.Generator
) -> Iterator[MaskedFace]:
    """What was drawn before other faces of the person."""
    count = min(_MOST_PASTED, _PASTED * len(pieces))
    for number in range(count):
        piece, face = pieces[number % len(pieces)], _any(faces, random)
        if random.random() < _BOTH:
            face = _made_up(face, random)
        size = face.crop.shape[0]
        matrix = _moved(piece.hidden, face.hull, random)
        picture = cv2.warpAffine(piece.crop, matrix, (size, size), flags=cv2.INTER_LINEAR,
                                 borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        hidden = cv2.warpAffine(piece.hidden, matrix, (size, size), flags=cv2.INTER_LINEAR)
        yield _before(face, np.asarray(picture, np.float32), np.asarray(hidden, np.float32), random)


def _any(faces: Sequence[MaskedFace], random: np.random.Generator) -> MaskedFace:
    return faces[int(random.integers(len(faces)))]


def _moved(hidden: Mask, hull: Mask, random: np.random.Generator) -> NDArray[np.float64]:
    """(2, 3): a piece turned, scaled, perhaps mirrored, its middle brought to some place of a face."""
    y, x = np.nonzero(hidden > 0.5 * hidden.max())
    middle = np.array([x.mean(), y.mean()])
    # beyond the face, too: of most things only an end comes before it at first
    reach = 2 * round(_REACH * len(hull)) + 1
    rows, columns = np.nonzero(cv2.dilate(hull, np.ones((reach, reach), np.uint8)) > 0.5)
    if len(rows) == 0:  # a face beyond the crop
        rows, columns = y, x
    chosen = random.integers(len(rows))
    onto = np.array([columns[chosen], rows[chosen]], np.float64)
    angle, scale = np.radians(random.uniform(-_TURN, _TURN)), random.uniform(_SMALLER, _LARGER)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if random.random() < 0.5:
        turn = turn @ np.diag([-1.0, 1.0])
    return np.column_stack([turn, onto - turn @ middle])


def _made_up(face: MaskedFace, random: np.random.Generator) -> MaskedFace:
    """A thing that nobody has drawn: of some shape, of any colour or of the colour of the skin."""
    size = face.crop.shape[0]
    rows, columns = np.nonzero(face.hull > 0.5)
    if len(rows) == 0:
        return face
    at = int(random.integers(len(rows)))
    middle = (int(columns[at]), int(rows[at]))
    long, wide = (int(size * random.uniform(0.08, 0.35)) + 1 for _ in range(2))
    shape = np.zeros((size, size), np.float32)
    cv2.ellipse(shape, middle, (long, wide), random.uniform(0, 180), 0, 360, (1.0,), -1, cv2.LINE_AA)
    colour = random.uniform(0, 255, 3).astype(np.float32)
    if random.random() < 0.5:
        colour = face.crop[middle[1], middle[0]] * np.float32(random.uniform(0.8, 1.2))
    texture = cv2.resize(random.normal(0, 1, (8, 8, 3)).astype(np.float32), (size, size))
    slope = np.linspace(-1, 1, size, dtype=np.float32)[:, None, None] * random.normal(0, 12)
    picture = np.asarray(colour + random.uniform(2, 14) * texture + slope, np.float32)
    return _before(face, picture, shape, random)


def _before(face: MaskedFace, picture: _Floats, hidden: Mask, random: np.random.Generator) -> MaskedFace:
    """A face with something before it, and perhaps its shadow."""
    size = face.crop.shape[0]
    base = face.crop.astype(np.float32)
    if random.random() < 0.5:
        shift = np.array([[1, 0, random.normal(0, 0.02 * size)], [0, 1, random.uniform(0, 0.05) * size]])
        shadow = cv2.GaussianBlur(cv2.warpAffine(hidden, shift, (size, size)), (0, 0), 0.03 * size)
        base *= 1 - np.float32(random.uniform(0, _SHADOW)) * shadow[..., None]
    alpha = cv2.GaussianBlur(hidden, (0, 0), max(0.5, 0.004 * size))[..., None]
    lit = np.clip(picture * np.float32(random.uniform(0.85, 1.15)), 0, 255)
    crop = np.round(base + alpha * (lit - base)).astype(np.uint8)
    return replace(face, crop=crop, hidden=np.maximum(face.hidden, hidden))
