import numpy as np
import pytest

from understudy.training.outlook import is_flat, outlook

Course = tuple[list[float], list[float]]


def course(rise: float, noise: float = 0.0, until_s: float = 1800.0, seed: int = 0) -> Course:
    """A validation every 45 s; SSIM rises by so much each time that training time grows by e."""
    seconds = np.arange(45.0, until_s + 1, 45.0)
    scatter = np.random.default_rng(seed).normal(0, noise, len(seconds))
    return seconds.tolist(), (0.7 + rise * np.log(seconds / 45) + scatter).tolist()


def test_a_steady_course_goes_on_as_it_went() -> None:
    ahead = outlook(*course(0.03))
    assert ahead is not None
    assert ahead.gain == pytest.approx(0.03 * np.log((1800 + 3600) / 1800))
    assert ahead.uncertainty == pytest.approx(0, abs=1e-9)


def test_the_uncertainty_is_how_far_off_it_is() -> None:
    truth = 0.01 * np.log(3)
    aheads = [outlook(*course(0.01, noise=0.003, seed=seed)) for seed in range(200)]
    errors = [(ahead.gain - truth) / ahead.uncertainty for ahead in aheads if ahead]
    assert len(errors) == 200
    assert abs(np.mean(errors)) < 0.2
    assert 0.85 < np.std(errors) < 1.25


def test_what_saturates_is_expected_to_bring_less_than_it_did() -> None:
    seconds = np.arange(45.0, 1801.0, 45.0)
    ssim = 0.9 - 0.2 * np.exp(-seconds / 300)
    ahead = outlook(seconds.tolist(), ssim.tolist())
    assert ahead is not None
    assert 0 < ahead.gain < 0.03


@pytest.mark.parametrize("number", [0, 1, 5])
def test_too_few_validations_say_nothing(number: int) -> None:
    seconds, ssim = course(0.0)
    assert outlook(seconds[:number], ssim[:number]) is None
    assert not is_flat(seconds[:number], ssim[:number])


def test_flat_is_what_no_longer_rises_within_its_noise() -> None:
    assert is_flat(*course(0.0))
    assert is_flat(*course(-0.02))  # getting worse
    assert is_flat(*course(0.0005, noise=0.001, until_s=3600))
    assert not is_flat(*course(0.01))
    assert not is_flat(*course(0.01, noise=0.002, until_s=3600))
    assert not is_flat(*course(0.0, noise=0.05))  # nobody can tell
