"""Where converted frames go: a video or images, and their masks; a stopped conversion goes on with both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from understudy.core.types import Mask
from understudy.faces.faceset import Faceset
from understudy.media.any_writer import (
    AnyWriter,
    check_frame_size,
    check_matte,
    check_writer,
    leave_out_tags,
    open_writer,
    take_over,
    write_frame,
)
from understudy.media.footage import open_footage, sha256_of
from understudy.media.info import VideoInfo
from understudy.media.matte import MatteWriter
from understudy.media.output import Finish, write_errors
from understudy.media.partial import PartialFrame
from understudy.media.stretches import Together, make_room, remove_room, stretch_path
from understudy.media.xmp import SYNTHETIC_NOTICE, VOICED_NOTICE
from understudy.provenance.watermark_binding import soft_binding_of
from understudy.provenance.watermark_code import payload_of
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.consent import Agreed, consent_note
from understudy.workflows.convert_cast import Role
from understudy.workflows.convert_label import text_of
from understudy.workflows.convert_voice import Voiced
from understudy.workflows.sealing import tags_for
from understudy.workflows.signing import is_marked, signing_of

MATTE_NOTICE = "Where a face was replaced in synthetic media (understudy)"
# before the first frame that is still to be written: steadying faces and matching colours look so far back
WARM_UP_FRAMES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in an output a stretch of it belongs; see `convert_jobs`.

    Args:
        first: its first frame.
        frames_from: before this one, frames are there already.
        matte_from: likewise masks.
    """

    first: int
    frames_from: int
    matte_from: int


class Output:
    """The frames of a conversion and, where asked for, their masks, with what an earlier run has left.

    Attributes:
        key: says what is written: equal for what is made in the same way of the same.
        tags: what containers and images say of it.
        notes: what was kept with the last frame that is there.
        begun: frames before this one are there.
        first: the first frame that is needed: masks may be further behind than frames.
    """

    def __init__(
        self,
        config: ConvertConfig,
        info: VideoInfo,
        key: str,
        tags: Mapping[str, str] | None = None,
        finish: Finish | None = None,
        place: Place | None = None,
    ) -> None:
        """Open both; frames are finished before they get their name.

        Args:
            config: of the conversion.
            info: of the target, as `check_target` gave it.
            key: what a frame depends on.
            tags: what the output's container says of it.
            finish: signs what is written.
            place: of a stretch, which is kept as it is and not finished: the whole output takes it over.

        Raises:
            MediaError: one cannot be written.
        """
        self._config, self._place, self._info = config, place, info
        if place is not None:
            config = _in_place(config, place)
        with ExitStack() as opening:
            self._matte: MatteWriter | None = None
            # frames are finished first: theirs is the larger file, so a full disk is met while both can go on
            if config.matte is not None:
                self._matte = opening.enter_context(
                    MatteWriter(
                        config.matte,
                        like=self._info,
                        key=key,
                        metadata={"comment": MATTE_NOTICE},
                        first=place.matte_from if place else 0,
                    )
                )
            writer = open_writer(
                config.out, self._info, key=key, codec=config.codec, crf=config.crf,
                metadata=tags, finish=finish and partial(self._finished, finish),
                first=place.frames_from if place else None,
            )  # fmt: skip
            self._frames: AnyWriter = opening.enter_context(writer)
            self._stack = opening.pop_all()
        self.key, self.tags = key, dict(tags or {})
        self.notes: Mapping[str, Any] = self._frames.notes
        self.begun = self._frames.next_frame
        self.first = min(self.begun, self._matte.next_frame) if self._matte else self.begun

    def _finished(self, finish: Callable[..., None], files: Sequence[Path]) -> None:
        """Sign; what nobody was found in must not say that somebody was replaced."""
        finish(files, swapped=int(self._frames.notes.get("swapped", 1)))

    @property
    def warnings(self) -> list[str]:
        """What is lost, a line each; complete once it is closed."""
        return list(dict.fromkeys([*self._frames.warnings, *(self._matte.warnings if self._matte else ())]))

    def add(self, frame: PartialFrame, matte: Mask | None, notes: Mapping[str, Any]) -> None:
        """Write what is not there yet of a frame.

        Args:
            frame: the next one, which may have been changed.
            matte: how much of it is new, where that was asked for.
            notes: kept with it; those of the frame before stay where it cannot be written.

        Raises:
            MediaError: the disk is full or fails, or a video cannot hold a frame of this size.
        """
        for path in (self._config.out, self._config.matte):
            if path is not None:
                check_frame_size(path, frame, self._info)
        if self._matte is not None:
            assert matte is not None
            self._matte.write_mask(matte, frame)
        if frame.index < self.begun:
            return
        before, self._frames.notes = self._frames.notes, dict(notes)
        try:
            write_frame(self._frames, frame)
        except BaseException:
            self._frames.notes = before
            raise

    def place(self, first: int) -> Place:
        """Where a stretch of this output belongs that begins with a frame."""
        return Place(
            first=first,
            frames_from=max(first, self.begun),
            matte_from=max(first, self._matte.next_frame) if self._matte else first,
        )

    def take_over(self, stretches: Sequence[Output], together: Together) -> None:
        """Put stretches of it, in order, behind what is there; as of `PartsWriter`."""
        take_over(self._frames, [one._frames for one in stretches], together)
        if self._matte is not None:
            self._matte.take_over([one._matte for one in stretches if one._matte is not None], together)
        self.notes = self._frames.notes

    def __enter__(self) -> Self:
        """Give the output itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish both, or keep what there is of a stretch, or where the block raised."""
        if error is None and self._config.voice is None and not self._frames.notes.get("swapped", 1):
            leave_out_tags(self._frames)  # they say that a face was replaced
        if self._place is not None and error is None:
            self._stack.pop_all()
            try:
                self._frames.keep()
            finally:
                if self._matte is not None:
                    self._matte.keep()
        self._stack.__exit__(kind, error, trace)
        if self._place is not None:
            for path in (self._config.out, self._config.matte):
                if path is not None:
                    remove_room(path, self._place.first)


