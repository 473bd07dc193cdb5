"""What two facesets are compared for, and how they compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from understudy.core.errors import ConfigError

PAGE, PICTURES = ".html", (".png", ".svg")


@dataclass(frozen=True, kw_only=True)
class CoverageConfig:
    """Which facesets are compared.

    Args:
        source: faceset of the identity put in.
        target: faceset of the person in the footage that is changed.
        out: picture (.png, .svg) or page (.html) to write; none where None.
    """

    source: Path
    target: Path
    out: Path | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if self.source.resolve() == self.target.resolve():
            raise ConfigError(
                f"{self.source} is given as source and as target",
                "give the faceset of the person put in, then that of the person replaced",
            )
        if self.out is not None and self.out.suffix.lower() not in (PAGE, *PICTURES):
            raise ConfigError(
                f"cannot write a coverage map of type {self.out.suffix or 'none'} ({self.out})",
                "use .png, .svg or .html",
            )


@dataclass(frozen=True, kw_only=True)
class GridCounts:
    """Faces in cells of yaw and pitch.

    Args:
        yaw_edges_deg: rising borders of the columns; above 0 the head turns to the picture's right.
        pitch_edges_deg: rising borders of the rows; above 0 it looks down.
        source: faces of the source, row by row.
        target: of the target.
        missing: cells that the target needs and the source lacks.
        missing_share: share of the target's faces in those, 0 .. 1.
    """

    yaw_edges_deg: list[float]
    pitch_edges_deg: list[float]
    source: list[list[int]]
    target: list[list[int]]
    missing: list[list[bool]]
    missing_share: float


@dataclass(frozen=True, kw_only=True)
class MeasureCounts:
    """Faces in cells of one measure, or the angle of the head.

    Args:
        key: "yaw_deg", "pitch_deg" or a measure's.
        name: what people call it.
        unit: what its numbers mean.
        source: 2nd and 98th percentile of the source's faces, None where none is known.
        target: of the target's.
        missing_share: share of the target's faces that the source lacks, 0 .. 1; None for an angle of
            the head alone, as views are compared in both angles together.
        edges: rising borders of the cells; empty for an angle of the head.
        source_counts: faces of the source in each cell.
        target_counts: of the target.
        missing: cells that the target needs and the source lacks.
    """

    key: str
    name: str
    unit: str
    source: tuple[float, float] | None
    target: tuple[float, float] | None
    missing_share: float | None
    edges: list[float] = field(default_factory=list[float])
    source_counts: list[int] = field(default_factory=list[int])
    target_counts: list[int] = field(default_factory=list[int])
    missing: list[bool] = field(default_factory=list[bool])


@dataclass(frozen=True, kw_only=True)
class Example:
    """A frame of the target that shows a gap.

    Args:
        footage: the target's file.
        time_s: presentation time in it.
        frame: position in it, from 0.
        crop: the stored picture of the face, as it lies.
        face: its id in the faceset.
    """

    footage: Path
    time_s: float
    frame: int
    crop: Path
    face: int


@dataclass(frozen=True, kw_only=True)
class GapFound:
    """Something that the source should still be filmed doing.

    Args:
        measure: "pose", or the measure's key.
        sentence: what to film; left and right are the picture's, as who films sees it.
        share: share of the target's faces that need it, 0 .. 1.
        examples: where the target does it, up to three.
    """

    measure: str
    sentence: str
    share: float
    examples: list[Example]


@dataclass(frozen=True, kw_only=True)
class CoverageResult:
    """What of the target the source covers.

    Args:
        source: the source's faceset.
        target: the target's.
        source_faces: kept faces of the source.
        target_faces: of the target.
        covered_share: share of the target's faces that lack nothing, 0 .. 1.
        gaps: what to film, that which most faces need first.
        pose: the views.
        measures: the angles of the head and all other measures.
        out: what was written, None where nothing was asked for.
        warnings: what the user should know.
    """

    source: Path
    target: Path
    source_faces: int
    target_faces: int
    covered_share: float
    gaps: list[GapFound]
    pose: GridCounts
    measures: list[MeasureCounts]
    out: Path | None = None
    warnings: list[str] = field(default_factory=list[str])
