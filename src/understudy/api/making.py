"""Make a swap: extract, train and convert, in one go or in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_path
from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import (
    ConvertConfig,
    ConvertResult,
    ExtractConfig,
    ExtractResult,
    SwapConfig,
    SwapResult,
    TrainConfig,
    TrainResult,
)

if TYPE_CHECKING:
    from understudy.workflows.import_result import ImportResult


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
    on_event: OnEvent = ignore,
) -> SwapResult:
    """Put the source's face into the target video: extract, train and convert in one go.

    A setting that is None comes from `PRODUCTION/understudy.toml`, table [train], else from the
    defaults: 5 minutes of the preset "tiny" from "base", seed 0.

    Args:
        source: footage of the person put in.
        target: video that is changed.
        out: video to write.
        target_footage: more footage of the person in the target, to learn from only.
        minutes: wall time to train for.
        steps: training steps instead of minutes.
        production: folder for facesets, model and previews; `OUT.production` where None. What lies
            there is gone on with.
        preset: network, by name; see `nets.presets.PRESETS`.
        start: "base" (pretrained on rendered people) or "scratch".
        seed: seed of every random choice.
        report: HTML file to write about the measured result; nothing is measured where None.
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
    config = _swap_config(
        all_paths(source), Path(target), Path(out), all_paths(target_footage), folder, given
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


def extract(
    footage: OneOrMorePaths,
    faceset: AnyPath,
    *,
    identity: str | None = None,
    every: int = 1,
    from_s: float | None = None,
    to_s: float | None = None,
    people: str = "largest",
    only: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> ExtractResult:
    """Find a person's faces in footage and keep them as a faceset.

    Args:
        footage: videos, images, folders of images, or patterns such as `clips/**/*.mp4`.
        faceset: folder to write; an unfinished one is continued.
        identity: the person's name; the faceset folder's name where None.
        every: look at one frame in so many.
        from_s: leave out what comes before this time in each piece of footage, seconds.
        to_s: leave out what comes from this time on, seconds.
        people: "largest" keeps who is seen most, "all" gives each a faceset of their own below `faceset`.
        only: picture or faceset of the person to keep instead of who is seen most.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import extract as workflow

    config = ExtractConfig(
        footage=all_paths(footage),
        faceset=Path(faceset),
        identity=identity,
        every=every,
        from_s=from_s,
        to_s=to_s,
        people=people,
        only=maybe_path(only),
    )
    return workflow.run(config, on_event)


def import_faces(
    faces: AnyPath,
    faceset: AnyPath,
    *,
    identity: str | None = None,
    alignments: AnyPath | None = None,
    frames: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> ImportResult:
    """Make a faceset of one of DeepFaceLab or faceswap, with its landmarks.

    Args:
        faces: folder of aligned faces, one of them, or an alignments file of faceswap (.fsa).
        faceset: folder to write; an unfinished one is continued.
        identity: the person's name; the faceset folder's name where None.
        alignments: alignments file whose landmarks count instead of those in faceswap's pictures.
        frames: video or folder of frames that the faces are from; crops are cut from it.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import import_faces as workflow
    from understudy.workflows.import_result import ImportConfig

    config = ImportConfig(
        faces=Path(faces),
        faceset=Path(faceset),
        identity=identity,
        alignments=maybe_path(alignments),
        frames=maybe_path(frames),
    )
    return workflow.run(config, on_event)


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
    losses: Mapping[str, float] | None = None,
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
        batch: faces a person and step; the preset's own where None.
        seed: seed of every random choice.
        resume: train the model that lies in `model` further; a stopped run goes on without it. A faceset
            beyond the model's own adds its person.
        until_flat: end by itself once held-out figures have stopped improving; minutes or steps are then
            the most it takes, and without them it takes as long as that needs.
        tensorboard: write scalars and previews to the model's folder `tensorboard`.
        encoder: "trained"; "slow", at a tenth of the learning rate; or "frozen" as it is, so that the
            decoders alone go on learning. The latter two are for encoders that have learnt already; while
            a person joins, the decoders of who was there are as slow then. Where None, "slow" while
            a person joins, else "trained".
        from_model: folder of a model of the same preset; a new model starts from its encoder. Decoders
            start as `start` says.
        losses: weights of what is minimised, by name, where they are not the preset's; 0 switches one off.
        on_event: hears of progress, warnings and previews.

    Returns:
        What training reached; `interrupted` where Ctrl-C ended it early, its work saved.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import train as workflow
    from understudy.workflows.settings import DEFAULT_MINUTES, resolve

    folder = Path(model)
    given = {"minutes": minutes, "steps": steps, "preset": preset, "start": start, "seed": seed}
    settings = resolve(
        folder.absolute().parent,
        given | {"batch": batch, "losses": losses},
        None if until_flat else DEFAULT_MINUTES,
    )
    config = TrainConfig(
        facesets=tuple(map(Path, facesets)),
        model=folder,
        preset=settings.preset,
        minutes=settings.minutes,
        steps=settings.steps,
        start=settings.start,
        batch=settings.batch,
        seed=settings.seed,
        resume=resume,
        until_flat=until_flat,
        tensorboard=tensorboard,
        encoder=encoder,
        from_model=maybe_path(from_model),
        losses=settings.losses,
    )
    return workflow.run(config, on_event)


def convert(
    target: AnyPath,
    model: AnyPath,
    out: AnyPath,
    *,
    source: str | None = None,
    target_identity: str | None = None,
    on_event: OnEvent = ignore,
) -> ConvertResult:
    """Draw the source's face over the target's in every frame of a video.

    Args:
        target: video that is changed.
        model: model folder.
        out: video to write.
        source: name of the person put in; the model's first where None.
        target_identity: name of the person replaced; the model's second where None.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import convert as workflow

    config = ConvertConfig(
        target=Path(target), model=Path(model), out=Path(out), source=source, target_identity=target_identity
    )
    return workflow.run(config, on_event)
