"""Source and target footage to a swapped video: extract, train, convert, in one go."""

from __future__ import annotations

import time
from pathlib import Path

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, ignore
from understudy.core.files import peak_rss_mb
from understudy.media.writer import OUTPUT_SUFFIXES
from understudy.training.model_folder import holds_model
from understudy.workflows import convert, extract, train
from understudy.workflows.configs import (
    ConvertConfig,
    ExtractConfig,
    ExtractResult,
    SwapConfig,
    SwapResult,
    TrainConfig,
)

SOURCE, TARGET = "source", "target"


def run(config: SwapConfig, on_event: OnEvent = ignore) -> SwapResult:
    """Put the source's face into the target.

    Everything is kept in the production folder; what is there already is gone on with: faces that
    were found are not looked for again, and an existing model is trained further.

    Raises:
        ConfigError: settings that do not go together.
        MediaError: footage that cannot be read, or an output that cannot be written.
        FacesetError: too few faces.
    """
    started = time.monotonic()
    production = config.production or default_production(config.out)
    _check(config)
    extracted: dict[str, ExtractResult] = {}
    for name, footage in ((SOURCE, config.source), (TARGET, (config.target, *config.target_footage))):
        extracted[name] = extract.run(
            ExtractConfig(footage=footage, faceset=production / f"{name}.faceset", identity=name), on_event
        )
    model = production / "model"
    trained = train.run(
        TrainConfig(
            facesets=tuple(production / f"{name}.faceset" for name in (SOURCE, TARGET)),
            model=model,
            preset=config.preset,
            minutes=None if config.steps is not None else config.minutes,
            steps=config.steps,
            start=config.start,
            seed=config.seed,
            resume=holds_model(model),
        ),
        on_event,
    )
    if trained.interrupted:
        on_event(Notice(message="training was stopped early; the same command goes on from here"))
        raise KeyboardInterrupt
    converted = convert.run(ConvertConfig(target=config.target, model=model, out=config.out), on_event)
    warnings = [w for result in (*extracted.values(), trained, converted) for w in result.warnings]
    return SwapResult(
        output=converted.output,
        frames=converted.frames,
        swapped=converted.swapped,
        fps=converted.fps,
        seconds=time.monotonic() - started,
        peak_rss_mb=peak_rss_mb(),
        warnings=list(dict.fromkeys(warnings)),
        production=production,
        extract=extracted,
        train=trained,
    )


def default_production(out: Path) -> Path:
    """Where a swap keeps its facesets and its model, beside the output."""
    return out.with_name(out.name + ".production")


def _check(config: SwapConfig) -> None:
    """Fail before minutes of work, not after."""
    if config.out.suffix.lower() not in OUTPUT_SUFFIXES:
        raise MediaError(
            f"{config.out} is of no known video format", f"end its name in {', '.join(OUTPUT_SUFFIXES)}"
        )
    if not config.out.parent.is_dir():
        raise MediaError(f"there is no folder {config.out.parent}", "make it, or write elsewhere")
    if config.out.exists() and config.out.is_dir():
        raise MediaError(f"{config.out} is a folder", "name a file to write")
    inputs = [*config.source, config.target, *config.target_footage]
    if any(path.exists() and config.out.exists() and path.samefile(config.out) for path in inputs):
        raise ConfigError(f"{config.out} is one of the inputs", "write to another file")
    for path in inputs:
        if not path.exists():
            raise MediaError(f"there is no {path}", "check the path")
    convert.check_target(config.target)
