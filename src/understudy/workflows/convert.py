"""Footage and a model to new footage."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.measure.frame_quality import FrameQuality
from understudy.media.footage import FrameSource, open_footage
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.info import VideoInfo
from understudy.media.patterns import has_number
from understudy.provenance.watermark_code import payload_of
from understudy.provenance.watermark_embed import Watermark
from understudy.training.model import Model
from understudy.training.model_folder import load_model
from understudy.training.model_index import ModelIndex
from understudy.training.processor import find_device, has_fast_bf16
from understudy.workflows.choices import AUTO, BLENDS, COLOURS, nearest
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.consent_of_models import agreed_for
from understudy.workflows.convert_cast import Cast, LiveCast, Role, StoredCast, cast_for, roles_of
from understudy.workflows.convert_compose import Composed, Composer, Look
from understudy.workflows.convert_draw import drawn_frames
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_judge import Judging
from understudy.workflows.convert_label import Labeller, text_of
from understudy.workflows.convert_output import WARM_UP_FRAMES, Output, check_target, output_for
from understudy.workflows.convert_tally import Tally
from understudy.workflows.marks import Marks
from understudy.workflows.signing import check_signing, is_marked, marks_of
from understudy.workflows.threads import frames_ahead, single_threaded_opencv
from understudy.workflows.usual_faces import kept_tolerances, tolerances_of
from understudy.workflows.worst_list import check_worst, store_worst

_REPORT_EVERY = 5  # frames


def run(config: ConvertConfig, on_event: OnEvent = ignore) -> ConvertResult:
    """Draw the source's face over the target's in every frame that shows it.

    Frames without the target's face pass through; the audio is copied packet for packet.

    Raises:
        MediaError: the footage cannot be read, or the output cannot be written.
        ModelError: the model cannot be loaded.
        ConfigError: an identity that the model does not have, or a faceset of other footage.
        ConsentError: no record says that the face put in may be used.
        FacesetError: a faceset that cannot be read.
    """
    started = time.monotonic()
    look, info = _checked(config)
    device = find_device(config.device)
    loaded = load_model(config.model, bf16=has_fast_bf16(device))
    model, index = loaded.model.to(device).eval(), loaded.index
    roles = roles_of(index, config.source, config.target_identity, config.mapped)
    check_signing(config.cert, config.key)  # before a record of consent is made for nothing
    consent = agreed_for(roles, index, config.consent, config.people, on_event)
    with (
        single_threaded_opencv(),
        closing(cast_for(roles, index, config.faces, config.target, on_event)) as cast,
        output_for(config, info, roles, index, consent) as output,
        open_footage(config.target, start_index=_start(config, roles, index, output.first)) as footage,
    ):
        tally = Tally(output.notes, [role.target for role in roles])
        judging = Judging(roles, index, on_event) if config.worst else None
        front = front_for(config, model, index) if config.occlusion else None
        colours, with_matte = output.notes.get("colours"), config.matte is not None
        mark = _watermark(config, model, output)
        label = Labeller(text_of(config.label), output.notes, is_video=footage.info.container != "images")
        composer = Composer(model.preset, look, colours, with_matte=with_matte, watermark=mark)
        told = output.warnings  # e.g. that it begins anew: to be known now, not after hours
        for message in told:
            on_event(Notice(message=message))
        if output.first:
            message = f"it goes on at frame {output.first}, where it was stopped"
            on_event(Notice(message=message, is_warning=False))
        with closing(_composed(model, footage, cast, composer, front, judging)) as done:
            for composed in done:
                number = composed.frame.index
                if number < output.first:
                    continue
                if number >= output.begun:
                    tally.add(composed.replaced, cast.unsure_in(number))
                    label.add(composed)
                noted = {"colours": dict(composer.colours_chosen), **tally.noted(), **label.noted()}
                output.add(composed.frame, composed.matte, noted)
                if (number + 1) % _REPORT_EVERY == 0:
                    on_event(_progress(number + 1, footage.info.frames_hint))
    warnings = [*consent.warnings, *loaded.warnings, *footage.warnings, *output.warnings]
    warnings += tally.missed(config.target)
    warnings += judging.told(output.begun) if judging else []
    _tell(config, [message for message in warnings if message not in told], on_event)
    if judging is not None and config.worst is not None:
        marks = marks_of(config, roles, index, consent.said)
        _store_worst(config, config.worst, judging.qualities(output.begun), marks, on_event)
    seconds = time.monotonic() - started
    return ConvertResult(
        output=config.out,
        frames=tally.frames,
        swapped=tally.swapped,
        fps=tally.added / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
        matte=config.matte,
    )


def _store_worst(
    config: ConvertConfig, folder: Path, known: Sequence[FrameQuality], marks: Marks, on_event: OnEvent
) -> None:
    paths = {"target": config.target, "output": config.out, "model": config.model}
    store_worst(folder, known, **paths, marks=marks, on_event=on_event)


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
    if config.worst is not None:
        check_worst(config.worst)
    return look, info


def _composed(
    model: Model,
    footage: FrameSource,
    cast: StoredCast | LiveCast,
    composer: Composer,
    front: Front | None,
    judging: Judging | None,
) -> Generator[Composed]:
    """The frames of footage with their faces replaced. Leave it through `contextlib.closing`."""
    ahead = frames_ahead(footage.info)
    # from the inside out: no thread may decode any more when the footage closes
    with (
        closing(prefetch(footage.partial(), depth=ahead)) as decoded,
        closing(cast.of(decoded, ahead)) as chosen,
        closing(prefetch(_made(model, composer, front, judging, chosen), depth=2)) as done,
    ):
        yield from done


def _made(
    model: Model, composer: Composer, front: Front | None, judging: Judging | None, chosen: Iterable[Cast]
) -> Iterator[Composed]:
    if judging is None:
        return composer.of(drawn_frames(model, chosen, front))
    return judging.after(composer.of(drawn_frames(model, judging.before(chosen), front)))


def _progress(done: int, hint: int | None) -> Progress:
    return Progress(stage="convert", done=done, total=max(hint, done) if hint else None, unit="frames")


def _watermark(config: ConvertConfig, model: Model, output: Output) -> Watermark | None:
    preset = model.preset
    if not is_marked(config):
        return None
    return Watermark(payload_of(output.key), size_px=preset.size_px, coverage=preset.coverage)


def _start(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex, first: int) -> int:
    """The frame to begin at, so that one that is written first is as if all before it had been."""
    known = {entry.name for entry in index.identities if entry.mean_identity is not None}
    if not config.faces and any(role.target not in known for role in roles):
        return 0  # who is the largest in the first frame that shows anybody is followed from there
    return max(0, first - WARM_UP_FRAMES)


def front_for(config: ConvertConfig, model: Model, index: ModelIndex) -> Front:
    """With what training has learnt of the people, else what their facesets tell."""
    known = kept_tolerances(config.model, index)
    return Front(model, known or tolerances_of(model, config.faces))


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
