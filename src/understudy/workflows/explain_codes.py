"""The few directions in which codes vary most, and what each of them moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.faces.faceset_records import StoredFace
from understudy.faces.openings import MEASURES, all_normalised, expressions_of
from understudy.faces.pose import fit_poses

Floats = NDArray[np.float32]

_NAMED_FROM = 0.5  # correlation: below it a direction moves several things, and one word would be wrong
# what may be seen of a face, in words for a slider whose right end has more of it
WORDS: dict[str, str] = {
    "mouth_open": "opens the mouth",
    "mouth_width": "widens the mouth",
    "eye_open": "opens the eyes",
    "brow": "lifts the brows",
    "yaw": "turns the head to the right",
    "pitch": "lowers the head",
    "brightness": "brightens the picture",
    "light_side": "moves the light to the right",
}
SEVERAL = "moves several things at once"


@dataclass(frozen=True, kw_only=True)
class Direction:
    """One main direction of codes.

    Args:
        unit: (k,) float32 of length 1.
        deviation: how far faces lie apart along it: one standard deviation.
        share: of all that varies, 0 to 1.
        moves: what is seen to change along it, in words; see `WORDS`.
        correlation: with what these words say, 0 to 1; where nothing names it, the largest there is.
    """

    unit: Floats
    deviation: float
    share: float
    moves: str
    correlation: float


def main_directions(
    codes: Mapping[str, Floats], seen: Mapping[str, Mapping[str, Floats]], count: int
) -> list[Direction]:
    """Find them by principal component analysis of the codes of everybody, each person's mean taken away.

    What is left says what a face does and not whose it is. Each person counts alike, whatever their number of
    faces.

    Args:
        codes: (n, k) of each person's faces, two at least of each.
        seen: name of a figure (`WORDS`) to (n,) of the same faces.
        count: how many; fewer where the faces do not give so many.

    Returns:
        The one along which most varies first. Each points to more of what it moves.

    Reference:
        Pearson, On lines and planes of closest fit to systems of points in space, 1901.
    """
    apart = [one - one.mean(axis=0) for one in codes.values()]
    weighted = np.concatenate([one / np.sqrt(len(one)) for one in apart]).astype(np.float64)
    _, sizes, units = np.linalg.svd(weighted, full_matrices=False)
    variances = np.square(sizes) / len(apart)
    figures = {
        name: np.concatenate([_standard(seen[who][name]) for who in codes])
        for name in next(iter(seen.values()))
    }
    found: list[Direction] = []
    taken: set[str] = set()
    for unit, variance in zip(units[:count], variances[:count], strict=True):
        if variance <= 1e-9 * variances[0]:
            break
        scores = np.concatenate([_standard(one @ unit) for one in apart])
        name, r = _most_like(scores, {name: figures[name] for name in figures if name not in taken})
        if abs(r) >= _NAMED_FROM:
            taken.add(name)
        found.append(
            Direction(
                unit=(unit * (np.sign(r) or 1)).astype(np.float32),
                deviation=float(np.sqrt(variance)),
                share=float(variance / variances.sum()),
                moves=WORDS[name] if abs(r) >= _NAMED_FROM else SEVERAL,
                correlation=abs(r),
            )
        )
    return found


def figures_of(faces: Sequence[StoredFace]) -> dict[str, Floats]:
    """What can be seen of each face, by the names of `WORDS`: (n,) float32 each."""
    landmarks = np.stack([one.face.landmarks_px for one in faces])
    openings = expressions_of(all_normalised(landmarks, fit_poses(landmarks)))
    seen = {name: openings[:, number] for number, name in enumerate(MEASURES)}
    pose = np.stack([one.face.pose_deg for one in faces])
    seen |= {"yaw": pose[:, 0], "pitch": pose[:, 1]}
    for name in ("brightness", "light_side"):
        seen[name] = np.array([one.face.quality.get(name, 0.0) for one in faces])
    return {name: values.astype(np.float32) for name, values in seen.items()}


def _standard(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Without mean, of deviation 1; all 0 where nothing varies."""
    apart = values.astype(np.float64) - float(values.mean())
    deviation = float(apart.std())
    return apart / deviation if deviation > 1e-9 else np.zeros_like(apart)


def _most_like(scores: NDArray[np.float64], figures: Mapping[str, NDArray[np.float64]]) -> tuple[str, float]:
    """The figure that rises or falls most with some scores, and their correlation."""
    found = {name: float((scores * values).mean()) for name, values in figures.items()}
    name = max(found, key=lambda name: abs(found[name]))
    return name, found[name]
