from collections.abc import Generator
from itertools import islice

import pytest
import torch

from training.made_samples import made_samples
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import Batch, batches
from understudy.training.loop import Moment, Trainer, seed_after, train
from understudy.training.model import Model
from understudy.training.samples import Samples
from understudy.training.schedule import Schedule


@pytest.fixture(scope="module")
def identities() -> list[Samples]:
    return [made_samples("a", 20, 128), made_samples("b", 20, 128, seed=1)]


def trainer() -> Trainer:
    torch.manual_seed(0)
    return Trainer(Model("tiny", ["a", "b"], bf16=False))


def made(identities: list[Samples], first_step: int = 0) -> Generator[Batch]:
    return batches(identities, 1, 0, first_step, AUGMENTATION["tiny"])


def test_a_step_gives_the_loss_as_a_tensor_and_never_reads_it(
    identities: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = islice(made(identities), 1)
    subject = trainer()
    subject.step(batch, 1.0, 0)

    def read(tensor: torch.Tensor) -> None:
        pytest.fail("a device would have been waited for")

    for name in ("item", "tolist", "__float__", "__bool__", "cpu"):
        monkeypatch.setattr(torch.Tensor, name, read)
    loss = subject.step(batch, 1.0, 1)
    monkeypatch.undo()
    assert loss.shape == ()
    assert not loss.requires_grad
    assert 0 < float(loss) < 10


def test_each_loss_counts_as_much_as_is_said(identities: list[Samples]) -> None:
    (batch,) = islice(made(identities), 1)
    batch.focus_B1HW[..., :40] = 0  # eyes and mouth are not all of a face

    def loss(**weights: float) -> float:
        torch.manual_seed(0)
        return float(Trainer(Model("tiny", ["a", "b"], bf16=False), 0, losses=weights).step(batch, 1.0, 1))

    usual = loss()
    own = {"l1": 4.0, "ssim": 1.0, "focus": 5.0, "mask": 0.5, "expression": 0.5, "consistency": 0.15}
    assert loss(**own) == usual
    for name in ("l1", "ssim", "mask", "expression"):
        off, on = loss(**{name: 0.0}), loss(**{name: 2 * own[name]})
        assert off < usual
        assert on - usual == pytest.approx(usual - off, rel=1e-3)
    assert abs(loss(focus=0.0) - usual) > 1e-3


def test_no_swap_is_drawn_where_it_is_not_read_back(identities: list[Samples]) -> None:
    (batch,) = islice(made(identities), 1)
    for weight, drawn in ((0.15, 2), (0.0, 1)):
        subject = Trainer(Model("tiny", ["a", "b"], bf16=False), 0, losses={"consistency": weight})
        times: list[None] = []
        subject.model.decoders[0].register_forward_hook(lambda *_, heard=times: heard.append(None))
        subject.step(batch, 1.0, 0)
        assert len(times) == drawn


def test_the_loop_ends_with_the_schedule_or_when_it_is_told_to(identities: list[Samples]) -> None:
    moments: list[Moment] = []

    def until(last: int) -> bool:
        schedule = Schedule(seconds=None, steps=3)
        return train(
            trainer(), made(identities), schedule, 0, lambda m: not moments.append(m) and m.step < last, 0.0
        )

    assert until(9)
    assert [moment.step for moment in moments] == [1, 2, 3]
    moments.clear()
    assert not until(2)
    assert [moment.step for moment in moments] == [1, 2]


def test_the_rate_of_a_step_does_not_depend_on_where_the_run_was_stopped() -> None:
    whole = Schedule(seconds=None, steps=200)
    again = Schedule(seconds=None, steps=200, spent_s=77.0)
    assert [whole.rate(step / 9, step) for step in range(200)] == [again.rate(0, step) for step in range(200)]
    slower = Schedule(seconds=None, steps=200, factor=0.25)
    assert slower.rate(0, 60) == 0.25 * whole.rate(0, 60)


def test_after_a_rollback_other_batches_come() -> None:
    assert seed_after(7, 0) == 7
    assert len({seed_after(seed, times) for seed in range(5) for times in range(5)}) == 25


def test_a_run_that_ends_by_itself_falls_only_once_the_end_is_known() -> None:
    open_end = Schedule(seconds=None, steps=None, until_flat=True)
    assert {open_end.rate(1e6, step) for step in range(50, 5000)} == {1.0}
    assert open_end.done(1e6, 5000) == 0
    tail = Schedule(seconds=None, steps=None, until_flat=True, tail_from=1000, tail_steps=200)
    rates = [tail.rate(0, step) for step in range(1000, 1201)]
    assert rates[0] == 1
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(tail.floor)
    assert tail.done(0, 1199) < 1 == tail.done(0, 1200)


def test_what_is_given_at_most_ends_in_a_tail_too() -> None:
    schedule = Schedule(seconds=None, steps=1000, until_flat=True)
    assert schedule.rate(0, 800) == 1
    assert 0.4 < schedule.rate(0, 900) < 0.6
    assert schedule.done(0, 1000) == 1
    assert schedule.rate(0, 1000) == pytest.approx(schedule.floor)
