"""Which views, openings, gazes and light of the target's faces the source's faces lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

CELL_DEG = 10.0
ENOUGH = 3  # faces of the source in a cell from which its decoder can learn that view
_FEW_SHARE = 0.002  # a cell with a smaller share of the target's faces is a slip of the landmarks
_LIMIT_DEG = 90.0


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something that is counted along one line.

    Args:
        key: its name in `FaceArrays.values`.
        name: what people call it.
        unit: what its numbers mean.
        step: width of a cell.
        by_median: whether it is divided by each person's median first, because its level is a matter
            of the person (narrow eyes, dark skin) and not of the performance.
        more_covers: whether a source with more covers a target with less, as of the size of a face.
    """

    key: str
    name: str
    unit: str
    step: float
    by_median: bool = False
    more_covers: bool = False


_FRONT = "degrees from the head's front"
_USUAL = "1 is each person's usual"
MEASURES = (
    Measure(
        key="mouth_open",
        name="mouth opening",
        unit="distance of the lips, in distances between the eyes",
        step=0.05,
    ),
    Measure(key="mouth_width", name="mouth width", unit=f"{_USUAL} width", step=0.1, by_median=True),
    Measure(key="eye_open", name="eye opening", unit=f"{_USUAL} opening", step=0.15, by_median=True),
    Measure(key="brow", name="brow height", unit=f"{_USUAL} height", step=0.1, by_median=True),
    Measure(key="gaze_yaw_deg", name="gaze, left to right", unit=f"{_FRONT}, below 0 to the left", step=10.0),
    Measure(key="gaze_pitch_deg", name="gaze, up to down", unit=f"{_FRONT}, below 0 up", step=10.0),
    Measure(key="brightness", name="brightness", unit=f"{_USUAL} brightness", step=0.15, by_median=True),
    Measure(
        key="light_side",
        name="side of the light",
        unit="below 0 the left half of the face is brighter",
        step=0.2,  # from even to one half 1.5 times as bright: less is hardly seen
    ),
    Measure(key="size_px", name="size of the face", unit="px", step=40.0, more_covers=True),
)
_BY_KEY = {measure.key: measure for measure in MEASURES}


@dataclass(frozen=True, kw_only=True)
class FaceArrays:
    """Faces of one identity, row by row.

    Args:
        pose_deg: (n, 2) or (n, 3) yaw, pitch[, roll]; conventions of `Face.pose_deg`.
        values: key of a measure to (n,) values, not finite where not known. Openings as of
            `faces.openings`; gaze_yaw_deg > 0 looks to the picture's RIGHT, as yaw does.
    """

    pose_deg: Floats
    values: Mapping[str, Floats]

    def __post_init__(self) -> None:
        """Check the shapes."""
        n = len(self.pose_deg)
        if self.pose_deg.ndim != 2 or self.pose_deg.shape[1] not in (2, 3):
            raise ValueError(f"pose_deg is (n, 2) or (n, 3), got {self.pose_deg.shape}")
        for key, values in self.values.items():
            if key not in _BY_KEY:
                raise ValueError(f"no measure {key!r}; known are {', '.join(_BY_KEY)}")
            if values.shape != (n,):
                raise ValueError(f"{n} poses, but {key} of shape {values.shape}")


@dataclass(frozen=True, kw_only=True)
class Strip:
    """How often the values of one measure occur.

    Args:
        measure: what is counted.
        edges: (k + 1,) rising borders of the cells.
        source: (k,) faces of the source in each cell.
        target: (k,) of the target.
        missing: (k,) bool, cells that the target needs and the source lacks.
        missing_share: share of the target's faces that are lacking, 0 .. 1.
        lacking: (n,) bool, the target's faces in those cells that are not near to the source's.
        source_values: the source's values as they were counted, where known.
        target_values: (n,) the target's, not finite where not known.
    """

    measure: Measure
    edges: NDArray[np.float64]
    source: Counts
    target: Counts
    missing: Mask
    missing_share: float
    lacking: Mask
    source_values: NDArray[np.float64]
    target_values: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What of the target's faces the source's faces cover.

    Args:
        yaw_edges_deg: (k + 1,) rising borders of the columns.
        pitch_edges_deg: (m + 1,) rising borders of the rows; below 0 the face looks up.
        source: (m, k) faces of the source in each cell.
        target: (m, k) of the target.
        missing: (m, k) bool, cells that the target needs and the source lacks.
        missing_share: share of the target's faces that are lacking, 0 .. 1.
        lacking: (n,) bool, the target's faces in those cells that are not near to the source's.
        source_pose_deg: (., 2) yaw, pitch of the source's faces where known.
        target_pose_deg: (n, 2) of the target's, not finite where not known.
        strips: one a measure that both have, in the order of `MEASURES`.
    """

    yaw_edges_deg: NDArray[np.float64]
    pitch_edges_deg: NDArray[np.float64]
    source: Counts
    target: Counts
    missing: Mask
    missing_share: float
    lacking: Mask
    source_pose_deg: NDArray[np.float64]
    target_pose_deg: NDArray[np.float64]
    strips: tuple[Strip, ...]


def coverage(source: FaceArrays, target: FaceArrays) -> Coverage:
    """Count both people's faces in cells of yaw and pitch, and in cells of each measure.

    A cell is needed where the target has faces, few of many apart. It is lacking where the source has
    fewer than `ENOUGH`, unless most of the target's faces there have as many within half a cell of
    them: a border that happens to run between two equal performances is no gap.

    Args:
        source: faces of the identity put in; values that are not finite are left out.
        target: faces of the footage that is changed.

    Raises:
        ValueError: either has no faces.
    """
    if not len(source.pose_deg) or not len(target.pose_deg):
        raise ValueError("coverage needs at least one face of source and target")
    poses = [_clipped(faces.pose_deg[:, :2]) for faces in (source, target)]
    cells = _count(poses[0], poses[1], (CELL_DEG, CELL_DEG))
    return Coverage(
        yaw_edges_deg=cells.edges[0],
        pitch_edges_deg=cells.edges[1],
        source=cells.source.T,
        target=cells.target.T,
        missing=cells.missing.T,
        missing_share=float(cells.lacking.mean()),
        lacking=cells.lacking,
        source_pose_deg=poses[0][np.isfinite(poses[0]).all(axis=1)],
        target_pose_deg=poses[1],
        strips=tuple(
            _strip(measure, source.values[measure.key], target.values[measure.key])
            for measure in MEASURES
            if measure.key in source.values and measure.key in target.values
        ),
    )


def usual_range(values: Floats) -> tuple[float, float] | None:
    """2nd and 98th percentile of those that are finite, None where none is."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, (2, 98))
    return float(low), float(high)


