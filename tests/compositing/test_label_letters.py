"""A label says nothing with question marks in it that nobody wrote."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from understudy.compositing.label import LabelArt, label_art
from understudy.compositing.label_letters import drawable


def art(text: str) -> LabelArt:
    return label_art(text, 1920, 1080)


@pytest.mark.parametrize(
    "text", ["AI-generated face", "Künstlich? 100 % ß", "Сгенерировано ИИ", "AI 生成 あ", "Ŧ½→"]
)
def test_what_the_font_has_stays(text: str) -> None:
    assert drawable(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Kunstliche\u0301", "Kunstlich\u00e9"),  # an accent of its own
        ("a\ufe0fb\u200dc", "abc"),  # how a letter is shown
        ("\U0001d400\U0001d401 \U0001f110", "AB (A)"),  # bold letters of mathematics, a letter in brackets
        ("x\u0307\u0323", "x"),  # the font lacks this letter with a dot, and the second goes with none
    ],
)
def test_what_it_lacks_is_put_into_plainer_letters(text: str, drawn: str) -> None:
    assert drawable(text) == (drawn, "")
    assert np.array_equal(art(drawable(text)[0]).text, art(drawn).text)


def test_what_nothing_stands_for_is_told() -> None:
    assert drawable("face \U0001f600 \u0915\u0916\U0001f600?") == ("face  ?", "\U0001f600\u0915\u0916")


def test_a_question_mark_is_what_a_font_draws_that_lacks_a_letter() -> None:
    """Else nothing would ever be found to be lacking."""
    pictures = [np.zeros((60, 60, 3), np.uint8) for _ in range(2)]
    for picture, text in zip(pictures, ("?", "\U0001f600"), strict=True):
        cv2.putText(picture, text, (10, 40), (255, 255, 255), cv2.FontFace("sans"), 30, 600)
    assert np.array_equal(*pictures)
    assert pictures[0].any()
