"""What an export needs to know and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """A model to files of other programs; at least one of `onnx` and `dfm` is given.

    Args:
        model: model folder.
        onnx: folder to write the encoder and the decoders to; an earlier export in it is replaced.
        dfm: file to write, which must end in `.dfm`; one that is there is replaced.
        source: identity that the `.dfm` draws; the model's first where None.
        target_identity: identity whose decoder tells the `.dfm` where the face is that is read; the model's
            first beside the source where None, and the source itself where there is no other.
    """

    model: Path
    onnx: Path | None = None
    dfm: Path | None = None
    source: str | None = None
    target_identity: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportedFile:
    """One file that was written.

    Args:
        path: of the file.
        holds: what is in it, e.g. "decoder of anna".
        size_bytes: of the file.
        difference: largest between ONNX Runtime and torch on three pictures, of values in [0, 1]; that of
            the encoder is in those of the decoders.
    """

    path: Path
    holds: str
    size_bytes: int
    difference: float | None = None


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """What was exported.

    Args:
        model: folder it came from.
        files: written.
        largest_difference: of all files.
        seconds: how long it took.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
    """

    model: Path
    files: list[ExportedFile]
    largest_difference: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
