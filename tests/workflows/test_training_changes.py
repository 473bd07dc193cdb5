"""A training that is told to change while it runs: it does so at once, notes it, and resumes exactly."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
import torch

import understudy
from training.made_samples import made_samples
from understudy.core.errors import ConfigError, ModelError
from understudy.core.events import Event, Notice, Progress, Written
from understudy.training import schedule
from understudy.training.model import Model
from understudy.training.model_folder import LoadedModel, find_generation, holds_model, load_model
from understudy.training.model_index import Budget, IdentityEntry, ModelIndex
from understudy.training.samples import Samples
from understudy.workflows import train, training_changes, training_session
from understudy.workflows.configs import TrainConfig
from understudy.workflows.training_changes import ordered_focus
from understudy.workflows.training_look import look
from understudy.workflows.training_orders import TrainingOrder, place_training_order, training_orders
from understudy.workflows.training_result import result_of
from understudy.workflows.training_session import TrainingSession
from understudy.workflows.worst_list import WorstFrame, WorstList

pytestmark = pytest.mark.usefixtures("quick_training", "one_thread")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are looked for at every step."""
    monkeypatch.setattr(training_changes, "_LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(training_session, "READ_EVERY", 2)


def trained(
    folder: Path,
    steps: int,
    orders: dict[int, TrainingOrder],
    refocus: object = None,
    while_paused: TrainingOrder | None = None,
    at_preview: TrainingOrder | None = None,
) -> list[Event]:
    """Train made faces to so many steps in all; an order is given when its step is told of.

    One that pauses is told to go on, or, first, `while_paused`. `at_preview` comes whenever a preview is
    drawn, as after the last step.
    """
    resting = [] if while_paused is None else [while_paused]
    identities = [made_samples(name, 20, 128, seed) for seed, name in enumerate(("a", "b"))]
    if holds_model(folder):
        loaded = load_model(folder, bf16=False)
    else:
        torch.manual_seed(5)
        entries = [IdentityEntry(name=name, faceset_digest="0", faces=20) for name in ("a", "b")]
        index = ModelIndex(preset="tiny", identities=entries, seed=5, budget=Budget(steps=steps))
        loaded = LoadedModel(model=Model("tiny", ["a", "b"], bf16=False), index=index)
    said: list[Event] = []

    def hear(event: Event) -> None:
        said.append(event)
        if isinstance(event, Progress) and event.stage == "train":
            order = orders.pop(int(event.figures["step"]), None)
            if order is not None:
                place_training_order(folder, order)
        elif isinstance(event, Progress) and event.stage == "pause":
            place_training_order(folder, resting.pop() if resting else TrainingOrder(pause=False))
        elif isinstance(event, Written) and at_preview is not None:
            _left_behind(folder, at_preview)

    TrainingSession(loaded, folder, identities, 1, hear, refocus=refocus).run()  # type: ignore[arg-type]
    return said


def test_another_rate_is_taken_noted_and_kept_by_a_run_that_goes_on(tmp_path: Path) -> None:
    slower = TrainingOrder(rate=0.5)
    trained(tmp_path / "whole", 6, {2: slower})
    trained(tmp_path / "parts", 6, {2: slower, 4: TrainingOrder(stop=True)})
    assert look(tmp_path / "parts").step == 4, "it was stopped"
    trained(tmp_path / "parts", 6, {})
    whole, parts = (find_generation(tmp_path / name).index for name in ("whole", "parts"))
    assert [(one.step, one.what, one.said) for one in whole.changes] == [(2, "rate", "0.5")]
    assert parts.weights_sha256 == whole.weights_sha256, "to the bit"
    trained(tmp_path / "as begun", 6, {})
    assert find_generation(tmp_path / "as begun").index.weights_sha256 != whole.weights_sha256
    assert whole.history[-1]["rate"] < find_generation(tmp_path / "as begun").index.history[-1]["rate"]
    assert training_orders(tmp_path / "whole") == [], "what is done is removed"


def test_it_is_paused_until_it_is_told_to_go_on(tmp_path: Path) -> None:
    said = trained(tmp_path, 4, {2: TrainingOrder(pause=True)})
    rested = [event.done for event in said if isinstance(event, Progress) and event.stage == "pause"]
    assert rested
    assert any(isinstance(event, Notice) and "--go-on" in event.message for event in said)
    index = find_generation(tmp_path).index
    assert (index.step, index.budget.paused) == (4, False)


def test_it_is_told_to_finish_and_counts_as_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_SHORTEST_TAIL", 3)
    monkeypatch.setattr(training_changes, "_LONGEST_TAIL_S", 0.0)
    trained(tmp_path, 500, {4: TrainingOrder(finish=True)})
    index = find_generation(tmp_path).index
    assert (index.step, index.budget.finished) == (7, True)
    assert index.history[-1]["rate"] < 0.5 * 4 / 50, "the rate has fallen"
    assert not result_of(tmp_path, index).interrupted
    assert understudy.adjust(tmp_path).changes[0]["what"] == "finish"


def test_one_that_is_paused_is_told_to_finish_and_ends_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "_SHORTEST_TAIL", 1)
    said = trained(tmp_path, 500, {10: TrainingOrder(pause=True)}, while_paused=TrainingOrder(finish=True))
    rested = [event for event in said if isinstance(event, Progress) and event.stage == "pause"]
    assert len(rested) == 1, "it need not be told to go on"
    index = find_generation(tmp_path).index
    assert (index.step, index.budget.finished) == (12, True), "a fifth of what it had, not the shortest"


