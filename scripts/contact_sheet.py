"""Put frames of several videos under each other, zoomed on the face of the first.

    python scripts/contact_sheet.py target.mp4 output.mp4 truth.mp4 --first source.mp4 --out sheet.jpg

Videos named in order are cut where the first one's face is; `--first` is shown above them, cut where
its own face is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.faces.finder import FaceFinder
from understudy.media.images import write_image
from understudy.media.reader import VideoReader

COVERAGE = 1.8
NOWHERE = FaceSquare(x_px=0, y_px=0, side_px=200, roll_rad=0)


def squares(path: Path, finder: FaceFinder) -> list[FaceSquare]:
    """The largest face's square in each frame, upright; held while none is seen."""
    found: list[FaceSquare] = []
    with VideoReader(path) as reader:
        for _, faces in finder.stream(reader):
            face = faces[0].square if faces else None
            found.append(
                face or (found[-1] if found else FaceSquare(x_px=0, y_px=0, side_px=200, roll_rad=0))
            )
    return found


def row(path: Path, where: list[FaceSquare], columns: int, side_px: int) -> np.ndarray:
    """Evenly chosen frames of one video, side by side."""
    chosen = set(np.linspace(0, len(where) - 1, columns).round().astype(int))
    with VideoReader(path) as reader:
        cells = [
            cut(frame.image, where[frame.index].crop_from_frame(side_px, COVERAGE), side_px)
            for frame in reader
            if frame.index in chosen
        ]
    return np.concatenate(cells, axis=1)


def main() -> None:
    """Read the videos, write the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--first", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--side", type=int, default=160)
    args = parser.parse_args()
    finder = FaceFinder()
    where = squares(args.videos[0], finder)
    rows = [row(video, where, args.columns, args.side) for video in args.videos]
    if args.first:
        rows.insert(0, row(args.first, squares(args.first, finder), args.columns, args.side))
    write_image(args.out, np.concatenate(rows))


if __name__ == "__main__":
    main()
