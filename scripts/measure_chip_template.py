"""Measure where dlib's aligner puts our five landmarks, as `faces/identify.py` has them.

    python scripts/measure_chip_template.py

Its network was trained on chips that its own aligner cut, so ours must look alike. A picture whose colours
say where each pixel is goes through that aligner (dlib-bin, of the `dev` extra) with our landmarks of the
rendered actors, and shows which similarity it chose.
"""

from __future__ import annotations

from importlib.resources import as_file, files

import dlib
import numpy as np

from understudy.core.geometry import fit_similarity, transform_points
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import FIVE_POINTS
from understudy.media.reader import VideoReader

CHIP_PX, PADDING = 150, 0.25
CLIPS = ("A_train", "B_train", "A_testA", "B_testB")
MOST_TURNED_DEG = 12.0


def main() -> None:
    """Print the five points in units of the chip's side, and how far they stray."""
    seen = []
    for name in CLIPS:
        with (
            as_file(files("understudy") / "assets" / "demo" / f"{name}.mp4") as clip,
            VideoReader(clip) as reader,
        ):
            for frame, faces in FaceFinder().stream(reader):
                if faces and np.abs(faces[0].pose_deg[:2]).max() < MOST_TURNED_DEG:
                    seen.append(in_chip(faces[0], frame.image.shape[:2]))
    points = np.stack(seen)
    print(f"{len(points)} faces, standard deviation {points.std(axis=0).max():.4f}")
    print(np.round(points.mean(axis=0), 3).tolist())


def in_chip(face: Face, shape: tuple[int, ...]) -> np.ndarray:
    """(5, 2) places of a face's five landmarks, in units of the chip's side from its top left corner."""
    landmarks = face.landmarks_px[list(FIVE_POINTS), :2]
    y, x = np.mgrid[: shape[0], : shape[1]]
    places = np.stack([x, y], axis=-1) // 2
    corners = dlib.points([dlib.point(*map(round, map(float, xy))) for xy in landmarks])
    found = dlib.full_object_detection(dlib.rectangle(*map(round, map(float, face.box_px))), corners)
    # once rising and once falling: what is cut off on the way cancels out
    rising, falling = (chip_of(picture, found) for picture in (places, 255 - places))
    rows, columns = np.nonzero((rising.min(axis=-1) > 4) & (falling.min(axis=-1) > 4))
    here = np.stack([columns, rows], axis=-1).astype(np.float32)
    there = (rising - falling + 255)[rows, columns] + np.float32(0.5)  # half of a place is cut off above
    chip_from_frame = fit_similarity(there, here)
    return (transform_points(chip_from_frame, landmarks) + 0.5) / CHIP_PX


def chip_of(places: np.ndarray, found: object) -> np.ndarray:
    """(150, 150, 2) float32 what dlib cuts out of an (h, w, 2) picture of numbers up to 255."""
    picture = np.dstack([places, np.zeros(places.shape[:2])]).astype(np.uint8)
    return dlib.get_face_chip(picture, found, size=CHIP_PX, padding=PADDING)[..., :2].astype(np.float32)


if __name__ == "__main__":
    main()
