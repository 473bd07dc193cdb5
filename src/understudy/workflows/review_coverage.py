"""What of the target's kept faces the source's kept faces cover, as a wall shows it while it is changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from understudy.measure.coverage import (
    MEASURES,
    Coverage,
    FaceArrays,
    coverage,
)
from understudy.workflows.review import Review

_LARGEST_PX = 284.0  # see `faceset_arrays`: more is not kept
_HALF_SHUT = 0.5


def compared(source: Review, target: Review) -> dict[str, object]:
    """Compare the kept faces of two facesets that are being looked through.

    Returns:
        "pose": yaw and pitch edges, counts of source and target, missing cells and their share; "strips":
        the same of each measure, with "key" and, where values are divided by each person's median first, the
        medians by which; None for both where either has no kept faces.
    """
    arrays, middles = zip(*(_arrays(one) for one in (source, target)), strict=True)
    if not all(len(one.pose_deg) for one in arrays):
        return {"pose": None, "strips": []}
    found = coverage(*arrays)
    return {"pose": _pose(found), "strips": _strips(found, middles)}


def _pose(found: Coverage) -> dict[str, object]:
    return {
        "yaw_edges_deg": found.yaw_edges_deg.tolist(),
        "pitch_edges_deg": found.pitch_edges_deg.tolist(),
        "source": found.source.tolist(),
        "target": found.target.tolist(),
        "missing": found.missing.tolist(),
        "missing_share": found.missing_share,
    }


def _strips(found: Coverage, middles: tuple[Mapping[str, float], ...]) -> list[dict[str, object]]:
    return [
        {
            "key": "side_px" if strip.measure.key == "size_px" else strip.measure.key,
            "name": strip.measure.name,
            "unit": strip.measure.unit,
            "edges": strip.edges.tolist(),
            "source": strip.source.tolist(),
            "target": strip.target.tolist(),
            "missing": strip.missing.tolist(),
            "missing_share": strip.missing_share,
            "medians": [one.get(strip.measure.key, 1.0) for one in middles],
        }
        for strip in found.strips
    ]


def _arrays(review: Review) -> tuple[FaceArrays, dict[str, float]]:
    """The kept faces' figures, and the median of those that are divided by it."""
    columns, kept = review.table.columns, review.states.kept
    values = {
        measure.key: columns.quality[measure.key][kept].astype(np.float64)
        for measure in MEASURES
        if measure.key in columns.quality
    }
    values["size_px"] = np.minimum(columns.quality["side_px"][kept].astype(np.float64), _LARGEST_PX)
    shut = columns.quality["eye_open"][kept]
    if len(shut) and np.isfinite(shut).any():
        is_shut = shut < _HALF_SHUT * np.nanmedian(shut)
        for key in ("gaze_yaw_deg", "gaze_pitch_deg"):
            values[key][is_shut] = np.nan
    pose = np.stack([columns.places[name][kept] for name in ("yaw_deg", "pitch_deg")], axis=1)
    by_median = [measure.key for measure in MEASURES if measure.by_median and measure.key in values]
    middles = {key: _middle(values[key]) for key in by_median}
    return FaceArrays(pose_deg=pose, values=values), middles


def _middle(values: np.ndarray) -> float:
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return middle if middle > 1e-6 else 1.0
