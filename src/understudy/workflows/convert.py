"""Footage and a model to new footage."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from pathlib import Path

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.media.encoding import is_native
from understudy.media.reader import VideoReader
from understudy.media.writer import check_output
from understudy.training.model import Model
from understudy.training.model_folder import load_model
from understudy.training.model_index import ModelIndex
from understudy.training.processor import has_fast_bf16
from understudy.workflows.choices import AUTO, BLENDS, COLOURS, nearest
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.convert_cast import LiveCast, Role, StoredCast, roles_of
from understudy.workflows.convert_compose import Composer, Look
from understudy.workflows.convert_draw import drawn_frames
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_output import WARM_UP_FRAMES, output_for, write
from understudy.workflows.threads import frames_ahead, single_threaded_opencv
from understudy.workflows.usual_faces import kept_tolerances, tolerances_of

_REPORT_EVERY = 5  # frames


def run(config: ConvertConfig, on_event: OnEvent = ignore) -> ConvertResult:
    """Draw the source's face over the target's in every frame that shows it.

    Frames without the target's face pass through; the audio is copied packet for packet.

    Raises:
        MediaError: the footage cannot be read, or the output cannot be written.
        ModelError: the model cannot be loaded.
        ConfigError: an identity that the model does not have, or a faceset of other footage.
        FacesetError: a faceset that cannot be read.
    """
    started = time.monotonic()
    look = look_of(config)
    loaded = load_model(config.model, bf16=has_fast_bf16())
    model, index = loaded.model.eval(), loaded.index
    roles = roles_of(index, config.source, config.target_identity, config.mapped)
    if config.faces:
        cast = StoredCast(roles, config.faces, config.target)
    else:
        cast = LiveCast(roles, index, on_event)
    front = _front(config, model, index) if config.occlusion else None
    # from the inside out: no thread may decode any more when the reader closes
    with (
        single_threaded_opencv(),
        output_for(config, roles, index) as writer,
        nullcontext(Composer(model.preset, look, writer.notes.get("colours"))) as composer,
        VideoReader(config.target, start_index=max(0, writer.next_frame - WARM_UP_FRAMES)) as reader,
        closing(prefetch(reader.partial(), depth=frames_ahead(reader.info))) as decoded,
        closing(cast.of(decoded, frames_ahead(reader.info))) as chosen,
        closing(prefetch(composer.of(drawn_frames(model, chosen, front)), depth=2)) as done,
    ):
        total, begun = reader.info.frames_hint, writer.next_frame
        frames, swapped = begun, int(writer.notes.get("swapped", 0))
        if begun:
            on_event(Notice(message=f"it goes on at frame {begun}, where it was stopped", is_warning=False))
        for frame, faces in done:
            if frame.index < begun:
                continue
            frames, swapped = frames + 1, swapped + bool(faces)
            noted = {"swapped": swapped, "colours": dict(composer.colours_chosen)}
            with writer.noting(noted):
                write(writer, frame)
            if frames % _REPORT_EVERY == 0:
                whole = max(total, frames) if total else None
                on_event(Progress(stage="convert", done=frames, total=whole, unit="frames"))
    warnings = [*loaded.warnings, *reader.warnings, *writer.warnings]
    warnings += _missed(config, roles, cast.unsure, swapped)
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="swapped video"))
    seconds = time.monotonic() - started
    return ConvertResult(
        output=config.out,
        frames=frames,
        swapped=swapped,
        fps=(frames - begun) / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _front(config: ConvertConfig, model: Model, index: ModelIndex) -> Front:
    """With what training has learnt of the people, else what their facesets tell."""
    known = kept_tolerances(config.model, index)
    return Front(model, known or tolerances_of(model, config.faces))


def _missed(
    config: ConvertConfig, roles: Sequence[Role], unsure: Mapping[str, int], swapped: int
) -> list[str]:
    """What is to be said of people who were not found, or not in every frame."""
    if not swapped:
        who = " and ".join(role.target for role in roles)
        return [f"{who} was not found in {config.target}: the output shows the target unchanged"]
    return [
        f"{count} frames show a face that may be {name}'s and was not swapped: the identity network was not "
        "sure"
        for name, count in unsure.items()
    ]


def look_of(config: ConvertConfig) -> Look:
    """How faces shall look.

    Raises:
        ConfigError: there is no such way, or a strength outside [0, 1].
    """
    ways = (("blend", config.blend, BLENDS), ("colour", config.colour, (AUTO, *COLOURS)))
    for what, name, known in ways:
        if name not in known:
            raise ConfigError(f"there is no {what} {name!r}", nearest(name, known))
    if not 0 <= config.strength <= 1:
        raise ConfigError(f"the strength is {config.strength:g}", "give 0 (the target unchanged) to 1")
    return Look(colour=config.colour, blend=config.blend, strength=config.strength)


def check_target(path: Path, out: Path) -> None:
    """Raise early where a target cannot be converted, or its output not written.

    Raises:
        MediaError: it is no video file, or the output's container cannot take its audio.
    """
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "the target is one video file")
    with VideoReader(path) as reader:
        check_output(out, reader.info, native=is_native(reader.info))
