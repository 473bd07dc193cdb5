"""Somebody to look for: a picture or a faceset of theirs, and which of the people found they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import FacesetError, MediaError
from understudy.core.events import OnEvent
from understudy.core.types import Frame, Vector
from understudy.faces.faceset import Faceset
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import SAME_PERSON_DISTANCE, Identifier
from understudy.media.footage import open_footage
from understudy.media.images import IMAGE_SUFFIXES, read_image
from understudy.workflows.extract_people import FoundPerson

_SURE_DISTANCE = 0.5  # one person's faces are less apart, also from one piece of footage to another
_LEAD = 0.05  # by which the nearest must be nearer than the next to be surely the one


def reference_vectors(path: Path, on_event: OnEvent) -> Vector:
    """Identity vectors of the one person that a picture or a faceset shows.

    Returns:
        (n, 128) float32.

    Raises:
        MediaError: the picture cannot be read, or shows no face or several.
        FacesetError: the faceset cannot be read, or has no vector.
        WeightsError: the networks' weights cannot be had.
    """
    if path.is_dir():
        with Faceset.open(path) as faceset:
            known = [face.face.identity for face in faceset.faces() if face.face.identity is not None]
        if not known:
            raise FacesetError(f"{path} has no face to know somebody by", "give a picture of the person")
        return np.stack(known)
    if path.exists() and path.suffix.lower() not in IMAGE_SUFFIXES:
        raise MediaError(f"{path} is no picture", "give a JPEG or PNG with one face, or a faceset")
    image = read_image(path)
    with open_footage(path) as footage:
        info = footage.info
    frame = Frame(index=0, pts=0, time_base=info.time_base, image=image)
    [(_, faces)] = FaceFinder(on_event=on_event).stream([frame])
    if len(faces) != 1:
        what = "no face was found in" if not faces else f"{len(faces)} faces were found in"
        raise MediaError(f"{what} {path}", "give a picture that shows the one person, from the front")
    return Identifier(on_event).vector(image, faces[0])[None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Who it is.

    Args:
        person: the one of the people most alike.
        distance: between their faces and the reference's, root of the mean square.
        is_sure: whether nobody else is nearly as near, and the distance is usual for one person.
    """

    person: FoundPerson
    distance: float
    is_sure: bool


def match(reference: Vector, people: Sequence[FoundPerson]) -> Match | None:
    """Find somebody among people; None where nobody is alike.

    Args:
        reference: (n, 128) identity vectors.
        people: those found.
    """
    known = [person for person in people if len(person.vectors)]
    if not known:
        return None
    distances = np.array([_distance(reference, person.vectors) for person in known])
    order = distances.argsort()
    nearest = float(distances[order[0]])
    if nearest >= SAME_PERSON_DISTANCE:
        return None
    leads = len(order) < 2 or float(distances[order[1]]) - nearest >= _LEAD
    return Match(person=known[order[0]], distance=nearest, is_sure=leads and nearest < _SURE_DISTANCE)


def _distance(a: Vector, b: Vector) -> float:
    """Root of the mean square distance between the rows of two (n, 128) arrays."""
    means = a.mean(axis=0) - b.mean(axis=0)
    return float(np.sqrt((means**2).sum() + a.var(axis=0).sum() + b.var(axis=0).sum()))
