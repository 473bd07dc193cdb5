"""Maps of colours for every face that is shown, whatever comes before, after and between."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from understudy.compositing.colour.sample import colour_sample
from understudy.workflows import convert_colours
from understudy.workflows.convert_colours import Colours
from understudy.workflows.convert_keys import EVERY, Key

HALF = 2
TRACK = ("anna", 3)


def pair() -> tuple:
    rng = np.random.default_rng(4)
    mask = np.ones((32, 32), np.float32)
    faces = [rng.random((32, 32, 3)).astype(np.float32) for _ in range(2)]
    return tuple(colour_sample(face, mask) for face in faces)


@pytest.mark.parametrize(
    "shown",
    ["1", "111", "1" * 9, "1" * 40, "0" * 25 + "11111", ("1" + "0" * 8) * 6 + "1" + "0" * 5, "0" * 12,
     "1" + "0" * 7 + "1", ("1" + "0" * 7) * 8, "10" * 20, "1" * 20 + "0" * 30],
)  # fmt: skip
@pytest.mark.parametrize("method", ["auto", "lab"])
@pytest.mark.parametrize("sudden", [False, True])
def test_every_face_has_a_map_and_nothing_is_left(shown: str, method: str, sudden: bool) -> None:
    samples = pair()
    colours, waiting = Colours(method, HALF), deque[int]()
    taken, last_key = 0, -EVERY
    for number, sign in enumerate(shown):
        regular = last_key < number - number % EVERY
        last_key = number if sign == "1" and regular else last_key
        key = Key(regular=regular, unlike=sudden, sudden=sudden and number % 7 == 3)
        given = samples if key.is_of_colours else (None, None)
        colours.feed(number, {TRACK: (given, key)} if sign == "1" else {})
        waiting.append(number)
        if len(waiting) > colours.delay:
            taken += _given(colours, waiting, shown)
    while waiting:
        taken += _given(colours, waiting, shown)
    assert taken == shown.count("1")
    assert not colours._maps


def _given(colours: Colours, waiting: deque[int], shown: str) -> int:
    number = waiting.popleft()
    if shown[number] == "0":
        return 0
    colours.take(TRACK, number)
    return 1


def test_a_method_is_chosen_on_every_frame_before_the_third_key() -> None:
    asked: list[int] = []
    colours, samples = Colours("auto", HALF), pair()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert_colours, "best_method", lambda pairs, is_lit: asked.append(len(pairs)) or "lab")
        for number in range(12):
            key = Key(regular=number % EVERY == 0, unlike=False, sudden=False)
            assert colours.is_choosing(TRACK) == (number < 2 * EVERY + 1)
            colours.feed(number, {TRACK: (samples, key)})
    assert asked == [2 * EVERY + 1]
    assert colours.chosen == {"anna": "lab"}
    assert not Colours("lab", HALF).is_choosing(TRACK)
