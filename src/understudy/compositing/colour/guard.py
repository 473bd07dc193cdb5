"""Limits that every way of matching keeps: how far colours may go, and that dark stays dark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from understudy.compositing.colour.colour_map import GRID, ColourMap
from understudy.compositing.colour.moments import covariance, mean
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.spaces import Colours, lab_from_rgb, rgb_from_lab

_KNOWN_DEVIATIONS = 3.0  # colours further from the mean than this are not what the fit was made for
_LEAST_DEVIATION = 2.0  # Lab units
_FULL_CHROMA_FROM = 0.5  # share of the face's lightness from which chroma moves in full
_LEAST_SHADE = 0.5  # a shadow keeps at least this part of its share of the face's lightness


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourLimits:
    """How far a match may go before it does more harm than the mismatch.

    Args:
        gain: largest change of contrast; the smallest is its inverse.
        lightness: largest change of lightness, in L* units.
        chroma: largest change of a* and b*.
    """

    gain: float = 1.6
    lightness: float = 35.0
    chroma: float = 25.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.gain < 1 or self.lightness < 0 or self.chroma < 0:
            raise ValueError(f"need gain >= 1, lightness and chroma >= 0, got {self}")

    @property
    def most(self) -> Colours:
        """(3,) largest change of L*, a*, b*."""
        return np.array([self.lightness, self.chroma, self.chroma], np.float32)


# channel by channel in memory: numpy is slow along an axis of three
_GRID_LAB = np.asfortranarray(lab_from_rgb(GRID))
_GRID_BACK = rgb_from_lab(_GRID_LAB)  # there and back is not exact, which must not count as a change


def guarded_map(
    lab_change: Callable[[Colours], Colours],
    drawn: ColourSample,
    limits: ColourLimits,
    rest: Colours | None = None,
) -> ColourMap:
    """Make a map of a change of Lab colours, kept within bounds.

    Colours darker than the drawn face's mean keep their share of its lightness: black stays black, so
    that lashes, pupils and an open mouth do not turn to fog where a dark face is matched to a light
    one, nor shadows to holes. Their chroma moves less, as it would under another light. Colours beyond
    the drawn face's own (irises, teeth) are changed as the nearest of its own is: a slope that holds
    for skin would make grey eyes blue and blue ones glow.

    Args:
        lab_change: (n, 3) L*, a*, b* to (n, 3) L*, a*, b*; called with any colours there are.
        drawn: sample of the drawn face; its mean lightness tells what is dark.
        limits: how far colours may go.
        rest: (NODES^3, 3) L*, a*, b* added at each colour of the grid, where the change has such a part.

    Returns:
        The map, clipped to what RGB can show.
    """
    lab = _GRID_LAB
    face = lab_from_rgb(drawn.colours)
    centre = mean(face, drawn.weights)[None].astype(np.float32)
    deviation = np.sqrt(np.diag(covariance(face, drawn.weights))).astype(np.float32)
    reach = _KNOWN_DEVIATIONS * np.maximum(deviation, np.float32(_LEAST_DEVIATION))
    asked = np.clip(lab, centre - reach, centre + reach)
    wanted = lab_change(asked) - asked
    if rest is not None:
        wanted = wanted + rest
    wanted = np.clip(wanted, -limits.most, limits.most)
    of_centre = float((lab_change(centre) - centre)[0, 0])
    at_centre = max(float(centre[0, 0]) + float(np.clip(of_centre, -limits.lightness, limits.lightness)), 0.0)
    share = lab[:, 0] / np.float32(max(float(centre[0, 0]), 1e-3))
    level = share * np.float32(at_centre)
    wanted[:, 1:] *= np.clip(share / np.float32(_FULL_CHROMA_FROM), 0, 1)[:, None]
    wanted += lab
    lightness = wanted[:, 0]
    kept = np.clip(lightness, _LEAST_SHADE * level, level)
    wanted[:, 0] = np.where(share < 1, kept, lightness)
    return ColourMap.from_change(rgb_from_lab(wanted) - _GRID_BACK)
