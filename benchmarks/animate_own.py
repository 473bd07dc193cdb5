"""What it changes that a model of its person draws a moved face anew.

    python benchmarks/animate_own.py --data ../shared --model build/d13_into_d9/seed_0.model

A model that `bench quality` trained on two clips. Of each every tenth frame was held out from training: one
of these is the photo, and the clip drives it, as `animate` draws it and as `animate --model` does; both are
compared with what the other frames held out show.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from animate import RESULT, VIDEO
from animate_parts import Footage, correlations, face_of, load, reread, sheet_row, square_of, ssim_in_place
from machine import about

from understudy.core.types import Image, Points
from understudy.expression.apply import retargeted
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.performance import Performance
from understudy.expression.read import read_clip
from understudy.faces.crop import cut
from understudy.faces.identify import Identifier
from understudy.faces.pose import fit_pose, fit_poses
from understudy.faces.quality import sharpness
from understudy.media.images import write_image
from understudy.workflows.animate_own import OwnFace

OWN_RESULT = RESULT.with_name("animate_own.json")
CLIPS = {"target": "expressive/d9.mp4", "d13": "expressive/d13.mp4"}  # as the model calls their people
HELD_OUT = slice(9, None, 10)  # of a faceset's faces, as `training.samples` has it
_CROP_PX = 192


class Ways:
    """One photo, drawn without the model and with it.

    Args:
        footage: nothing was learnt from its frames.
        own: draws the person.
    """

    def __init__(self, footage: Footage, own: OwnFace) -> None:
        """Take for the photo the frame that is most from the front."""
        clip = footage.clip
        self.frames = footage.frames
        turned = np.abs(fit_poses(clip.landmarks_px[self.frames]).angles_deg[:, :2]).sum(axis=1)
        self.photo = self.frames.pop(int(turned.argmin()))
        face = PhotoFace.read(clip.landmarks_px[self.photo], clip.iris_px[self.photo], clip.size_px)
        driving = read_clip(clip)
        self.performance: Performance = retargeted(driving, face.own.rest, face.start, self.photo)
        self.morph = Morph(footage.images[self.photo], face)
        self.own = own

    def drawn(self, frame: int) -> tuple[dict[str, Image], Points]:
        """A frame in each way, and where its mesh is."""
        plain, mesh = self.morph.shown(self.performance, frame)
        anew = self.own.given(plain, mesh, square_of(self.performance, frame))
        return {"morph": plain, "morph and model": anew}, mesh


def figures(footage: Footage, ways: Ways) -> dict[str, dict[str, Any]]:
    """How near each way comes to what the clip shows."""
    clip, network = footage.clip, Identifier()
    truth = clip.landmarks_px[ways.frames]
    found: dict[str, list[tuple[Points, float, float, float]]] = {}
    for frame in ways.frames:
        true = footage.images[frame]
        theirs = face_of(clip.landmarks_px[frame], clip.iris_px[frame])
        vector = network.vector(true, theirs)
        pictures, mesh = ways.drawn(frame)
        for way, image in pictures.items():
            seen = reread(image, mesh)
            far = float(np.linalg.norm(network.vector(image, face_of(*seen)) - vector))
            sharp = _sharp(image, theirs.landmarks_px) / _sharp(true, theirs.landmarks_px)
            likeness = ssim_in_place(image, true, theirs.landmarks_px)
            found.setdefault(way, []).append((seen[0], likeness, far, sharp))
    result: dict[str, dict[str, Any]] = {}
    for way, rows in found.items():
        points, *columns = zip(*rows, strict=True)
        ssim, far, sharp = (round(float(np.mean(column)), 3) for column in columns)
        r = correlations(np.stack(points), truth)
        result[way] = {"ssim": ssim, "d_truth": far, "sharpness_of_truth": sharp, "r": r}
    return result


def _sharp(image: Image, points: Points) -> float:
    return sharpness(cut(image, fit_pose(points).square.crop_from_frame(_CROP_PX, 1.0), _CROP_PX))


def write_sheet(path: Path, footage: Footage, ways: Ways) -> None:
    """The photo, the clip, and both ways, a row a frame."""
    rows = []
    for frame in ways.frames[:: max(1, len(ways.frames) // 6)]:
        pictures, _ = ways.drawn(frame)
        square = square_of(ways.performance, frame)
        true = (footage.images[frame], fit_pose(footage.clip.landmarks_px[frame]).square)
        cells = [true, *((image, square) for image in pictures.values())]
        rows.append(sheet_row(cells, f"clip, {', '.join(pictures)} ({frame})"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.concatenate(rows))


def main() -> None:
    """Measure both clips, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--landmarks", type=Path, help="folder in which the clips' are kept between runs")
    parser.add_argument("--sheets", type=Path, help="folder for pictures of what comes out")
    args = parser.parse_args()
    clips = dict[str, dict[str, Any]]()
    for person, name in CLIPS.items():
        own = OwnFace.loaded(args.model, person)
        footage = load(args.data / VIDEO / name, args.landmarks, HELD_OUT)
        ways = Ways(footage, own)
        if args.sheets is not None:
            write_sheet(args.sheets / f"own_{Path(name).stem}.png", footage, ways)
        told = {"preset": own.index.preset, "steps": own.index.step, "frames": len(ways.frames)}
        clips[name] = {**told, "ways": figures(footage, ways)}
    result = {"about": about(), "clips": clips}
    OWN_RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
