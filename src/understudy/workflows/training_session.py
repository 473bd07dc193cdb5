"""One run of training: steps, and now and then a validation, a preview, a save."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from understudy.core.errors import ModelError, ProcessLost, UnderstudyError
from understudy.core.events import Notice, OnEvent
from understudy.provenance.certificate import Signer
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import Batch, batches, batches_in_parts
from understudy.training.division import Division
from understudy.training.following import give_state
from understudy.training.loop import Moment, Trainer, seed_after, train
from understudy.training.loss_watch import LossWatch
from understudy.training.model_folder import (
    LoadedModel,
    best_of,
    find_generation,
    holds_model,
    load_optimizer,
    load_weights,
    save_index,
    save_model,
)
from understudy.training.outlook import is_flat
from understudy.training.samples import Samples
from understudy.training.schedule import Schedule, tail_steps
from understudy.workflows.configs import TrainResult
from understudy.workflows.held_out import HeldOut
from understudy.workflows.memory import advised
from understudy.workflows.requests import Requests, heard
from understudy.workflows.training_board import Board, NoBoard, SteadyBoard
from understudy.workflows.training_changes import Refocus, TrainingChanges
from understudy.workflows.training_progress import progress_of
from understudy.workflows.training_result import RATE, course, result_of

SAVE_EVERY_S = 120.0
VALIDATE_EVERY_S = 45.0
READ_EVERY = 10  # steps between two looks at the losses
_READ_EVERY_ON_GPU = 100  # where a look means waiting for all that it was told
_TRAIN_SHARE = 10.0  # times as long is trained as a validation takes
_READ_EVERY_S = 2.0  # or so much time, where steps are long
MOST_ROLLBACKS = 5  # in a row
_SLOWER = 0.5  # learning rate after a rollback
_FIRST_VALIDATION_S = 10.0


class TrainingSession:
    """Trains a loaded model for what is left of its budget.

    Args:
        loaded: the model, untrained or as it was saved.
        folder: where it is saved.
        identities: faces of each, in the order of the decoders.
        batch: faces an identity and step; of a step in parts, of each.
        on_event: hears of progress, warnings and previews.
        board: is shown scalars and previews; closed by `run`.
        division: how steps are divided; this process leads the others.
        signer: signs previews; this machine's own where None.
        refocus: chooses other faces to draw more often while it trains; None where that cannot be.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        folder: Path,
        identities: list[Samples],
        batch: int,
        on_event: OnEvent,
        board: Board | None = None,
        division: Division | None = None,
        signer: Signer | None = None,
        refocus: Refocus | None = None,
    ) -> None:
        """Prepare the optimizer and the validation."""
        self._board = SteadyBoard(board or NoBoard(), self._warn)
        self._folder, self._identities, self._batch, self._on_event = folder, identities, batch, on_event
        self._model, self._index = loaded.model, loaded.index
        self._warnings: list[str] = []
        for message in loaded.warnings:
            self._warn(message)
        self._division = division
        losses = self._index.settings.get("losses")
        self._trainer = Trainer(self._model, self._index.seed, division, losses)
        if holds_model(folder) and not load_optimizer(folder, self._trainer.optimizer, self._index):
            self._warn(f"{folder} has no optimizer state that fits: it starts anew")
        self._held_out = HeldOut(
            *(self._model, folder, identities, self._board, on_event, self._warn),
            says_expression=self._trainer.weights.expression > 0,
            signer=signer,
        )
        self._watch = LossWatch(self._index.loss)
        if self._index.step:  # a run that was killed may have kept a better one since its last save
            self._index.best = best_of(folder, self._index) or self._index.best
        self._first_step = self._index.step
        self._seconds_before, self._spent_before = self._index.seconds, self._index.budget.spent_s
        on_gpu = self._model.device.type == "cuda"
        self._read_every = _READ_EVERY_ON_GPU if on_gpu else READ_EVERY
        self._read_s = self._saved_s = self._rate = 0.0
        self._validated_s, self._validation_s = _FIRST_VALIDATION_S - VALIDATE_EVERY_S, 0.0
        self._rollbacks_in_a_row, self._broke_at = 0, 0
        self._requests = Requests()
        self._changes = TrainingChanges(folder, refocus, on_event)

    def run(self) -> TrainResult:
        """Train, validate, save; Ctrl-C or SIGTERM ends it early and saves, SIGUSR1 saves.

        Raises:
            KeyboardInterrupt: asked to stop twice; the last save is good.
            ModelError: training broke down again and again; what was saved before is good.
            ProcessLost: another process has ended; what was learnt before is saved.
            UnderstudyError: the last save could not be written; the one before is good.
        """
        with heard(self._requests), closing(self._board):
            try:
                return self._run()
            except ProcessLost as error:
                raise self._left_alone(error) from error

    def _run(self) -> TrainResult:
        self._started_s = time.monotonic()
        # so that there is a good state from the first step on, also of a model that has a new identity, and a
        # full disk is told now
        known = self._model.known  # of an earlier version's model nothing is
        is_whole = self._index.optimizer_sha256 and (known is None or bool(known.faces.all()))
        if holds_model(self._folder) and is_whole:
            save_index(self._folder, self._index)
        else:
            self._save()
        self._rest()
        while not self._requests.stop and not self._attempt():
            self._rest()
        try:
            self._validate(self._elapsed_s())
        except KeyboardInterrupt:  # of a listener
            self._requests.stop = True
        self._note()
        if self._index.budget.finished:
            self._changes.over()
        else:
            self._changes.done()
        elapsed = self._elapsed_s()
        return replace(
            result_of(self._folder, self._index),
            seconds=elapsed,
            steps_per_s=(self._index.step - self._first_step) / max(elapsed, 1e-9),
            interrupted=self._requests.stop,
            warnings=self._warnings,
        )

    def _attempt(self) -> bool:
        """Train until the budget is used up or somebody wants an end, and save.

        Returns:
            Whether that is all; False after a rollback, and where the end has come in sight.
        """
        index, first = self._index, self._index.step
        self._begun_step, self._begun_s = first, self._elapsed_s()
        self._trainer.seed = seed_after(index.seed, index.rollbacks)
        faces = [len(samples) for samples in self._identities]
        try:
            with advised(self._model, faces, self._batch, self._division):
                with closing(self._batches(first)) as made:
                    schedule = Schedule.of(index.budget, self._spent_before, index.full_rate)
                    index.budget.finished = train(
                        self._trainer, made, schedule, first, self._on_step, self._started_s
                    )
                self._save()
                self._changes.done()
        except FloatingPointError as error:
            self._roll_back(str(error))
            return self._requests.stop
        return self._index.budget.finished or self._requests.stop

    def _rest(self) -> None:
        """Wait while it is paused: that is no time of the training."""
        rested_s = self._changes.rest(self._index, lambda: self._requests.stop, self._note)
        self._started_s += rested_s
        self._take_faces()
        self._requests.stop = self._requests.stop or self._changes.stop

    def _batches(self, first: int) -> Generator[Batch] | Generator[list[Batch]]:
        """Its share of each batch; the other processes go on from the same step and weights."""
        division, seed, where = self._division, self._trainer.seed, self._model.device
        augmentation = AUGMENTATION[self._model.preset_name]
        if division is None:
            return batches(self._identities, self._batch, seed, first, augmentation, where)
        if division.team is not None:
            give_state(division.team, self._trainer, first)
        size = self._batch * division.accumulate
        return batches_in_parts(self._identities, size, seed, first, division.parts, augmentation, where)

    def _left_alone(self, error: ProcessLost) -> ProcessLost:
        """Save what was learnt before another process ended, and say where it is."""
        with suppress(FloatingPointError):
            self._save()
        step = find_generation(self._folder).index.step
        return ProcessLost(error.what, f"{self._folder} holds step {step}: run the same command again")

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._started_s

    def _warn(self, message: str) -> None:
        self._warnings.append(message)
        self._on_event(Notice(message=message))

    def _on_step(self, moment: Moment) -> bool:
        """What is done between two steps; says whether to go on."""
        self._index.step = moment.step
        self._index.seconds = self._seconds_before + moment.elapsed_s
        self._index.budget.spent_s = self._spent_before + moment.elapsed_s
        self._watch.add(moment.loss)
        self._rate = moment.rate
        had_tail = self._index.budget.tail_from is not None
        try:
            self._look_after(moment)
        except KeyboardInterrupt:  # between two steps all is of one piece
            if self._requests.stop:  # asked for again
                raise
            self._requests.stop = True
        is_changed = self._changes.take(self._index, self._steps_per_s(moment))
        self._take_faces()
        self._requests.stop = self._requests.stop or self._changes.stop
        has_tail = self._index.budget.tail_from is not None
        return not self._requests.stop and not is_changed and had_tail == has_tail

    def _take_faces(self) -> None:
        if self._changes.identities is not None:
            self._identities, self._changes.identities = self._changes.identities, None

    def _steps_per_s(self, moment: Moment) -> float:
        return (moment.step - self._begun_step) / max(moment.elapsed_s - self._begun_s, 1e-9)

    def _look_after(self, moment: Moment) -> None:
        if moment.step % self._read_every == 0 or moment.elapsed_s - self._read_s >= _READ_EVERY_S:
            self._read_s = moment.elapsed_s
            self._watch.read()
            self._report(moment)
        if moment.elapsed_s - self._validated_s >= max(VALIDATE_EVERY_S, _TRAIN_SHARE * self._validation_s):
            self._validate(moment.elapsed_s)
            self._validated_s = self._elapsed_s()
            self._validation_s = self._validated_s - moment.elapsed_s
            self._end_if_flat()
        if moment.elapsed_s - self._saved_s >= SAVE_EVERY_S or self._requests.save:
            self._saved_s, self._requests.save = moment.elapsed_s, False
            try:
                self._save()
            except UnderstudyError as error:  # the disk may have room again by the next time
                self._warn(f"step {moment.step} is not saved: {error}")

    def _end_if_flat(self) -> None:
        """Begin the tail once held-out SSIM has stopped improving at the full rate."""
        budget = self._index.budget
        at_peak = self._rate >= self._index.full_rate
        if not (budget.until_flat and budget.tail_from is None and at_peak and is_flat(*course(self._index))):
            return
        budget.tail_from = self._index.step
        budget.tail_steps = tail_steps(self._index.step - budget.first_step)
        message = f"held-out SSIM is flat: {budget.tail_steps} more steps at a falling rate"
        self._on_event(Notice(message=message, is_warning=False))

    def _report(self, moment: Moment) -> None:
        steps_per_s = self._steps_per_s(moment)
        self._on_event(progress_of(self._index, steps_per_s))
        rate = self._model.preset.learning_rate * moment.rate
        scalars = {"loss": self._index.loss.smoothed, "learning rate": rate, "steps a second": steps_per_s}
        self._board.scalars(scalars, moment.step)

    def _validate(self, elapsed_s: float) -> None:
        self._check()
        known = {"seconds": self._seconds_before + elapsed_s, "loss": self._watch.state.smoothed}
        self._held_out.look(self._index, known | {RATE: self._rate})

    def _check(self) -> None:
        """Raise FloatingPointError where training has broken down: such a model is not worth keeping."""
        self._watch.read()
        if not self._trainer.is_sound():
            raise FloatingPointError("a weight is no number")

    def _save(self) -> None:
        self._check()
        self._held_out.know_codes()
        self._index = save_model(self._folder, self._model, self._trainer.optimizer, self._index)
        if self._index.step > self._broke_at:
            self._rollbacks_in_a_row = 0

    def _note(self) -> None:
        """Save what is known of weights that are saved already."""
        try:
            save_index(self._folder, self._index)
        except UnderstudyError as error:  # figures less are no reason to stop
            self._warn(str(error))

    def _roll_back(self, why: str) -> None:
        """Go back to the last save, to learn more slowly and from other batches.

        Raises:
            ModelError: it did not help so often that it will not.
        """
        broke_at = self._broke_at = self._index.step
        self._rollbacks_in_a_row += 1
        good = find_generation(self._folder)
        load_weights(self._model, good.weights)
        if not load_optimizer(self._folder, self._trainer.optimizer, good.index):
            self._trainer.optimizer.state.clear()
        self._trainer.forget_recorded()
        kept = ("step", "history", "loss", "weights_sha256", "optimizer_sha256")
        update = {name: getattr(good.index, name) for name in kept}
        update["rollbacks"] = self._index.rollbacks + 1
        update["rate_factor"] = self._index.rate_factor * _SLOWER
        self._index = self._index.model_copy(update=update)
        self._index.budget.finished = False
        self._watch = LossWatch(self._index.loss)
        self._note()
        if self._rollbacks_in_a_row > MOST_ROLLBACKS:
            raise ModelError(
                f"training broke down {self._rollbacks_in_a_row} times in a row, last before step {broke_at}"
                f" ({why})",
                f"{self._folder} holds step {self._index.step}, which is good: use it, or look for broken"
                " faces in the facesets and run the same command again",
            )
        self._warn(
            f"training broke down before step {broke_at} ({why}): it goes on from step {self._index.step}"
            f" with other batches, at {self._index.rate_factor:.3g} of the learning rate"
        )
