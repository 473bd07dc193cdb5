"""Patterns in the place of a path: `photos/*.png`, `clips/**/*.mp4`, `frames/%06d.png`."""

from __future__ import annotations

import glob
import re
from pathlib import Path

_NUMBER = re.compile(r"%(?:0(\d{1,2}))?d")  # as in FFmpeg and printf
_PLACEHOLDER = re.compile(r"%[-+0-9.]*[sdiun]|\{[^{}]*\}|#+|@+|\$F\d*|[*?]+")  # as elsewhere


def is_pattern(path: Path) -> bool:
    """Whether a path stands for the files that match it; a file that really has this name does not."""
    return _is_magic(str(path)) and not _exists(path)


def matches(pattern: Path) -> list[Path]:
    """Files that match a pattern, in natural order; hidden ones are left out.

    `*`, `?` and `[...]` are as in a shell, `**` is any number of folders, and `%06d` in a file's name is a
    number of at least six digits.
    """
    fixed = fixed_part(pattern)
    rest = pattern.parts[len(fixed.parts) :]
    name = re.compile(".*", re.DOTALL)
    if number := _NUMBER.search(pattern.name):
        before, after = pattern.name[: number.start()], pattern.name[number.end() :]
        name = names_of(pattern)
        rest = (*rest[:-1], f"{glob.escape(before)}*{glob.escape(after)}")
    # only what follows the fixed part is a pattern: a folder may really be called "take[1]"
    pattern_text = str(Path(glob.escape(str(fixed)), *rest))
    found = map(Path, glob.iglob(pattern_text, recursive=True))  # noqa: PTH207  # Path.glob gives hidden files
    return sorted({one for one in found if one.is_file() and name.fullmatch(one.name)}, key=natural_key)


def numbered(pattern: Path, number: int) -> Path:
    """The path with a number in the place of its `%06d`; the path itself where it has none."""
    found = _NUMBER.search(pattern.name)
    if found is None:
        return pattern
    digits = f"{number:0{found[1] or 1}d}"
    return pattern.with_name(pattern.name[: found.start()] + digits + pattern.name[found.end() :])


def names_of(path: Path) -> re.Pattern[str]:
    """What files are called that a path stands for: that of its name, with any number for its `%06d`."""
    number = _NUMBER.search(path.name)
    if number is None:
        return re.compile(re.escape(path.name))
    before, after = path.name[: number.start()], path.name[number.end() :]
    digits = r"\d{" + (number[1] or "1") + ",}"
    return re.compile(re.escape(before) + digits + re.escape(after), re.ASCII)


def are_mixed_up(one: Path, other: Path) -> bool:
    """Whether numbered files of one pattern would be taken for some of another, or are the very same."""
    if one.parent.resolve() != other.parent.resolve():
        return False
    return any(
        names_of(there).fullmatch(numbered(here, number).name) is not None
        for here, there in ((one, other), (other, one))
        for number in (0, 10**6, 10**9)
    )


def has_number(path: Path) -> bool:
    """Whether a file's name has a `%06d` in it."""
    return _NUMBER.search(path.name) is not None


def with_number(path: Path) -> Path | None:
    """The path with `%06d` for what others write there (%s, %6d, {n}, ####, @@@@, $F4, *); else None."""
    found = _PLACEHOLDER.search(path.name)
    if found is None:
        return None
    return path.with_name(f"{path.name[: found.start()]}%06d{path.name[found.end() :]}")


def fixed_part(pattern: Path) -> Path:
    """The folder in front of the first part that is a pattern, or really has such a name."""
    fixed = Path(pattern.anchor)
    for part in pattern.relative_to(pattern.anchor).parts[:-1]:
        if _is_magic(part) and not _exists(fixed / part):
            break
        fixed /= part
    return fixed


def natural_key(path: Path) -> tuple[list[list[tuple[int, str]]], str]:
    """Order numbers in names by value; the path itself decides between 1.jpg and 01.jpg."""
    return [_key_of_name(part) for part in path.parts], str(path)


def _key_of_name(name: str) -> list[tuple[int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a pattern may be longer than any name
        return False


def _is_magic(text: str) -> bool:
    return glob.has_magic(text) or _NUMBER.search(text) is not None
