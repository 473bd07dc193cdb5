"""Lips that are as far apart as they are seen to be, and never cross."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from understudy.core.types import Points
from understudy.expression.basis import Floats

# upper and lower points of the inner lips
_UPPER, _LOWER = np.array((13, 82, 312)), np.array((14, 87, 317))
_CLOSE = "mouthClose"
# what parts lips further than the fit has it: first the lower lip alone, then the jaw
_PART = (("mouthLowerDownLeft", "mouthLowerDownRight"), ("jawOpen",))


def lips_as_seen(values: Floats, left_over: Points, moves: Floats, names: Sequence[str]) -> Floats:
    """Coefficients with which lips are as far apart as landmarks have them.

    The landmark network looks at the lips once more, so it knows the gap between them better than where
    each of them is; the fit, which weighs all points together, often leaves a shut mouth ajar. A mouth that
    is less open than the fit has it is closed, the chin staying where it is; one that is more open is parted.

    Args:
        values: (n, k) float32 in [0, 1], of the fit.
        left_over: (n, 468, 3) float32, what the fit does not explain of faces in the template's frame.
        moves: (k, 468, 3) float32, what each coefficient adds.
        names: of the coefficients.

    Returns:
        (n, k) float32 in [0, 1].
    """
    return _parted(values, _gaps(left_over), _gaps(moves), names)


def lips_apart(values: Floats, gap: Floats, rest: Points, moves: Floats, names: Sequence[str]) -> Floats:
    """Coefficients with which lips are as far apart as is said, changed as by `lips_as_seen`.

    Args:
        values: (n, k) float32 in [0, 1].
        gap: (n,) float32 height of the gap between the inner lips, template's units.
        rest: (468, 3) float32, the face at rest.
        moves: (k, 468, 3) float32, what each coefficient adds to it.
        names: of the coefficients.

    Returns:
        (n, k) float32 in [0, 1].
    """
    opens = _gaps(moves)
    return _parted(values, gap - _gaps(rest[None])[0] - values @ opens, opens, names)


def _parted(values: Floats, missing: Floats, opens: Floats, names: Sequence[str]) -> Floats:
    """Coefficients with which lips are further apart by what is missing, or nearer."""
    found, missing = values.copy(), missing.copy()
    missing -= _changed(found, (names.index(_CLOSE),), missing, opens)
    for part in _PART:
        missing -= _changed(found, [names.index(name) for name in part], missing.clip(0), opens)
    return found


def uncrossed(values: Floats, rest: Points, moves: Floats, names: Sequence[str]) -> Floats:
    """Coefficients with which lips that close do not pass through each other.

    Args:
        values: (n, k) float32 in [0, 1].
        rest: (468, 3) float32, the face at rest.
        moves: (k, 468, 3) float32, what each coefficient adds to it.
        names: of the coefficients.

    Returns:
        (n, k) float32: `mouthClose` is less where it would close more than there is to close.
    """
    if _CLOSE not in names:
        return values
    found, opens = values.copy(), _gaps(moves)
    crossed = np.minimum(_gaps(rest[None])[0] + values @ opens, 0)
    number = names.index(_CLOSE)
    found[:, number] = (values[:, number] - crossed / opens[number]).clip(0, values[:, number])
    return found


def _gaps(fields: Points) -> Floats:
    """(n,) mean height of the gap between the inner lips in (n, 468, 3) faces or movements."""
    return (fields[:, _LOWER, 1] - fields[:, _UPPER, 1]).mean(axis=1)


def _changed(values: Floats, which: Sequence[int], gap: Floats, opens: Floats) -> Floats:
    """Change some columns alike, so that the gap grows by so much; returns by how much it did."""
    step, grown = gap / opens[list(which)].sum(), np.zeros_like(gap)
    for number in which:
        new = (values[:, number] + step).clip(0, 1)
        grown += (new - values[:, number]) * opens[number]
        values[:, number] = new
    return grown
