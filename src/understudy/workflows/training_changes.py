"""How a running training follows orders: at once, exactly resumable, and noted in the model's index."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from understudy.core.bounded import read_bounded
from understudy.core.errors import ConfigError, ModelError, UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.files import write_atomically
from understudy.training.model_index import Budget, Change, ModelIndex
from understudy.training.samples import Samples
from understudy.training.schedule import tail_steps
from understudy.workflows.training_orders import (
    NO_FOCUS,
    TrainingOrder,
    forget,
    forget_all,
    forget_ends,
    training_orders,
)
from understudy.workflows.worst_list import WorstList, read_worst

Refocus = Callable[[WorstList | None], list[Samples]]
_LOOK_EVERY_S = 0.5
_MOST_BYTES = 16 << 20
_LONGEST_TAIL_S = 120.0


class TrainingChanges:
    """Orders of one training, as they are taken.

    Args:
        folder: of the model.
        refocus: chooses which faces are drawn more often; None where that cannot be changed.
        on_event: hears of what was changed, and why something was not.
    """

    def __init__(self, folder: Path, refocus: Refocus | None, on_event: OnEvent) -> None:
        """Forget what orders that came before this run say of an end or a pause."""
        self._folder, self._refocus, self._on_event = folder, refocus, on_event
        self._looked_s = 0.0
        self._taken: list[Path] = []
        self.stop = False
        self.identities: list[Samples] | None = None
        forget_ends(folder)

    def take(self, index: ModelIndex, steps_per_s: float) -> bool:
        """Follow what was ordered since; whether anything has changed, so that it is to be saved.

        Args:
            index: of the model; its budget and changes follow the orders.
            steps_per_s: how fast it trains.
        """
        now = time.monotonic()
        if now - self._looked_s < _LOOK_EVERY_S:
            return False
        self._looked_s = now
        waiting = [(path, order) for path, order in training_orders(self._folder) if path not in self._taken]
        for path, order in waiting:
            self._follow(order, index, steps_per_s)
            self._taken.append(path)
        return bool(waiting)

    def done(self) -> None:
        """What was taken is saved: the orders are removed."""
        forget(self._taken)
        self._taken = []

    def over(self) -> None:
        """The training is at its end, which is saved: what comes too late is told, and removed."""
        self.done()
        late = forget_all(self._folder)
        if late:
            self._on_event(Notice(message=f"{late} orders came when the training was over"))

    def rest(self, index: ModelIndex, wants_end: Callable[[], bool], save: Callable[[], None]) -> float:
        """Wait while it is paused; the seconds that took.

        Args:
            index: of the model.
            wants_end: whether somebody wants an end meanwhile.
            save: saves the index.
        """
        if not index.budget.paused:
            return 0.0
        began = time.monotonic()
        how = f"paused: `understudy adjust {self._folder} --go-on` lets it go on"
        self._on_event(Notice(message=how, is_warning=False))
        while index.budget.paused and not self.stop and not wants_end():
            waited = time.monotonic() - began
            self._on_event(Progress(stage="pause", done=waited, total=None, unit="s"))
            time.sleep(_LOOK_EVERY_S)
            if self.take(index, _steps_per_s(index.budget, index.step)):
                save()
                self.done()
        if self.stop or wants_end():  # who starts it again wants it to train
            index.budget.paused = False
        return time.monotonic() - began

    def _follow(self, order: TrainingOrder, index: ModelIndex, steps_per_s: float) -> None:
        if order.rate is not None and order.rate != index.budget.rate:
            index.budget.rate = order.rate
            self._note(index, "rate", f"{order.rate:g}")
        if order.focus is not None:
            try:
                self._focus(order.focus, index)
            except UnderstudyError as error:
                self._on_event(Notice(message=f"the focus stays as it was: {error}"))
        if order.pause is not None:
            index.budget.paused = order.pause
        elif order.finish:  # who waits for the end does not wait for another order
            index.budget.paused = False
        if order.finish and index.budget.tail_from is None:
            budget = index.budget
            budget.tail_from = index.step
            longest = round(_LONGEST_TAIL_S * steps_per_s)
            budget.tail_steps = tail_steps(index.step - budget.first_step, longest)
            self._note(index, "finish", f"{budget.tail_steps} more steps at a falling rate")
        self.stop = self.stop or order.stop

    def _focus(self, said: str, index: ModelIndex) -> None:
        if self._refocus is None:
            raise ConfigError("several processes share this training", "stop it, and start it with --focus")
        worst = None if said == NO_FOCUS else read_worst(Path(said))
        digest = "" if worst is None else worst.digest()
        if digest == index.budget.focus:
            return
        self.identities = self._refocus(worst)
        if worst is not None:
            write_atomically(_list_file(self._folder, digest), worst.model_dump_json().encode())
        index.budget.focus = digest
        self._note(
            index, "focus", NO_FOCUS if worst is None else f"{len(worst.frames)} frames of {worst.target}"
        )

    def _note(self, index: ModelIndex, what: str, said: str) -> None:
        index.changes.append(Change(step=index.step, seconds=index.seconds, what=what, said=said[:1000]))
        self._on_event(Notice(message=f"step {index.step}: {_WORDS[what]}: {said}", is_warning=False))


def _list_file(folder: Path, digest: str) -> Path:
    """Where a model has a list that was ordered, wherever that lay; earlier saves find theirs, too."""
    return folder / f"focus_{digest[:16]}.json"


def _steps_per_s(budget: Budget, step: int) -> float:
    """As it was before it paused."""
    return (step - budget.first_step) / max(budget.spent_s, 1e-9)


_WORDS = {"rate": "learning rate changed to this share", "focus": "drawn more often", "finish": "it ends"}


def ordered_focus(folder: Path, index: ModelIndex, given: WorstList | None) -> WorstList | None:
    """The list that a training goes on with: what it was changed to while it ran, else what is given.

    Raises:
        ModelError: that list is gone or is another one.
    """
    digest = index.budget.focus
    if digest is None:
        return given
    if not digest:
        return None
    path = _list_file(folder, digest)
    try:
        worst = WorstList.model_validate_json(read_bounded(path, _MOST_BYTES))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read", "train it further with --resume") from error
    if worst.digest() != digest:
        raise ModelError(f"{path} is not the list that this model was trained on", "train with --resume")
    return worst
