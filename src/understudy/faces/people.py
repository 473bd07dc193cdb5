"""Which tracks show the same person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from understudy.core.types import Vector
from understudy.faces.identify import SAME_PERSON_DISTANCE

TrackKey = tuple[int, int]  # source id, track number


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSummary:
    """What grouping needs to know of a track.

    Args:
        faces: how many faces it has.
        identity: (128,) float32 mean identity vector, None where none could be computed.
        frames: indices of the frames of its source that it is seen in; may be left empty where
            tracks never share a frame.
    """

    faces: int
    identity: Vector | None
    frames: frozenset[int] = frozenset()


def group_tracks(
    tracks: Mapping[TrackKey, TrackSummary], max_distance: float = SAME_PERSON_DISTANCE
) -> list[list[TrackKey]]:
    """Group tracks into people, the one seen most first.

    Longest tracks first, each joins the nearest person within `max_distance` of the person's mean
    vector or starts a new one. A track without a vector is a person of its own, and nobody is in
    one frame twice: a track that shares a frame with one of a person's tracks is somebody else.

    Args:
        tracks: summaries by source and track number.
        max_distance: Euclidean, between identity vectors.
    """
    people: list[list[TrackKey]] = []
    means: list[Vector | None] = []
    for key, track in sorted(tracks.items(), key=lambda item: (-item[1].faces, item[0])):
        distances = [_distance(track.identity, mean) for mean in means]
        for i, person in enumerate(people):
            if any(other[0] == key[0] and tracks[other].frames & track.frames for other in person):
                distances[i] = np.inf
        near = int(np.argmin(distances)) if distances else -1
        if near < 0 or distances[near] >= max_distance:
            people.append([key])
            means.append(track.identity)
            continue
        people[near].append(key)
        means[near] = _mean(tracks, people[near])
    order = sorted(range(len(people)), key=lambda i: -sum(tracks[k].faces for k in people[i]))
    return [people[i] for i in order]


def _distance(a: Vector | None, b: Vector | None) -> float:
    return np.inf if a is None or b is None else float(np.linalg.norm(a - b))


def _mean(tracks: Mapping[TrackKey, TrackSummary], keys: list[TrackKey]) -> Vector:
    """The mean vector of tracks that have one, each counted as often as it has faces."""
    members = [tracks[key] for key in keys]
    weights = np.array([track.faces for track in members], np.float64)
    vectors = np.stack([track.identity for track in members if track.identity is not None])
    return (weights @ vectors / weights.sum()).astype(np.float32)
