"""A label is read on any background at any size, and stays in a corner that is free."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from understudy.compositing.label import LabelArt, choose_box, label_art, label_boxes

TEXT = "AI-generated face"
SIZES = [(64, 48), (426, 240), (640, 480), (1080, 1920), (1920, 1080), (3840, 2160)]
WHITE = 230 / 255
LONG = "Dieses Gesicht wurde mit künstlicher Intelligenz erzeugt " * 2


def luminance(signal: float) -> float:
    """Relative luminance as WCAG has it, of a grey in [0, 1]."""
    return signal / 12.92 if signal <= 0.03928 else ((signal + 0.055) / 1.055) ** 2.4


def on(art: LabelArt, background: float) -> np.ndarray:
    return background * (1 - art.weight) + WHITE * art.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("background", [0.0, 0.5, 1.0])
def test_letters_stand_out(size: tuple[int, int], background: float) -> None:
    art = label_art(TEXT, *size)
    shown = on(art, background)
    letters, around = float(np.percentile(shown, 99)), float(np.percentile(shown, 30))
    ratio = (luminance(letters) + 0.05) / (luminance(around) + 0.05)
    assert ratio > (
        7 if size[0] > 100 else 3
    )  # WCAG's AAA for text; letters of 4 px are never black and white


@pytest.mark.parametrize("size", SIZES[1:])
def test_letters_are_large_enough_and_not_larger(size: tuple[int, int]) -> None:
    rows = np.flatnonzero((label_art("H", *size).text > 0.5).any(axis=1))
    capital = rows[-1] - rows[0] + 1
    assert capital == pytest.approx(max(9, 0.024 * min(size)), abs=1.5)
    width, height = label_art(TEXT, *size).size
    assert width < 0.46 * size[0]
    assert height < 0.12 * size[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "text", [TEXT, "Gesicht", "Dieses Gesicht wurde mit künstlicher Intelligenz erzeugt " * 2, "W" * 80]
)
def test_it_stays_inside_the_title_safe_area(size: tuple[int, int], text: str) -> None:
    art = label_art(text, *size)
    grid = (4, 2)
    boxes = label_boxes(art.size, size, grid)
    assert len(set(boxes)) == 4 or text == "W" * 80  # one word as wide as the picture
    for x0, y0, x1, y1 in boxes:
        assert (x0 % grid[0], y0 % grid[1]) == (0, 0)
        assert (x1 - x0, y1 - y0) == art.size
        for low, high, whole, step in ((x0, x1, size[0], 4), (y0, y1, size[1], 2)):
            assert low >= 0.05 * whole - step
            assert high <= 0.95 * whole + step
    if size[0] > 100:
        assert art.text.max() > 0.8  # all of it is there, and none of it cut off
        assert max(edge.max() for edge in (art.text[0], art.text[-1], art.text[:, 0], art.text[:, -1])) == 0


def test_long_texts_are_broken_at_words() -> None:
    one, two = (label_art(text, 1920, 1080) for text in ("word", "word " * 14))
    assert two.size[1] > 1.5 * one.size[1]
    rows = (two.text > 0.5).any(axis=1)
    assert sum(1 for is_text, _ in itertools.groupby(rows) if is_text) == 2


def test_letters_of_other_languages_are_drawn() -> None:
    plain, accented = (label_art(text, 1920, 1080).text for text in ("e", "é"))
    rows = [np.flatnonzero((art > 0.5).any(axis=1)) for art in (plain, accented)]
    assert rows[1][0] < rows[0][0] - 3


BOXES = [(0, 90, 40, 100), (60, 90, 100, 100), (0, 0, 40, 10), (60, 0, 100, 10)]


def test_it_stays_until_something_comes_and_never_goes_over_it() -> None:
    assert choose_box(BOXES, [], 0) == 0
    assert choose_box(BOXES, [], 3) == 3
    assert choose_box(BOXES, [(0, 50, 30, 95)], 0) == 1
    assert choose_box(BOXES, [(0, 50, 30, 90)], 0) == 0  # it only touches
    assert choose_box(BOXES, [(0, 50, 100, 100)], 1) == 2
    assert choose_box(BOXES, [(0, 50, 100, 100), (0, 0, 10, 10)], 1) == 3
    assert (
        choose_box(BOXES, [(0, 0, 100, 95), (80, 0, 100, 100)], 3) == 0
    )  # the least of it, where none is free


def test_all_arrangements_of_two_faces_leave_the_label_a_corner() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        faces = [(int(x), int(y), int(x) + 25, int(y) + 30) for x, y in rng.integers(0, 75, (2, 2))]
        chosen = BOXES[choose_box(BOXES, faces, int(rng.integers(4)))]
        canvas = np.zeros((110, 110), int)
        for x0, y0, x1, y1 in faces:
            canvas[y0:y1, x0:x1] = 1
        assert canvas[chosen[1] : chosen[3], chosen[0] : chosen[2]].sum() == 0
