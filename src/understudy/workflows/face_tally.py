"""How many faces an extraction kept, and why it rejected the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.faces.faceset import Faceset
from understudy.workflows.configs import Person

_TOO_RARE = "of people who are seen too rarely"
_NOT_SAID = "for no stated reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTally:
    """Faces by what became of them.

    Args:
        kept: in a faceset, the folder's own or that of a person.
        reasons: reason to number of those that are rejected, the commonest first.
    """

    kept: int
    reasons: dict[str, int]


def tally_faces(faceset: Faceset, people: Sequence[Person]) -> FaceTally:
    """Count the faces where they are kept: in the folder's faceset, or in those of the people.

    In the latter nobody is rejected for being another person.

    Args:
        faceset: of the extraction, with all faces.
        people: those found, with the folder in which each one's faces are kept.

    Raises:
        FacesetError: a person's faceset cannot be read.
    """
    own = [person.path for person in people if person.path not in (None, faceset.folder)]
    if not own:
        return FaceTally(kept=faceset.count(), reasons=_named(Counter(faceset.reasons())))
    kept, of_people, reasons = 0, 0, Counter[str]()
    for path in own:
        assert path is not None
        with Faceset.open(path) as theirs:
            kept += theirs.count()
            of_people += theirs.count(None)
            reasons.update(theirs.reasons())
    reasons[_TOO_RARE] += faceset.count(None) - of_people
    return FaceTally(kept=kept, reasons=_named(reasons))


def _named(reasons: Counter[str]) -> dict[str, int]:
    return {reason or _NOT_SAID: count for reason, count in reasons.most_common() if count}
