"""How well a photo's face follows a clip: the same person's, another person's, and where the truth is known.

    python benchmarks/animate.py --data ../shared --sheets build/animate

The first frame of a clip is the photo, and the clip drives it; portraits are driven by clips of others; a
rendered actor is driven by another who performs the same. What comes out is read again by the landmark
network and compared with what drives it. Clips marked "looked at" were in view when reading was tuned.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from animate_parts import (
    Footage,
    angles_apart,
    correlations,
    done,
    face_of,
    load,
    moved_by_similarity,
    reread,
    sheet_row,
    square_of,
    ssim_in_place,
    telling_moments,
)
from animate_speed import speed
from machine import about

from understudy.core.types import Image, Points
from understudy.expression.apply import retargeted
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.names import MESH_NAMES
from understudy.expression.performance import Performance
from understudy.expression.read import read_clip
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.pose import fit_pose, fit_poses
from understudy.measure.truth import compare_with_truth
from understudy.media.footage import open_footage
from understudy.media.images import write_image

RESULT = Path(__file__).parent / "results" / "animate.json"
VIDEO, PORTRAITS = "data/video", "data/portraits"
LOOKED_AT = ("expressive/d9.mp4", "expressive/d6.mp4", "grid_s1/bbas2p.mpg", "A_testA")
SELF = (
    "expressive/d9.mp4",
    "expressive/d6.mp4",
    "grid_s1/bbas2p.mpg",
    "expressive/d13.mp4",
    "expressive/d14.mp4",
    "grid_s26/lbbo3n.mpg",
)
PAIRS = (
    ("london/009_03.jpg", "expressive/d6.mp4"),
    ("london/022_08.jpg", "expressive/d9.mp4"),
    ("london/067_03.jpg", "grid_s1/bbas2p.mpg"),
    ("london/026_08.jpg", "expressive/d18.mp4"),
    ("london/061_08.jpg", "expressive/d14.mp4"),
    ("london/009_03.jpg", "grid_s26/lbbo3n.mpg"),
)
ACTORS = (("A_testA", "B_testA"), ("B_testB", "A_testB"))  # who drives, and the truth
PARTS = ("self", "cross", "turned", "actors", "speed")
SIDE_PX = 512
TURNED = ("london/009_03.jpg", "london/026_08.jpg", "london/061_08.jpg", "london/067_03.jpg")
_YAWS_DEG = (-25.0, -20.0, -15.0, -10.0, -5.0, 5.0, 10.0, 15.0, 20.0, 25.0)
_MOST_YAW_DEG = 25.0  # up to which the pose is held to its line
_IDENTITY_EVERY = 3  # of the frames compared


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A photo as it is driven.

    Args:
        photo: (h, w, 3) RGB uint8.
        face: in it.
        driving: performance of whom drives it.
        performance: the same done by the photo.
    """

    photo: Image
    face: PhotoFace
    driving: Performance
    performance: Performance
    morph: Morph

    @classmethod
    def of(cls, photo: Image, face: PhotoFace, driving: Performance, at: int | None = None) -> Drawn:
        """Carry a performance over to a photo; `at` as of `retargeted`."""
        return cls(
            photo=photo,
            face=face,
            driving=driving,
            performance=retargeted(driving, face.own.rest, face.start, at),
            morph=Morph(photo, face),
        )

    def morphed(self, frame: int) -> Image:
        """What is measured."""
        return self.morph.drawn(self.performance, frame)

    def still(self, frame: int) -> Image:
        """The photo as it is."""
        del frame
        return self.photo

    def similar(self, frame: int) -> Image:
        """The photo moved as a whole."""
        return moved_by_similarity(
            self.photo, square_of(self.face.own, 0), square_of(self.performance, frame)
        )

    def ways(self) -> dict[str, Any]:
        """Name of a way to draw to what draws a frame."""
        return {"morph": self.morphed, "still": self.still, "similarity": self.similar}


def from_first_frame(footage: Footage) -> Drawn:
    """A clip whose first frame is the photo."""
    first = footage.frames[0]
    clip = footage.clip
    face = PhotoFace.read(clip.landmarks_px[first], clip.iris_px[first], clip.size_px)
    return Drawn.of(footage.images[first], face, read_clip(clip))


def self_figures(footage: Footage, sheet: Path | None) -> dict[str, Any]:
    """A clip drives its own first frame."""
    drawn = from_first_frame(footage)
    if sheet is not None:
        write_sheet(sheet, footage, drawn)
    return {way: self_way(footage, drawn, draw) for way, draw in drawn.ways().items()}


