"""Small pictures of a faceset's faces, many in one file, so that a wall of them need not read the crops.

They lie in thumbnails/ beside the crops and are made anew where they are missing: the folder may be deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from understudy.core.errors import UnderstudyError
from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.faces.crop import reduced, upright
from understudy.faces.face import FaceSquare
from understudy.faces.faceset_columns import FaceColumns
from understudy.faces.faceset_crops import read_crop
from understudy.faces.faceset_rows import plain_name
from understudy.faces.faceset_schema import CROPS
from understudy.media.images import decode_image, encode_jpeg
from understudy.media.picture_header import check_size

FOLDER = "thumbnails"
SIZE_PX = 96
FACES_A_PACK = 128
PREVIEW_PX, PREVIEWS_A_ROW = 32, 16
_COVERAGE = 1.3  # sides of the face square
_QUALITY = 82
_VERSION = 2  # of how they are made
_ENDING = ".pack"


class Thumbnails:
    """The thumbnails of a faceset, in packs of `FACES_A_PACK` faces in the order of their ids.

    A pack is, little-endian: the number of pictures, the length of each JPEG, and the JPEGs. First comes one
    of all faces at `PREVIEW_PX`, `PREVIEWS_A_ROW` beside each other: it is decoded at once and shown until
    the faces' own are. A face whose crop cannot be read has none. Safe to use from several threads.
    """

    def __init__(self, folder: Path, columns: FaceColumns, *, writable: bool) -> None:
        """Nothing is made yet.

        Args:
            folder: the faceset.
            columns: its faces.
            writable: whether packs may be kept in it.
        """
        self._folder, self._columns, self._writable = folder, columns, writable
        self.count = -(-len(columns.ids) // FACES_A_PACK)
        self._locks = [threading.Lock() for _ in range(self.count)]
        self._digests = [self._digest_of(number) for number in range(self.count)]

    def digest(self, number: int) -> str:
        """16 hex digits that change with what a pack shows; raises IndexError where there is no such pack."""
        return self._digests[number]

    def pack(self, number: int) -> bytes:
        """A pack, made where it is not there yet; raises IndexError where there is none."""
        path = self._path(number)
        with self._locks[number]:
            with contextlib.suppress(OSError):
                if not path.is_symlink() and is_whole(data := path.read_bytes(), len(self._rows(number)) + 1):
                    return data
            pictures = self._drawn(number)
            jpegs = [b"" if one is None else encode_jpeg(one, _QUALITY) for one in pictures]
            data = packed_jpegs([encode_jpeg(_previews(pictures), _QUALITY), *jpegs])
            if self._writable:
                # what cannot be kept is made again the next time
                with contextlib.suppress(UnderstudyError, OSError):
                    for old in path.parent.glob(f"{number:05d}_*{_ENDING}"):
                        old.unlink()
                    write_atomically(path, data)
            return data

    def make_all(self, stop: threading.Event) -> None:
        """Make all packs that are missing, until `stop` is set."""
        for number in range(self.count):
            if stop.is_set():
                return
            if not self._path(number).exists():
                self.pack(number)

    def _path(self, number: int) -> Path:
        return self._folder / FOLDER / f"{number:05d}_{self._digests[number]}{_ENDING}"

    def _rows(self, number: int) -> range:
        first = number * FACES_A_PACK
        return range(first, min(first + FACES_A_PACK, len(self._columns.ids)))

    def _digest_of(self, number: int) -> str:
        rows = self._rows(number)
        columns, part = self._columns, slice(rows.start, rows.stop)
        sha = hashlib.sha256(repr((_VERSION, SIZE_PX, _COVERAGE, _QUALITY)).encode())
        sha.update("".join(columns.crop_digests[part]).encode())
        sha.update(columns.crops_from_frame[part].tobytes())
        for name in ("square_x_px", "square_y_px", "square_side_px", "square_roll_rad"):
            sha.update(columns.places[name][part].tobytes())
        return sha.hexdigest()[:16]

    def _drawn(self, number: int) -> list[Image | None]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._thumbnail, self._rows(number)))

    def _thumbnail(self, row: int) -> Image | None:
        columns = self._columns
        x, y, side, roll = (
            float(columns.places[f"square_{name}"][row]) for name in ("x_px", "y_px", "side_px", "roll_rad")
        )
        matrix = columns.crops_from_frame[row].copy()
        try:
            data = read_crop(self._folder / CROPS / plain_name(columns.crops[row]))
            stored_px = side * float(np.hypot(*matrix[0, :2]))
            fits = [ratio for ratio in (2, 4, 8) if ratio * SIZE_PX / _COVERAGE <= stored_px]
            shrink = max([1, *fits])
            check_size(data)
            crop = decode_image(data, shrink)
        except (UnderstudyError, ValueError):
            return None
        matrix[:, :2] /= shrink
        matrix[:, 2] = (matrix[:, 2] + 0.5) / shrink - 0.5
        square = FaceSquare(x_px=x, y_px=y, side_px=side, roll_rad=roll)
        return upright(crop, matrix, square, SIZE_PX, _COVERAGE)


def _previews(pictures: Sequence[Image | None]) -> Image:
    lines = -(-len(pictures) // PREVIEWS_A_ROW)
    sheet = np.zeros((lines * PREVIEW_PX, PREVIEWS_A_ROW * PREVIEW_PX, 3), np.uint8)
    for index, picture in enumerate(pictures):
        if picture is not None:
            line, column = divmod(index, PREVIEWS_A_ROW)
            y, x = line * PREVIEW_PX, column * PREVIEW_PX
            sheet[y : y + PREVIEW_PX, x : x + PREVIEW_PX] = reduced(picture, PREVIEW_PX)
    return sheet


def packed_jpegs(pictures: Sequence[bytes]) -> bytes:
    """Pictures as one file; see `Thumbnails`."""
    lengths = [len(picture) for picture in pictures]
    return struct.pack(f"<I{len(lengths)}I", len(lengths), *lengths) + b"".join(pictures)


def is_whole(data: bytes, count: int) -> bool:
    """Whether a file is a pack of so many pictures."""
    head = 4 * (count + 1)
    if len(data) < head:
        return False
    found, *lengths = struct.unpack_from(f"<I{count}I", data)
    return found == count and head + sum(lengths) == len(data)
