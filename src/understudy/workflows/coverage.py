"""What the target does that the source's footage does not show, and what to film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.measure.coverage import Coverage, coverage, usual_range
from understudy.measure.coverage_advice import Gap, covered_share, gaps
from understudy.workflows.coverage_output import write_coverage
from understudy.workflows.coverage_result import (
    CoverageConfig,
    CoverageResult,
    Example,
    GapFound,
    GridCounts,
    MeasureCounts,
)
from understudy.workflows.faceset_arrays import FacePlace, ReadFaces, read_faces
from understudy.workflows.report_coverage import drawn_map

_FEW = 100  # faces of the source, below which it may only be too short


def run(config: CoverageConfig, on_event: OnEvent = ignore) -> CoverageResult:
    """Compare two facesets: poses, gazes, openings, light and size.

    Args:
        config: which facesets.
        on_event: hears of progress, warnings and what is written.

    Raises:
        FacesetError: one cannot be read or has no kept faces.
        MediaError: a stored crop is missing or damaged.
        UnderstudyError: the picture cannot be written.
    """
    source, target = (_read(folder, on_event) for folder in (config.source, config.target))
    found = coverage(source.arrays, target.arrays)
    result = CoverageResult(
        source=config.source,
        target=config.target,
        source_faces=source.kept,
        target_faces=target.kept,
        covered_share=covered_share(found),
        gaps=[_gap(gap, target.places) for gap in gaps(found)],
        pose=_pose(found),
        measures=_measures(found),
        warnings=_warnings(source),
    )
    for message in result.warnings:
        on_event(Notice(message=message))
    if config.out is None:
        return result
    write_coverage(config.out, result, drawn_map(found), (source.identity, target.identity))
    on_event(Written(path=config.out, what="coverage"))
    return replace(result, out=config.out)


def _read(folder: Path, on_event: OnEvent) -> ReadFaces:
    faces = read_faces(folder, with_light=True, on_event=on_event)
    if not faces.places:
        raise FacesetError(
            f"{folder} has no kept faces",
            "extract footage in which the person is seen, or review what was rejected",
        )
    return faces


def _warnings(source: ReadFaces) -> list[str]:
    if source.kept >= _FEW:
        return []
    return [f"{source.identity} has {source.kept} faces only: any longer footage of that person helps"]


def _gap(gap: Gap, places: list[FacePlace]) -> GapFound:
    examples = [
        Example(
            footage=place.footage, time_s=place.time_s, frame=place.frame, crop=place.crop, face=place.face
        )
        for place in (places[row] for row in gap.examples)
    ]
    return GapFound(
        measure=gap.measure, sentence=f"Film the source {gap.words}.", share=gap.share, examples=examples
    )


def _pose(found: Coverage) -> GridCounts:
    return GridCounts(
        yaw_edges_deg=found.yaw_edges_deg.tolist(),
        pitch_edges_deg=found.pitch_edges_deg.tolist(),
        source=found.source.tolist(),
        target=found.target.tolist(),
        missing=found.missing.tolist(),
        missing_share=found.missing_share,
    )


def _measures(found: Coverage) -> list[MeasureCounts]:
    angles = [
        MeasureCounts(
            key=key,
            name=name,
            unit=unit,
            source=usual_range(found.source_pose_deg[:, axis]),
            target=usual_range(found.target_pose_deg[:, axis]),
            missing_share=None,
        )
        for axis, (key, name, unit) in enumerate(
            (
                ("yaw_deg", "head, left to right", "degrees from the camera, below 0 to the left"),
                ("pitch_deg", "head, up to down", "degrees from the camera, below 0 up"),
            )
        )
    ]
    strips = [
        MeasureCounts(
            key=strip.measure.key,
            name=strip.measure.name,
            unit=strip.measure.unit,
            source=usual_range(strip.source_values),
            target=usual_range(strip.target_values),
            missing_share=strip.missing_share,
            edges=[round(float(edge), 6) for edge in strip.edges],
            source_counts=strip.source.tolist(),
            target_counts=strip.target.tolist(),
            missing=strip.missing.tolist(),
        )
        for strip in found.strips
    ]
    return [*angles, *strips]
