"""Which number a written image has: that of the image it is made from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

_LAST_NUMBER = re.compile(r"(\d+)\D*$", re.ASCII)


def numbers_of(files: Sequence[Path]) -> list[int]:
    """Numbers of images by their names, shot_1001.png being 1001.

    Returns:
        One a file, increasing; their positions from 0 where their names do not tell.
    """
    found = [_LAST_NUMBER.search(file.stem) for file in files]
    numbers = [int(each[1]) for each in found if each is not None]
    is_told = len(numbers) == len(files) and all(a < b for a, b in pairwise(numbers))
    return numbers if is_told else list(range(len(files)))
