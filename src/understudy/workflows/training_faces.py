"""The faces that are learnt from, out of their facesets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError, FacesetError
from understudy.core.events import Notice, OnEvent, Progress
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.training.model import Model
from understudy.training.model_index import IdentityEntry
from understudy.training.samples import Samples, learnt_of, load_samples
from understudy.workflows.focus import NEAR_FRAMES, Learnt, check_footage, focused
from understudy.workflows.worst_list import WorstList

FEWEST_FACES = 20


def entries_of(facesets: Sequence[Path]) -> list[IdentityEntry]:
    """What a model's index says of its identities.

    Args:
        facesets: one an identity, in the order of the decoders.

    Raises:
        ConfigError: one is given twice, or two are of one identity.
        FacesetError: a faceset is missing, damaged or too small.
    """
    entries: list[IdentityEntry] = []
    for number, folder in enumerate(facesets):
        if folder.resolve() in {other.resolve() for other in facesets[:number]}:
            raise ConfigError(
                f"{folder} is given twice", "give one faceset a person: who is put in, then who is replaced"
            )
        with Faceset.open(folder) as faceset:
            name, count = faceset.identity, faceset.count("kept")
            vector, digest = faceset.mean_identity(), faceset.digest()
        if count < FEWEST_FACES:
            raise FacesetError(
                f"{folder} has {count} usable faces, {FEWEST_FACES} are needed",
                "extract more footage of this person into it",
            )
        if any(entry.name == name for entry in entries):
            raise ConfigError(
                f"two facesets are of the identity {name!r}", "extract one with --identity NAME"
            )
        mean = None if vector is None else [float(v) for v in vector]
        entries.append(IdentityEntry(name=name, faceset_digest=digest, faces=count, mean_identity=mean))
    return entries


def same_faces(entries: Sequence[IdentityEntry]) -> list[str]:
    """A warning for each two identities whose facesets hold the same faces, as copies of one folder do."""
    return [
        f"the facesets of {one.name} and {other.name} hold the same faces: one would be put in for itself"
        for one, other in combinations(entries, 2)
        if one.mean_identity is not None
        and (one.mean_identity, one.faces) == (other.mean_identity, other.faces)
    ]


def load_faces(
    facesets: Sequence[Path],
    model: Model,
    on_event: OnEvent,
    map_in: Path | None = None,
    worst: WorstList | None = None,
) -> list[Samples]:
    """Read everybody's faces as a model wants them.

    Args:
        facesets: one an identity, in the order of the decoders.
        model: decides how large they are.
        on_event: hears of progress.
        map_in: see `load_samples`.
        worst: frames whose faces are drawn more often.

    Raises:
        ConfigError: no face of these frames is learnt from, or nobody else turns the head so.
        FacesetError: a faceset is missing or damaged.
        MediaError: a crop cannot be read.
    """
    identities: list[Learnt] = []
    for number, folder in enumerate(facesets):
        on_event(Progress(stage="load faces", done=number, total=len(facesets), unit="facesets"))
        with Faceset.open(folder) as faceset:
            faces = learnt_of(list(faceset.faces("kept")))
            size, coverage = model.preset.size_px, model.preset.coverage
            samples = load_samples(faceset.identity, faces, size, coverage, map_in)
            identities.append(_learnt(faceset, samples, faces))
            if samples.hidden is not None:
                masked = f"{len(samples.hidden.masks) - 1} of {len(faces)} faces of {faceset.identity}"
                message = f"{masked} have a drawn mask: what it hides is not learnt"
                on_event(Notice(message=message, is_warning=False))
    return told_focus(identities, worst, on_event)


def refocused(
    facesets: Sequence[Path],
    samples: Sequence[Samples],
    digests: Sequence[str],
    worst: WorstList | None,
    on_event: OnEvent,
) -> list[Samples]:
    """The same samples, others of which are drawn more often.

    Args:
        facesets: that they were loaded from.
        samples: of each.
        digests: of the facesets when they were.
        worst: frames whose faces are drawn more often; none are where None.
        on_event: hears of how many.

    Raises:
        ConfigError: no face of these frames is learnt from, or nobody else turns the head so.
        FacesetError: a faceset was changed since, or cannot be read.
    """
    if worst is not None:
        check_footage(worst, facesets)
    identities: list[Learnt] = []
    for folder, known, digest in zip(facesets, samples, digests, strict=True):
        with Faceset.open(folder) as faceset:
            if faceset.digest() != digest:
                raise FacesetError(
                    f"{folder} was changed since it was loaded", "stop the training, and go on"
                )
            plain = replace(known, focus=np.zeros(0, np.intp))
            identities.append(_learnt(faceset, plain, learnt_of(list(faceset.faces("kept")))))
    return told_focus(identities, worst, on_event)


def _learnt(faceset: Faceset, samples: Samples, faces: Sequence[StoredFace]) -> Learnt:
    sources = {source.state.id: source.record.sha256 for source in faceset.sources()}
    return Learnt(samples=samples, faces=faces, sources=sources)


def told_focus(identities: Sequence[Learnt], worst: WorstList | None, on_event: OnEvent) -> list[Samples]:
    """Everybody's samples with what is drawn more often, as of `focused`, and what is to be said of it."""
    if worst is None:
        return [one.samples for one in identities]
    found = focused(identities, worst)
    counts = ", ".join(f"{len(one.focus)} faces of {one.identity}" for one in found.samples)
    on_event(Notice(message=f"drawn more often: {counts}", is_warning=False))
    if found.missing:
        frames = _listed(found.missing)
        message = f"no face that is learnt from lies within {NEAR_FRAMES} frames of these of the worst frames"
        on_event(Notice(message=f"{message} (extract all of that footage): {frames}"))
    if found.lacking:
        on_event(
            Notice(
                message="nobody else turns the head as in these of the worst frames, so they are not trained "
                f'on ("understudy coverage" says what to film): {_listed(found.lacking)}'
            )
        )
    return found.samples


def _listed(frames: Sequence[int]) -> str:
    return ", ".join(map(str, sorted(frames)))
