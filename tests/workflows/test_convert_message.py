"""What processes of a conversion say to each other comes across as it was."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from understudy.core import errors
from understudy.core.events import Notice, Progress, Written
from understudy.measure.frame_quality import FrameQuality
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_message import (
    config_of,
    error_of,
    event_of,
    line_of,
    message_of,
    qualities_of,
    said_config,
    said_error,
    said_event,
    said_qualities,
)


def across(message: object) -> object:
    return message_of(line_of({"it": message}))["it"]


def test_a_config() -> None:
    config = ConvertConfig(
        target=Path("ü in.mp4"), model=Path("m"), out=Path("%06d.png"), mapped={"a": "b"}, jobs=4,
        faces=(Path("f"), Path("g")), matte=Path("x.mp4"), strength=0.1, crf=0, cert=Path("c"), key=Path("k"),
    )  # fmt: skip
    said = said_config(config)
    assert "key" not in said
    assert "cert" not in said
    came = config_of(across(said))  # type: ignore[arg-type]
    theirs = {"jobs": 1, "cert": None, "key": None}  # keys stay with the process that signs
    assert came == ConvertConfig(**{**vars(config), **theirs})


def test_figures() -> None:
    one = FrameQuality(
        frame_index=7,
        time_s=Fraction(7007, 30000),
        face_px=(0.1, 2.5, 1 / 3, -0.2),
        figures={"seam": 0.1 + 0.2},
    )
    assert qualities_of(across(said_qualities([one, one]))) == [one, one]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event", [Notice(message="a\nb"), Progress(stage="s", done=1.5, total=None, unit="B")]
)
def test_events(event: Notice | Progress) -> None:
    assert event_of(across(said_event(event))) == event  # type: ignore[arg-type]
    assert said_event(Written(path=Path("p"), what="w")) is None


def test_errors() -> None:
    for kind in (errors.MediaError, errors.WeightsError, errors.ProcessLost, errors.UnderstudyError):
        came = error_of(across(said_error(kind("what", "next"))))  # type: ignore[arg-type]
        assert type(came) is kind
        assert (came.what, came.next_step) == ("what", "next")
    assert error_of(said_error(MemoryError())).next_step == "use fewer --jobs"
    assert error_of(said_error(KeyError("x"))).what.endswith("KeyError: 'x'")
