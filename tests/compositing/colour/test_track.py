"""Along a track light is followed without lag and noise does not pump."""

import numpy as np
import pytest

from made_skin import face_mask, skin
from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.methods import COLOUR_METHODS
from understudy.compositing.colour.sample import ColourSample, colour_sample, seen_in_both
from understudy.compositing.colour.track import TrackColour

drawn_face, target_face = skin(0), skin(1, 55, 10, 14)
cheek = np.array([[0.62, 0.5, 0.44]], np.float32)


def sampled(image: np.ndarray) -> ColourSample:
    sample = colour_sample(np.clip(image, 0, 1), face_mask())
    assert sample is not None
    return sample


drawn = sampled(drawn_face)


def maps_of(targets: list[ColourSample | None], method: str = "lab", half_window: int = 6) -> list[ColourMap]:
    track = TrackColour(method, half_window)
    out = [colour_map for target in targets for colour_map in track.feed(drawn, target)]
    return out + track.finish()


def level(colour_map: ColourMap) -> float:
    return float(colour_map.colours(cheek).mean())


def alone(target: ColourSample, method: str = "lab") -> float:
    return level(COLOUR_METHODS[method](*seen_in_both(drawn, target), ColourLimits()))


@pytest.mark.parametrize("method", COLOUR_METHODS)
def test_a_track_that_stands_still_is_the_fit_of_one_frame(method: str) -> None:
    target = sampled(target_face)
    got = maps_of([target] * 9, method)
    assert len(got) == 9
    for colour_map in got:
        assert abs(level(colour_map) - alone(target, method)) < 1e-4


def test_a_lamp_switched_on_counts_from_its_frame() -> None:
    dim, lit = sampled(target_face), sampled(target_face * 1.3)
    got = [level(colour_map) for colour_map in maps_of([dim] * 15 + [lit] * 15)]
    before, after = alone(dim), alone(lit)
    assert after - before > 0.1
    for i, value in enumerate(got):
        assert abs(value - (before if i < 15 else after)) < 0.03 * (after - before), i


def test_a_slow_change_of_light_is_followed_without_lag() -> None:
    factors = 1 + 0.3 * np.sin(np.arange(60) / 60 * 2 * np.pi)  # one swell in 2.4 seconds of film
    targets = [sampled(target_face * np.float32(f)) for f in factors]
    got = np.array([level(colour_map) for colour_map in maps_of(targets)])
    truth = np.array([alone(target) for target in targets])
    assert np.abs(got - truth)[6:-6].max() < 0.06 * np.ptp(truth)
    lags = [np.corrcoef(got[10:50], truth[10 + lag : 50 + lag])[0, 1] for lag in (-2, -1, 0, 1, 2)]
    assert int(np.argmax(lags)) == 2


@pytest.mark.parametrize("method", ["lab", "mkl", "histogram", "sliced"])
def test_noise_of_frames_does_not_pump(method: str) -> None:
    rng = np.random.default_rng(0)
    targets = [sampled(target_face * (1 + rng.normal(0, 0.01, 3).astype(np.float32))) for _ in range(60)]
    smooth = np.array([m.colours(cheek)[0] for m in maps_of(targets, method)])
    rough = np.array([m.colours(cheek)[0] for m in maps_of(targets, method, half_window=0)])
    steps = [np.abs(np.diff(x, axis=0))[8:-8].mean() for x in (smooth, rough)]
    assert steps[0] < 0.3 * steps[1]


def test_the_delay_is_the_half_window_and_each_frame_gets_one() -> None:
    track = TrackColour("lab", 3)
    target = sampled(target_face)
    counts = [len(track.feed(drawn, target)) for _ in range(8)]
    assert counts == [0, 0, 0, 1, 1, 1, 1, 1]
    assert len(track.finish()) == 3
    assert track.finish() == []
    short = TrackColour("lab", 8)
    assert short.feed(drawn, target) == []
    assert len(short.finish()) == 1
    at_once = TrackColour("lab", 0)
    assert len(at_once.feed(drawn, target)) == 1
    assert at_once.finish() == []


def test_the_last_frames_use_their_own_neighbours() -> None:
    targets = [sampled(target_face * np.float32(f)) for f in np.linspace(0.9, 1.1, 20)]
    got = [level(colour_map) for colour_map in maps_of(targets, half_window=4)]
    assert abs(got[-1] - alone(targets[-1])) < 0.02
    assert np.all(np.diff(got) > -1e-5)


def test_frames_that_tell_nothing_take_their_neighbours() -> None:
    target = sampled(target_face)
    got = maps_of([None, target, None, None, target, None], half_window=1)
    assert len(got) == 6
    for colour_map in got:
        assert abs(level(colour_map) - alone(target)) < 1e-4
    far = maps_of([target] + [None] * 10, half_window=2)
    assert abs(level(far[-1]) - alone(target)) < 1e-4
    for colour_map in maps_of([None] * 5, half_window=2):
        assert np.array_equal(colour_map.colours(cheek), cheek)


def test_memory_is_bounded() -> None:
    track = TrackColour("none", 4)
    for _ in range(50):
        track.feed(drawn, drawn)
    assert len(track._seen) == 9


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        TrackColour("lab", -1)
    with pytest.raises(ValueError, match="magic"):
        TrackColour("magic")
