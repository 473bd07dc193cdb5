"""Another program's faceset to a faceset: its landmarks, our mesh, our crops."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError, FacesetError
from understudy.core.events import OnEvent, ignore
from understudy.core.files import peak_rss_mb
from understudy.faces.faceset import Faceset
from understudy.faces.foreign.folder import LIST_SUFFIX, FoundFaces, names_in_short, read_faces_of
from understudy.faces.foreign.grouping import ForeignFootage, by_footage
from understudy.media.footage import sha256_of
from understudy.workflows.extract_people import find_people, judge_faults
from understudy.workflows.import_result import ImportConfig, ImportResult
from understudy.workflows.import_store import ImportStore
from understudy.workflows.threads import single_threaded_opencv

_SEEN_WELL = 0.95  # share of the crops that shows picture, below which it is told


def run(config: ImportConfig, on_event: OnEvent = ignore) -> ImportResult:
    """Make a faceset of another program's, or go on where a run stopped.

    Nothing in the files is ever unpickled or evaluated. Every face gets our mesh, found where the other
    program's landmarks say that the face is, and the figures that extraction takes. A face whose mesh is
    elsewhere, or that extraction would reject as of no use, is stored as rejected.

    Raises:
        ConfigError: the settings do not go together.
        FacesetError: nothing can be imported, a file holds code, or the folder is something else.
        MediaError: the frames cannot be read.
        WeightsError: the networks' weights cannot be had.
    """
    started = time.monotonic()
    _check(config)
    found = read_faces_of(config.faces, config.alignments, on_event)
    groups = _of_frames(by_footage(found.faces), config.frames)
    with Faceset.open_or_create(config.faceset, config.identity or config.faceset.name) as faceset:
        store = ImportStore(faceset, config, found, _digest(config), on_event)
        with single_threaded_opencv():
            for group in groups:
                store.add(group)
        people = find_people(faceset)
        judge_faults(faceset, people, store.source_ids)
        state = _state_of(faceset, len(people.people))
        _tell(store, found, state, faceset.identity, has_frames=config.frames is not None)
    if state.kept == 0:
        why = [f"{count} {reason}" for reason, count in state.reasons.items()]
        why += [f"{state.without_mesh} in which no face is seen"] if state.without_mesh else []
        raise FacesetError(
            f"no face of {config.faces} can be used ({', '.join(why) or 'none could be looked at'})",
            "look at the pictures: are they faces, and do --frames belong to them?",
        )
    return ImportResult(
        faceset=config.faceset,
        program=found.faces[0].program,
        frames=state.frames,
        faces=state.kept,
        rejected=sum(state.reasons.values()),
        without_mesh=state.without_mesh,
        left_out={reason: len(names) for reason, names in found.left_out.items()},
        seen_share=state.seen_share,
        landmark_gap=state.landmark_gap,
        seconds=time.monotonic() - started,
        peak_rss_mb=peak_rss_mb(),
        warnings=store.warnings,
        reasons=state.reasons,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What the faceset holds after the import; see `ImportResult`."""

    frames: int
    kept: int
    reasons: dict[str, int]
    without_mesh: int
    people: int
    seen_share: float | None
    landmark_gap: float | None


def _state_of(faceset: Faceset, people: int) -> _State:
    imported = faceset.imported()
    figures = [face.face.quality for face in faceset.faces(None) if "landmark_gap" in face.face.quality]
    return _State(
        frames=len({(face.source_id, face.frame_index) for face in imported}),
        kept=faceset.count(),
        reasons=faceset.reasons(),
        without_mesh=sum(face.track is None for face in imported),
        people=people,
        seen_share=float(np.mean([f["seen_share"] for f in figures])) if figures else None,
        landmark_gap=float(np.mean([f["landmark_gap"] for f in figures])) if figures else None,
    )


def _check(config: ImportConfig) -> None:
    is_list = config.faces.suffix.lower() == LIST_SUFFIX
    if is_list and config.frames is None:
        raise ConfigError(
            f"{config.faces} lists faces without their pictures", "name their footage with --frames"
        )
    if config.alignments is not None and (is_list or config.alignments.suffix.lower() != LIST_SUFFIX):
        raise ConfigError(
            f"{config.alignments} cannot go with {config.faces}",
            f"--alignments is a {LIST_SUFFIX} file beside a folder of faceswap's aligned faces",
        )
    for path in (config.frames, config.alignments):
        if path is not None and not path.exists():
            raise ConfigError(f"{path} does not exist", "check the path")


def _of_frames(groups: list[ForeignFootage], frames: Path | None) -> list[ForeignFootage]:
    """The groups that belong to a video; all where there is none."""
    if frames is None or frames.is_dir():
        return groups
    named = [group for group in groups if group.name == frames.stem]
    chosen = named or (groups if len(groups) == 1 else [])
    if not chosen:
        names = ", ".join(sorted(group.name or "(numbers only)" for group in groups)[:5])
        raise ConfigError(
            f"the faces are from {len(groups)} pieces of footage ({names}), none named like {frames.name}",
            "import without --frames, or name the folder with all their frames",
        )
    if not all(group.is_numbered for group in chosen):
        raise ConfigError(
            f"the names of the frames do not say which of {frames.name} they are",
            "give the folder of frames, or leave out --frames",
        )
    return chosen


def _digest(config: ImportConfig) -> str:
    digest = sha256_of(config.faces)
    if config.alignments is not None:
        digest = hashlib.sha256(f"{digest}\0{sha256_of(config.alignments)}".encode()).hexdigest()
    return digest


def _tell(store: ImportStore, found: FoundFaces, state: _State, identity: str, *, has_frames: bool) -> None:
    """Warn of what is not as it should be."""
    for reason, names in found.left_out.items():
        store.warn(f"left out {len(names)}: {reason} ({names_in_short(names)})")
    if state.without_mesh:
        store.warn(
            f"in {state.without_mesh} faces no mesh was found: their landmarks are kept, but nothing learns "
            "from them"
        )
    if state.seen_share is not None and state.seen_share < _SEEN_WELL and not has_frames:
        store.warn(
            f"the pictures show {state.seen_share:.0%} of what a faceset keeps around a face, the rest "
            "repeats their border: --frames FOOTAGE cuts wider crops"
        )
    if state.people > 1:
        store.warn(f"{state.people} people seem to be among the faces; all are kept as {identity}")
