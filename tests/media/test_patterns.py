"""Patterns: the files that a shell would list, in natural order, and real names before patterns."""

from pathlib import Path

import pytest

from understudy.media.patterns import fixed_part, is_pattern, matches


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a/f1.png", "a/f2.png", "a/f10.png", "a/.f3.png", "b/c/f1.png", "b/f1.mp4", "take[1]/f1.png",
        "n/f0009.png", "n/f0010.png", "n/f011.png", "n/f00x2.png", "n/g0001.png",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*.png", ["a/f1.png", "a/f2.png", "a/f10.png"]),
        ("a/f?.png", ["a/f1.png", "a/f2.png"]),
        ("a/f[2-9].png", ["a/f2.png"]),
        ("*/f1.*", ["a/f1.png", "b/f1.mp4", "take[1]/f1.png"]),
        ("b/**/*.*", ["b/c/f1.png", "b/f1.mp4"]),
        ("take[1]/*.png", ["take[1]/f1.png"]),
        ("n/f%04d.png", ["n/f0009.png", "n/f0010.png"]),
        ("n/f%d.png", ["n/f0009.png", "n/f0010.png", "n/f011.png"]),
        ("?/f%d.png", ["a/f1.png", "a/f2.png", "a/f10.png", "n/f0009.png", "n/f0010.png", "n/f011.png"]),
        ("*", []),
        ("none/*.png", []),
    ],
)
def test_matches(tree: Path, pattern: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_pattern(tree / pattern)
    assert [path.relative_to(tree).as_posix() for path in matches(tree / pattern)] == expected
    monkeypatch.chdir(tree)
    assert [path.as_posix() for path in matches(Path(pattern))] == expected


def test_real_names_are_no_patterns(tree: Path) -> None:
    for name in ("x[1]*.png", "100%d.png"):
        assert is_pattern(tree / name)
        (tree / name).touch()
        assert not is_pattern(tree / name)
    assert not is_pattern(tree / "take[1]")
    assert not is_pattern(tree / "missing.png")
    assert not is_pattern(tree / "100%.png")


def test_a_pattern_may_be_longer_than_a_name(tree: Path) -> None:
    long = f"{'[0-9]' * 60}*.png"
    assert is_pattern(tree / long)
    assert matches(tree / long) == []
    assert fixed_part(tree / long / "*.png") == tree


def test_fixed_part(tree: Path) -> None:
    assert fixed_part(tree / "take[1]" / "*.png") == tree / "take[1]"
    assert fixed_part(tree / "take[2]" / "*.png") == tree
    assert fixed_part(Path("*.png")) == Path()
