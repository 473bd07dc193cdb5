"""Pictures whose landmarks are known, and how far found ones are off.

None of them is part of this repository. Photographs (`data/landmarks`, scored as its SOURCES.md says):
points set by people, in iBUG's 68-point scheme; errors are divided by the distance of the outer eye corners,
of AFLW2000's profiles by the side of the face's box. Rendered people (`synthetic`): exact vertices of the
model, divided by the distance of the eyeballs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.media.images import read_image
from understudy.media.reader import VideoReader

# the mesh point that stands for each of iBUG's: jaw, brows, nose, eyes, outer lips, inner lips
IBUG_68 = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
OUTER_EYE_CORNERS = (36, 45)

TRAINING_CLIPS = ("A_train", "B_train", "C_train")
TEST_CLIPS = ("A_testA", "A_testB", "AhB_testB", "B_testA", "B_testB", "BhA_testA", "duo_AB")
EVERY = 5  # frames between two pictures of a clip

_PROFILE_RAD = np.pi / 4
_SAME_FACE = 0.5  # a found face that is further off on average, in the set's unit, is another one
_FARTHEST_PAIR = 0.08  # mean distance of a mesh point and its vertex, in distances of the eyeballs

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]  # (mesh point, vertex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One face whose landmarks are known.

    Args:
        group: the set it belongs to.
        picture: name of its picture.
        mesh: (n,) which points of the mesh are known.
        points_px: (n, 2) where they are; the centre of the top left pixel is (0, 0).
        unit_px: what errors are divided by.
    """

    group: str
    picture: str
    mesh: NDArray[np.intp]
    points_px: Floats
    unit_px: float

    def error(self, faces: Sequence[Floats]) -> float | None:
        """Normalised mean error of the nearest of the found (468, 2 or 3) faces; None where none is it."""
        distances = [np.linalg.norm(face[self.mesh, :2] - self.points_px, axis=1).mean() for face in faces]
        least = min(distances, default=np.inf) / self.unit_px
        return float(least) if least < _SAME_FACE else None


def photographs(shared: Path) -> Iterator[tuple[str, Image, list[Truth]]]:
    """Name, picture and known faces of each photograph that is there."""
    folder = shared / "data" / "landmarks"
    truths = [*_london(folder), *_dlib(folder), *_aflw(folder)]
    for name in sorted({truth.picture for truth in truths}):
        path = folder / name
        if path.exists():
            yield name, read_image(path), [truth for truth in truths if truth.picture == name]


def rendered(shared: Path, clips: Sequence[str]) -> Iterator[tuple[str, Image]]:
    """Name and picture of every fifth frame of rendered clips."""
    for clip in clips:
        with VideoReader(shared / "synthetic" / "clips" / f"{clip}.mp4") as reader:
            for frame in reader:
                if frame.index % EVERY == 0:
                    yield f"{clip}/{frame.index:03d}", frame.image


def rendered_truths(shared: Path, clips: Sequence[str], pairs: Pairs) -> list[Truth]:
    """The faces in those pictures, known at vertices that stand for mesh points."""
    mesh, vertices = np.array(pairs, np.intp).T
    return [
        Truth(group="rendered", picture=name, mesh=mesh, points_px=points[vertices], unit_px=unit_px)
        for name, points, unit_px in _vertices(shared, clips)
    ]


def vertex_pairs(shared: Path, found: Mapping[str, Sequence[Floats]]) -> list[tuple[int, int]]:
    """Which vertex stands for which mesh point, from the training clips and the reference's landmarks there.

    A mesh point and a vertex are a pair where each is the other's nearest, by the mean distance over all
    pictures of all actors.

    Args:
        shared: the folder with the rendered clips.
        found: the reference's (468, 2) faces in each picture.
    """
    distances: list[Floats] = []
    for name, points, unit_px in _vertices(shared, TRAINING_CLIPS):
        for face in found[name]:
            distances.append(np.linalg.norm(face[:, None, :2] - points[None], axis=-1) / unit_px)
    mean = np.mean(distances, axis=0)
    nearest, back = mean.argmin(axis=1), mean.argmin(axis=0)
    return [
        (mesh, int(vertex))
        for mesh, vertex in enumerate(nearest)
        if back[vertex] == mesh and mean[mesh, vertex] < _FARTHEST_PAIR
    ]


def _vertices(shared: Path, clips: Sequence[str]) -> Iterator[tuple[str, Floats, float]]:
    """Picture, (488, 2) vertices and distance of the eyeballs, of every actor in every picture."""
    for clip in clips:
        with np.load(shared / "synthetic" / "points" / f"{clip}.npz") as stored:
            for key in (key for key in stored.files if key.startswith("pts_")):
                # there the centre of the top left pixel is (0.5, 0.5)
                points, eyes = stored[key] / 32 - 0.5, stored[key.replace("pts", "eyes")] / 32
                for index in range(0, len(points), EVERY):
                    unit_px = float(np.linalg.norm(eyes[index, 0] - eyes[index, 1]))
                    yield f"{clip}/{index:03d}", points[index], unit_px


def _truth(group: str, picture: str, points: Mapping[int, Sequence[float]], unit_px: float = 0) -> Truth:
    where = {number: np.array(point, np.float64) for number, point in points.items()}
    corners = [where[number] for number in OUTER_EYE_CORNERS]
    return Truth(
        group=group,
        picture=picture,
        mesh=np.array([IBUG_68[number] for number in where], np.intp),
        points_px=np.stack(list(where.values())),
        unit_px=unit_px or float(np.linalg.norm(corners[0] - corners[1])),
    )


def _london(folder: Path) -> list[Truth]:
    stored = json.loads((folder / "gt_london_subset.json").read_text())["images"]
    return [
        _truth("london", name, {int(n): point for n, point in image["ibug68_subset"].items()})
        for name, image in stored.items()
    ]


def _dlib(folder: Path) -> list[Truth]:
    stored = json.loads((folder / "gt_dlib68.json").read_text())
    return [
        _truth("dlib68", f"dlib68/{name}", dict(enumerate(face["points68"])))
        for name, image in stored.items()
        for face in image["faces"]
    ]


def _aflw(folder: Path) -> list[Truth]:
    stored = json.loads((folder / "gt_aflw2000_68.json").read_text())
    truths: list[Truth] = []
    for name, image in stored.items():
        points = np.array(image["points68"])
        profile = abs(image["pitch_yaw_roll_rad"][1]) > _PROFILE_RAD
        unit_px = float(np.sqrt(np.prod(np.ptp(points, axis=0)))) if profile else 0
        truths.append(_truth("aflw2000", f"aflw2000_3d68/{name}", dict(enumerate(points)), unit_px))
    return truths
