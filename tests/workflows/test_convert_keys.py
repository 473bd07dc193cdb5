"""Which faces of a track are looked at closely, wherever one begins."""

import numpy as np
import pytest

from understudy.workflows.convert_keys import EVERY, Keys

SIDE = 96
TRACK = ("anna", 3)


def crop(level: int = 120, hand_px: int = 0, outside: int = 0) -> np.ndarray:
    """Grey, with a hand from the left and something at the very edge."""
    image = np.full((SIDE, SIDE, 3), level, np.uint8)
    image[:, : 16 + hand_px] = 60 if hand_px else level
    image[:, :10] = outside
    return image


def keys_of(crops: list[np.ndarray], first: int = 0) -> list[str]:
    """'K', 'u', 's', or '.' of each frame."""
    keys, signs = Keys(), ""
    for number, image in enumerate(crops[first:], first):
        key = keys.of(number, TRACK, image)
        signs += "K" if key.regular else "s" if key.sudden else "u" if key.unlike else "."
    return list(signs)


def test_every_so_many_frames_there_is_one_and_at_the_start() -> None:
    assert "".join(keys_of([crop()] * 10)) == "K...K...K."
    assert "".join(keys_of([crop()] * 10, first=2)) == "K.K...K."


def test_a_hand_that_comes_makes_its_own() -> None:
    crops = [crop(hand_px=px) for px in (0, 0, 12, 20, 30, 30)]
    assert "".join(keys_of(crops)) == "K.uuK."


def test_what_stays_is_looked_at_once_and_again_when_it_has_gone() -> None:
    crops = [crop(hand_px=px) for px in (0, 20, 20, 20, 0, 20, 0, 0)]
    assert "".join(keys_of(crops)) == "Ku..Kuu."


def test_what_moves_beside_a_face_makes_none() -> None:
    assert "".join(keys_of([crop(outside=40 * i) for i in range(4)])) == "K..."


def test_light_that_jumps_makes_one_that_the_next_are_like() -> None:
    assert "".join(keys_of([crop(level) for level in (120, 120, 128, 128, 128)])) == "K.s.K"
    assert "".join(keys_of([crop(level) for level in (120, 121, 122, 123)])) == "K..."


@pytest.mark.parametrize("first", range(1, 14))
def test_from_the_second_turn_on_it_does_not_matter_where_one_began(first: int) -> None:
    rng = np.random.default_rng(5)
    crops = [crop(int(rng.integers(110, 130)), int(rng.integers(0, 20))) for _ in range(40)]
    settled = EVERY * (first // EVERY + 1)
    assert keys_of(crops)[settled:] == keys_of(crops, first)[settled - first :]


def test_tracks_do_not_mix_and_old_ones_are_forgotten() -> None:
    keys = Keys()
    keys.of(0, "one", crop(50))
    assert keys.of(1, "other", crop(200)).regular
    assert not keys.of(2, "one", crop(50)).unlike
    for number in range(3, 40):
        keys.of(number, "other", crop(200))
    assert list(keys._last) == ["other"]
