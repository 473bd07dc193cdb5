"""Which way of matching colours suits some footage: told on frames that it was not fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.methods import COLOUR_METHODS
from understudy.compositing.colour.quantiles import quantiles_of_columns
from understudy.compositing.colour.sample import SIDE, ColourSample, seen_in_both
from understudy.compositing.colour.spaces import Colours, lab_from_rgb
from understudy.compositing.light import TargetLight

_FOLDS = 4
_AS_GOOD = 1.05  # an error this much larger than the best is as good
_NOT_SEEN = 0.2  # Lab units of both errors together: nor does a smaller difference show
_RANKS = (np.arange(24) + 0.5) / 24


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchError:
    """How far a matched face is from the target, in Lab units, mean over held-out frames.

    Args:
        colour: distance of the distributions of colours.
        seam: difference of colours along the mask's border.
    """

    colour: float
    seam: float

    @property
    def total(self) -> float:
        """What is compared."""
        return self.colour + self.seam


def match_errors(
    pairs: Sequence[tuple[ColourSample, ColourSample]],
    methods: Iterable[str] = tuple(COLOUR_METHODS),
    limits: ColourLimits | None = None,
    *,
    is_lit: bool = False,
) -> dict[str, MatchError]:
    """Judge each way of matching on frames that it was not fitted on.

    Frame n belongs to part n modulo 4; each part is judged with the map fitted on the others together. A
    single frame is fitted and judged on itself.

    Args:
        pairs: samples of the drawn face and of the target's, one pair a frame; best spread over the footage.
        methods: keys of `COLOUR_METHODS`.
        limits: how far to go; the defaults where None.
        is_lit: whether matched faces take on the target's light, see `compositing.light`: what that
            mends is no error then.

    Returns:
        The error of each.

    Raises:
        ValueError: no pair.
    """
    if not pairs:
        raise ValueError("need the samples of at least one frame")
    known = [seen_in_both(drawn, target) for drawn, target in pairs]
    limits = limits or ColourLimits()
    folds = min(_FOLDS, len(known))
    wanted = [_Wanted.of(target) for _, target in known]
    errors: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
    for fold in range(folds):
        rest = [pair for i, pair in enumerate(known) if folds == 1 or i % folds != fold]
        drawn, target = union([pair[0] for pair in rest]), union([pair[1] for pair in rest])
        for name, found in errors.items():
            colour_map = COLOUR_METHODS[name](drawn, target, limits)
            for (held_drawn, held_target), onto in zip(known[fold::folds], wanted[fold::folds], strict=True):
                matched = colour_map.colours(held_drawn.colours)
                if is_lit:
                    matched = _lit(matched, held_drawn, held_target)
                found.append(_errors(lab_from_rgb(matched), held_drawn, onto))
    means = {name: np.mean(found, axis=0) for name, found in errors.items()}
    return {name: MatchError(colour=float(mean[0]), seam=float(mean[1])) for name, mean in means.items()}


def best_method(
    pairs: Sequence[tuple[ColourSample, ColourSample]],
    limits: ColourLimits | None = None,
    *,
    is_lit: bool = False,
) -> str:
    """The simplest way of matching that is as good as the best.

    Args:
        pairs: samples of the drawn face and of the target's, one pair a frame; best 8 to 32 frames spread
            over the footage.
        limits: how far to go; the defaults where None.
        is_lit: see `match_errors`.

    Returns:
        A key of `COLOUR_METHODS`.

    Raises:
        ValueError: no pair.
    """
    errors = {name: error.total for name, error in match_errors(pairs, limits=limits, is_lit=is_lit).items()}
    least = min(errors.values())
    good = max(least * _AS_GOOD, least + _NOT_SEEN)
    return next(name for name in COLOUR_METHODS if errors[name] <= good)


def union(samples: Sequence[ColourSample]) -> ColourSample:
    """All colours of several samples as one."""
    return ColourSample(
        colours=np.concatenate([sample.colours for sample in samples]),
        weights=np.concatenate([sample.weights for sample in samples]),
        rim=np.concatenate([sample.rim for sample in samples]),
    )


def _lit(matched: Colours, drawn: ColourSample, target: ColourSample) -> Colours:
    """Matched colours in the target's light, as far as a sample can tell it."""
    if drawn.weights.shape != target.weights.shape or matched.shape[0] != SIDE * SIDE:
        return matched
    cells = (target.colours - matched).reshape(SIDE, SIDE, 3)
    share = np.minimum(drawn.weights, target.weights).reshape(SIDE, SIDE)
    if not share.any():
        return matched
    return np.clip(matched + TargetLight().of(cells, share).reshape(-1, 3), 0, 1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a drawn face is compared to, known before it is matched in any way.

    Args:
        sample: of the target's face.
        lab: (n, 3) float32, its colours.
        ranks: see `_ranks_of`.
    """

    sample: ColourSample
    lab: Colours
    ranks: NDArray[np.float64]

    @classmethod
    def of(cls, sample: ColourSample) -> _Wanted:
        lab = lab_from_rgb(sample.colours)
        return cls(sample, lab, _ranks_of(lab, sample.weights))


def _errors(matched: Colours, drawn: ColourSample, onto: _Wanted) -> tuple[float, float]:
    colour, target = _apart(_ranks_of(matched, drawn.weights), onto.ranks), onto.sample
    if drawn.rim.shape != target.rim.shape:
        return colour, 0.0
    # border cells that count in both; the same places of the face, so their colours can be compared
    rim = np.minimum(drawn.rim, target.rim) * ((drawn.weights > 0) & (target.weights > 0))
    if not rim.any():
        return colour, 0.0
    step = np.linalg.norm(matched - onto.lab, axis=1)
    return colour, float(rim @ step / rim.sum())


def distribution_distance(
    colours: Colours, weights: NDArray[np.float32], onto: Colours, onto_weights: NDArray[np.float32]
) -> float:
    """Sliced Wasserstein distance of two weighted sets of colours.

    Args:
        colours: (n, 3).
        weights: (n,) >= 0.
        onto: (m, 3).
        onto_weights: (m,) >= 0.

    Returns:
        Root of the mean square over 9 fixed directions and all ranks, times the root of 3: of two
        single colours it is about their distance.
    """
    return _apart(_ranks_of(colours, weights), _ranks_of(onto, onto_weights))


def _ranks_of(colours: Colours, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(9, 24) values along each direction, at each rank."""
    return quantiles_of_columns(colours @ _DIRECTIONS.T, weights, _RANKS)


def _apart(here: NDArray[np.float64], there: NDArray[np.float64]) -> float:
    return float(np.sqrt(3 * np.mean(np.square(here - there))))


def _directions() -> NDArray[np.float32]:
    """(9, 3) unit vectors, three sets at right angles: squares along them add up to the distance's."""
    random = np.random.default_rng(11)
    turns = [np.eye(3), *(np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in range(2))]
    return np.concatenate(turns).astype(np.float32)


_DIRECTIONS = _directions()
