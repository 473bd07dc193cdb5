"""Facesets to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.api.paths import AnyPath, maybe_consent, maybe_path
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import TrainConfig, TrainResult

if TYPE_CHECKING:
    from understudy.workflows.adjust import AdjustResult


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
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
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
        cert: PEM file of the certificates to sign previews with, the signer's first; this machine's own where
            None.
        key: PEM file of its key, without a passphrase.
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
    asked |= {"consent": maybe_consent(consent), "cert": maybe_path(cert), "key": maybe_path(key)}
    return workflow.run(_train_config(facesets, Path(model), given, asked), on_event)


def adjust(
    model: AnyPath,
    *,
    rate: float | None = None,
    focus: AnyPath | None = None,
    pause: bool | None = None,
    finish: bool = False,
    stop: bool = False,
) -> AdjustResult:
    """Change a training while it runs in another process; it takes that within a second or two, and saves.

    Args:
        model: folder of the model that is trained.
        rate: learning rate as a share of what the schedule says; 1 is the usual one.
        focus: `worst.json` of a swap of these people, faces like those in it are drawn more often; "none"
            ends that.
        pause: True saves and waits, False goes on.
        finish: let the rate fall now, and end as if the time were over.
        stop: save and end, as Ctrl-C does.

    Returns:
        How it is set, and what was changed before.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import adjust as workflow

    said = None if focus is None else str(focus)
    config = workflow.AdjustConfig(
        model=Path(model), rate=rate, focus=said, pause=pause, finish=finish, stop=stop
    )
    return workflow.run(config)


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
