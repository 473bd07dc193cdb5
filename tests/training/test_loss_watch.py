import pytest
import torch

from understudy.training.loss_watch import LossState, LossWatch


def watched(losses: list[float], state: LossState | None = None) -> LossWatch:
    watch = LossWatch(state or LossState())
    for loss in losses:
        watch.add(torch.tensor(loss))
    return watch


def test_a_mean_of_all_that_was_added_however_it_is_read() -> None:
    losses = [1.0, 0.5, 0.75, 0.25]
    at_once = watched(losses)
    assert at_once.state.seen == 0  # nothing is looked at before it is read
    assert at_once.read() == at_once.read()
    state = LossState()
    for loss in losses:
        watched([loss], state).read()
    assert state == at_once.state
    expected = losses[0]
    for loss in losses[1:]:
        expected = 0.95 * expected + 0.05 * loss
    assert state.smoothed == pytest.approx(expected)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_what_is_no_number_is_told(broken: float) -> None:
    with pytest.raises(FloatingPointError, match=f"a loss is {broken}"):
        watched([0.5, broken, 0.5]).read()


def test_an_explosion_is_told_and_a_hard_start_is_none() -> None:
    start = [30.0] * 10 + [1.0] * 200
    watch = watched(start)
    watch.read()
    for _ in range(200):
        watch.add(torch.tensor(4.0))
    with pytest.raises(FloatingPointError, match=r"the loss went from 1 to 3"):
        watch.read()
    watched([0.1] * 40 + [1.0] * 9).read()  # too few to say


def test_what_slowly_grows_harder_is_no_explosion() -> None:
    watched([1.0 * 1.0001**step for step in range(14_000)]).read()


def test_noise_is_no_explosion() -> None:
    noise = torch.empty(5000).exponential_(generator=torch.Generator().manual_seed(1))
    watched([0.1 * (1 + float(value)) for value in noise]).read()
