"""A swap in one go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_consent, maybe_path
from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import SwapConfig, SwapResult


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
    watermark: bool = True,
    label: str | None = None,
    thumbnails: bool = True,
    jobs: int = 1,
    voice: AnyPath | None = None,
    voice_as: str | None = None,
    voice_consent: AnyPath | None = None,
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
        watermark: an invisible mark in the faces, as of `convert`.
        label: a visible label, as of `convert`.
        thumbnails: small pictures in the manifest, as of `convert`.
        jobs: processes that share the conversion, as of `convert`.
        voice: folder of a voice model in whose voice the sound is said, as of `convert`.
        voice_as: whose voice, as of `convert`.
        voice_consent: why that voice may be used, as of `convert`.
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
        source_name=source_name, target_name=target_name,
        consent=maybe_consent(consent),
        cert=maybe_path(cert), key=maybe_path(key),
        watermark=watermark,
        label=label,
        thumbnails=thumbnails, jobs=jobs,
        voice=maybe_path(voice), voice_as=voice_as, voice_consent=maybe_consent(voice_consent),
    )  # fmt: skip
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
