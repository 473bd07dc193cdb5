"""Make `assets/expression_basis.safetensors`: what each named expression does to the mesh.

    python scripts/make_expression_basis.py CROWD_FOLDER OUT.safetensors [--landmarks CACHE.npz]

The crowd's people perform known weights of MakeHuman's expression units. What a unit, and a turn of the head,
does to the landmarks is found by regression over most of them; every fifth is held out, for
`benchmarks/expression_read.py`. Units become ARKit's names by side and by region; what nobody performs is
drawn (`expression_design.py`). What is left over is how landmarks err.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import expression_design as design
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from understudy.expression.basis import POSE_TERMS, SHUT_GAP, Basis, pack
from understudy.expression.names import MESH_NAMES
from understudy.faces.detect import SHORT_RANGE, BlazeFace
from understudy.faces.expression import mirror_partners
from understudy.faces.landmark import MeshNetwork, region_of_detection, region_of_points
from understudy.faces.mesh import template
from understudy.faces.pose import fit_poses, fit_poses_to
from understudy.faces.weights import weights_path
from understudy.media.reader import VideoReader

HELD_OUT_EVERY = 5
_ROUNDS, _RIDGE = 4, 1.0
_NOISE, _MISFIT, _PEOPLE = 20, 12, 24  # directions that are kept
_ALIKE = 0.3  # share of a movement by which people's differ: such points steady a pose less
_LEAST_SD = 0.001  # face units: of what rendered people do not show
_SIGNS = (-1, 1, 1, 1, -1)  # what turns do in a mirror
_MODEL = 6.0  # times what landmarks err by: how far drawn expressions may be from real ones
_USUAL = 0.35  # deviation of a coefficient
_RARER = {  # of what others say nearly as well, so that these are told only where nothing else fits
    "mouthStretch": 0.2, "mouthRoll": 0.2, "mouthUpperUp": 0.25, "mouthFunnel": 0.25, "mouthLowerDown": 0.25,
    "mouthLeft": 0.25, "mouthRight": 0.25, "jawLeft": 0.15, "jawRight": 0.15, "eyeWide": 0.25,
    "mouthSmile": 0.5, "mouthClose": 0.25,
}  # fmt: skip

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Landmarks of the frames in which a face was found, (n, 468, 3), with who and what it shows."""

    names: NDArray[np.str_]
    frames: NDArray[np.intp]
    points_px: NDArray[np.float32]
    units: list[dict[str, float]]


def read_crowd(folder: Path, cache: Path | None) -> Crowd:
    """All frames of all people; they are stills, so each is searched on its own."""
    if cache is None or not cache.exists():
        found = _landmarks(folder)
        if cache is not None:
            np.savez(cache, **found)
    else:
        with np.load(cache) as stored:
            found = {name: stored[name] for name in ("names", "frame", "pts")}
    told = json.loads((folder / "identities.json").read_text())
    people = {person["id"]: person for person in told["identities"]}
    units = [
        _units(told, people[name], frame)
        for name, frame in zip(found["names"].tolist(), found["frame"].tolist(), strict=True)
    ]
    return Crowd(names=found["names"], frames=found["frame"], points_px=found["pts"], units=units)


