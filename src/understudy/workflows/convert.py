"""Footage and a model to new footage."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.core.types import Frame
from understudy.media.encoding import is_native
from understudy.media.info import VideoInfo
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter, check_output
from understudy.training.model_folder import load_model
from understudy.training.processor import has_fast_bf16
from understudy.workflows.choices import AUTO, BLENDS, COLOURS, nearest
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.convert_cast import LiveCast, StoredCast, roles_of
from understudy.workflows.convert_compose import Composer, Look
from understudy.workflows.convert_draw import drawn_frames
from understudy.workflows.threads import frames_ahead, single_threaded_opencv

_REPORT_EVERY = 5  # frames

SYNTHETIC_NOTICE = "Synthetic media: a face in this video was replaced (understudy)"


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
    warnings = list(loaded.warnings)
    frames = swapped = 0
    composer = Composer(model.preset, look)
    # from the inside out: no thread may decode any more when the reader closes
    with (
        single_threaded_opencv(),
        VideoReader(config.target) as reader,
        writer_for(config, reader.info) as writer,
        closing(prefetch(reader.partial(), depth=frames_ahead(reader.info))) as decoded,
        closing(cast.of(decoded, frames_ahead(reader.info))) as chosen,
        closing(prefetch(composer.of(drawn_frames(model, chosen)), depth=2)) as done,
    ):
        total = reader.info.frames_hint
        for frame, faces in done:
            write(writer, frame)
            frames, swapped = frames + 1, swapped + bool(faces)
            if frames % _REPORT_EVERY == 0:
                whole = max(total, frames) if total else None
                on_event(Progress(stage="convert", done=frames, total=whole, unit="frames"))
    warnings += [*reader.warnings, *writer.warnings]
    if swapped:
        warnings += [
            f"{count} frames show a face that may be {name}'s and was not swapped: the identity network was "
            "not sure"
            for name, count in cast.unsure.items()
        ]
    else:
        who = " and ".join(role.target for role in roles)
        warnings.append(f"{who} was not found in {config.target}: the output shows the target unchanged")
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="swapped video"))
    seconds = time.monotonic() - started
    return ConvertResult(
        output=config.out,
        frames=frames,
        swapped=swapped,
        fps=frames / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


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


def writer_for(config: ConvertConfig, like: VideoInfo) -> VideoWriter:
    """What the output is written with; raises MediaError where it cannot be."""
    return VideoWriter(
        config.out,
        like=like,
        native=is_native(like),
        codec=config.codec,
        crf=config.crf,
        metadata={"comment": SYNTHETIC_NOTICE},
    )


def write(writer: VideoWriter, frame: PartialFrame) -> None:
    """Write a frame that may have been changed."""
    picture = frame.image
    assert isinstance(picture, DecodedPicture)
    coded = picture.coded
    if coded is not None and coded.format.name == writer.pixel_format:
        writer.write_coded(coded, frame.time_s)
    else:
        writer.write(
            Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=picture.whole())
        )


def check_target(path: Path, out: Path) -> None:
    """Raise early where a target cannot be converted, or its output not written.

    Raises:
        MediaError: it is no video file, or the output's container cannot take its audio.
    """
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "the target is one video file")
    with VideoReader(path) as reader:
        check_output(out, reader.info, native=is_native(reader.info))
