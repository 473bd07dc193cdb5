"""Footage and a model to new footage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.info import VideoInfo
from understudy.media.patterns import has_number
from understudy.workflows.choices import AUTO, BLENDS, COLOURS, nearest
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.consent_of_models import agreed_for
from understudy.workflows.convert_cast import cast_for
from understudy.workflows.convert_compose import Look
from understudy.workflows.convert_frames import Drawing, MadeFrames, make_frames
from understudy.workflows.convert_jobs import (
    REPORT_EVERY,
    jobs_for,
    made_by,
    progress,
    remove_stretches,
    told_unjudged,
)
from understudy.workflows.convert_label import text_of
from understudy.workflows.convert_output import check_target, output_for
from understudy.workflows.convert_voice import check_voice, voiced
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.signer import check_signing
from understudy.workflows.signing import marks_of
from understudy.workflows.threads import single_threaded_opencv, unsearched_objects
from understudy.workflows.worst_list import check_worst, store_worst


def run(config: ConvertConfig, on_event: OnEvent = ignore) -> ConvertResult:
    """Draw the source's face over the target's in every frame that shows it.

    Frames without the target's face pass through; the audio is copied packet for packet, unless it is said
    in another voice.

    Raises:
        MediaError: the footage cannot be read, or the output cannot be written.
        ModelError: the model cannot be loaded, or that of the voice.
        ConfigError: an identity or a voice that the model does not have, or a faceset of other footage.
        ConsentError: no record says that the face put in, or the voice, may be used.
        FacesetError: a faceset that cannot be read.
        RefusedError: the footage shows nudity, see `screen.refuse_nudity`.
    """
    started = time.monotonic()
    look, info = _checked(config)
    refuse_nudity(config.target, on_event)
    jobs = jobs_for(config, info, on_event)
    make = _made_alone if jobs is None else partial(made_by, jobs)
    made = make(config, info, look, on_event)
    _tell(config, [message for message in made.warnings if message not in made.told], on_event)
    if made.qualities is not None and config.worst is not None:
        _store_worst(config, config.worst, made, on_event)
    seconds = time.monotonic() - started
    return ConvertResult(
        output=config.out,
        frames=made.tally.frames,
        swapped=made.tally.swapped,
        fps=made.tally.added / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb() + made.peak_rss_mb,
        warnings=made.warnings,
        matte=config.matte,
    )


def _made_alone(config: ConvertConfig, info: VideoInfo, look: Look, on_event: OnEvent) -> MadeFrames:
    """All of it, by this process."""
    drawing = Drawing.loaded(config, look)
    roles, index = drawing.roles, drawing.index
    check_signing(config.cert, config.key)  # before a record of consent is made for nothing
    consent = agreed_for(roles, index, config.consent, config.people, on_event)
    with (
        single_threaded_opencv(),
        voiced(config, info, on_event) as sound,
        closing(cast_for(roles, index, config.faces, config.target, on_event)) as cast,
        output_for(config, sound, roles, index, consent) as output,
        unsearched_objects(),
    ):
        remove_stretches(config)
        told = output.warnings  # e.g. that it begins anew: to be known now, not after hours
        for message in told:
            on_event(Notice(message=message))
        if output.first:
            message = f"it goes on at frame {output.first}, where it was stopped"
            on_event(Notice(message=message, is_warning=False))
        hear = partial(_tell_frames, on_event)
        made = make_frames(config, drawing, cast, output, on_event=on_event, on_frame=hear)
    made.told, made.marks = told, marks_of(config, roles, index, consent.said)
    made.warnings = [*consent.warnings, *sound.warnings, *drawing.warnings, *made.warnings, *output.warnings]
    made.warnings += [*made.tally.missed(config.target), *told_unjudged(made)]
    return made


def _tell_frames(on_event: OnEvent, done: int, hint: int | None) -> None:
    if done % REPORT_EVERY == 0:
        on_event(progress(done, hint))


def _store_worst(config: ConvertConfig, folder: Path, made: MadeFrames, on_event: OnEvent) -> None:
    assert made.qualities is not None
    assert made.marks is not None
    paths = {"target": config.target, "output": config.out, "model": config.model}
    store_worst(folder, made.qualities, **paths, marks=made.marks, on_event=on_event)


def _tell(config: ConvertConfig, warnings: Sequence[str], on_event: OnEvent) -> None:
    """Say what was written, and what the user should know of it."""
    for message in warnings:
        on_event(Notice(message=message))
    what = "swapped images" if has_number(config.out) else "swapped video"
    if config.out.suffix.lower() in WRITABLE_SUFFIXES and not has_number(config.out):
        what = "swapped image"
    on_event(Written(path=config.out, what=what))
    if config.matte is not None:
        on_event(Written(path=config.matte, what="matte"))


def _checked(config: ConvertConfig) -> tuple[Look, VideoInfo]:
    """Refuse what can be known to fail before a model is loaded; what it shall look like, of what target."""
    look = look_of(config)
    text_of(config.label)
    info = check_target(config)
    check_voice(config, info)
    if config.worst is not None:
        check_worst(config.worst)
    return look, info


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
    return Look(colour=config.colour, blend=config.blend, strength=config.strength, texture=config.texture)
