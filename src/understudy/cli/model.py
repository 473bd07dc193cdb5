"""`understudy train`."""

from __future__ import annotations

from typing import Any

from understudy.cli.consent_option import Consent
from understudy.cli.output import Row, number, print_rows
from understudy.cli.perform import Debug, Json, perform, perform_in_silence
from understudy.cli.preset_list import ListPresets
from understudy.cli.signing_options import Cert, Key
from understudy.cli.training_options import (
    Accumulate,
    Batch,
    Device,
    Devices,
    Encoder,
    Facesets,
    Focus,
    FromModel,
    Loss,
    Minutes,
    ModelFolder,
    Preset,
    Resume,
    Seed,
    Start,
    Steps,
    Tensorboard,
    UntilFlat,
    a_models_facesets,
    checked_losses,
    either_minutes_or_steps,
)
from understudy.core.events import OnEvent
from understudy.workflows.configs import TrainResult
from understudy.workflows.torchrun import follows


def train(
    facesets: Facesets,
    model: ModelFolder,
    minutes: Minutes = None,
    steps: Steps = None,
    preset: Preset = None,
    start: Start = None,
    batch: Batch = None,
    seed: Seed = None,
    resume: Resume = False,
    until_flat: UntilFlat = False,
    tensorboard: Tensorboard = False,
    encoder: Encoder = None,
    from_model: FromModel = None,
    devices: Devices = None,
    accumulate: Accumulate = 1,
    device: Device = None,
    losses: Loss = None,
    focus: Focus = None,
    consent: Consent = None,
    cert: Cert = None,
    key: Key = None,
    list_presets: ListPresets = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a model on facesets; Ctrl-C ends it early and saves.

    Settings that are not given come from understudy.toml beside the model folder, table "train".
    """
    del list_presets  # its callback has done all
    either_minutes_or_steps(minutes, steps)
    a_models_facesets(facesets)
    more: dict[str, Any] = {"losses": checked_losses(losses), "focus": focus}
    more |= {"consent": consent, "cert": cert, "key": key}

    def work(on_event: OnEvent) -> TrainResult:
        from understudy import train as api

        return api(
            facesets,
            model,
            minutes=minutes,
            steps=steps,
            preset=preset,
            start=start,
            batch=batch,
            seed=seed,
            resume=resume,
            until_flat=until_flat,
            tensorboard=tensorboard,
            encoder=encoder,
            from_model=from_model,
            devices=devices,
            accumulate=accumulate,
            device=device or "auto",
            **more,
            on_event=on_event,
        )

    if follows(devices):
        perform_in_silence(work, debug=debug)
        return
    perform(work, _show_training, as_json=json, debug=debug, interrupted=lambda result: result.interrupted)


def _show_training(result: TrainResult) -> None:
    rows = [
        ("model", str(result.model)),
        ("steps", f"{result.steps}, {number(result.steps_per_s)} a second"),
    ]
    print_rows([*rows, *held_out_rows(result), *_outlook_rows(result)])


def _outlook_rows(result: TrainResult) -> list[Row]:
    """Which step was best, and what a further hour is likely to bring."""
    rows = [] if result.best_step is None else [("best validation", f"step {result.best_step}")]
    if result.further_hour:
        gain, error = result.further_hour["ssim_gain"], result.further_hour["uncertainty"]
        rows.append(("a further hour", f"likely {gain:+.3f} held-out SSIM, give or take {error:.3f}"))
    return rows


def held_out_rows(result: TrainResult) -> list[Row]:
    """How well faces that were not learnt from are drawn, beside what is to be beaten."""
    means = result.validation["mean_face_ssim_in_mask"]
    return [
        (f"held-out SSIM, {name}", f"{number(ssim, 3)} (a constant mean face: {number(means.get(name), 3)})")
        for name, ssim in result.validation["ssim_in_mask"].items()
    ]
