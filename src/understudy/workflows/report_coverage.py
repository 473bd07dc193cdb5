"""What two facesets say of each other's coverage, as a report draws it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.faces.faceset import Faceset
from understudy.measure.coverage import FaceArrays, Strip, coverage
from understudy.measure.expression import expression_of, pose_normalised
from understudy.report.coverage_map import CoverageMap, Grid

_MOST_FACES = 4000  # of an identity; more say nothing new


def faceset_arrays(folder: Path) -> FaceArrays:
    """Pose and openings of a faceset's kept faces, evenly thinned where they are many.

    Raises:
        FacesetError: it cannot be read.
    """
    rows: list[tuple[float, float, float, float]] = []
    with Faceset.open(folder) as faceset:
        stride = max(1, -(-faceset.count("kept") // _MOST_FACES))
        for number, stored in enumerate(faceset.faces("kept")):
            if number % stride == 0:
                found = expression_of(pose_normalised(stored.face.landmarks_px))
                yaw, pitch = (float(angle) for angle in stored.face.pose_deg[:2])
                rows.append((yaw, pitch, found.mouth_open, found.eye_open))
    table = np.array(rows, np.float64).reshape(-1, 4)
    return FaceArrays(pose_deg=table[:, :2], mouth_open=table[:, 2], eye_open=table[:, 3])


def coverage_map(source: Path, target: Path) -> CoverageMap | None:
    """Compare two facesets; None where either is empty.

    Raises:
        FacesetError: one cannot be read.
    """
    arrays = faceset_arrays(source), faceset_arrays(target)
    if not all(len(faces.pose_deg) for faces in arrays):
        return None
    found = coverage(*arrays)
    pose = Grid(
        x_edges=_rounded(found.yaw_edges_deg),
        y_edges=_rounded(found.pitch_edges_deg),
        source=found.source.tolist(),
        target=found.target.tolist(),
        missing=found.missing.tolist(),
        missing_share=found.missing_share,
    )
    return CoverageMap(pose=pose, mouth=_row(found.mouth), eyes=_row(found.eyes))


def _row(strip: Strip) -> Grid:
    return Grid(
        x_edges=_rounded(strip.edges),
        y_edges=(0, 1),
        source=[strip.source.tolist()],
        target=[strip.target.tolist()],
        missing=[strip.missing.tolist()],
        missing_share=strip.missing_share,
    )


def _rounded(edges: NDArray[np.float64]) -> list[float]:
    return [round(float(edge), 6) for edge in edges]
