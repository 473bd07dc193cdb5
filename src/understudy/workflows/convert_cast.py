"""Who is who in footage that is converted: which faces are replaced, and by whose."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent
from understudy.core.prefetch import prefetch
from understudy.faces.choose import TargetChooser
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.faults import is_a_face
from understudy.faces.finder import FaceFinder
from understudy.media.footage import sha256_of
from understudy.media.partial import PartialFrame
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.workflows.frame_choice import FrameChoice

# of no use for training, and there all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Somebody who is replaced: identities of a model."""

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A face of a frame that is replaced.

    Args:
        face: where it is.
        role: whose it is, and by whom it is replaced.
        masked: as it is stored, where a person has drawn what hides it.
    """

    face: Face
    role: Role
    masked: StoredFace | None = None

    @property
    def track(self) -> tuple[str, int]:
        """What consecutive faces of one person share."""
        return self.role.target, self.face.track


Cast = tuple[PartialFrame, list[Part]]


def roles_of(
    index: ModelIndex, source: str | None, target: str | None, mapped: Mapping[str, str]
) -> list[Role]:
    """Who is replaced by whom.

    Args:
        index: of the model.
        source: who is put in where `mapped` says nothing; the model's first where None.
        target: who is replaced; the first other identity where None.
        mapped: source by target, of several; instead of the two.

    Raises:
        ConfigError: an identity that the model does not have, or somebody is to be replaced by himself.
    """
    names = [entry.name for entry in index.identities]
    if mapped and (source or target):
        raise ConfigError("both a map and a source or target are given", "put all into the map")
    if not mapped:
        put_in = source or next((name for name in names if name != target), names[0])
        mapped = {target or next((name for name in names if name != put_in), names[0]): put_in}
    for name in [*mapped, *mapped.values()]:
        if name not in names:
            raise ConfigError(f"the model has no identity {name!r}", f"it has {', '.join(names)}")
        if mapped.get(name) == name:
            raise ConfigError(f"{name} would be replaced by {name}", "name two people")
    return [Role(source=put_in, target=replaced) for replaced, put_in in mapped.items()]


class LiveCast:
    """Finds the faces of the people who are replaced, and knows them by the network of identities."""

    def __init__(self, roles: Sequence[Role], index: ModelIndex, on_event: OnEvent) -> None:
        """Load the networks; raises WeightsError."""
        known = {entry.name: entry for entry in index.identities}
        self._choosers = [
            (role, TargetChooser(_mean_identity(known[role.target]), on_event)) for role in roles
        ]
        if len(roles) > 1 and any(known[role.target].mean_identity is None for role in roles):
            raise ConfigError(
                "several people are replaced, and the model does not know what each looks like",
                "train it on facesets that extraction has made",
            )
        self._finder = FaceFinder(on_event=on_event)
        self._unsure: dict[int, list[str]] = {}

    def unsure_in(self, index: int) -> Sequence[str]:
        """Who may have been missed in a frame that was given, by its index; to be asked once."""
        return self._unsure.pop(index, ())

    def close(self) -> None:
        """Nothing is held open."""

    def of(self, frames: Iterable[PartialFrame], depth: int) -> Generator[Cast]:
        """Each frame with the faces in it that are replaced; finding has a thread of its own."""
        with closing(prefetch(self._finder.stream(frames), depth=depth)) as found:
            for frame, faces in found:
                yield frame, self._parts(frame, faces)

    def _parts(self, frame: PartialFrame, faces: Sequence[Face]) -> list[Part]:
        left, parts = list(faces), list[Part]()
        for _, chooser in self._choosers:
            chooser.look(frame.image, faces)
        for role, chooser in self._choosers:
            before = chooser.unsure_frames
            face = chooser.pick([face for face in left if not self._is_anothers(face, chooser)])
            if chooser.unsure_frames > before:
                self._unsure.setdefault(frame.index, []).append(role.target)
            if face is not None:
                left = [other for other in left if other is not face]
                parts.append(Part(face=face, role=role))
        return parts

    def _is_anothers(self, face: Face, chooser: TargetChooser) -> bool:
        """Whether somebody else who is replaced is more surely the one with this face."""
        certainty = chooser.certainty(face)
        return any(other.certainty(face) > certainty for _, other in self._choosers if other is not chooser)


class StoredCast:
    """Takes faces from facesets, as a person has reviewed them; nothing is searched.

    A face that was rejected is left alone, but for one that is only of no use for training: hidden, blurred.
    """

    def __init__(self, roles: Sequence[Role], facesets: Sequence[Path], footage: Path) -> None:
        """Open the facesets.

        Raises:
            ConfigError: a faceset is of none who is replaced, or not of every frame of this footage.
            FacesetError: it is missing or damaged.
        """
        self._stack = ExitStack()
        self._faces: list[tuple[Role, Iterator[StoredFace]]] = []
        digest, by_target = sha256_of(footage), {role.target: role for role in roles}
        with ExitStack() as opening:
            for folder in facesets:
                faceset = opening.enter_context(Faceset.open(folder))
                role = by_target.get(faceset.identity)
                if role is None:
                    raise ConfigError(
                        f"{folder} holds faces of {faceset.identity}, who is not replaced",
                        f"replaced are {', '.join(by_target)}",
                    )
                if any(role == other for other, _ in self._faces):
                    raise ConfigError(f"two facesets hold faces of {role.target}", "give one of them")
                self._faces.append((role, _faces_in(faceset, digest, footage)))
            self._stack = opening.pop_all()

    def unsure_in(self, index: int) -> Sequence[str]:
        """Nobody: a person has decided."""
        return ()

    def close(self) -> None:
        """Close the facesets."""
        self._stack.close()

    def of(self, frames: Iterable[PartialFrame], depth: int) -> Generator[Cast]:
        """Each frame with the faces in it that are replaced."""
        waiting = [(role, faces, next(faces, None)) for role, faces in self._faces]
        for frame in frames:
            parts: list[Part] = []
            for number, (role, faces, stored) in enumerate(waiting):
                while stored is not None and stored.frame_index <= frame.index:
                    if stored.frame_index == frame.index:
                        masked = None if stored.mask_path is None else stored
                        parts.append(Part(face=stored.face, role=role, masked=masked))
                    stored = next(faces, None)
                waiting[number] = (role, faces, stored)
            yield frame, parts


def cast_for(
    roles: Sequence[Role], index: ModelIndex, facesets: Sequence[Path], footage: Path, on_event: OnEvent
) -> LiveCast | StoredCast:
    """Faces as they were reviewed where facesets are given, else as they are found; raises as these do."""
    if facesets:
        return StoredCast(roles, facesets, footage)
    return LiveCast(roles, index, on_event)


def can_be_taken_from(folder: Path, footage: Path) -> bool:
    """Whether a faceset knows the faces of every frame of a piece of footage."""
    with Faceset.open(folder) as faceset:
        return _source_id(faceset, sha256_of(footage)) is not None


def _source_id(faceset: Faceset, digest: str) -> int | None:
    if not FrameChoice.is_of_all(faceset):
        return None
    return next((s.state.id for s in faceset.sources() if s.record.sha256 == digest and s.state.done), None)


def _faces_in(faceset: Faceset, digest: str, footage: Path) -> Iterator[StoredFace]:
    source = _source_id(faceset, digest)
    if source is None:
        raise ConfigError(
            f"{faceset.folder} does not hold the faces of every frame of {footage.name}",
            "extract that file into it, without --every, or leave the faceset out",
        )
    return (stored for stored in faceset.faces(None) if stored.source_id == source and is_a_face(stored))


def _mean_identity(entry: IdentityEntry) -> np.ndarray | None:
    return None if entry.mean_identity is None else np.array(entry.mean_identity, np.float32)
