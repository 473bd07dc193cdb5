"""What an import needs to know and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ImportConfig:
    """Another program's faceset to a faceset.

    Args:
        faces: folder of aligned faces of DeepFaceLab or faceswap, one such picture, or an alignments
            file of faceswap (.fsa), which needs `frames`.
        faceset: folder to write; an unfinished one is continued.
        identity: name of the identity; the faceset folder's name where None.
        alignments: alignments file whose landmarks count instead of those in faceswap's pictures.
        frames: the footage that the faces were cut from, a video or a folder of images: crops are cut
            from it anew, wider and without a second compression.
    """

    faces: Path
    faceset: Path
    identity: str | None = None
    alignments: Path | None = None
    frames: Path | None = None


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What an import brought.

    Args:
        faceset: folder that was written.
        program: "DeepFaceLab" or "faceswap".
        frames: with imported faces.
        faces: kept.
        rejected: in the faceset as rejected.
        without_mesh: faces of which only the other program's landmarks are kept, as no mesh was found.
        left_out: reason to number of files that were not imported.
        seen_share: mean share of the crops that shows picture; the rest repeats its border.
        landmark_gap: mean distance between the imported landmarks and the mesh, in sides of the face.
        seconds: how long it took.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
        reasons: reason to number of the rejected faces, the commonest first.
    """

    faceset: Path
    program: str
    frames: int
    faces: int
    rejected: int
    without_mesh: int
    left_out: dict[str, int]
    seen_share: float | None
    landmark_gap: float | None
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
    reasons: dict[str, int] = field(default_factory=dict[str, int])
