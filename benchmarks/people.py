"""Who is who: joined and real footage, and the rendered crowd with each face on its own.

    python benchmarks/people.py ../shared > benchmarks/results/people.json

Real clips of one person each are joined side by side and extracted with `--people all`; a face's half
of the frame says whose it is. The crowd's faces are shuffled and grouped without knowing which came together.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import about
from made_clips import understudy

from understudy.core.types import Frame, Image
from understudy.faces.faceset import Faceset
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.people import TrackSummary, group_tracks
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

REAL = (
    *(f"expressive/{name}.mp4" for name in ("d6", "d9", "d13", "d14", "d18", "d19", "s20", "s29")),
    *(
        "latentsync/demo1_video.mp4",
        "latentsync/demo2_video.mp4",
        "nvidia_eyecontact/sample_transactional.mp4",
    ),
    *("grid_s1/bbas2p.mpg", "grid_s26/pbbg5p.mpg", "grid_s31/bgiq6p.mpg"),
)
HEIGHT_PX, FRAMES = 480, 72


def main() -> None:
    """Print one JSON object."""
    shared = Path(sys.argv[1])
    real = [shared / "data" / "video" / name for name in REAL]
    pairs = [(a, real[(i + 1) % len(real)]) for i, a in enumerate(real)]
    with tempfile.TemporaryDirectory() as folder:
        duo = sides(shared / "synthetic" / "clips" / "duo_AB.mp4", Path(folder) / "duo")
        joined = [
            {"left": a.parent.name + "/" + a.stem, "right": b.parent.name + "/" + b.stem}
            | sides(join(a, b, Path(folder) / f"{i}.mp4"), Path(folder) / str(i))
            for i, (a, b) in enumerate(pairs)
        ]
    crowd = sorted((shared / "synthetic" / "crowd").glob("*.mp4"))
    rows = {
        "duo_AB": duo,
        "joined": joined,
        "joined_all_right": all(row["is_right"] for row in joined),
        "real_people": grouping(real, 60, 10),
        "crowd": grouping(crowd, 16, 1),
    }
    print(json.dumps({"machine": about(), **rows}, indent=1))


def join(left: Path, right: Path, path: Path) -> Path:
    """The first frames of two clips side by side."""
    with VideoReader(left) as a, VideoReader(right) as b:
        frames = [(fit(x.image), fit(y.image)) for x, y in islice(zip(a, b, strict=False), FRAMES)]
        like = a.info
    wide = 2 * max(image.shape[1] for pair in frames[:1] for image in pair)
    sizes = {"width_px": wide, "coded_width_px": wide, "height_px": HEIGHT_PX, "coded_height_px": HEIGHT_PX}
    step = round(1 / (25 * like.time_base))
    with VideoWriter(path, like=replace(like, **sizes)) as writer:
        for i, pair in enumerate(frames):
            image = np.concatenate([padded(half, wide // 2) for half in pair], axis=1)
            writer.write(Frame(index=i, pts=i * step, time_base=like.time_base, image=image))
    return path


def fit(image: Image) -> Image:
    """At the common height, of even width."""
    width = round(image.shape[1] * HEIGHT_PX / image.shape[0] / 2) * 2
    return np.asarray(cv2.resize(image, (width, HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8)


def padded(image: Image, width_px: int) -> Image:
    """Grey on both sides up to a width."""
    more = width_px - image.shape[1]
    return np.pad(image, ((0, 0), (more // 2, more - more // 2), (0, 0)), constant_values=110)


def sides(clip: Path, out: Path) -> dict[str, Any]:
    """Extract everybody; which halves of the frame the faces of each faceset were in."""
    result = understudy("extract", clip, "--out", out, "--people", "all")
    with VideoReader(clip) as reader:
        middle = reader.info.width_px / 2
    halves: list[Counter[str]] = []
    for person in result["people"]:
        if person["path"] is not None:
            with Faceset.open(Path(person["path"])) as faceset:
                halves.append(
                    Counter("left" if f.face.square.x_px < middle else "right" for f in faceset.faces())
                )
    pure = all(len(half) == 1 for half in halves)
    return {
        "frames": result["frames"],
        "facesets": [dict(half) for half in halves],
        "is_right": pure and len(halves) == 2 and len({next(iter(half)) for half in halves}) == 2,
    }


def grouping(clips: list[Path], stop: int, step: int) -> dict[str, Any]:
    """Group single faces in a random order; each clip is one person."""
    finder, identifier = FaceFinder(), Identifier()
    seen: list[tuple[int, Any]] = []
    for person, clip in enumerate(clips):
        with VideoReader(clip) as reader:
            for frame in islice(reader, 0, stop, step):
                [(_, faces)] = finder.stream([frame])
                seen += [(person, identifier.vector(frame.image, face)) for face in faces[:1]]
    np.random.default_rng(0).shuffle(seen)  # pyright: ignore[reportArgumentType]
    who = [person for person, _ in seen]
    tracks = {(i, 0): TrackSummary(faces=1, vectors=vector[None]) for i, (_, vector) in enumerate(seen)}
    groups = [Counter(who[i] for i, _ in group) for group in group_tracks(tracks)]
    sizes = Counter(who)
    return {
        "people": len(clips),
        "faces": len(who),
        "groups": len(groups),
        "purity": sum(max(group.values()) for group in groups) / len(who),
        "people_nine_tenths_in_one_group": sum(
            max(group[person] for group in groups) >= 0.9 * count for person, count in sizes.items()
        )
        / len(sizes),
        "people_whole_in_one_group": sum(
            max(group[person] for group in groups) == count for person, count in sizes.items()
        )
        / len(sizes),
    }


if __name__ == "__main__":
    main()
