"""Whether faces are those that a record of consent was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from understudy.core.errors import ConsentError
from understudy.core.identity_folder import find_record
from understudy.core.identity_record import FaceOf
from understudy.core.types import Vector
from understudy.faces.faceset import Faceset
from understudy.faces.identify import SAME_MEAN_DISTANCE

# of a single face and the mean of many: of one person up to 0.37, of two from 0.45 (ten people)
_SAME_ONE_DISTANCE = 0.42
# of two single ones: of one person 66 of 68 pairs are nearer, of two people 1 of 1,013 (16 people)
_SAME_PICTURES_DISTANCE = 0.5


def unlike(known: FaceOf, name: str, vector: Sequence[float], *, is_one: bool = False) -> list[str]:
    """What is said where faces are not those of a record.

    Args:
        known: what the record says of the face.
        name: whose record it is.
        vector: (128,) identity vector of the faces.
        is_one: whether it is of a single picture.
    """
    # a single face differs more from a mean than a mean does, and from another single one still more
    singles = is_one + (known.pictures is not None)
    nearer_than = (SAME_MEAN_DISTANCE, _SAME_ONE_DISTANCE, _SAME_PICTURES_DISTANCE)[singles]
    distance = float(np.linalg.norm(np.subtract(known.vector, vector)))
    if distance < nearer_than:
        return []
    return [
        f"these faces are not like those that the record of {name} was made with (distance "
        f"{distance:.2f}, of one person below {nearer_than}): look whether it is {name}"
    ]


def check_face(name: str, faceset: Path, option: str) -> None:
    """Refuse faces of somebody else than the record's, where nobody said whose they are.

    Args:
        name: of the record; nothing is refused where there is none.
        faceset: of the faces.
        option: that says who it is.

    Raises:
        ConsentError: they are not like those that the record was made with.
        FacesetError: it cannot be read.
    """
    with Faceset.open(faceset) as opened:
        vector = opened.mean_identity()
    found = find_record(name)
    if found is None or found.record.face is None or vector is None:
        return
    if unlike(found.record.face, name, [float(value) for value in vector]):
        raise ConsentError(
            f"there is a record of {name}, and these faces are not like theirs",
            f"say who it is with {option}",
        )


def doubts_about_face(name: str, vector_of: Callable[[], Vector], option: str, *, is_said: bool) -> list[str]:
    """What speaks against a single face being that of a record: a line for the user, where somebody said so.

    Args:
        name: of the record.
        vector_of: gives the face's identity vector; not asked where there is nothing to compare.
        option: that says who it is.
        is_said: whether somebody has said it; else a file's name does, which is nobody's word.

    Raises:
        ConsentError: nobody has said it, and the face is another.
    """
    found = find_record(name)
    if found is None or found.record.face is None:
        return []
    doubts = unlike(found.record.face, name, [float(value) for value in vector_of()], is_one=True)
    if doubts and not is_said:
        raise ConsentError(
            f"there is a record of {name}, and this face is not like theirs", f"say who it is with {option}"
        )
    return doubts
