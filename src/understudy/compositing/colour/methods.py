"""The ways of matching colours, by name."""

from __future__ import annotations

from collections.abc import Callable

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.histogram import fit_histogram
from understudy.compositing.colour.mkl import fit_mkl
from understudy.compositing.colour.reinhard import fit_lab
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.sliced import fit_sliced

ColourMethod = Callable[[ColourSample, ColourSample, ColourLimits], ColourMap]


def fit_none(drawn: ColourSample, target: ColourSample, limits: ColourLimits) -> ColourMap:
    """Leave colours as they were drawn."""
    del drawn, target, limits
    return ColourMap()


# from the simplest to the most flexible: of two that do equally well, the earlier is taken
COLOUR_METHODS: dict[str, ColourMethod] = {
    "none": fit_none,
    "lab": fit_lab,
    "mkl": fit_mkl,
    "histogram": fit_histogram,
    "sliced": fit_sliced,
}


def colour_method(name: str) -> ColourMethod:
    """Look up a way of matching.

    Args:
        name: a key of `COLOUR_METHODS`.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in COLOUR_METHODS:
        raise ValueError(f"no colour method {name!r}; there are {', '.join(COLOUR_METHODS)}")
    return COLOUR_METHODS[name]
