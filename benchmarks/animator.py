"""What a trained animator makes of the warp, on people whom it has not seen.

    python benchmarks/animator.py ANIMATOR --data ../shared --sheets build/animator

As `animate.py` measures the warp: a clip drives its own first frame, a rendered actor another, of whom the
truth is known, and clips drive portraits. Which clips were held out is for who trained it to know.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from animate import (
    ACTORS,
    PORTRAITS,
    VIDEO,
    Drawn,
    from_first_frame,
    identity_figures,
    portrait,
    self_way,
)
from animate_parts import (
    Footage,
    correlations,
    done,
    load,
    reread,
    sheet_row,
    square_of,
    ssim_in_place,
    telling_moments,
)
from machine import about

from understudy.core.types import Image
from understudy.expression.morph import PhotoFace
from understudy.expression.names import MESH_NAMES
from understudy.expression.read import read_clip
from understudy.faces.pose import fit_pose, fit_poses
from understudy.media.images import write_image
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.animate_learned import LearnedFace

RESULT = Path(__file__).parent / "results" / "animator.json"
SELF = ("expressive/d9.mp4", "expressive/d14.mp4", "grid_s26/lbbo3n.mpg")
PAIRS = (("london/061_08.jpg", "expressive/d14.mp4"), ("london/022_08.jpg", "expressive/d9.mp4"))


class Ways:
    """The warp, and the same mended.

    Args:
        drawn: a photo as it is driven.
        learned: mends it.
    """

    def __init__(self, drawn: Drawn, learned: LearnedFace) -> None:
        """Keep them."""
        self._drawn, self._learned = drawn, learned

    def mended(self, frame: int) -> Image:
        """A frame as the animator has it."""
        drawn = self._drawn
        return self._learned.given(
            drawn.morphed(frame),
            drawn.photo,
            square_of(drawn.face.own, 0),
            drawn.morph,
            frame_of(drawn.performance, frame),
            square_of(drawn.performance, frame),
        )

    def both(self) -> dict[str, Any]:
        """Name of a way to draw to what draws a frame."""
        return {"warp": self._drawn.morphed, "animator": self.mended}


def thinned(footage: Footage, most: int) -> Footage:
    """The same with fewer frames to compare."""
    frames = footage.frames
    wanted = {frames[at] for at in np.linspace(0, len(frames) - 1, min(most, len(frames))).astype(int)}
    kept = wanted | set(telling_moments(footage).values())
    return replace(footage, images={number: footage.images[number] for number in frames if number in kept})


def self_figures(footage: Footage, learned: LearnedFace, sheet: Path | None) -> dict[str, Any]:
    """A clip drives its own first frame."""
    drawn = from_first_frame(footage)
    ways = Ways(drawn, learned)
    if sheet is not None:
        write_sheet(sheet, footage, drawn, ways)
    return {way: self_way(footage, drawn, draw) for way, draw in ways.both().items()}


def actor_figures(
    driver: Footage, truth: Footage, learned: LearnedFace, sheet: Path | None
) -> dict[str, Any]:
    """A rendered actor's frame that is most from the front, driven by another who does the same."""
    clip = truth.clip
    turned = np.abs(fit_poses(clip.landmarks_px[truth.frames]).angles_deg[:, :2]).sum(axis=1)
    first = truth.frames[int(turned.argmin())]
    face = PhotoFace.read(clip.landmarks_px[first], clip.iris_px[first], clip.size_px)
    drawn = Drawn.of(truth.images[first], face, read_clip(driver.clip), first)
    ways = Ways(drawn, learned)
    if sheet is not None:
        write_sheet(sheet, truth, drawn, ways)
    frames = [frame for frame in truth.frames if frame != first]
    figures: dict[str, Any] = {}
    for way, draw in ways.both().items():
        images = [draw(frame) for frame in frames]
        meshes = [drawn.morph.mesh(drawn.performance, frame) for frame in frames]
        out = np.stack([reread(image, mesh)[0] for image, mesh in zip(images, meshes, strict=True)])
        pairs = zip(images, frames, strict=True)
        likeness = [ssim_in_place(image, truth.images[one], clip.landmarks_px[one]) for image, one in pairs]
        figures[way] = {
            "ssim": round(float(np.mean(likeness)), 3),
            "r": correlations(out, clip.landmarks_px[frames]),
        }
    return figures


