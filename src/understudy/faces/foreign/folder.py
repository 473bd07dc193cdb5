"""All faces of a folder, a picture or a list that another program wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.core.events import OnEvent, Progress, ignore
from understudy.core.plain_pickle import NotPlainDataError
from understudy.faces.foreign.dfl import read_dfl
from understudy.faces.foreign.faceswap import Alignments, read_alignments, read_faceswap_png
from understudy.faces.foreign.picture_size import picture_size
from understudy.faces.foreign.records import ForeignFace, NoMetadataError

LIST_SUFFIX = ".fsa"
_READERS = {".jpg": read_dfl, ".jpeg": read_dfl, ".png": read_faceswap_png}
_LARGEST_FILE_BYTES = 256 << 20
_REPORT_EVERY = 200  # files


@dataclass(kw_only=True)
class FoundFaces:
    """What was read.

    Args:
        faces: in the order of their files' names.
        left_out: reason to names of the files that could not be used.
    """

    faces: list[ForeignFace] = field(default_factory=list[ForeignFace])
    left_out: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def leave_out(self, name: str, reason: str) -> None:
        """Note a file that cannot be used."""
        self.left_out.setdefault(reason, []).append(name)


def read_faces_of(path: Path, alignments: Path | None = None, on_event: OnEvent = ignore) -> FoundFaces:
    """Read the metadata of all aligned faces; no picture is decoded.

    Args:
        path: a folder of aligned faces, one of them, or an alignments file.
        alignments: an alignments file whose landmarks count instead of those in the pictures; faces
            that are not in it are left out.
        on_event: hears of progress.

    Raises:
        FacesetError: nothing can be imported, faces of both programs lie in the folder, or a file holds
            code.
    """
    if path.suffix.lower() == LIST_SUFFIX and path.is_file():
        listed = FoundFaces(faces=list(open_alignments(path).faces()))
        if not listed.faces:
            raise FacesetError(f"{path} lists no face", "give the alignments of footage that shows faces")
        return listed
    found = FoundFaces()
    files = _files(path)
    for number, file in enumerate(files, 1):
        _read_one(file, found)
        if number % _REPORT_EVERY == 0 or number == len(files):
            on_event(Progress(stage="read metadata", done=number, total=len(files), unit="files"))
    _check_found(path, found, len(files))
    return found if alignments is None else _as_listed(found, open_alignments(alignments))


def open_alignments(path: Path) -> Alignments:
    """Read an alignments file.

    Raises:
        FacesetError: it cannot be read, is something else, or holds code.
    """
    try:
        return read_alignments(path, _content(path))
    except NotPlainDataError as error:
        raise _refused(path, error) from error
    except (ValueError, OSError) as error:
        raise FacesetError(
            f"{path} cannot be read as faceswap's alignments: {_reason(error)}",
            "give the .fsa file of a faceswap of version 2; opening it there once updates an older one",
        ) from error


def _read_one(file: Path, found: FoundFaces) -> None:
    try:
        data = _content(file)
        width, height = picture_size(data)
        face = _READERS[file.suffix.lower()](file, data, width)
    except NotPlainDataError as error:
        raise _refused(file, error) from error
    except NoMetadataError:
        found.leave_out(file.name, "without metadata")
    except (ValueError, OSError) as error:
        found.leave_out(file.name, _reason(error))
    else:
        if width == height:
            found.faces.append(face)
        else:
            found.leave_out(file.name, "not square, so it is no aligned face")


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FacesetError(f"{path} does not exist", "check the path")
    if path.is_file():
        if path.suffix.lower() not in _READERS:
            raise FacesetError(f"{path} is no aligned face", "give a folder of .jpg or .png files, or a .fsa")
        return [path]
    files = [f for f in path.iterdir() if f.suffix.lower() in _READERS and f.is_file() and f.name[0] != "."]
    if not files:
        packed = any(path.glob("*.pak"))
        raise FacesetError(
            f"{path} holds {'a packed faceset' if packed else 'no .jpg and no .png'}",
            "unpack it with DeepFaceLab first" if packed else "give the folder of the aligned faces",
        )
    return sorted(files)


def _content(file: Path) -> bytes:
    if file.stat().st_size > _LARGEST_FILE_BYTES:
        raise ValueError(f"larger than {_LARGEST_FILE_BYTES >> 20} MB")
    return file.read_bytes()


def _check_found(path: Path, found: FoundFaces, files: int) -> None:
    programs = Counter(face.program for face in found.faces)
    if len(programs) > 1:
        counts = " and ".join(f"{count} of {name}" for name, count in programs.most_common())
        raise FacesetError(
            f"{path} holds faces of two programs, {counts}", "move them to folders of their own, import one"
        )
    if not found.faces:
        reason, names = max(found.left_out.items(), key=lambda item: len(item[1]))
        raise FacesetError(
            f"none of the {files} pictures in {path} can be imported ({len(names)}: {reason})",
            "give the folder as DeepFaceLab or faceswap wrote it: pictures that another program saved anew "
            "lose their metadata; `extract` finds faces in any pictures",
        )


def _as_listed(found: FoundFaces, alignments: Alignments) -> FoundFaces:
    """Faces as the alignments file has them; the pictures were cut by their own landmarks."""
    kept = FoundFaces(left_out=found.left_out)
    for face, listed in zip(found.faces, alignments.of(found.faces), strict=True):
        if listed is None:
            kept.leave_out(face.file.name, f"not in {alignments.path.name}")
        else:
            edited = replace(face, landmarks_px=listed.landmarks_px, picture_landmarks_px=face.landmarks_px)
            kept.faces.append(edited)
    if not kept.faces:
        raise FacesetError(
            f"{alignments.path} has none of these faces", "give the alignments file they were made with"
        )
    return kept


def _refused(path: Path, error: ValueError) -> FacesetError:
    return FacesetError(
        f"{path} was refused: {error}",
        "it was made to run code, or is no faceset; nothing in it was run. Delete it, and do not open it "
        "with other programs",
    )


def _reason(error: ValueError | OSError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def names_in_short(names: Iterable[str]) -> str:
    """Some names for a message."""
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