def held_out(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n,) which frames are of people that nothing is learnt from."""
    return np.isin(names, np.unique(names)[::HELD_OUT_EVERY])


def _units(told: dict[str, Any], person: dict[str, Any], frame: int) -> dict[str, float]:
    shown = person["frames"][frame]
    return (told["common_frames"][frame] if shown["common"] else shown)["units"]


def _landmarks(folder: Path) -> dict[str, NDArray[Any]]:
    detector = BlazeFace(weights_path("face_detection_short_range.tflite"), SHORT_RANGE)
    network = MeshNetwork(weights_path("face_landmark_with_attention.tflite"))
    names, frames, points = [], [], []
    for clip in sorted(folder.glob("id_*.mp4")):
        with VideoReader(clip) as reader:
            for frame in reader:
                for seen in detector.detect(frame.image)[:1]:
                    rough = network.find(frame.image, region_of_detection(seen))
                    mesh = network.find(frame.image, region_of_points(rough.points_px))
                    names.append(clip.stem)
                    frames.append(frame.index)
                    points.append(mesh.points_px)
    return {"names": np.array(names), "frame": np.array(frames), "pts": np.array(points)}


# both eyes, and both wings of the nose, do the same in all frames: one number, parted by side afterwards
_TOGETHER = ("eye-{}-closure", "eye-{}-opened-up", "eye-{}-slit", "eyebrows-{}-inner-up", "nose-{}-elevation")


def performed(units: list[dict[str, float]]) -> tuple[list[str], Floats]:
    """What the frames' people do: names, and (n, k) weights."""
    renamed: list[dict[str, float]] = []
    for frame in units:
        row = dict(frame)
        for pattern in _TOGETHER:
            both = [row.pop(pattern.format(side), 0.0) for side in ("left", "right")]
            row[pattern.format("both")] = sum(both) / 2
        renamed.append(row)
    names = sorted({name for row in renamed for name in row})
    return names, np.array([[row.get(name, 0.0) for name in names] for row in renamed])


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What the units do, (k, 468, 3) each, what turns do, and what is left over."""

    units: dict[str, Floats]
    pose: Floats
    rest: Floats  # (people, 468, 3)
    left_over: Floats  # (n, 468, 3)
    steady: Floats


def fit(names: NDArray[np.str_], points_px: NDArray[np.float32], units: list[dict[str, float]]) -> Fit:
    """Regress landmarks on units and angles, each person about their own mean; poses are fitted in turn."""
    keys, weights = performed(units)
    people, who = np.unique(names, return_inverse=True)
    poses, steady = fit_poses(points_px), np.ones(468)
    fields = rest = left_over = np.zeros(0)
    for _ in range(_ROUNDS):
        angles = poses.angles_deg / 30
        yaw, pitch = angles[:, 0], angles[:, 1]
        turns = np.stack([yaw, pitch, yaw * yaw, pitch * pitch, yaw * pitch], axis=1)
        known = np.column_stack([weights, turns])
        seen = poses.undo(points_px).reshape(len(known), -1).astype(np.float64)
        x, y = known - _means(known, who)[who], seen - _means(seen, who)[who]
        fields = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y)
        rest = _means(seen - known @ fields, who)
        left_over = (seen - known @ fields - rest[who]).reshape(-1, 468, 3)
        moved = (weights @ fields[: len(keys)]).reshape(-1, 468, 3)
        steady = 1 / (
            left_over.var(axis=0).sum(axis=1) + (_ALIKE**2) * np.square(moved).mean(axis=0).sum(axis=1)
        )
        steady /= steady.mean()
        shapes = (known @ fields + rest[who]).reshape(-1, 468, 3).astype(np.float32)
        poses = fit_poses_to(points_px, shapes, steady[None])
    fields = fields.reshape(-1, 468, 3)
    return Fit(
        units=dict(zip(keys, fields, strict=False)),
        pose=fields[len(keys) :],
        rest=rest.reshape(len(people), 468, 3),
        left_over=left_over,
        steady=steady,
    )


def _means(rows: Floats, who: NDArray[np.intp]) -> Floats:
    return np.stack([rows[who == i].mean(axis=0) for i in range(who.max() + 1)])


def moves(units: dict[str, Floats]) -> dict[str, Floats]:
    """(468, 3) of each name: units by side and region, or drawn; 1 is about as far as people go."""
    left, inner, upper = design.left_share(), design.inner_share(), design.upper_lip_share()
    brows, eyes, mouth = design.brows_share(), design.lids_share(), 1 - design.above(0.05, 0.1)
    lips = mouth * design.lips_share()
    sides = {"Left": left[:, None], "Right": (1 - left)[:, None]}

    def both(name: str) -> Floats:
        return _even(units[name])

    def one(pattern: str, side: str) -> Floats:
        here, there = units[pattern.format("left")], mirror(units[pattern.format("right")])
        mean = (here + there) / 2 * sides["Left"]
        return mean if side == "Left" else mirror(mean)

    raised = {side: 1.2 * one("eyebrows-{}-up", side) * brows[:, None] for side in sides}
    drawn_up = {side: 1.2 * one("eyebrows-{}-extern-up", side) * brows[:, None] for side in sides}
    parted = both("mouth-part-later")
    jaw = 1.5 * both("mouth-open") * mouth[:, None]
    found: dict[str, Floats] = {
        "browInnerUp": 1.5 * (raised["Left"] + raised["Right"]) * inner[:, None],
        "jawOpen": jaw,
        "mouthClose": design.lips_closed(jaw),
        "mouthPucker": both("mouth-pursing") * mouth[:, None],
        "mouthFunnel": 1.5 * both("mouth-protusion") * mouth[:, None],
        "mouthRollLower": design.lip_rolled(upper=False),
        "mouthRollUpper": design.lip_rolled(upper=True),
        "mouthLeft": design.lips_moved(0.06, 0.0),
        "mouthRight": design.lips_moved(-0.06, 0.0),
        "jawLeft": design.jaw_sideways(0.06),
        "jawRight": design.jaw_sideways(-0.06),
    }
    for side, share in sides.items():
        found |= {
            f"browDown{side}": 1.2 * one("eyebrows-{}-down", side) * brows[:, None],
            f"browOuterUp{side}": (raised[side] * (1 - inner[:, None]) + drawn_up[side]) / 2,
            f"eyeBlink{side}": _shutting(both("eye-both-closure")) * (eyes[:, None] * share),
            f"eyeWide{side}": 2.2 * both("eye-both-opened-up") * (eyes[:, None] * share),
            f"eyeSquint{side}": 1.2 * both("eye-both-slit") * (eyes[:, None] * share),
            f"mouthSmile{side}": 1.3 * both("mouth-corner-puller") * (mouth[:, None] * share),
            f"mouthFrown{side}": 1.5 * both("mouth-depression") * (mouth[:, None] * share),
            f"mouthStretch{side}": design.lips_stretched(left=side == "Left"),
            f"mouthUpperUp{side}": 1.4 * both("mouth-elevation") * (lips * upper)[:, None] * share,
            f"mouthLowerDown{side}": parted * (lips * (1 - upper))[:, None] * share,
        }
    return found


def _shutting(field: Floats) -> Floats:
    """As long as it takes for lids to come as near as the network ever tells them."""
    upper, lower = np.array([159, 158, 160, 386, 385, 387]), np.array([145, 153, 144, 374, 380, 373])
    mesh = template().astype(np.float64)
    gap = np.linalg.norm(mesh[upper, :2] - mesh[lower, :2], axis=1).mean()
    closing = (field[upper, 1] - field[lower, 1]).mean()
    return field * ((1 - SHUT_GAP) * gap / closing)


def mirror(field: Floats) -> Floats:
    """A (468, 3) field of the face in a mirror."""
    return field[mirror_partners()] * [-1, 1, 1]


def _even(field: Floats) -> Floats:
    return (field + mirror(field)) / 2


def make(names: NDArray[np.str_], points_px: NDArray[np.float32], units: list[dict[str, float]]) -> Basis:
    """The basis of some people."""
    found = fit(names, points_px, units)
    by_name = moves(found.units)
    rest = _even(found.rest.mean(axis=0))
    differences = np.concatenate([found.rest, np.stack([mirror(face) for face in found.rest])]) - rest
    people, people_sd = _directions(differences.reshape(len(differences), -1), _PEOPLE)
    assert len(found.pose) == POSE_TERMS
    basis = Basis(
        names=MESH_NAMES,
        moves=np.stack([by_name[name] for name in MESH_NAMES]).astype(np.float32),
        rest=rest.astype(np.float32),
        people=people.reshape(-1, 468, 3).astype(np.float32),
        people_sd=float(np.sqrt(np.square(people_sd).mean())),
        pose=np.stack(
            [(field + sign * mirror(field)) / 2 for field, sign in zip(found.pose, _SIGNS, strict=True)]
        ).astype(np.float32),
        noise=np.zeros((1, 468, 3), np.float32),
        noise_sd=np.zeros((468, 3), np.float32),
        steady=found.steady.astype(np.float32),
        usual=np.array([_usual(name) for name in MESH_NAMES], np.float32),
    )
    return _with_noise(basis, found, units)


def _usual(name: str) -> float:
    return next((sd for start, sd in _RARER.items() if name.startswith(start)), _USUAL)


def _with_noise(basis: Basis, found: Fit, units: list[dict[str, float]]) -> Basis:
    """The same, with how landmarks err: what is left over, and what of the units the names cannot say.

    People open a jaw differently far at one weight: that is more of the same and no error, so it is left out.
    """
    left_over = _without(found.left_over.reshape(len(units), -1), found.units["mouth-open"].reshape(1, -1))
    errors, noise_sd = _directions(left_over, _NOISE)
    keys, weights = performed(units)
    fields = np.stack([found.units[key].reshape(-1) for key in keys])
    # nobody closes lips over an open jaw, and what closes them cannot say how they part
    saying = [number for number, name in enumerate(basis.names) if name != "mouthClose"]
    said = basis.moves[saying].reshape(len(saying), -1).astype(np.float64)
    unsaid = _without(fields, said)
    misfit, _ = _directions(unsaid * np.sqrt(len(keys) * np.square(weights).mean(axis=0))[:, None], _MISFIT)
    return replace(
        basis,
        noise=np.concatenate([errors, misfit]).reshape(-1, 468, 3).astype(np.float32),
        noise_sd=np.maximum(_MODEL * noise_sd, _LEAST_SD).reshape(468, 3).astype(np.float32),
    )


def _without(rows: Floats, directions: Floats) -> Floats:
    """(n, d) rows less what of them lies along (k, d) directions."""
    along, _ = np.linalg.qr(directions.T)
    return rows - (rows @ along) @ along.T


def _directions(rows: Floats, most: int) -> tuple[Floats, Floats]:
    """The main directions of (n, d) rows about 0, each a deviation long, and each number's own deviation."""
    _, singular, vt = np.linalg.svd(rows, full_matrices=False)
    main = singular[:most, None] / np.sqrt(len(rows)) * vt[:most]
    beside = np.square(rows).mean(axis=0) - np.square(main).sum(axis=0)
    return main, np.sqrt(np.maximum(beside, 0))


def main() -> None:
    """Read the crowd, write the basis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("crowd", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--landmarks", type=Path)
    args = parser.parse_args()
    crowd = read_crowd(args.crowd, args.landmarks)
    learnt = np.flatnonzero(~held_out(crowd.names))
    basis = make(crowd.names[learnt], crowd.points_px[learnt], [crowd.units[i] for i in learnt])
    save_file(pack(basis), args.out, metadata={"made by": "scripts/make_expression_basis.py"})
    people = len(np.unique(crowd.names[learnt]))
    print(f"{len(learnt)} faces of {people} people, {args.out.stat().st_size} bytes")
    print(f"template moved by {np.abs(basis.rest - template()).max():.4f} at most")


if __name__ == "__main__":
    main()
