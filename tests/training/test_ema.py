import torch
from torch import nn

from understudy.training.ema import Averaged
from understudy.training.model import Model


def test_the_average_follows_as_the_sum_says() -> None:
    encoder, decoders = nn.Linear(2, 1), nn.ModuleList([nn.Linear(1, 1)])
    averaged = Averaged(encoder, decoders, 0.9)
    expected = encoder.weight.detach().clone()
    for step in (0, 1, 500, 503):
        with torch.no_grad():
            encoder.weight.normal_()
        averaged.update(encoder, decoders, step)
        keep = min(0.9, (1 + step) / (10 + step))
        keep = {500: 1.0, 503: keep**4}.get(step, keep)  # late, four steps are followed at once
        expected = keep * expected + (1 - keep) * encoder.weight.detach()
        torch.testing.assert_close(averaged.encoder.weight, expected)
    assert not any(parameter.requires_grad for parameter in averaged.parameters())


def test_the_average_of_who_joined_late_is_short_at_first() -> None:
    encoder, decoders = nn.Linear(1, 1), nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    averaged = Averaged(encoder, decoders, 0.999)
    with torch.no_grad():
        for parameter in [*encoder.parameters(), *decoders.parameters()]:
            parameter.add_(1)
    expected = [
        keep * average.weight + (1 - keep) * new.weight
        for keep, average, new in (
            (0.999**4, averaged.encoder, encoder),
            (0.999**4, averaged.decoders[0], decoders[0]),
            (4 / 13, averaged.decoders[1], decoders[1]),
        )
    ]
    averaged.update(encoder, decoders, 100_003, (0, 100_000))
    for network, weight in zip([averaged.encoder, *averaged.decoders], expected, strict=True):
        torch.testing.assert_close(network.weight, weight)


def test_a_model_draws_with_its_average_and_saves_it() -> None:
    torch.manual_seed(0)
    model = Model("standard", ["a", "b"], bf16=False)
    faces = torch.randint(0, 255, (1, 128, 128, 3), dtype=torch.uint8).numpy()
    before, _ = model.draw(faces, "b")
    with torch.no_grad():
        for parameter in model.decoders.parameters():
            parameter.add_(0.05)
    unchanged, _ = model.draw(faces, "b")
    assert (before == unchanged).all()
    model.after_step(10_003)
    followed, _ = model.draw(faces, "b")
    assert abs(followed - before).max() > 0
    other = Model("standard", ["a", "b"], bf16=False)
    other.load_state_dict(model.state_dict())
    assert (other.draw(faces, "b")[0] == followed).all()


def test_tiny_keeps_no_average() -> None:
    model = Model("tiny", ["a", "b"], bf16=False)
    assert not any("averaged" in name for name in model.state_dict())
    model.after_step(0)
    assert model.decoder("b") is model.decoders[1]