def self_way(footage: Footage, drawn: Drawn, draw: Any) -> dict[str, Any]:  # noqa: ANN401
    """What one way to draw makes of a clip that drives its own first frame."""
    frames = footage.frames[1:]
    truth = footage.clip.landmarks_px[frames]
    found, likeness = [], []
    for frame, points in zip(frames, truth, strict=True):
        image = draw(frame)
        found.append(reread(image, drawn.morph.mesh(drawn.performance, frame))[0])
        likeness.append(ssim_in_place(image, footage.images[frame], points))
    out = np.stack(found)
    values, angles = done(out, drawn.driving.rest)
    true_values, true_angles = done(truth, drawn.driving.rest)
    return {
        "expression_rms": _rounded(np.sqrt(np.square(values - true_values).mean())),
        "pose_off_deg": _rounded(angles_apart(angles, true_angles).mean()),
        "r": correlations(out, truth),
        "ssim": _rounded(np.mean(likeness)),
    }


def portrait(path: Path) -> tuple[Image, PhotoFace]:
    """A portrait at the size that speed is asked for, and its face."""
    with open_footage(path) as footage:
        whole = next(iter(footage)).image
    side = SIDE_PX / max(whole.shape[:2])
    photo = np.asarray(cv2.resize(whole, None, fx=side, fy=side, interpolation=cv2.INTER_AREA), np.uint8)
    face = next(iter(FaceFinder().stream(_OneFrame.of(photo))))[1][0]
    size = (photo.shape[1], photo.shape[0])
    return photo, PhotoFace.read(face.landmarks_px, face.iris_px, size)


@dataclass(frozen=True)
class _OneFrame:
    """A picture, as the finder asks for frames."""

    image: Image

    @classmethod
    def of(cls, image: Image) -> list[_OneFrame]:
        return [cls(image)]


def cross_figures(photo: Path, footage: Footage, sheet: Path | None) -> dict[str, Any]:
    """A clip drives somebody else's portrait."""
    picture, face = portrait(photo)
    drawn = Drawn.of(picture, face, read_clip(footage.clip))
    if sheet is not None:
        write_sheet(sheet, footage, drawn)
    frames = footage.frames
    points, irises, images = [], [], []
    for frame in frames:
        images.append(drawn.morphed(frame))
        found = reread(images[-1], drawn.morph.mesh(drawn.performance, frame))
        points.append(found[0])
        irises.append(found[1])
    out = np.stack(points)
    values, angles = done(out, face.own.rest)
    meant = drawn.performance.pose_deg[frames]
    off = angles_apart(angles, meant)[np.abs(meant[:, 0]) <= _MOST_YAW_DEG]
    wanted = drawn.performance.values[frames][:, : len(MESH_NAMES)]
    return {
        "r": correlations(out, footage.clip.landmarks_px[frames]),
        "pose_off_deg": _rounded(off.mean()),
        "pose_off_each_deg": off.mean(axis=0).round(2).tolist(),
        "yaw_deg": [_rounded(meant[:, 0].min()), _rounded(meant[:, 0].max())],
        "frames_within_yaw": len(off),
        "expression_rms": _rounded(np.sqrt(np.square(values - wanted).mean())),
        **identity_figures(drawn, footage, images, points, irises),
    }


def turned_figures(photo: Path) -> dict[str, Any]:
    """A portrait turned to the sides: by how much what is seen misses what was asked, degrees."""
    picture, face = portrait(photo)
    count = len(_YAWS_DEG)
    still = {
        name: np.repeat(getattr(face.own, name), count, axis=0)
        for name in ("values", "pose_deg", "centre_px", "scale_px", "gaze_deg")
    }
    still["pose_deg"][:, 0] = _YAWS_DEG
    turning = replace(face.own, times_s=np.arange(count) / 25, **still)
    morph = Morph(picture, face)
    seen = [reread(morph.drawn(turning, frame), morph.mesh(turning, frame))[0] for frame in range(count)]
    _, angles = done(np.stack(seen), face.own.rest)
    off = angles_apart(angles, turning.pose_deg).mean(axis=1)
    return {f"{yaw:g}": _rounded(one) for yaw, one in zip(_YAWS_DEG, off, strict=True)}


def identity_figures(
    drawn: Drawn, footage: Footage, images: list[Image], points: list[Points], irises: list[Points]
) -> dict[str, Any]:
    """Whether faces that were drawn are the photo's or the driver's."""
    network = Identifier()
    own = network.vector(drawn.photo, face_of(drawn.face.landmarks_px, drawn.face.iris_px))
    clip, frames = footage.clip, footage.frames[::_IDENTITY_EVERY]
    theirs = [
        network.vector(footage.images[one], face_of(clip.landmarks_px[one], clip.iris_px[one]))
        for one in frames
    ]
    driver = np.mean(theirs, axis=0)
    every = slice(None, None, _IDENTITY_EVERY)
    faces = [face_of(*one) for one in zip(points[every], irises[every], strict=True)]
    vectors = [network.vector(image, face) for image, face in zip(images[every], faces, strict=True)]
    to_own, to_driver = (np.linalg.norm(np.array(vectors) - one, axis=1) for one in (own, driver))
    return {
        "nearer_to_photo": _rounded((to_own < to_driver).mean()),
        "d_photo": _rounded(to_own.mean()),
        "d_driver": _rounded(to_driver.mean()),
    }


