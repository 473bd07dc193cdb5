"""Faces of faceswap: aligned PNGs with a text chunk, and alignments files that list faces by frame."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from understudy.core.plain_literal import parse_literal
from understudy.core.plain_pickle import parse_pickle
from understudy.core.types import Points
from understudy.faces.foreign.records import (
    ForeignFace,
    NoMetadataError,
    file_name,
    mapping,
    numbers,
    shown,
)

UNPACKED_BYTES = 512 << 20  # of an alignments file

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEY = b"faceswap"
_PARSED_BYTES = 2 << 30
_MOST_FACES = 200_000  # more do not fit where each has its mask; one may be listed many times at little cost
_MOST_UNPACKED, _ALWAYS_UNPACKED = 30, 1 << 20  # times what is packed, bytes: a real file grows to twice
_FARTHEST_EDIT = 0.5  # of a face's longer side between its landmarks in the picture and in the list, mean
_FIRST, _AFTER_LAST = 2.0, 3.0  # versions whose layout is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignments:
    """An alignments file.

    Args:
        path: the file.
        version: of its layout.
        frames: name of a frame, to its faces.
    """

    path: Path
    version: float
    frames: dict[str, list[ForeignFace]]

    def faces(self) -> Iterator[ForeignFace]:
        """All faces, frame by frame."""
        for faces in self.frames.values():
            yield from faces

    def of(self, shown: Sequence[ForeignFace]) -> list[ForeignFace | None]:
        """What the file says of faces that pictures show.

        Faces are known by their places, not by their numbers: removing one changes those of the others.

        Args:
            shown: all faces that have pictures.

        Returns:
            In the same order; None for those that were removed from the file.
        """
        by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self.frames:
            by_stem[Path(name).stem].append(name)
        of_frame: dict[str, list[int]] = defaultdict(list)
        for position, face in enumerate(shown):
            if face.program == "faceswap":
                of_frame[face.source_name].append(position)
        found: list[ForeignFace | None] = [None] * len(shown)
        for name, positions in of_frame.items():
            names = [name] if name in self.frames else by_stem.get(Path(name).stem, [])
            if len(names) == 1:
                for i, listed in _nearest([shown[p] for p in positions], self.frames[names[0]]):
                    found[positions[i]] = listed
        return found


def read_faceswap_png(path: Path, data: bytes, side_px: int) -> ForeignFace:
    """Read the metadata of an aligned face.

    Args:
        path: of the file, for its name.
        data: its content.
        side_px: of the picture.

    Raises:
        NoMetadataError: an ordinary PNG.
        ValueError: the metadata is damaged or of an unknown version.
    """
    text = text_chunk(data)
    if text is None:
        raise NoMetadataError("it has no metadata of faceswap")
    stored = mapping(parse_literal(text), "metadata")
    source = mapping(stored.get("source"), "source")
    checked_version(source.get("alignments_version"))
    dims = source.get("source_frame_dims")
    frame = None if dims is None else numbers(dims, 2, what="source_frame_dims").astype(int).tolist()
    index = source.get("face_index")
    return _face(
        _landmarks(stored.get("alignments"), {}),
        path,
        source_name=file_name(source.get("source_filename"), path.stem),
        number=index if isinstance(index, int) and index >= 0 else 0,
        picture_px=side_px,
        frame_size_px=None if frame is None else (frame[1], frame[0]),
    )


def text_chunk(data: bytes) -> str | None:
    """Text of faceswap's chunk before the picture, None where there is none.

    Raises:
        ValueError: the chunks are damaged.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("it is not a PNG")
    place = len(_SIGNATURE)
    while place + 8 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        content = data[place + 8 : place + 8 + length]
        if len(content) < length:
            raise ValueError(f"the PNG is damaged at byte {place}")
        if kind == b"IDAT":
            return None
        if kind in (b"iTXt", b"tEXt") and content.startswith(_KEY + b"\0"):
            # an iTXt has flag, method, language and translated key in between, here all empty
            text = content[len(_KEY) + 1 :]
            empty = b"\0\0\0\0"
            if kind == b"iTXt" and not text.startswith(empty):
                raise ValueError("its metadata is packed in a way that faceswap does not use")
            return text[len(empty) if kind == b"iTXt" else 0 :].decode("utf-8")
        place += 12 + length
    raise ValueError("the PNG breaks off before its picture")


