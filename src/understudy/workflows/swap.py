"""Source and target footage to a swapped video: extract, train, convert, in one go."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, ignore
from understudy.core.files import peak_rss_mb
from understudy.faces.faceset import Faceset
from understudy.media.footage import expand_footage, image_files, sha256_of
from understudy.media.patterns import has_number
from understudy.training.model_folder import find_generation, holds_model
from understudy.workflows import convert, convert_output, extract, train, train_checks
from understudy.workflows.configs import (
    ConvertConfig,
    ExtractConfig,
    ExtractResult,
    SwapConfig,
    SwapResult,
    TrainConfig,
)
from understudy.workflows.consent import (
    agreed_earlier,
    check_agreed,
    check_person,
    note_person,
)
from understudy.workflows.consent_faces import check_face
from understudy.workflows.convert_cast import can_be_taken_from
from understudy.workflows.convert_jobs import check_jobs
from understudy.workflows.convert_label import text_of
from understudy.workflows.convert_voice import check_voice
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.signer import check_signing
from understudy.workflows.swap_faces import check_enough, same_footage
from understudy.workflows.swap_names import (
    OPTIONS,
    SOURCE,
    TARGET,
    Named,
    faceset_of,
    model_of,
    names_of,
    take_name,
)
from understudy.workflows.worst_list import check_worst


def run(config: SwapConfig, on_event: OnEvent = ignore) -> SwapResult:
    """Put the source's face into the target.

    Everything is kept in the production folder, and the same command goes on where it was stopped:
    faces that were found are not looked for again, training that was stopped gets the rest of its
    time, and training that was finished is not repeated. Another time trains the model further.

    Raises:
        ConfigError: settings that do not go together, or a production of other footage.
        MediaError: footage that cannot be read, or an output that cannot be written.
        ConsentError: no record says that the source's face may be used.
        FacesetError: too few faces.
        KeyboardInterrupt: training was interrupted; it is saved.
        RefusedError: the footage shows nudity, see `screen.refuse_nudity`.
    """
    started = time.monotonic()
    if not config.source:
        raise ConfigError("no footage of the source is given", "give at least one piece")
    production = config.production or default_production(config.out)
    training = _train_config(config, production)
    people = names_of(config, production)
    _check(config, training, people)
    refuse_nudity(config.target, on_event)
    doubts = same_footage(config)
    for message in doubts:
        on_event(Notice(message=message))
    extracted = {role: _extracted(config, role, people[role], production, on_event) for role in people}
    trained = train.finished_result(training)
    if trained is None:
        trained = train.run(training, on_event)
    if trained.interrupted:
        on_event(Notice(message="training was stopped early; the same command goes on from here"))
        raise KeyboardInterrupt
    faces = faceset_of(production, TARGET)
    # they were looked for already, and maybe reviewed since
    known = (faces,) if can_be_taken_from(faces, config.target) else ()
    converted = convert.run(_convert_config(config, training, people, known), on_event)
    warnings = [w for result in (*extracted.values(), trained, converted) for w in result.warnings]
    return SwapResult(
        output=converted.output,
        frames=converted.frames,
        swapped=converted.swapped,
        fps=converted.fps,
        seconds=time.monotonic() - started,
        peak_rss_mb=max(peak_rss_mb(), converted.peak_rss_mb),  # that of several processes, where there were
        warnings=list(dict.fromkeys([*doubts, *warnings])),
        production=production,
        extract=extracted,
        train=trained,
        matte=converted.matte,
        source_name=people[SOURCE].person,
        target_name=people[TARGET].person,
    )


def _extracted(
    config: SwapConfig, role: str, named: Named, production: Path, on_event: OnEvent
) -> ExtractResult:
    """Somebody's faceset, which says whose it is once that is sure."""
    folder = faceset_of(production, role)
    take_name(folder, named.identity)
    footage = _footage(config)[role]
    result = extract.run(ExtractConfig(footage=footage, faceset=folder, identity=named.identity), on_event)
    if not named.is_said:  # a file's name is nobody's word for whose face it shows
        check_face(named.person, folder, OPTIONS[role])
    note_person(folder, named.person)
    check_enough(role, named.person, result, footage)
    return result


