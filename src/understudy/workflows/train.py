"""Facesets to a model."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from understudy.core.errors import ConfigError, FacesetError, ModelError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.faces.faceset import Faceset
from understudy.media.images import write_image
from understudy.nets.presets import PRESETS, Preset
from understudy.training.augment import AUGMENTATION
from understudy.training.base import start_from_base
from understudy.training.batches import batches
from understudy.training.loop import Moment, Schedule, Trainer, train
from understudy.training.model import Model, has_fast_bf16
from understudy.training.model_folder import (
    IdentityEntry,
    LoadedModel,
    ModelIndex,
    holds_model,
    load_model,
    load_optimizer,
    save_model,
)
from understudy.training.samples import Samples, load_samples
from understudy.training.validate import Validation, preview
from understudy.workflows.configs import TrainConfig, TrainResult
from understudy.workflows.memory import available_bytes, check_memory

FEWEST_FACES = 20
SAVE_EVERY_S = 120.0
VALIDATE_EVERY_S = 45.0
_FIRST_VALIDATION_S = 10.0


def run(config: TrainConfig, on_event: OnEvent = ignore) -> TrainResult:
    """Train a shared encoder and a decoder for each faceset's identity.

    Ctrl-C (KeyboardInterrupt) ends training early, saves, and is told by `interrupted`.

    Raises:
        ConfigError: settings that do not go together.
        FacesetError: a faceset is missing or too small.
        ModelError: the model folder is taken, or holds another model.
    """
    preset = _checked(config)
    torch.set_flush_denormal(True)  # vanishing gradients would otherwise make a CPU tens of times slower
    torch.manual_seed(config.seed)
    identities, entries = _load(config, preset, on_event)
    session = _Session(config, identities, entries, on_event)
    return session.run()


def _checked(config: TrainConfig) -> Preset:
    if config.preset not in PRESETS:
        raise ConfigError(f"unknown preset {config.preset!r}", f"use one of {', '.join(PRESETS)}")
    if len(config.facesets) < 2:
        raise ConfigError(
            f"{len(config.facesets)} faceset given", "training needs one for each of two identities"
        )
    if (config.minutes is None) == (config.steps is None):
        raise ConfigError("how long to train is not clear", "give either minutes or steps")
    if (config.minutes is not None and config.minutes <= 0) or (
        config.steps is not None and config.steps <= 0
    ):
        raise ConfigError("training time is not positive", "give minutes or steps above 0")
    if config.batch is not None and config.batch < 1:
        raise ConfigError(f"batch is {config.batch}", "give at least 1 face an identity and step")
    if config.start not in ("base", "scratch"):
        raise ConfigError(f"unknown start {config.start!r}", "use base or scratch")
    if holds_model(config.model) and not config.resume:
        raise ModelError(
            f"{config.model} holds a model already", "go on with --resume, or name another folder"
        )
    if config.resume and not holds_model(config.model):
        raise ModelError(f"{config.model} holds no model to go on with", "leave out --resume to start one")
    return PRESETS[config.preset]


def _load(
    config: TrainConfig, preset: Preset, on_event: OnEvent
) -> tuple[list[Samples], list[IdentityEntry]]:
    identities: list[Samples] = []
    entries: list[IdentityEntry] = []
    for number, folder in enumerate(config.facesets):
        with Faceset.open(folder) as faceset:
            name = faceset.identity
            faces = list(faceset.faces("kept"))
            vector, digest = faceset.mean_identity(), faceset.digest()
        if len(faces) < FEWEST_FACES:
            raise FacesetError(
                f"{folder} has {len(faces)} usable faces, {FEWEST_FACES} are needed",
                "extract more footage of this person into it",
            )
        if any(entry.name == name for entry in entries):
            raise ConfigError(
                f"two facesets are of the identity {name!r}", "extract one with --identity NAME"
            )
        on_event(Progress(stage="load faces", done=number, total=len(config.facesets), unit="facesets"))
        identities.append(load_samples(name, faces, preset.size_px, preset.coverage))
        mean = None if vector is None else [float(v) for v in vector]
        entries.append(IdentityEntry(name=name, faceset_digest=digest, faces=len(faces), mean_identity=mean))
    return identities, entries


class _Session:
    """One run of training: its model, and what is done now and then."""

    def __init__(
        self, config: TrainConfig, identities: list[Samples], entries: list[IdentityEntry], on_event: OnEvent
    ) -> None:
        self._config, self._identities, self._on_event = config, identities, on_event
        self._warnings: list[str] = []
        loaded = self._resumed(entries) if config.resume else self._fresh(entries)
        self._model, self._index = loaded.model, loaded.index
        for message in loaded.warnings:
            self._warn(message)
        batch = config.batch or self._model.preset.batch
        check_memory(self._model, [len(samples) for samples in identities], batch, available_bytes())
        self._trainer = Trainer(self._model, self._index.seed)
        if config.resume and not load_optimizer(config.model, self._trainer.optimizer, self._index):
            self._warn(f"{config.model} has no optimizer state that fits: it starts anew")
        self._validation = Validation(identities)
        self._previews: list[Path] = []
        self._first_step, self._seconds_before = self._index.step, self._index.seconds
        self._saved_s = 0.0
        self._validated_s = _FIRST_VALIDATION_S - VALIDATE_EVERY_S
        self._loss = 0.0

    def run(self) -> TrainResult:
        started = time.monotonic()
        first = self._index.step
        steps_in_all = None if self._config.steps is None else first + self._config.steps
        seconds = None if self._config.minutes is None else 60 * self._config.minutes
        schedule = Schedule(seconds=seconds, steps=steps_in_all, first_step=first)
        size = self._config.batch or self._model.preset.batch
        made = prefetch(
            batches(self._identities, size, self._index.seed, first, AUGMENTATION[self._config.preset]),
            depth=4,
        )
        interrupted = False
        try:
            train(self._trainer, made, schedule, first, self._on_step)
        except KeyboardInterrupt:
            interrupted = True
        except FloatingPointError as error:
            raise ModelError(
                f"training broke down: {error}", "the last save is good: go on from it with --resume"
            ) from error
        finally:
            made.close()
        self._validate(time.monotonic() - started)
        self._save()
        elapsed = time.monotonic() - started
        steps = self._index.step - first
        latest = self._index.history[-1] if self._index.history else {}
        return TrainResult(
            model=self._config.model,
            steps=self._index.step,
            seconds=elapsed,
            steps_per_s=steps / max(elapsed, 1e-9),
            validation={
                "ssim_in_mask": {n: float(latest.get(f"ssim {n}", 0.0)) for n in self._model.identities},
                "mean_face_ssim_in_mask": dict(self._validation.mean_face_ssim),
            },
            history=list(self._index.history),
            previews=self._previews,
            peak_rss_mb=peak_rss_mb(),
            interrupted=interrupted,
            warnings=self._warnings,
        )

    def _warn(self, message: str) -> None:
        self._warnings.append(message)
        self._on_event(Notice(message=message))

    def _fresh(self, entries: list[IdentityEntry]) -> LoadedModel:
        config = self._config
        model = Model(config.preset, [entry.name for entry in entries], bf16=has_fast_bf16())
        warnings: list[str] = []
        if config.start == "base" and model.preset.has_base:
            start_from_base(model)
        elif config.start == "base":
            warnings.append(f"{config.preset} has no pretrained start: it starts from scratch")
        index = ModelIndex(
            preset=config.preset,
            identities=entries,
            seed=config.seed,
            settings=_settings(config),
            versions=_versions(),
        )
        return LoadedModel(model=model, index=index, warnings=warnings)

    def _resumed(self, entries: list[IdentityEntry]) -> LoadedModel:
        config = self._config
        loaded = load_model(config.model, bf16=has_fast_bf16())
        names = [entry.name for entry in loaded.index.identities]
        if names != [entry.name for entry in entries] or loaded.index.preset != config.preset:
            raise ModelError(
                f"{config.model} is a {loaded.index.preset} model of {', '.join(names)}",
                "give its facesets in that order, and its preset",
            )
        changed = [
            new.name
            for old, new in zip(loaded.index.identities, entries, strict=True)
            if old.faceset_digest != new.faceset_digest
        ]
        warnings = [f"the faceset of {name} has changed since the last run" for name in changed]
        update = {"identities": entries, "settings": _settings(config), "versions": _versions()}
        index = loaded.index.model_copy(update=update)
        return LoadedModel(model=loaded.model, index=index, warnings=[*loaded.warnings, *warnings])

    def _on_step(self, moment: Moment) -> None:
        self._index.step = moment.step
        self._index.seconds = self._seconds_before + moment.elapsed_s
        self._loss = moment.loss if self._loss == 0 else 0.95 * self._loss + 0.05 * moment.loss
        if moment.step % 5 == 0:
            self._report(moment)
        if moment.elapsed_s - self._validated_s >= VALIDATE_EVERY_S:
            self._validate(moment.elapsed_s)
            self._validated_s = moment.elapsed_s
        if moment.elapsed_s - self._saved_s >= SAVE_EVERY_S:
            self._save()
            self._saved_s = moment.elapsed_s

    def _report(self, moment: Moment) -> None:
        by_time = self._config.minutes is not None
        done = moment.elapsed_s if by_time else moment.step - self._first_step
        total = 60 * self._config.minutes if self._config.minutes is not None else self._config.steps
        self._on_event(
            Progress(
                stage="train",
                done=min(done, total or done),
                total=total,
                unit="s" if by_time else "steps",
                figures={"step": moment.step, "loss": self._loss},
            )
        )

    def _validate(self, elapsed_s: float) -> None:
        figures = self._validation.ssim(self._model)
        entry: dict[str, Any] = {"step": self._index.step, "seconds": self._seconds_before + elapsed_s}
        entry |= {"loss": self._loss} | {f"ssim {name}": value for name, value in figures.items()}
        self._index.history.append(entry)
        path = self._config.model / "previews" / f"step_{self._index.step:07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, preview(self._model, self._identities[0], self._identities[1]))
        self._previews.append(path)
        self._on_event(Written(path=path, what="preview"))

    def _save(self) -> None:
        self._index = save_model(self._config.model, self._model, self._trainer.optimizer, self._index)


def _settings(config: TrainConfig) -> dict[str, Any]:
    return {
        key: [str(v) for v in value]
        if isinstance(value, tuple)
        else str(value)
        if isinstance(value, Path)
        else value
        for key, value in asdict(config).items()
    }


def _versions() -> dict[str, str]:
    return {
        "understudy": version("understudy"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