def _in_place(config: ConvertConfig, place: Place) -> ConvertConfig:
    """What a stretch is written to, in folders that are made; MediaError where they cannot be."""
    for path in (config.out, config.matte):
        if path is not None:
            with write_errors(path):
                make_room(path, place.first)
    matte = stretch_path(config.matte, place.first) if config.matte is not None else None
    return replace(config, out=stretch_path(config.out, place.first), matte=matte)


def output_for(
    config: ConvertConfig, voiced: Voiced, roles: Sequence[Role], index: ModelIndex, agreed: Agreed
) -> Output:
    """Open the output of a conversion; arguments say what it depends on, errors as of `Output`."""
    consent = {**voiced.consent.references, **agreed.references}
    agreed = replace(agreed, references=consent)
    key = _key(config, roles, index)
    mark = soft_binding_of(payload_of(key)) if is_marked(config) else None
    finish = signing_of(config, roles, index, consent=agreed.said, soft_binding=mark, spoken=voiced.spoken)
    tags = tags_for(config.out, consent_note(agreed), VOICED_NOTICE if voiced.spoken else SYNTHETIC_NOTICE)
    return Output(config, voiced.info, key, tags, finish)


def check_target(config: ConvertConfig) -> VideoInfo:
    """Raise early where a target cannot be converted, or its output not written; nothing is left.

    Returns:
        What is known of the target.

    Raises:
        MediaError: it is no footage, or its output or the mask cannot be written so.
    """
    with open_footage(config.target) as footage:
        info = footage.info
    check_writer(config.out, info, codec=config.codec, crf=config.crf)
    if config.matte is not None:
        check_matte(config.matte, info, config.out)
    return info


def _key(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> str:
    """What a frame of the output depends on, so that parts of another conversion are not gone on with."""
    facesets: list[str] = []
    for folder in config.faces:
        with Faceset.open(folder) as faceset:
            facesets += [faceset.digest(), *sorted(faceset.masks().values())]
    said = {
        "version": version("understudy"),
        "target": sha256_of(config.target),
        "model": index.weights_sha256,
        "roles": [asdict(role) for role in roles],
        "faces": facesets,
        "look": [config.colour, config.blend, config.strength, config.occlusion, config.texture],
        "watermark": is_marked(config),
        "label": text_of(config.label),
        "encoding": [config.codec, config.crf],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
