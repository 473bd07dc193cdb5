"""Which faces training draws more often, because frames with such faces came out badly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import ConfigError
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.measure.coverage import CELL_DEG, ENOUGH
from understudy.training.samples import Samples
from understudy.workflows.worst_list import CHOSEN, WorstFrame, WorstList

NEAR_FRAMES = 6  # a quarter of a second: the face hardly changes
NEAREST = 4  # faces of the target a frame
ALIKE = 8  # faces of everybody else a frame
_SAME_PLACE = 0.75  # sides of the face square
_POSE_WEIGHT = 5.0  # yaw and pitch are two numbers beside 188 of lips, lids, brows and gaze


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The faces of one identity that training has at hand.

    Args:
        samples: as they are learnt from.
        faces: the same faces, as they are stored.
        sources: id of each source in the faceset to its sha256.
    """

    samples: Samples
    faces: Sequence[StoredFace]
    sources: Mapping[int, str]


def check_footage(worst: WorstList, facesets: Sequence[Path]) -> None:
    """Refuse a list of other footage, before anything is loaded.

    Raises:
        ConfigError: no faceset holds faces of the footage, or the list is empty.
        FacesetError: a faceset cannot be read.
    """
    if not worst.frames:
        raise ConfigError(
            f"no frame of {worst.video} came out badly: there is nothing to focus on", "leave out --focus"
        )
    for folder in facesets:
        with Faceset.open(folder) as faceset:
            if any(source.record.sha256 in worst.footage for source in faceset.sources()):
                return
    raise ConfigError(
        f"the worst frames are of {worst.target}, and no faceset holds faces of that footage",
        "extract it into the target's faceset, or leave out --focus",
    )


@dataclass(frozen=True, kw_only=True)
class Focus:
    """What is drawn more often, and which of the worst frames are not.

    Args:
        samples: everybody's, with their `focus`.
        missing: frames of whose moment no face is learnt from.
        lacking: frames that nobody else turns the head like.
    """

    samples: list[Samples]
    missing: list[int]
    lacking: list[int]


def focused(identities: Sequence[Learnt], worst: WorstList) -> Focus:
    """Choose the faces that are drawn more often; held-out ones never are.

    Of whose faces the frames show, the faces of those moments; of everybody else who turns the head like
    that, the faces that do the most nearly the same, so that every decoder learns to draw what was difficult.
    A turn that somebody never makes is nothing that their decoder could learn from their faces: of them
    none is drawn for it, and of the others none for one that nobody else makes, unless a person chose it.

    Args:
        identities: everybody, in the order of the decoders.
        worst: what came out badly.

    Raises:
        ConfigError: no face of these moments is learnt from, or nobody else turns the head like that.
    """
    shown = [
        [_of_moment(one, frame, frame.footage_sha256 or worst.target_sha256) for frame in worst.frames]
        for one in identities
    ]
    if not any(found for of_identity in shown for found in of_identity):
        raise ConfigError(
            f"none of the {len(worst.frames)} worst frames of {worst.target} has a face that is learnt from "
            f"within {NEAR_FRAMES} frames",
            "extract all frames of that footage, or leave out --focus",
        )
    poses_deg = [_poses_deg(one) for one in identities]
    drawn: list[set[int]] = [set() for _ in identities]
    missing: list[int] = []
    lacking: list[int] = []
    for number, frame in enumerate(worst.frames):
        owners = [i for i, of_identity in enumerate(shown) if of_identity[number]]
        able = [
            (owner, i)
            for owner in owners
            for i in range(len(identities))
            if i != owner and _turns_so(poses_deg[i], identities[owner].faces[shown[owner][number][0]])
        ]
        drawing = owners if frame.reason == CHOSEN else [owner for owner, _ in able]
        for owner in drawing:
            drawn[owner].update(shown[owner][number])
        for owner, i in able:
            drawn[i] |= _alike(identities[i].samples, identities[owner].samples, shown[owner][number][0])
        if not drawing:
            (lacking if owners else missing).append(frame.frame)
    if not any(drawn):
        raise ConfigError(
            f"in none of the {len(worst.frames)} worst frames of {worst.target} is the head turned as "
            "anybody else turns theirs",
            'film what "understudy coverage SOURCE TARGET" says, or leave out --focus',
        )
    samples = [
        replace(one.samples, focus=np.array(sorted(indices), np.intp))
        for one, indices in zip(identities, drawn, strict=True)
    ]
    return Focus(samples=samples, missing=missing, lacking=lacking)


def _of_moment(one: Learnt, frame: WorstFrame, sha256: str) -> list[int]:
    """Faces learnt from that show this moment and place, the nearest first, `NEAREST` at most."""
    x, y, side, _ = frame.face_px
    found: list[tuple[int, int]] = []
    for index in one.samples.training.tolist():
        face = one.faces[index]
        apart = abs(face.frame_index - frame.frame)
        if apart > NEAR_FRAMES or one.sources.get(face.source_id) != sha256:
            continue
        if hypot(face.square.x_px - x, face.square.y_px - y) <= _SAME_PLACE * side:
            found.append((apart, index))
    return [index for _, index in sorted(found)[:NEAREST]]


def _poses_deg(one: Learnt) -> NDArray[np.float32]:
    """(2, n, 2) yaw and pitch of the faces learnt from, as they are and in a mirror."""
    index = one.samples.training.tolist()
    poses = np.array([one.faces[i].face.pose_deg[:2] for i in index], np.float32).reshape(-1, 2)
    return np.stack([poses, poses * np.array([-1, 1], np.float32)])


def _turns_so(poses_deg: NDArray[np.float32], shown: StoredFace) -> bool:
    """Whether enough faces, see `_poses_deg`, turn nearly as one does."""
    apart = np.linalg.norm(poses_deg - shown.face.pose_deg[:2], axis=2).min(axis=0)
    return int((apart <= CELL_DEG).sum()) >= ENOUGH


def _alike(samples: Samples, others: Samples, shown: int) -> set[int]:
    """Faces learnt from that do most nearly what a face does, as they are or in a mirror."""
    training = samples.training
    weight = _weights(samples.expressions.shape[-1])
    wanted = others.expressions[shown, 0] * weight
    views = samples.expressions[training] * weight
    distance = np.square(views - wanted).sum(axis=2).min(axis=1)
    return set(training[np.argsort(distance, kind="stable")[:ALIKE]].tolist())


def _weights(size: int) -> NDArray[np.float32]:
    weight = np.ones(size, np.float32)
    weight[-2:] = _POSE_WEIGHT
    return weight
