"""Move faces from one faceset of a production to another; it can be taken back like every other step.

The faceset that they are from decides, in one transaction, and the other one follows; see
`faces.faceset_moved`. What a kill has left undone in between is done when either is opened again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from understudy.core.errors import ConfigError, FacesetError
from understudy.faces.faceset_decisions import Edit, StateChange
from understudy.faces.faceset_moved import MOVED_BACK_TO, MOVED_TO, Arrival, Move
from understudy.workflows.extract_people import ANOTHER_PERSON
from understudy.workflows.review import Changed, Review

_BY = "move"  # who decides in the faceset that follows: its own undo takes none of it back
_AT_ONCE = 256  # faces a transaction: about 20 MB of crops


def called(folder: Path) -> str:
    """What people call a faceset."""
    return folder.name.removesuffix(".faceset")


def move_out(review: Review, faces: Sequence[int], other: Review) -> Changed:
    """Move faces to another faceset.

    Here they are rejected, as "moved to" the other one; `settle` is to be called next. There they are kept,
    but for those that were rejected here for what is wrong with the face itself.

    Raises:
        ConfigError: both are the same faceset.
        FacesetError: the other one cannot take them.
    """
    if review.folder.resolve() == other.folder.resolve():
        raise ConfigError("both are the same faceset", "choose another one")
    sources = {review.source_of(stored.source_id).sha256 for stored in map(review.stored, faces)}
    with other.held() as there:
        if not there.writable:
            raise FacesetError(f"{other.folder.name} cannot be written to", "make the folder writable")
        there.check_target(sorted(sources))
    name, target = called(other.folder), _path(review.folder, other.folder)
    states = [StateChange(face_id=face, state="rejected", reason=f"{MOVED_TO}{name}") for face in faces]
    edits = [Edit(face_id=face, what="faceset", value=target) for face in faces]
    return review.decide(states, edits, "Moved", f" to the faceset {name}")


def settle(review: Review, opened: Callable[[Path], Review | None]) -> None:
    """Let other facesets follow what one has decided about moving faces; what is settled costs nothing.

    Args:
        review: where it was decided.
        opened: gives the faceset in a folder; None of one that is none of the production, or is gone: a
            faceset may come from anybody, and name any folder.

    Raises:
        UnderstudyError: another faceset cannot be read or written.
    """
    with review.held() as here:
        targets = sorted(here.targets())
    for target in targets:
        other = opened(Path(os.path.normpath(review.folder / target)))
        if other is not None and other.folder != review.folder:
            _settle_with(review, target, other)


def _settle_with(review: Review, target: str, other: Review) -> None:
    home = _path(other.folder, review.folder)
    with other.held() as there:
        followed = there.followed(home)
    with review.held() as here:
        moves = here.moves(target, followed)
        sources = {one.state.id: one.record for one in here.sources()}
    for begin in range(0, len(moves), _AT_ONCE):
        some = {move.face_id: _with_state(move) for move in moves[begin : begin + _AT_ONCE]}
        with review.held() as here:
            stored = here.faces_by_id(list(some))
        arrivals = [Arrival(move=some[one.id], stored=one, source=sources[one.source_id]) for one in stored]
        with other.held() as there:
            there.take_in(other.own_person(), (home, called(review.folder)), arrivals, _BY)
    if moves:
        other.reload()


def _with_state(move: Move) -> Move:
    """As it is to be where it is moved to: what was said of whose face it is counts there no more."""
    if move.reason == ANOTHER_PERSON or move.reason.startswith((MOVED_TO, MOVED_BACK_TO)):
        return replace(move, state="kept", reason="")
    return move


def _path(folder: Path, other: Path) -> str:
    return Path(os.path.relpath(other, folder)).as_posix()
