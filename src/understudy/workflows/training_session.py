"""One run of training: steps, and now and then a validation, a preview, a save."""

from __future__ import annotations

import platform
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from understudy.core.errors import ModelError, UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress, Written
from understudy.core.files import peak_rss_mb
from understudy.media.images import write_image
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import batches, made_ahead
from understudy.training.loop import Moment, Schedule, Trainer, train
from understudy.training.model_folder import LoadedModel, ModelIndex, holds_model, load_optimizer, save_model
from understudy.training.samples import Samples
from understudy.training.validate import Validation, preview
from understudy.workflows.configs import TrainResult
from understudy.workflows.memory import available_bytes, out_of_memory, ran_out

SAVE_EVERY_S = 120.0
VALIDATE_EVERY_S = 45.0
_FIRST_VALIDATION_S = 10.0
_SSIM, _MEAN_FACE = "ssim ", "mean face "  # how the history's entries name an identity's figures


class TrainingSession:
    """Trains a loaded model for what is left of its budget.

    Args:
        loaded: the model, untrained or as it was saved.
        folder: where it is saved.
        identities: faces of each, in the order of the decoders.
        batch: faces an identity and step.
        on_event: hears of progress, warnings and previews.
    """

    def __init__(
        self, loaded: LoadedModel, folder: Path, identities: list[Samples], batch: int, on_event: OnEvent
    ) -> None:
        """Prepare the optimizer and the validation."""
        self._folder, self._identities, self._batch, self._on_event = folder, identities, batch, on_event
        self._model, self._index = loaded.model, loaded.index
        self._warnings: list[str] = []
        for message in loaded.warnings:
            self._warn(message)
        self._trainer = Trainer(self._model, self._index.seed)
        if holds_model(folder) and not load_optimizer(folder, self._trainer.optimizer, self._index):
            self._warn(f"{folder} has no optimizer state that fits: it starts anew")
        self._validation = Validation(identities)
        self._first_step = self._index.step
        self._seconds_before, self._spent_before = self._index.seconds, self._index.budget.spent_s
        self._saved_s = 0.0
        self._validated_s = _FIRST_VALIDATION_S - VALIDATE_EVERY_S
        self._loss = 0.0

    def run(self) -> TrainResult:
        """Train, validate, save; Ctrl-C ends it early and saves.

        Raises:
            ModelError: training broke down; what was saved before is good.
        """
        started = time.monotonic()
        budget, first = self._index.budget, self._first_step
        schedule = Schedule(
            seconds=budget.seconds,
            steps=budget.steps,
            first_step=budget.first_step,
            spent_s=budget.spent_s,
        )
        augmentation = AUGMENTATION[self._model.preset_name]
        made = made_ahead(batches(self._identities, self._batch, self._index.seed, first, augmentation))
        interrupted = False
        try:
            with closing(made):
                train(self._trainer, made, schedule, first, self._on_step)
            budget.finished = True
        except KeyboardInterrupt:
            interrupted = True
        except FloatingPointError as error:
            raise self._broke_down(str(error)) from error
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            faces = [len(samples) for samples in self._identities]
            raise out_of_memory(self._model, faces, self._batch, available_bytes()) from error
        try:
            self._validate(time.monotonic() - started)
        except KeyboardInterrupt:
            interrupted = True
        finally:  # whatever becomes of the figures and the picture, the model is kept
            self._save()
        elapsed = time.monotonic() - started
        result = result_of(self._folder, self._index)
        return TrainResult(
            **{
                **vars(result),
                "seconds": elapsed,
                "steps_per_s": (self._index.step - first) / max(elapsed, 1e-9),
                "interrupted": interrupted,
                "warnings": self._warnings,
            }
        )

    def _warn(self, message: str) -> None:
        self._warnings.append(message)
        self._on_event(Notice(message=message))

    def _broke_down(self, why: str) -> ModelError:
        saved = holds_model(self._folder)
        step = "the last save is good: go on from it" if saved else "start again with another --seed"
        return ModelError(f"training broke down: {why}", step)

    def _on_step(self, moment: Moment) -> None:
        self._index.step = moment.step
        self._index.seconds = self._seconds_before + moment.elapsed_s
        self._index.budget.spent_s = self._spent_before + moment.elapsed_s
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
        budget = self._index.budget
        by_time = budget.seconds is not None
        done = budget.spent_s if by_time else moment.step - budget.first_step
        total = budget.seconds if by_time else budget.steps
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
        entry: dict[str, Any] = {"step": self._index.step, "seconds": self._seconds_before + elapsed_s}
        entry["loss"] = self._loss
        entry |= {_SSIM + name: value for name, value in self._validation.ssim(self._model).items()}
        entry |= {_MEAN_FACE + name: value for name, value in self._validation.mean_face_ssim.items()}
        self._index.history.append(entry)
        path = _previews(self._folder) / f"step_{self._index.step:07d}.jpg"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, preview(self._model, self._identities[0], self._identities[1]))
        except (UnderstudyError, OSError) as error:  # a picture less is no reason to stop
            self._warn(f"no preview of step {self._index.step}: {error}")
        else:
            self._on_event(Written(path=path, what="preview"))

    def _save(self) -> None:
        if not self._trainer.is_sound():
            raise self._broke_down(f"a weight of step {self._index.step} is no number")
        self._index = save_model(self._folder, self._model, self._trainer.optimizer, self._index)


def result_of(folder: Path, index: ModelIndex) -> TrainResult:
    """What a saved model says of its training."""
    latest = index.history[-1] if index.history else {}
    names = [entry.name for entry in index.identities]

    def figures(kind: str) -> dict[str, float]:
        return {name: float(latest[kind + name]) for name in names if kind + name in latest}

    return TrainResult(
        model=folder,
        steps=index.step,
        seconds=index.seconds,
        steps_per_s=index.step / max(index.seconds, 1e-9),
        validation={"ssim_in_mask": figures(_SSIM), "mean_face_ssim_in_mask": figures(_MEAN_FACE)},
        history=list(index.history),
        previews=sorted(_previews(folder).glob("step_*.jpg")),
        peak_rss_mb=peak_rss_mb(),
        interrupted=False,
        warnings=[],
    )


def versions() -> dict[str, str]:
    """Of what a model is made with."""
    return {
        "understudy": version("understudy"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _previews(folder: Path) -> Path:
    return folder / "previews"