def cross_figures(photo: Path, footage: Footage, learned: LearnedFace, sheet: Path | None) -> dict[str, Any]:
    """A clip drives somebody else's portrait."""
    picture, face = portrait(photo)
    drawn = Drawn.of(picture, face, read_clip(footage.clip))
    ways = Ways(drawn, learned)
    if sheet is not None:
        write_sheet(sheet, footage, drawn, ways)
    figures: dict[str, Any] = {}
    for way, draw in ways.both().items():
        images = [draw(frame) for frame in footage.frames]
        meshes = [drawn.morph.mesh(drawn.performance, frame) for frame in footage.frames]
        found = [reread(image, mesh) for image, mesh in zip(images, meshes, strict=True)]
        out, irises = np.stack([one[0] for one in found]), [one[1] for one in found]
        values, _ = done(out, face.own.rest)
        wanted = drawn.performance.values[footage.frames][:, : len(MESH_NAMES)]
        figures[way] = {
            "r": correlations(out, footage.clip.landmarks_px[footage.frames]),
            "expression_rms": round(float(np.sqrt(np.square(values - wanted).mean())), 3),
            **identity_figures(drawn, footage, images, list(out), irises),
        }
    return figures


def write_sheet(path: Path, footage: Footage, drawn: Drawn, ways: Ways) -> None:
    """Photo, driver (or truth), warp and what the animator makes of it, side by side."""
    rows = []
    for words, frame in telling_moments(footage).items():
        square = square_of(drawn.performance, frame)
        driver = (footage.images[frame], fit_pose(footage.clip.landmarks_px[frame]).square)
        cells = [(drawn.photo, square_of(drawn.face.own, 0)), driver]
        cells += [(draw(frame), square) for draw in ways.both().values()]
        rows.append(sheet_row(cells, f"{words} ({frame})"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.concatenate(rows))


def main() -> None:
    """Measure all, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("animator", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--sheets", type=Path, help="folder for pictures of what comes out")
    parser.add_argument("--landmarks", type=Path, help="folder in which the clips' are kept between runs")
    parser.add_argument("--frames", type=int, default=40, help="of a clip, that are compared at most")
    args = parser.parse_args()
    started, learned = time.process_time(), LearnedFace.loaded(args.animator)
    clips, sheets = args.data / "synthetic" / "clips", args.sheets

    def read(path: Path) -> Footage:
        return thinned(load(path, args.landmarks), args.frames)

    result: dict[str, Any] = {"about": about(), "animator": learned.index.model_dump(exclude={"clips"})}
    result["held_out"] = [clip.name for clip in learned.index.clips if clip.held_out]
    for name in SELF:
        sheet = sheets and sheets / f"self_{Path(name).stem}.png"
        result[name] = self_figures(read(args.data / VIDEO / name), learned, sheet)
        print(name, json.dumps(result[name]), flush=True)
    driver, truth = ACTORS[0]
    actors = (read(clips / f"{driver}.mp4"), read(clips / f"{truth}.mp4"))
    sheet = sheets and sheets / f"actor_{truth}.png"
    result[f"{truth} by {driver}"] = actor_figures(actors[0], actors[1], learned, sheet)
    for photo, name in PAIRS:
        sheet = sheets and sheets / f"cross_{Path(photo).stem}.png"
        pair = f"{photo} by {name}"
        result[pair] = cross_figures(
            args.data / PORTRAITS / photo, read(args.data / VIDEO / name), learned, sheet
        )
        print(pair, json.dumps(result[pair]), flush=True)
    result["cpu_s"] = round(time.process_time() - started)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