def test_faces_that_are_chosen_are_drawn_more_often_and_a_run_that_goes_on_knows(tmp_path: Path) -> None:
    frame = WorstFrame(frame=3, time_s=0, face_px=(1, 2, 3, 0), figures={}, badness=1, reason="x", picture="")
    worst = WorstList(video="v", target="t", target_sha256="0", model=None, frames=[frame])
    path = tmp_path / "worst.json"
    path.write_text(worst.model_dump_json())
    asked: list[WorstList | None] = []

    def refocus(wanted: WorstList | None) -> list[Samples]:
        asked.append(wanted)
        return [made_samples(name, 20, 128, 7) for name in ("a", "b")]

    folder = tmp_path / "model"
    orders = {2: TrainingOrder(focus=str(path)), 4: TrainingOrder(focus=str(tmp_path / "none.json"))}
    said = trained(folder, 6, orders, refocus)
    assert asked == [worst]
    index = find_generation(folder).index
    assert [one.what for one in index.changes] == ["focus"]
    assert any(isinstance(event, Notice) and "stays as it was" in event.message for event in said)
    path.unlink()
    assert ordered_focus(folder, index, None) == worst, "the list lies in the model"
    other = worst.model_copy(update={"frames": [frame.model_copy(update={"frame": 9})]})
    path.write_text(other.model_dump_json())
    changes = training_changes.TrainingChanges(folder, refocus, lambda event: None)
    _left_behind(folder, TrainingOrder(focus=str(path)))
    assert changes.take(index.model_copy(deep=True), 1.0)
    assert ordered_focus(folder, index, None) == worst, "a kill before the next list is saved loses neither"
    (folder / f"focus_{worst.digest()[:16]}.json").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        ordered_focus(folder, index, None)


def test_orders_that_are_none_are_refused_and_what_waits_is_looked_through(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(ModelError, match="holds no model"):
            understudy.adjust(folder, pause=True)
    assert list(tmp_path.iterdir()) == []
    trained(tmp_path, 4, {2: TrainingOrder(stop=True)})
    for wrong in ({"rate": 0.0}, {"rate": 1000.0}, {"focus": tmp_path / "no.json"}):
        with pytest.raises(ConfigError):
            understudy.adjust(tmp_path, **wrong)  # type: ignore[arg-type]
    assert understudy.adjust(tmp_path, rate=0.5, stop=True).waiting == 1
    place_training_order(tmp_path, TrainingOrder(pause=True))
    place_training_order(tmp_path, TrainingOrder(finish=True))
    (tmp_path / "orders" / "x.json").write_text("{")
    said = trained(tmp_path, 4, {})
    index = find_generation(tmp_path).index
    assert (index.step, index.budget.finished) == (4, True), "an end that nobody heard is forgotten"
    assert not [event for event in said if isinstance(event, Progress) and event.stage == "pause"]
    assert look(tmp_path).rate == 0.5, "what was ordered with it is not"
    assert list((tmp_path / "orders").iterdir()) == []
    with pytest.raises(ModelError, match="over"):
        understudy.adjust(tmp_path, rate=2)
    assert understudy.adjust(tmp_path).rate == 0.5, "how it is set may be asked for"


def test_orders_that_come_too_late_are_told_and_no_later_training_takes_them(tmp_path: Path) -> None:
    said = trained(tmp_path, 2, {}, at_preview=TrainingOrder(rate=0.25))
    assert find_generation(tmp_path).index.budget.finished
    assert any(isinstance(event, Notice) and "training was over" in event.message for event in said)
    assert training_orders(tmp_path) == []


def test_a_training_of_its_own_takes_no_orders_of_the_one_before(
    facesets: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    _left_behind(folder, TrainingOrder(rate=0.25))
    train.run(TrainConfig(facesets=facesets, model=folder, steps=1, batch=1, resume=True))
    assert (look(folder).rate, training_orders(folder)) == (1.0, [])


def _left_behind(model: Path, order: TrainingOrder) -> None:
    """As from somebody who asked just before the end."""
    path = model / "orders" / f"{time.time_ns():020d}_0.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(order.model_dump_json(exclude_defaults=True))


def test_orders_are_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"preset": "tiny", "identities": []}))
    (tmp_path / "orders").symlink_to(tmp_path.parent)
    with pytest.raises(ModelError, match="link"):
        understudy.adjust(tmp_path, pause=True)
