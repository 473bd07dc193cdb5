"""A face as another program stored it, whichever that was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import fit_similarity
from understudy.core.types import Matrix, Points

Program = Literal["DeepFaceLab", "faceswap"]

_FARTHEST_PX = 1e6


class NoMetadataError(ValueError):
    """A picture carries no metadata of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPolygon:
    """A part of a mask, drawn by hand.

    Args:
        is_face: the part belongs to the face; else it is cut out of it.
        points_px: (n, 2) float32, aligned pixels.
    """

    is_face: bool
    points_px: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFace:
    """One face of another program's faceset.

    Args:
        program: which one.
        file: where it is stored: the aligned picture, or the file that lists faces without pictures.
        has_picture: whether `file` is the aligned picture.
        source_name: file name of the frame it is from.
        number_in_frame: its number among the faces of its frame, from 0, as the program counts.
        landmarks_px: (68, 2) float32, frame pixels, in the usual order of 68 points.
        aligned_from_frame: (2, 3) float32, what cut the aligned picture, None where not stored.
        aligned_px: side of the aligned picture, None where there is none.
        face_type: how much the picture shows, in the program's words ("whole_face", "head").
        frame_size_px: width and height of the frame, None where not stored.
        polygons: parts of a mask.
        picture_landmarks_px: (68, 2) float32, frame pixels, those that the picture was cut by where others
            count since; None where `landmarks_px` are.

    Convention:
        The centre of the top left pixel is (0, 0) in both pictures, as in both programs.
    """

    program: Program
    file: Path
    has_picture: bool
    source_name: str
    number_in_frame: int
    landmarks_px: Points
    aligned_from_frame: Matrix | None
    aligned_px: int | None
    face_type: str
    frame_size_px: tuple[int, int] | None = None
    polygons: tuple[MaskPolygon, ...] = ()
    picture_landmarks_px: Points | None = None


def numbers(value: object, *shape: int, what: str, longest: int = 0) -> NDArray[np.float64]:
    """Take an array of a known shape out of data of unknown make, looking no deeper than it may be.

    Args:
        value: an array, or lists in lists.
        shape: expected; a first side of -1 may be of any length up to `longest`.
        what: its name, for the error.
        longest: see `shape`.

    Raises:
        ValueError: anything else, or a number that is not finite or beyond any picture.
    """
    if isinstance(value, np.ndarray):
        stored = cast("NDArray[np.float64]", value)  # or of another type of number
        sides = (-1, *stored.shape[1:]) if shape[0] < 0 and stored.ndim else stored.shape
        if sides != shape:
            raise ValueError(f"its {what} has shape {stored.shape}, not {shape}")
        _check_length(len(stored), shape[0], what, longest)
        array = stored.astype(np.float64)
    else:
        array = np.array(_flat(value, shape, what, longest), np.float64).reshape(shape)
    if not (np.isfinite(array).all() and np.abs(array).max(initial=0) < _FARTHEST_PX):
        raise ValueError(f"its {what} holds numbers that no picture has")
    return array


def _flat(value: object, shape: tuple[int, ...], what: str, longest: int = 0) -> list[float]:
    """The numbers of lists in lists, in order."""
    if isinstance(value, np.ndarray):
        return numbers(cast(object, value), *shape, what=what).ravel().tolist()
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"its {what} is a {type(value).__name__}, not a list of numbers")
    items = cast("list[object]", value)
    _check_length(len(items), shape[0], what, longest)
    if len(shape) > 1:
        return [number for item in items for number in _flat(item, shape[1:], what)]
    if not all(isinstance(item, (int, float)) for item in items):
        raise ValueError(f"its {what} holds something else than numbers")
    return cast("list[float]", items)


def _check_length(length: int, expected: int, what: str, longest: int) -> None:
    if expected < 0 and length > longest:
        raise ValueError(f"its {what} has {length} points, more than anybody draws")
    if length != expected and expected >= 0:
        raise ValueError(f"its {what} has {length} entries, not {expected}")


def mapping(value: object, what: str) -> dict[object, object]:
    """Take a dict out of data of unknown make; raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"its {what} is a {type(value).__name__}, not a dict")
    return cast("dict[object, object]", value)


def shown(value: object) -> str:
    """A value of unknown make for a message: the `repr` of a container may take for ever."""
    if value is None or isinstance(value, (bool, int, float)):
        return f"{value!r:.40}"
    return repr(value[:40]) if isinstance(value, (str, bytes)) else type(value).__name__


def file_name(value: object, default: str) -> str:
    """The name of a file right in a folder, of a path from any system."""
    name = value.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(value, str) else ""
    return name if name.isprintable() and name not in ("", ".", "..") else default


def checked_similarity(
    matrix: NDArray[np.float64] | None, frame_px: NDArray[np.float64], aligned_px: NDArray[np.float64]
) -> Matrix:
    """The matrix that carries frame points onto aligned ones: the stored one if it does, else their fit.

    Args:
        matrix: (2, 3) as stored, or None.
        frame_px: (68, 2) landmarks.
        aligned_px: the same in the aligned picture.

    Raises:
        ValueError: no similarity carries one onto the other.
    """
    limit = 0.01 * float(np.ptp(aligned_px, axis=0).max())
    fitted = fit_similarity(cast(Points, frame_px), cast(Points, aligned_px))
    for candidate in (matrix, fitted):
        if candidate is not None and is_similarity(candidate):
            carried = frame_px @ candidate[:, :2].T + candidate[:, 2]
            if np.abs(carried - aligned_px).max() < limit:
                return candidate.astype(np.float32)
    raise ValueError("its landmarks in the frame and in the picture contradict each other")


def is_similarity(matrix: NDArray[np.floating]) -> bool:
    """Whether a (2, 3) matrix turns, scales and shifts, and does nothing else."""
    (a, b), (c, d) = matrix[:, :2].astype(np.float64)
    scale = float(np.hypot(a, c))
    return scale > 1e-4 and abs(a - d) + abs(b + c) < 1e-3 * scale