def _strip(measure: Measure, source: Floats, target: Floats) -> Strip:
    values = [_by_median(one) if measure.by_median else one.astype(np.float64) for one in (source, target)]
    cells = _count(values[0][:, None], values[1][:, None], (measure.step,), more_covers=measure.more_covers)
    return Strip(
        measure=measure,
        edges=cells.edges[0],
        source=cells.source,
        target=cells.target,
        missing=cells.missing,
        missing_share=float(cells.lacking.mean()),
        lacking=cells.lacking,
        source_values=values[0][np.isfinite(values[0])],
        target_values=values[1],
    )


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """A histogram of both in d dimensions, and what is missing of it; `lacking` has a row a face."""

    edges: list[NDArray[np.float64]]
    source: Counts
    target: Counts
    missing: Mask
    lacking: Mask


def _count(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    steps: Sequence[float],
    *,
    more_covers: bool = False,
) -> _Cells:
    """Compare (n, d) values of the source with (m, d) of the target; rows that are not finite count nowhere.

    Args:
        source: of the identity put in.
        target: of the footage that is changed.
        steps: width of a cell in each dimension.
        more_covers: what lies above a target's value covers it, too; for d = 1.
    """
    known = np.isfinite(target).all(axis=1)
    source = source[np.isfinite(source).all(axis=1)]
    both = np.concatenate([source, target[known]])
    edges = [_edges(both[:, axis], step) for axis, step in enumerate(steps)]
    shape = tuple(len(edge) - 1 for edge in edges)
    places = [_places(values, edges) for values in (source, target[known])]
    counts = [np.zeros(shape, np.int64) for _ in places]
    for count, place in zip(counts, places, strict=True):
        np.add.at(count, place, 1)
    enough = counts[0] if not more_covers else np.cumsum(counts[0][::-1])[::-1]
    needed = (counts[1] > 0) & (counts[1] >= _FEW_SHARE * int(known.sum()))
    scarce = needed & (enough < ENOUGH)
    # of each known face of the target: whether it lies where the source is scarce, and nowhere near it
    is_alone = scarce[places[1]]
    is_alone[is_alone] = _are_alone(source, target[known][is_alone], np.array(steps) / 2)
    alone = np.zeros(shape, np.int64)
    np.add.at(alone, places[1], is_alone)
    missing = scarce & (2 * alone >= counts[1])
    lacking = np.zeros(len(target), np.bool_)
    lacking[known] = missing[places[1]] & is_alone
    return _Cells(edges=edges, source=counts[0], target=counts[1], missing=missing, lacking=lacking)


def _places(values: NDArray[np.float64], edges: list[NDArray[np.float64]]) -> tuple[NDArray[np.intp], ...]:
    """Index of each row's cell, an array a dimension."""
    # rounding may put a value a hair outside of the outermost border
    return tuple(
        np.clip(np.searchsorted(edge, values[:, axis], "right") - 1, 0, len(edge) - 2)
        for axis, edge in enumerate(edges)
    )


def _are_alone(source: NDArray[np.float64], rows: NDArray[np.float64], reach: NDArray[np.float64]) -> Mask:
    """Whether fewer than `ENOUGH` of the source lie within reach of each row."""
    return np.array([(np.abs(source - row) <= reach).all(axis=1).sum() < ENOUGH for row in rows], np.bool_)


def _edges(values: Floats, step: float) -> NDArray[np.float64]:
    """Multiples of `step` that enclose the values, with one cell at least."""
    if not len(values):
        return np.array([0.0, step])
    low = np.floor(values.min() / step)
    high = max(np.floor(values.max() / step) + 1, low + 1)
    return np.arange(low, high + 0.5) * step


def _clipped(pose_deg: Floats) -> NDArray[np.float64]:
    return np.clip(pose_deg.astype(np.float64), -_LIMIT_DEG, _LIMIT_DEG - 1e-6)


def _by_median(values: Floats) -> NDArray[np.float64]:
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return values.astype(np.float64) / (middle if middle > 1e-6 else 1.0)
