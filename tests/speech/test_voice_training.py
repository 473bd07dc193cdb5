"""Training on two made speakers who never say the same, of whom it is known what the other would say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from understudy.nets.voice import SpeakerGuess, VoiceNet, VoiceNetConfig, reversed_gradient
from understudy.speech.frames import SpeechFrames
from understudy.speech.speaker import speaker_stats
from understudy.speech.training_rows import SEGMENT, SpeakerRows, draw, rows_of_speaker
from understudy.speech.voice_training import VoiceTrainingConfig, guessed_speakers, said_as, train_voice

K = 26
SMALL = VoiceNetConfig(coefficients=K, width=32, code=16, blocks=1)


def made_rows(speaker: int, seed: int, count: int = 3000) -> np.ndarray:
    """(n, K) mel-cepstra: the same sounds, said by mouths that differ in more than mean and spread."""
    sounds = np.random.default_rng(99).normal(size=(12, 6))
    random = np.random.default_rng(seed)
    places = np.repeat(random.integers(0, 12, count // 20 + 1), 20)[:count]
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.ones(7) / 7, "same"), 0, sounds[places])
    basis = np.random.default_rng(7).normal(size=(6, K - 1)) * 0.2
    if speaker:
        basis = basis @ np.roll(np.eye(K - 1), 1, axis=0) * 0.5 + 0.6 * basis
    bent = smooth + (0.3 * np.tanh(2 * smooth) if speaker else 0)
    level = 1 + 0.2 * smooth[:, :1]
    return np.concatenate([level, bent @ basis + 0.1 * speaker], axis=1).astype(np.float32)


def frames(speaker: int, seed: int) -> SpeechFrames:
    cepstrum = np.repeat(made_rows(speaker, seed), 2, axis=0)
    count = len(cepstrum)
    f0 = np.full(count, 100.0 + 80 * speaker, np.float32)
    return SpeechFrames(f0_hz=f0, cepstrum=cepstrum, aperiodicity=np.zeros((count, 2), np.float32))


@pytest.fixture(scope="module")
def rows() -> list[SpeakerRows]:
    made = [[frames(0, 1)], [frames(1, 2)]]
    return [rows_of_speaker(one, speaker_stats(one)) for one in made]


def test_it_says_what_the_other_would(rows: list[SpeakerRows]) -> None:
    trained = train_voice(rows, ["a", "b"], VoiceTrainingConfig(steps=160, batch=4), net_config=SMALL)
    asked, truth = made_rows(0, 5, 1000), made_rows(1, 5, 1000)
    one, other = rows[0].stats, rows[1].stats
    said = said_as(trained.net, one.normal(asked), 1) * other.std[1:] + other.mean[1:]
    plain = one.normal(asked)[:, 1:] * other.std[1:] + other.mean[1:]

    def off(x: np.ndarray) -> float:
        return float(np.sqrt(np.square(x - truth[:, 1:]).sum(1)).mean())

    assert off(said) < 0.75 * off(plain) < off(asked[:, 1:])


def test_who_guesses_worse_than_by_chance_is_misled_no_further() -> None:
    torch.manual_seed(0)
    guess, codes = SpeakerGuess(16, 2), torch.randn(4, 16, 30)
    with torch.no_grad():
        scores = guess(codes).mean(dim=2)
    truth = scores.argmax(dim=1)
    truth[2:] = 1 - truth[2:]  # the last two are taken for each other
    truth = truth[:, None].expand(-1, 30)

    def gradients(through: Callable[[torch.Tensor], torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        given = codes.clone().requires_grad_()
        guess.zero_grad()
        through(given).sum().backward()
        assert given.grad is not None
        return given.grad, torch.cat(
            [one.grad.flatten() for one in guess.parameters() if one.grad is not None]
        )

    plain = gradients(lambda code: torch.nn.functional.cross_entropy(guess(code), truth, reduction="none"))
    misled = gradients(lambda code: guessed_speakers(guess, code, truth))
    torch.testing.assert_close(misled[0][:2], -plain[0][:2])  # the contrary of what makes the guess better
    assert (misled[0][2:] == 0).all()
    torch.testing.assert_close(misled[1], plain[1])  # the classifier itself learns from all


def test_the_same_seed_gives_the_same_weights(rows: list[SpeakerRows]) -> None:
    def weights(seed: int) -> torch.Tensor:
        config = VoiceTrainingConfig(steps=6, batch=2, seed=seed)
        net = train_voice(rows, ["a", "b"], config, net_config=SMALL).net
        return torch.cat([value.flatten() for value in net.state_dict().values()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_segments_stay_in_their_recording() -> None:
    made = [[frames(0, 1), frames(0, 3)]]
    one = rows_of_speaker(made[0], speaker_stats(made[0]))
    marked = SpeakerRows(
        normal=np.where(np.arange(len(one.normal))[:, None] < 3000, 0.0, 1.0).astype("f4").repeat(K, 1),
        is_speech=one.is_speech,
        ends=one.ends,
        stats=one.stats,
    )
    drawn = draw(marked, marked.normal, 200, np.random.default_rng(0))
    assert drawn.own.shape == (200, SEGMENT, K)
    assert set(np.unique(drawn.own)) == {0.0, 1.0}
    assert (np.ptp(drawn.own, axis=1) == 0).all()
    np.testing.assert_array_equal(drawn.own, drawn.other)


def test_formants_change_in_half_of_what_is_asked_and_never_in_what_is_wanted(
    rows: list[SpeakerRows],
) -> None:
    drawn = draw(rows[0], rows[0].normal, 200, np.random.default_rng(0))
    changed = np.abs(drawn.asked - drawn.own).max((1, 2)) > 1e-3
    assert 0.3 < changed.mean() < 0.6


def test_what_is_before_a_reversed_gradient_learns_the_contrary() -> None:
    value = torch.ones(3, requires_grad=True)
    (reversed_gradient(value) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert value.grad is not None
    assert value.grad.tolist() == [-1.0, -2.0, -3.0]
    assert SpeakerGuess(4, 2)(torch.zeros(1, 4, 9)).shape == (1, 2, 9)


def test_decoders_are_each_of_one_speaker() -> None:
    net = VoiceNet(SMALL, ["a", "b"])
    code = net.encode(torch.randn(2, K, 30))
    assert code.shape == (2, SMALL.code, 30)
    assert net.decode(code, 0).shape == (2, K - 1, 30)
    assert not torch.equal(net.decode(code, 0), net.decode(code, 1))