def read_alignments(path: Path, data: bytes) -> Alignments:
    """Read an alignments file (`.fsa`): a compressed pickle.

    Args:
        path: of the file, for its name.
        data: its content.

    Raises:
        ValueError: damaged, too large, of an unknown version, or it asks for more than plain data
            (NotPlainDataError).
    """
    stored = mapping(parse_pickle(_unpacked(data), _PARSED_BYTES), "content")
    if "__meta__" not in stored:
        raise ValueError("it does not say of which version it is; faceswap before 2.0 wrote such files")
    version = checked_version(mapping(stored["__meta__"], "__meta__").get("version"))
    frames: dict[str, list[ForeignFace]] = {}
    landmarks: dict[int, Points] = {}  # by id: what stands in many places is looked at once
    left = _MOST_FACES
    for key, entry in mapping(stored.get("__data__"), "__data__").items():
        name = file_name(key, "")
        listed = mapping(entry, f"entry of frame {name}").get("faces")
        if not name or not isinstance(listed, list):
            raise ValueError(f"its entry of frame {shown(key)} has no list of faces")
        faces = cast("list[object]", listed)
        left -= len(faces)
        if left < 0:
            raise ValueError(f"it lists more than {_MOST_FACES} faces")
        if name in frames:
            raise ValueError(f"it lists the frame {name} twice")
        frames[name] = [
            _face(_landmarks(face, landmarks), path, source_name=name, number=number)
            for number, face in enumerate(faces)
        ]
    return Alignments(path=path, version=version, frames=frames)


def checked_version(version: object) -> float:
    """The version of faceswap's layout; raises ValueError for one that is not known."""
    if not isinstance(version, (int, float)) or isinstance(version, bool):
        raise ValueError(f"its version is {shown(version)}, not a number")
    if not _FIRST <= version < _AFTER_LAST:
        raise ValueError(f"it has metadata of version {version}; known are 2.0 to below 3")
    return float(version)


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    most = min(UNPACKED_BYTES, max(_ALWAYS_UNPACKED, _MOST_UNPACKED * len(data)))
    try:
        content = unpacker.decompress(data, most)
    except zlib.error as error:
        raise ValueError(f"it is no compressed alignments file ({error})") from error
    if not unpacker.eof:
        if unpacker.unconsumed_tail or len(content) >= most:
            raise ValueError(f"it unpacks to more than {most >> 20} MB")
        raise ValueError("it breaks off")
    return content


def _landmarks(stored: object, known: dict[int, Points]) -> Points:
    """(68, 2) landmarks of what both kinds of file say of a face; `known` is looked up and added to."""
    listed = mapping(stored, "face").get("landmarks_xy")
    found = known.get(id(listed))
    if found is None:
        found = numbers(listed, 68, 2, what="landmarks_xy").astype(np.float32)
        known[id(listed)] = found
    return found


def _face(
    landmarks_px: Points,
    file: Path,
    *,
    source_name: str,
    number: int,
    picture_px: int | None = None,
    frame_size_px: tuple[int, int] | None = None,
) -> ForeignFace:
    return ForeignFace(
        program="faceswap",
        file=file,
        has_picture=picture_px is not None,
        source_name=source_name,
        number_in_frame=number,
        landmarks_px=landmarks_px,
        aligned_from_frame=None,
        aligned_px=picture_px,
        face_type="head",
        frame_size_px=frame_size_px,
    )


def _nearest(shown: list[ForeignFace], listed: list[ForeignFace]) -> list[tuple[int, ForeignFace]]:
    """Positions of shown faces of a frame, each with the listed face in its place; none twice."""
    apart: list[tuple[float, int, int]] = []
    for i, face in enumerate(shown):
        side_px = float(np.ptp(face.landmarks_px, axis=0).max())
        for j, other in enumerate(listed):
            away_px = float(np.linalg.norm(face.landmarks_px - other.landmarks_px, axis=1).mean())
            if away_px < _FARTHEST_EDIT * side_px:
                apart.append((away_px, i, j))
    pairs: dict[int, int] = {}
    for _, i, j in sorted(apart):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(i, listed[j]) for i, j in pairs.items()]
