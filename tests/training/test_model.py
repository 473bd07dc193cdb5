"""Identities come and encoders are handed on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from understudy.nets.family import FamilyConfig
from understudy.nets.presets import PRESETS, family_preset
from understudy.training.augment import AugmentConfig
from understudy.training.batches import batches
from understudy.training.loop import Trainer
from understudy.training.model import Model

from .made_samples import made_samples

FACES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


@pytest.fixture(autouse=True)
def seedling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small member of the family."""
    config = FamilyConfig(widths=(8, 8), blocks=(1, 1), narrow=8, rest=6, start_px=32, inter="split")
    preset = family_preset(config, batch=2, learning_rate=1e-3, purpose="a test")
    monkeypatch.setitem(PRESETS, "seedling", preset)


def model(*identities: str, seed: int = 0) -> Model:
    torch.manual_seed(seed)
    built = Model("seedling", identities, bf16=False)
    built.after_step(100)
    return built


def step(of: Model, number: int = 0) -> None:
    samples = [made_samples(name, 20, 64, seed=i) for i, name in enumerate(of.identities)]
    Trainer(of, 0).step(next(batches(samples, 2, 0, number, AugmentConfig())), 1.0, number)


def test_a_new_identity_starts_as_the_mean_and_changes_nobody() -> None:
    two = model("a", "b")
    three = two.with_identity("c")
    assert three.identities == ("a", "b", "c")
    for name in ("a", "b"):
        assert (three.draw(FACES, name)[0] == two.draw(FACES, name)[0]).all()
    for decoders in (three.decoders, three.averaged.decoders):  # type: ignore[union-attr]
        first, second, new = (dict(decoder.named_parameters()) for decoder in decoders)
        for name, value in new.items():
            torch.testing.assert_close(value, (first[name] + second[name]) / 2)
    assert two.with_identity("c", 70).with_identity("d", 90).first_steps == [0, 0, 70, 90]
    with pytest.raises(ValueError, match="has 'a' already"):
        three.with_identity("a")


def test_what_is_drawn_of_who_joins_follows_them_at_once() -> None:
    three = model("a", "b").with_identity("c", 10_003)
    with torch.no_grad():
        for parameter in three.decoders.parameters():
            parameter.add_(1)
    three.after_step(10_003)  # a fourth step, which counts for four
    averages = three.averaged.decoders  # type: ignore[union-attr]
    behind = [
        float((new.heads[0].weight - average.heads[0].weight).detach().mean())  # type: ignore[union-attr,index,operator]
        for new, average in zip(three.decoders, averages, strict=True)
    ]
    assert behind == pytest.approx([0.999**4, 0.999**4, 0.1], abs=1e-3)


def test_how_far_it_is_grown_stays() -> None:
    two = model("a", "b")
    two.grow(0.5)
    assert two.with_identity("c").grown == 0.5


def test_a_frozen_encoder_is_not_trained() -> None:
    three = model("a", "b").with_identity("c")
    three.freeze_encoder()
    encoder = {name: value.clone() for name, value in three.encoder.state_dict().items()}
    decoder = three.decoders[2].heads[0].weight.clone()  # type: ignore[union-attr,index]
    step(three)
    assert all(torch.equal(value, encoder[name]) for name, value in three.encoder.state_dict().items())
    assert not torch.equal(three.decoders[2].heads[0].weight, decoder)  # type: ignore[union-attr,index]


def test_a_slow_encoder_takes_a_tenth_of_each_step() -> None:
    """Also with an optimizer's state that was saved at the full rate."""
    samples = [made_samples(name, 20, 64, seed=i) for i, name in enumerate("ab")]
    first, second = (next(batches(samples, 2, 0, number, AugmentConfig())) for number in (0, 1))
    steps: dict[str, list[torch.Tensor]] = {}
    for how in ("trained", "slow"):
        subject = model("a", "b")
        trainer = Trainer(subject, 0)
        trainer.step(first, 1.0, 0)
        if how == "slow":
            subject.rates = [0.1, 1.0, 1.0]
        again = Trainer(subject, 0)
        again.optimizer.load_state_dict(trainer.optimizer.state_dict())
        before = [p.detach().clone() for p in subject.parameters()]
        again.step(second, 1.0, 1)
        steps[how] = [new.detach() - old for new, old in zip(subject.parameters(), before, strict=True)]
    encoder = len(list(model("a", "b").encoder.parameters()))
    decoders = len(list(model("a", "b").decoders.parameters()))
    for number, (full, slow) in enumerate(zip(steps["trained"], steps["slow"], strict=True)):
        share = 0.1 if number < encoder else 1.0
        if number < encoder + decoders:
            torch.testing.assert_close(slow, share * full, rtol=1e-2, atol=1e-7)
    assert all(step.abs().max() > 0 for step in steps["slow"][:encoder])


def test_another_models_encoder_reads_the_same_code() -> None:
    known, new = model("a", "b"), model("x", "y", seed=5)
    step(known)
    known.grow(0)
    new.load_encoder_from(known)
    assert new.grown == 0
    face = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        expected = known.drawing_encoder.eval()(face)
        assert torch.equal(new.encoder.eval()(face), expected)
        assert torch.equal(new.drawing_encoder.eval()(face), expected)
    with pytest.raises(ValueError, match="encoder of seedling does not fit tiny"):
        Model("tiny", ["x", "y"], bf16=False).load_encoder_from(known)


@pytest.mark.parametrize("count", [3, 16])
def test_many_identities_are_trained_at_once(count: int) -> None:
    many = model(*map(str, range(count)))
    before = [decoder.heads[0].weight.clone() for decoder in many.decoders]  # type: ignore[union-attr,index]
    step(many)
    for decoder, old in zip(many.decoders, before, strict=True):
        assert not torch.equal(decoder.heads[0].weight, old)  # type: ignore[union-attr,index]


def test_drawing_codes_is_the_second_half_of_drawing_faces() -> None:
    model = Model("tiny", ("a", "b"), bf16=False).eval()
    faces = np.random.default_rng(0).integers(0, 255, (3, 128, 128, 3), np.uint8)
    for identity in ("a", "b"):
        model.know_codes(identity, faces, np.zeros((2, 10), np.float32))
    codes = model.codes(faces)
    for identity, of in (("a", "a"), ("a", "b"), ("b", None)):
        for whole, halves in zip(
            model.draw(faces, identity, of=of), model.draw_codes(codes, identity, of=of), strict=True
        ):
            np.testing.assert_allclose(whole, halves, atol=1e-5)
