"""How well expressions, poses and gaze are read from rendered actors, whose true curves are known.

    python benchmarks/expression_read.py --data ../shared

The basis has seen none of these people: it was fitted on four fifths of the rendered crowd. How noise and
priors are weighed was settled by looking at the five clips marked "looked at"; the others, and the crowd's
held-out fifth, were not. A true curve is the sum of the renderer's units that do what a name says.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import about
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from make_expression_basis import held_out, read_crowd

from understudy.core.events import ignore
from understudy.expression.basis import load_basis
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, coefficients, found_rest, read_clip
from understudy.workflows.expression import clip_of
from understudy.workflows.expression_faces import faces_of_footage

LOOKED_AT = ("A_train", "B_train", "C_train", "A_testA", "B_testB")
CLIPS = (*LOOKED_AT, "A_testB", "B_testA")
RESULT = Path(__file__).parent / "results" / "expression_read.json"
_LEAST_SD = 0.02  # of a true curve, below which there is nothing to follow

# by how much other units lower the chin, too, as landmarks see it: `fit` of the basis' script, chin points
_CHIN = {
    "mouth-open": 1.0,
    "mouth-part-later": 0.39,
    "mouth-upward-retraction": 0.31,
    "mouth-corner-puller": 0.14,
}

# what is read, and the units that do it
PAIRS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "jaw": (("jawOpen",), tuple(_CHIN)),
    "jaw, mouth-open alone": (("jawOpen",), ("mouth-open",)),
    "smile": (("mouthSmileLeft", "mouthSmileRight"), ("mouth-corner-puller", "mouth-upward-retraction")),
    "blink left": (("eyeBlinkLeft",), ("eye-left-closure",)),
    "blink right": (("eyeBlinkRight",), ("eye-right-closure",)),
    "brows up": (
        ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
        ("eyebrows-left-up", "eyebrows-right-up", "eyebrows-left-extern-up", "eyebrows-right-extern-up"),
    ),
    "brow up left": (("browOuterUpLeft",), ("eyebrows-left-up", "eyebrows-left-extern-up")),
    "brow up right": (("browOuterUpRight",), ("eyebrows-right-up", "eyebrows-right-extern-up")),
    "brow down left": (("browDownLeft",), ("eyebrows-left-down",)),
    "brow down right": (("browDownRight",), ("eyebrows-right-down",)),
    "pucker": (("mouthPucker", "mouthFunnel"), ("mouth-pursing", "mouth-protusion")),
    "upper lip": (("mouthUpperUpLeft", "mouthUpperUpRight"), ("mouth-elevation",)),
    "lower lip": (("mouthLowerDownLeft", "mouthLowerDownRight"), ("mouth-part-later",)),
    "frown": (("mouthFrownLeft", "mouthFrownRight"), ("mouth-depression",)),
    "stretch": (
        ("mouthStretchLeft", "mouthStretchRight"),
        ("mouth-retraction", "mouth-depression-retraction"),
    ),
    "lips rolled": (("mouthRollLower", "mouthRollUpper"), ("mouth-compression",)),
    "squint": (("eyeSquintLeft", "eyeSquintRight"), ("eye-left-slit", "eye-right-slit")),
    "wide": (("eyeWideLeft", "eyeWideRight"), ("eye-left-opened-up", "eye-right-opened-up")),
}

Floats = NDArray[np.floating]


def clip_figures(shared: Path, name: str) -> dict[str, Any]:
    """Correlations over one clip, and how far its poses and gazes are off."""
    path = shared / "synthetic" / "clips" / f"{name}.mp4"
    told = json.loads((shared / "synthetic" / "curves" / f"{name}.json").read_text())
    frames = told["per_actor"][name[0]]["frames"]
    clip = clip_of(faces_of_footage(path, ignore), 1, path)
    started = time.process_time()
    found = read_clip(clip)
    seconds = time.process_time() - started
    seen = found.seen
    rows = [frame for frame, is_seen in zip(frames, seen, strict=True) if is_seen]
    # the renderer counts roll the other way round, and an upward gaze as more
    truth = np.array([[row["yaw"], row["pitch"], -row["roll"]] for row in rows])
    gaze = np.array([[row["gaze_x"], -row["gaze_y"]] for row in rows])
    pose_off = found.pose_deg[seen] - truth
    return {
        "frames": len(frames),
        "looked_at": name in LOOKED_AT,
        "cpu_s": round(seconds, 2),
        "r": _correlations(lambda one: found.of(one)[seen], [row["units"] for row in rows]),
        "pose": {
            "r": [_r(found.pose_deg[seen, i], truth[:, i]) for i in range(3)],
            "off_deg": np.abs(pose_off).mean(axis=0).round(2).tolist(),
            "off_less_its_median_deg": _about_median(pose_off),
        },
        "gaze": {
            "r": [_r(found.gaze_deg[seen, i], gaze[:, i]) for i in range(2)],
            "off_less_its_median_deg": _about_median(found.gaze_deg[seen] - gaze),
        },
        "explained": _explained(clip, found),
    }


def crowd_figures(shared: Path, cache: Path | None) -> dict[str, Any]:
    """Correlations over all stills of the held-out people, each against their own face at rest."""
    crowd = read_crowd(shared / "synthetic" / "crowd", cache)
    basis, out = load_basis(), held_out(crowd.names)
    values: list[Floats] = []
    units: list[dict[str, float]] = []
    for name in np.unique(crowd.names[out]):
        mine = np.flatnonzero(crowd.names == name)
        points = crowd.points_px[mine]
        values.append(coefficients(points, found_rest(points, basis), basis)[0])
        units += [crowd.units[i] for i in mine]
    table = np.concatenate(values)
    return {
        "people": len(values),
        "frames": len(table),
        "r": _correlations(lambda one: table[:, basis.names.index(one)], units),
    }


def _correlations(read: Callable[[str], Floats], units: list[dict[str, float]]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for key, (names, true) in PAIRS.items():
        shares = _CHIN if key == "jaw" else dict.fromkeys(true, 1.0)
        truth = np.array([sum(share * row.get(unit, 0.0) for unit, share in shares.items()) for row in units])
        found[key] = _r(sum(read(name) for name in names), truth) if truth.std() >= _LEAST_SD else None
    return found


def _r(a: Floats | int, b: Floats) -> float:
    a = np.asarray(a)
    return round(float(np.corrcoef(a, b)[0, 1]), 3) if np.std(a) > 0 else 0.0


def _about_median(off: Floats) -> list[float]:
    return np.abs(off - np.median(off, axis=0)).mean(axis=0).round(2).tolist()


def _explained(clip: Clip, found: Performance) -> float:
    """Share of what the face does beside moving its head that the coefficients say, by squares."""
    from understudy.expression.apply import apply

    seen = found.seen
    still = apply(found.rest, found.names, 0 * found.values[seen], found.poses(), as_landmarks=True)
    done = apply(found.rest, found.names, found.values[seen], found.poses(), as_landmarks=True)
    truth = clip.landmarks_px[seen]
    left, all_of_it = (np.square((mesh - truth)[..., :2]).sum() for mesh in (done, still))
    return round(float(1 - left / all_of_it), 3)


def main() -> None:
    """Read all clips, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--landmarks", type=Path, help="the crowd's, kept from an earlier run")
    args = parser.parse_args()
    clips = {name: clip_figures(args.data, name) for name in CLIPS}
    means = {}
    for key in PAIRS:
        known = [clip["r"][key] for clip in clips.values() if clip["r"][key] is not None]
        means[key] = round(float(np.mean(known)), 3) if known else None
    result = {
        "about": about(),
        "clips": clips,
        "mean_r_of_clips": means,
        "held_out_crowd": crowd_figures(args.data, args.landmarks),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({"clips": means, "crowd": result["held_out_crowd"]["r"]}, indent=1))


if __name__ == "__main__":
    main()