def _footage(config: SwapConfig) -> dict[str, tuple[Path, ...]]:
    """What each one's faces are taken from."""
    return {SOURCE: config.source, TARGET: (config.target, *config.target_footage)}


def _train_config(config: SwapConfig, production: Path) -> TrainConfig:
    """The training of a swap: what is there already is trained further if asked for another time."""
    training = TrainConfig(
        facesets=tuple(faceset_of(production, role) for role in (SOURCE, TARGET)),
        model=model_of(production),
        preset=config.preset,
        minutes=None if config.steps is not None else config.minutes,
        steps=config.steps,
        start=config.start,
        seed=config.seed,
        losses=config.losses,
        consent=config.consent,
        cert=config.cert,
        key=config.key,
    )
    if not holds_model(training.model):
        return training
    index = find_generation(training.model).index
    if train.is_same_run(training, index):
        return training
    return replace(training, resume=True)


def _convert_config(
    config: SwapConfig, training: TrainConfig, people: Mapping[str, Named], faces: tuple[Path, ...]
) -> ConvertConfig:
    """The conversion of a swap."""
    source = people[SOURCE]
    return ConvertConfig(
        target=config.target,
        model=training.model,
        out=config.out,
        matte=config.matte,
        worst=config.worst,
        faces=faces,
        consent=config.consent,
        people={source.identity: source.person},
        cert=config.cert,
        key=config.key,
        source_footage=config.source,
        watermark=config.watermark,
        label=config.label,
        thumbnails=config.thumbnails,
        jobs=config.jobs,
        voice=config.voice,
        voice_as=config.voice_as,
        voice_consent=config.voice_consent,
    )


def default_production(out: Path) -> Path:
    """Where a swap keeps its facesets and its model: beside the output, or the folder of images."""
    if has_number(out) and out.parent.name:
        out = out.parent
    return out.with_name(out.name + ".production")


def _check(config: SwapConfig, training: TrainConfig, people: Mapping[str, Named]) -> None:
    """Fail before minutes of work, not after."""
    footage = expand_footage(path for paths in _footage(config).values() for path in paths)
    for out in (config.out, config.matte):
        if out is not None:
            _check_no_input(out, footage)
    conversion = _convert_config(config, training, people, ())
    check_voice(conversion, convert_output.check_target(conversion))
    if config.worst is not None:
        check_worst(config.worst)
    text_of(config.label)
    check_jobs(config.jobs)
    train_checks.check(training)
    check_signing(config.cert, config.key)
    for folder, (role, paths) in zip(training.facesets, _footage(config).items(), strict=True):
        _check_production(folder, paths)
        if folder.exists():
            check_person(folder, people[role].person)
    check_agreed([people[SOURCE].person], "face", config.consent)
    agreed_earlier(people[TARGET].person, "face")


def _check_no_input(out: Path, footage: Sequence[Path]) -> None:
    """Refuse to write over footage, or images among those that it consists of."""
    for path in footage:
        if out.exists() and path.exists() and path.samefile(out):
            raise ConfigError(f"{out} is one of the inputs", "write to another file")
        images = image_files(path)
        if has_number(out) and out.parent.is_dir() and images and images[0].parent.samefile(out.parent):
            raise ConfigError(f"{out.parent} is the folder of {path}", "write to another folder")


def _check_production(folder: Path, footage: tuple[Path, ...]) -> None:
    """Refuse a faceset that was made from other footage: another person's face must not slip in."""
    if not folder.exists():
        return
    digests = {sha256_of(path) for path in expand_footage(list(footage))}
    with Faceset.open(folder) as faceset:
        others = [source.record for source in faceset.sources() if source.record.sha256 not in digests]
    if others:
        raise ConfigError(
            f"{folder} was made from other footage ({others[0].path.name})",
            "name another --production or --out, or delete that folder",
        )
