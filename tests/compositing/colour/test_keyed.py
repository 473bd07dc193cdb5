"""Between keys colours go from one to the next; at a jump they stay until it."""

import numpy as np

from made_skin import face_mask, skin
from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.keyed import KeyedColour
from understudy.compositing.colour.sample import ColourSample, colour_sample
from understudy.compositing.colour.track import TrackColour

CHEEK = np.array([[0.62, 0.5, 0.44]], np.float32)


def sampled(image: np.ndarray) -> ColourSample:
    sample = colour_sample(np.clip(image, 0, 1), face_mask())
    assert sample is not None
    return sample


DRAWN = sampled(skin(0))


def target(lighter: float) -> ColourSample:
    return sampled(skin(1) + lighter)


def level(colour_map: ColourMap) -> float:
    return float(colour_map.colours(CHEEK).mean())


def levels(signs: str, targets: list[ColourSample]) -> list[float]:
    """Of a track whose keys are 'K', or 's' where light jumped; targets are the keys'."""
    colour, given = KeyedColour("lab", 1), iter(targets)
    maps: list[ColourMap] = []
    for sign in signs:
        is_key = sign != "."
        pair = (DRAWN, next(given)) if is_key else (None, None)
        maps += colour.feed(*pair, is_key=is_key, sudden=sign == "s")
    maps += colour.finish()
    assert len(maps) == len(signs)
    return [level(each) for each in maps]


def keys_alone(targets: list[ColourSample]) -> list[float]:
    track = TrackColour("lab", 1)
    maps = [each for one in targets for each in track.feed(DRAWN, one)] + track.finish()
    return [level(each) for each in maps]


def test_keys_are_as_ever_and_what_is_between_lies_between() -> None:
    targets = [target(lighter) for lighter in (0, 0.02, 0.04)]
    got, keys = levels("K...K...K..", targets), keys_alone(targets)
    np.testing.assert_allclose([got[0], got[4], got[8]], keys, atol=1e-6)
    np.testing.assert_allclose(got[1:4], keys[0] + (keys[1] - keys[0]) * np.array([1, 2, 3]) / 4, atol=2e-3)
    assert got[9] == got[10] == got[8]


def test_at_a_jump_the_frames_before_keep_the_light_before() -> None:
    targets = [target(lighter) for lighter in (0, 0.1, 0.1)]
    got = levels("K..s...K", targets)
    assert got[0] == got[1] == got[2]
    assert abs(got[3] - got[2]) > 0.04


def test_as_many_maps_as_frames_however_short() -> None:
    assert len(levels("K", [target(0)])) == 1
    assert len(levels("K..", [target(0)])) == 3
    assert KeyedColour("lab").finish() == []


def test_between_two_maps() -> None:
    first = ColourMap.from_change(np.full((17**3, 3), 0.1, np.float32))
    second = ColourMap.from_change(np.full((17**3, 3), 0.2, np.float32))
    grey = np.full((1, 3), 0.5, np.float32)
    for one, other, share, wanted in (
        (first, second, 0.25, 0.625),
        (first, second, 1.0, 0.7),
        (ColourMap(), second, 0.5, 0.6),
        (first, ColourMap(), 0.5, 0.55),
        (ColourMap(), ColourMap(), 0.5, 0.5),
    ):
        np.testing.assert_allclose(one.towards(other, share).colours(grey), wanted, atol=1e-5)