def actor_figures(driver: Footage, truth: Footage, sheet: Path | None) -> dict[str, Any]:
    """Another actor's frame that is most from the front, driven, against that actor doing the same."""
    clip = truth.clip
    turned = np.abs(fit_poses(clip.landmarks_px[truth.frames]).angles_deg[:, :2]).sum(axis=1)
    first = truth.frames[int(turned.argmin())]
    face = PhotoFace.read(clip.landmarks_px[first], clip.iris_px[first], clip.size_px)
    drawn = Drawn.of(truth.images[first], face, read_clip(driver.clip), first)
    if sheet is not None:
        write_sheet(sheet, driver, drawn, truth)
    frames = [frame for frame in driver.frames if frame in truth.images and frame != first]
    figures: dict[str, Any] = {}
    for way, draw in drawn.ways().items():
        in_place, aligned, found = [], [], []
        for frame in frames:
            image, points = draw(frame), clip.landmarks_px[frame]
            out = reread(image, drawn.morph.mesh(drawn.performance, frame))
            found.append(out[0])
            in_place.append(ssim_in_place(image, truth.images[frame], points))
            true_face = face_of(points, clip.iris_px[frame])
            one = compare_with_truth(image, face_of(*out), truth.images[frame], true_face)
            aligned.append(one.ssim if one else 0.0)
        figures[way] = {
            "truth_ssim": _rounded(np.mean(aligned)),
            "ssim_in_place": _rounded(np.mean(in_place)),
            "r": correlations(np.stack(found), clip.landmarks_px[frames]),
        }
    return figures


def write_sheet(path: Path, footage: Footage, drawn: Drawn, truth: Footage | None = None) -> None:
    """Photo, who drives and what comes out, side by side; beside them the truth where it is known."""
    rows = []
    for words, frame in telling_moments(footage).items():
        driver = (footage.images[frame], fit_pose(footage.clip.landmarks_px[frame]).square)
        out = (drawn.morphed(frame), square_of(drawn.performance, frame))
        cells = [(drawn.photo, square_of(drawn.face.own, 0)), driver, out]
        if truth is not None:
            cells.append((truth.images[frame], fit_pose(truth.clip.landmarks_px[frame]).square))
        rows.append(sheet_row(cells, f"{words} ({frame})"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.concatenate(rows))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 3)


def main() -> None:
    """Measure all, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--sheets", type=Path, help="folder for pictures of what comes out")
    parser.add_argument("--landmarks", type=Path, help="folder in which the clips' are kept between runs")
    parser.add_argument("--only", choices=PARTS, nargs="+")
    args = parser.parse_args()
    parts = args.only or PARTS
    started = time.process_time()
    result: dict[str, Any] = {"about": about(), "looked_at": LOOKED_AT}
    sheets: Path | None = args.sheets
    footage = {name: load(args.data / VIDEO / name, args.landmarks) for name in _clips(parts)}
    if "self" in parts:
        result["self"] = {
            name: self_figures(footage[name], sheets and sheets / f"self_{Path(name).stem}.png")
            for name in SELF
        }
    if "cross" in parts:
        result["cross"] = {
            f"{photo} by {name}": cross_figures(
                args.data / PORTRAITS / photo,
                footage[name],
                sheets and sheets / f"cross_{Path(photo).stem}_{Path(name).stem}.png",
            )
            for photo, name in PAIRS
        }
    if "turned" in parts:
        result["turned"] = {photo: turned_figures(args.data / PORTRAITS / photo) for photo in TURNED}
    if "actors" in parts:
        clips = args.data / "synthetic" / "clips"
        result["actors"] = {
            f"{truth} by {driver}": actor_figures(
                load(clips / f"{driver}.mp4", args.landmarks),
                load(clips / f"{truth}.mp4", args.landmarks),
                sheets and sheets / f"actor_{truth}.png",
            )
            for driver, truth in ACTORS
        }
    if "speed" in parts:
        result["speed"] = speed()
    result["cpu_s"] = round(time.process_time() - started)
    if not args.only:
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def _clips(parts: tuple[str, ...]) -> list[str]:
    wanted = [*(SELF if "self" in parts else ()), *(name for _, name in PAIRS if "cross" in parts)]
    return list(dict.fromkeys(wanted))


if __name__ == "__main__":
    main()
