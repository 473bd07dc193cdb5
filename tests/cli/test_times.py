import pytest
import typer

from understudy.cli.times import seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", 12.5),
        ("75", 75),
        ("0", 0),
        (".04", 0.04),
        ("1:02.5", 62.5),
        ("90:00", 5400),
        ("1:00:02.04", 3602.04),
    ],
)
def test_times_as_people_type_them(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "x", "-1", "1:", ":5", "1:2:3:4", "1e3", "inf", "1.5:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"give seconds \(12\.5\)"):
        seconds(text)


@pytest.mark.parametrize("text", ["1:75", "1:60:00", "0:60"])
def test_a_slip_is_told(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="go up to 59"):
        seconds(text)
