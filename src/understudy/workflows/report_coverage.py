"""What two facesets say of each other's coverage, as a page draws it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.measure.coverage import Coverage, Strip, coverage
from understudy.report.coverage_map import CoverageMap, Grid, NamedStrip
from understudy.workflows.faceset_arrays import read_faces


def coverage_map(source: Path, target: Path) -> CoverageMap | None:
    """Compare two facesets in all but the light; None where either is empty.

    Raises:
        FacesetError: one cannot be read.
    """
    arrays = [read_faces(folder, with_light=False).arrays for folder in (source, target)]
    if not all(len(faces.pose_deg) for faces in arrays):
        return None
    return drawn_map(coverage(*arrays))


def drawn_map(found: Coverage) -> CoverageMap:
    """The counts as a page draws them."""
    pose = Grid(
        x_edges=_rounded(found.yaw_edges_deg),
        y_edges=_rounded(found.pitch_edges_deg),
        source=found.source.tolist(),
        target=found.target.tolist(),
        missing=found.missing.tolist(),
        missing_share=found.missing_share,
    )
    strips = [
        NamedStrip(name=strip.measure.name, unit=strip.measure.unit, grid=_row(strip))
        for strip in found.strips
    ]
    return CoverageMap(pose=pose, strips=strips)


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
