"""Which views and openings of a face the target shows and the source does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Counts = NDArray[np.int64]

CELL_DEG = 10.0
MOUTH_STEP = 0.05
EYE_STEP = 0.15
ENOUGH = 3  # faces of the source in a cell from which its decoder can learn that view
_FEW_SHARE = 0.002  # a cell with a smaller share of the target's faces is a slip of the landmarks
_LIMIT_DEG = 90.0


@dataclass(frozen=True, kw_only=True)
class FaceArrays:
    """Faces of one identity, row by row.

    Args:
        pose_deg: (n, 2) or (n, 3) yaw, pitch[, roll]; conventions of `Face.pose_deg`.
        mouth_open: (n,) in inter-ocular distances; see `measure.expression`.
        eye_open: (n,) likewise.
    """

    pose_deg: Floats
    mouth_open: Floats
    eye_open: Floats

    def __post_init__(self) -> None:
        """Check the shapes."""
        n = len(self.pose_deg)
        if self.pose_deg.ndim != 2 or self.pose_deg.shape[1] not in (2, 3):
            raise ValueError(f"pose_deg is (n, 2) or (n, 3), got {self.pose_deg.shape}")
        if self.mouth_open.shape != (n,) or self.eye_open.shape != (n,):
            raise ValueError(
                f"{n} poses, but openings of shape {self.mouth_open.shape} and {self.eye_open.shape}"
            )


@dataclass(frozen=True, kw_only=True)
class Strip:
    """How often an opening occurs.

    Args:
        edges: (k + 1,) rising borders of the cells.
        source: (k,) faces of the source in each cell.
        target: (k,) of the target.
        missing: (k,) bool, cells that the target needs and the source lacks.
        missing_share: share of the target's faces in those cells, 0 .. 1.
    """

    edges: NDArray[np.float64]
    source: Counts
    target: Counts
    missing: NDArray[np.bool_]
    missing_share: float


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What of the target's faces the source's faces cover.

    Args:
        yaw_edges_deg: (k + 1,) rising borders of the columns.
        pitch_edges_deg: (m + 1,) rising borders of the rows; below 0 the face looks up.
        source: (m, k) faces of the source in each cell.
        target: (m, k) of the target.
        missing: (m, k) bool, cells that the target needs and the source lacks.
        missing_share: share of the target's faces in those cells, 0 .. 1.
        mouth: opening of the mouth, inter-ocular distances.
        eyes: opening of the eyes, each person's median being 1.
    """

    yaw_edges_deg: NDArray[np.float64]
    pitch_edges_deg: NDArray[np.float64]
    source: Counts
    target: Counts
    missing: NDArray[np.bool_]
    missing_share: float
    mouth: Strip
    eyes: Strip


def coverage(source: FaceArrays, target: FaceArrays) -> Coverage:
    """Count both people's faces in cells of yaw and pitch, of mouth and of eye opening.

    A cell is needed where the target has faces, few of many apart, and lacking where the source has
    fewer than `ENOUGH`. Eyes are compared after dividing by each person's median: how far open eyes
    are at rest is a matter of the person, not of the performance.

    Args:
        source: faces of the identity put in; values that are not finite are left out.
        target: faces of the footage that is changed.

    Raises:
        ValueError: either has no faces.
    """
    if not len(source.pose_deg) or not len(target.pose_deg):
        raise ValueError("coverage needs at least one face of source and target")
    poses = [_clipped(faces.pose_deg[:, :2]) for faces in (source, target)]
    both = np.concatenate(poses)
    edges = [_edges(both[:, axis], CELL_DEG) for axis in (0, 1)]
    counts = [np.histogramdd(pose[:, ::-1], edges[::-1])[0].astype(np.int64) for pose in poses]
    missing, share = _lacking(*counts)
    return Coverage(
        yaw_edges_deg=edges[0],
        pitch_edges_deg=edges[1],
        source=counts[0],
        target=counts[1],
        missing=missing,
        missing_share=share,
        mouth=_strip(source.mouth_open, target.mouth_open, MOUTH_STEP),
        eyes=_strip(_by_median(source.eye_open), _by_median(target.eye_open), EYE_STEP),
    )


def _strip(source: Floats, target: Floats, step: float) -> Strip:
    values = [values[np.isfinite(values)] for values in (source, target)]
    edges = _edges(np.concatenate(values), step)
    counts = [np.histogram(value, edges)[0].astype(np.int64) for value in values]
    missing, share = _lacking(*counts)
    return Strip(edges=edges, source=counts[0], target=counts[1], missing=missing, missing_share=share)


def _lacking(source: Counts, target: Counts) -> tuple[NDArray[np.bool_], float]:
    """The cells that are needed and lacking, and the share of the target's faces in them."""
    total = int(target.sum())
    needed = (target > 0) & (target >= _FEW_SHARE * total)
    missing = needed & (source < ENOUGH)
    return missing, float(target[missing].sum() / total) if total else 0.0


def _edges(values: Floats, step: float) -> NDArray[np.float64]:
    """Multiples of `step` that enclose the values, with one cell at least."""
    if not len(values):
        return np.array([0.0, step])
    low = np.floor(values.min() / step)
    high = max(np.floor(values.max() / step) + 1, low + 1)
    return np.arange(low, high + 0.5) * step


def _clipped(pose_deg: Floats) -> NDArray[np.float64]:
    finite = pose_deg[np.isfinite(pose_deg).all(axis=1)].astype(np.float64)
    return np.clip(finite, -_LIMIT_DEG, _LIMIT_DEG - 1e-6)


def _by_median(openings: Floats) -> Floats:
    middle = float(np.nanmedian(openings)) if np.isfinite(openings).any() else 0.0
    return openings / middle if middle > 1e-6 else openings
