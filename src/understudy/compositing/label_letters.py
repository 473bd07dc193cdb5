"""Which letters a label's font has, and what stands for those that it lacks."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import cv2
import numpy as np

from understudy.core.types import Image

LABEL_FONT, LABEL_WEIGHT = "sans", 600  # built into OpenCV
_SIDE_PX = 48
_MARKS = {"Mn", "Me", "Cf"}  # set on other letters, or say how these are shown


def drawable(text: str) -> tuple[str, str]:
    """A text in letters that can be drawn.

    Letters and their accents become one, and accents without such a letter are left out; what the font lacks
    is put into plainer letters, as far as Unicode has such.

    Args:
        text: any.

    Returns:
        The text, and the characters that nothing stands for, each once; these are missing in the text.

    Reference:
        Unicode Standard Annex 15: normal forms NFC and NFKD.
    """
    drawn, lacking = list[str](), list[str]()
    for character in unicodedata.normalize("NFC", text):
        if unicodedata.category(character) in _MARKS:  # the font sets it beside its letter, where it has it
            continue
        plain = character if _has(character) else _plainer(character)
        if plain is None:
            lacking.append(character)
        else:
            drawn.append(plain)
    return "".join(drawn), "".join(dict.fromkeys(lacking))


def _plainer(character: str) -> str | None:
    """What stands for a character that the font lacks; None where nothing does."""
    parts = [each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each)]
    return "".join(parts) if parts and all(map(_has, parts)) else None


@lru_cache(4096)
def _has(character: str) -> bool:
    """Whether the font has it: what it lacks is drawn as a question mark."""
    return character == "?" or not np.array_equal(_drawn(character), _drawn("?"))


def _drawn(character: str) -> Image:
    picture = np.zeros((_SIDE_PX, 2 * _SIDE_PX, 3), np.uint8)
    at = _SIDE_PX // 2, _SIDE_PX * 3 // 4  # some reach to the left of where they begin
    cv2.putText(
        picture, character, at, (255, 255, 255), cv2.FontFace(LABEL_FONT), _SIDE_PX // 2, LABEL_WEIGHT
    )
    return picture
