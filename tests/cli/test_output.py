"""JSON of results and tables for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.cli.output import jsonable, number, print_json, print_rows, print_table


@dataclass
class Inner:
    path: Path
    rate: Fraction


@dataclass
class Outer:
    inner: list[Inner]
    by_name: dict[str, float]
    nothing: None = None
    pair: tuple[int, bool] = (1, True)


def test_nested_results_become_plain_json() -> None:
    value = Outer([Inner(Path("a/ü.mp4"), Fraction(1001, 30000))], {"x": float("inf"), "y": 0.5})
    assert jsonable(value) == {
        "inner": [{"path": str(Path("a/ü.mp4")), "rate": pytest.approx(0.0333667, abs=1e-6)}],
        "by_name": {"x": None, "y": 0.5},
        "nothing": None,
        "pair": [1, True],
    }


def test_numpy_numbers_become_numbers() -> None:
    got = jsonable({"a": np.float32(0.5), "b": np.int64(3), "c": np.array([1.0, np.nan])})
    assert got == {"a": 0.5, "b": 3, "c": [1.0, None]}
    assert json.dumps(got)


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        jsonable(object())


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    undecodable = Path("gr\udcfc\udce4e\nb.mp4")  # bytes of another encoding, and a line break
    print_json({"name": "grüße\n", "path": undecodable})
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out)["name"] == "grüße\n"


def test_markup_in_names_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([("file", "a [red] [/red] b.mp4"), ("n", "\udcfc")])
    print_table(("name", "x"), [("[bold]", "1")])
    out = capsys.readouterr().out
    assert "a [red] [/red] b.mp4" in out
    assert "[bold]" in out
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (float("nan"), "-"), (1.239, "1.24 s")])
def test_numbers_for_people(value: float | None, text: str) -> None:
    assert number(value, 2, " s") == text


def test_nothing_that_a_terminal_obeys_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([("consent", "\x1b[2J\x1b]0;owned\x07\nmanifest   valid"), ("who", "Zoë \udcff")])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 2
    assert "Zoë" in out
