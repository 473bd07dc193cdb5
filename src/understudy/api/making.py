"""Make a swap: in one go, or train and convert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_consent, maybe_path
from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import (
    ConvertConfig,
    ConvertResult,
    SwapConfig,
    SwapResult,
    TrainConfig,
    TrainResult,
)


def swap(
    source: OneOrMorePaths,
    target: AnyPath,
    out: AnyPath,
    *,
    target_footage: OneOrMorePaths = (),
    minutes: float | None = None,
    steps: int | None = None,
    production: AnyPath | None = None,
    preset: str | None = None,
    start: str | None = None,
    seed: int | None = None,
    report: AnyPath | None = None,
    matte: AnyPath | None = None,
    source_name: str | None = None,
    target_name: str | None = None,
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    worst: AnyPath | None = None,
    watermark: bool = False,
    on_event: OnEvent = ignore,
) -> SwapResult:
    """Put the source's face into the target video: extract, train and convert in one go.

    A setting that is None comes from `PRODUCTION/understudy.toml`, table [train], else from the
    defaults: 5 minutes of the preset "tiny" from "base", seed 0.

    Args:
        source: footage of the person put in.
        target: footage that is changed: a video, or images as a folder or a pattern.
        out: video to write, or numbered images: "frames/%06d.png".
        target_footage: more footage of the person in the target, to learn from only.
        minutes: wall time to train for.
        steps: training steps instead of minutes.
        production: folder for facesets, model and previews; `OUT.production` where None. What lies
            there is gone on with.
        preset: network, by name; see `nets.presets.PRESETS`.
        start: "base" (pretrained on rendered people) or "scratch".
        seed: seed of every random choice.
        report: HTML file to write about the measured result; nothing is measured where None.
        matte: a further video or numbered images to write, white where the picture is new.
        source_name: who is put in, as their record, their faceset and the model call them; as the first of
            their footage is called where None, or as the production has it.
        target_name: likewise of who is replaced.
        consent: why the source's face may be used, where there is no record of it yet: a file that shows it
            (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        worst: folder for the worst frames, as of `convert`.
        watermark: an invisible mark in the faces, experimental, as of `convert`.
        on_event: hears of progress, warnings and files.

    Returns:
        What was done; a `ReportedSwapResult` where a report was asked for.

    Raises:
        UnderstudyError: what failed and what to do next.
        KeyboardInterrupt: it was interrupted; the work is saved, and the same call goes on from it.
    """
    from understudy.workflows import reported_swap
    from understudy.workflows import swap as workflow

    given = {"minutes": minutes, "steps": steps, "preset": preset, "start": start, "seed": seed}
    folder = Path(production) if production is not None else workflow.default_production(Path(out))
    config = replace(
        _swap_config(all_paths(source), Path(target), Path(out), all_paths(target_footage), folder, given),
        matte=maybe_path(matte),
        worst=maybe_path(worst),
        source_name=source_name,
        target_name=target_name,
        consent=maybe_consent(consent),
        cert=maybe_path(cert),
        key=maybe_path(key),
        watermark=watermark,
    )
    if report is None:
        return workflow.run(config, on_event)
    return reported_swap.run(config, on_event, report=Path(report))


def _swap_config(
    source: tuple[Path, ...],
    target: Path,
    out: Path,
    target_footage: tuple[Path, ...],
    production: Path,
    given: dict[str, object],
) -> SwapConfig:
    """Fill what was not given from the production's settings."""
    from understudy.workflows.settings import FILE_NAME, resolve

    settings = resolve(production, given)
    if settings.batch is not None:
        raise ConfigError(f"{production / FILE_NAME} sets train.batch, which a swap cannot use", "remove it")
    return SwapConfig(
        source=source,
        target=target,
        target_footage=target_footage,
        out=out,
        minutes=settings.minutes,
        steps=settings.steps,
        production=production,
        preset=settings.preset,
        start=settings.start,
        seed=settings.seed,
        losses=settings.losses,
    )


def train(
    facesets: Sequence[AnyPath],
    model: AnyPath,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    preset: str | None = None,
    start: str | None = None,
    batch: int | None = None,
    seed: int | None = None,
    resume: bool = False,
    until_flat: bool = False,
    tensorboard: bool = False,
    encoder: str | None = None,
    from_model: AnyPath | None = None,
    devices: int | None = None,
    accumulate: int = 1,
    device: str = "auto",
    losses: Mapping[str, float] | None = None,
    focus: AnyPath | None = None,
    consent: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> TrainResult:
    """Train one encoder and a decoder for each faceset's person.

    A setting that is None comes from `understudy.toml` in the folder that the model lies in, table
    [train], else from the defaults: 5 minutes of the preset "tiny" from "base", seed 0.

    Args:
        facesets: one folder a person, 2 to 16; a conversion puts the first into the second.
        model: folder to write.
        minutes: wall time to train for.
        steps: training steps instead of minutes.
        preset: network, by name; see `nets.presets.PRESETS`.
        start: "base" (pretrained on rendered people) or "scratch".
        batch: faces a person and step, of `accumulate` batches each; what suits preset and device where None.
        seed: seed of every random choice.
        resume: train what lies in `model` further (a stopped run goes on anyway); a faceset adds a person.
        until_flat: end once held-out figures stop improving; minutes or steps are then the most it takes.
        tensorboard: write scalars and previews to the model's folder `tensorboard`.
        encoder: "trained", "slow" (at a tenth of the rate) or "frozen"; None is "slow" while a person joins.
        from_model: model of the same preset whose encoder a new one starts from; decoders as `start` says.
        devices: processes that share the faces of each step; None for one, or those that torchrun started.
        accumulate: batches whose gradients make one step together, like one batch so many times as large.
        device: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
        losses: weights of what is minimised, by name, where they are not the preset's; 0 switches one off.
        focus: `worst.json` of a swap with these people; faces like those in it are drawn more often.
        consent: why the first person's face may be used, where there is no record yet: a file that shows
            it (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        on_event: hears of progress, warnings and previews.

    Returns:
        What training reached; `interrupted` where Ctrl-C ended it early, its work saved.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import train as workflow

    given: dict[str, object] = {"minutes": minutes, "steps": steps, "preset": preset, "start": start}
    given |= {"batch": batch, "seed": seed, "losses": losses}
    asked: dict[str, Any] = {"resume": resume, "until_flat": until_flat, "tensorboard": tensorboard}
    asked |= {"encoder": encoder, "from_model": maybe_path(from_model), "devices": devices}
    asked |= {"accumulate": accumulate, "device": device, "focus": maybe_path(focus)}
    asked |= {"consent": maybe_consent(consent)}
    return workflow.run(_train_config(facesets, Path(model), given, asked), on_event)


def _train_config(
    facesets: Sequence[AnyPath], model: Path, given: dict[str, object], asked: dict[str, Any]
) -> TrainConfig:
    """Fill what was not given from the settings beside the model.

    Args:
        facesets: one folder a person.
        model: folder to write.
        given: what `understudy.toml` may say, too, None where it was not given.
        asked: the other fields of the config.
    """
    from understudy.workflows.settings import DEFAULT_MINUTES, resolve

    default_minutes = None if asked["until_flat"] else DEFAULT_MINUTES
    settings = resolve(model.absolute().parent, given, default_minutes)
    return TrainConfig(facesets=tuple(map(Path, facesets)), model=model, **asked, **asdict(settings))


def convert(
    target: AnyPath,
    model: AnyPath,
    out: AnyPath | None = None,
    *,
    source: str | None = None,
    target_identity: str | None = None,
    mapped: Mapping[str, str] | None = None,
    faces: Sequence[AnyPath] = (),
    colour: str = "auto",
    blend: str | None = None,
    strength: float = 1.0,
    occlusion: bool = True,
    texture: bool = False,
    codec: str = "auto",
    crf: int | None = None,
    matte: AnyPath | None = None,
    worst: AnyPath | None = None,
    frame: float | Sequence[int | float] = (),
    grid: AnyPath | None = None,
    device: str = "auto",
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    watermark: bool = False,
    on_event: OnEvent = ignore,
) -> ConvertResult:
    """Draw the source's face over the target's in every frame of a video, or in images.

    Args:
        target: footage that is changed: a video, or images as a folder or a pattern.
        model: model folder.
        out: video to write, or numbered images: "frames/%06d.png", .tif or .jpg; with `frame`, a picture.
        source: name of the person put in; the model's first where None.
        target_identity: name of the person replaced; the model's second where None.
        mapped: where several people are replaced, whose face each gets: name put in by name replaced.
        faces: facesets of those who are replaced, made of every frame of this target: their faces, as they
            were reviewed, are taken instead of looking for them.
        colour: how colours are matched: "none", "lab", "mkl", "histogram", "sliced", or "auto" for what comes
            nearest in the first frames.
        blend: how the face is joined to what is around it: "light" (None), "feather", "pyramid" or "poisson".
        strength: how much of it is shown, 0 (the target) to 1.
        occlusion: leave what passes before the face (a hand, a microphone) in front of it, as far as that is
            told apart; best with `faces`, from which is learnt how that person usually looks.
        texture: let the face take on the target's blur and grain; for footage that has some.
        codec: "h264", "hevc", "prores", "ffv1", or "auto" for the video's own, or what holds its depth.
        crf: constant quality, 0 (lossless) to 51; hard to tell from the video where None.
        matte: a further video or numbered images to write, white where the picture is new.
        worst: judge each frame while it is made, and write the figures and the worst frames to this folder:
            for review, and for the `focus` of training.
        frame: convert this one only and write a picture of it: its position from 0, or (as float) seconds.
        grid: instead of `out`, a picture that sets the faces of each `frame` side by side, matched and joined
            in every way, or in those that `colour` and `blend` name ("lab,mkl").
        device: what draws: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
        consent: why the source's face may be used, where there is no record of it yet: a file that shows it
            (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        watermark: put an invisible mark into the faces. Experimental: it can show on very smooth skin, and is
            lost in strong compression (docs/watermark.md). The manifest says whether it is there.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import convert as workflow

    config = ConvertConfig(
        target=Path(target),
        model=Path(model),
        out=_written(out, grid),
        source=source,
        target_identity=target_identity,
        mapped=mapped or {},
        faces=tuple(map(Path, faces)),
        colour=colour,
        blend=blend or "light",
        strength=strength,
        occlusion=occlusion,
        texture=texture,
        codec=codec,
        crf=crf,
        matte=maybe_path(matte),
        worst=maybe_path(worst),
        device=device,
        consent=maybe_consent(consent),
        cert=maybe_path(cert),
        key=maybe_path(key),
        watermark=watermark,
    )
    frames = (frame,) if isinstance(frame, int | float) else tuple(frame)
    if not frames and grid is None:
        return workflow.run(config, on_event)
    from understudy.workflows import preview
    from understudy.workflows.preview_config import asked

    return preview.run(asked(config, frames, colour, blend, is_grid=grid is not None), on_event)


def _written(out: AnyPath | None, grid: AnyPath | None) -> Path:
    """What a conversion writes: one of the two."""
    if out is not None and grid is not None:
        raise ConfigError("both an output and a grid are given", "a grid is written instead of the output")
    written = out if grid is None else grid
    if written is None:
        raise ConfigError("no output is named", "give out, or a frame and a grid")
    return Path(written)
