"""Where a manifest lies: inside the file, or in a file beside it."""

from __future__ import annotations

from pathlib import Path

from understudy.core.shown import shown
from understudy.media.patterns import has_number

SIDECAR_SUFFIX = ".c2pa"
# types that hold a manifest inside, by suffix
EMBEDDED = {
    ".avif": "image/avif",
    ".avi": "video/avi",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".wav": "audio/wav",
    ".webp": "image/webp",
}
_LONGEST_NAME = 255  # bytes, of a file
_OTHERS = {".mkv": "video/x-matroska", ".webm": "video/webm", ".mxf": "application/mxf"}


def other_file_of(path: Path, title: str) -> Path | None:
    """The file beside one that a manifest of this title is of; None where it is that one's, or nobody's.

    Args:
        path: beside which the manifest lies.
        title: what the manifest says that its file is called; it may come from outside.
    """
    name = Path(title).name
    if title == shown(path.name) or not 0 < len(name.encode(errors="surrogateescape")) <= _LONGEST_NAME:
        return None
    try:
        other = path.with_name(name)
        return other if other != path and other.exists() else None
    except (OSError, ValueError):  # no name for a file
        return None


def holds_manifest(path: Path) -> bool:
    """Whether a file of this name can have its manifest inside."""
    return path.suffix.lower() in EMBEDDED


def media_type_of(path: Path) -> str:
    """MIME type by a file's name; that of any bytes where it is not known."""
    suffix = path.suffix.lower()
    return EMBEDDED.get(suffix) or _OTHERS.get(suffix, "application/octet-stream")


def sidecar_of(path: Path) -> Path:
    """Where the manifest of a file lies that cannot hold one, or of images with such a pattern as name.

    Reference:
        C2PA 2.2, 11.4: the same name with another suffix. A pattern keeps its own, which says whose it is.
    """
    if has_number(path):
        return path.with_name(path.name + SIDECAR_SUFFIX)
    return path.with_suffix(SIDECAR_SUFFIX)
