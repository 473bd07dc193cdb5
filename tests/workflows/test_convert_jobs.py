"""A conversion that several processes share gives what one gives."""

from __future__ import annotations

import csv
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.core.errors import ConfigError, MediaError, ProcessLost, UnderstudyError
from understudy.core.events import Event, Notice, Progress
from understudy.core.types import Frame, Image
from understudy.media import parts, sequence
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import convert, convert_jobs, convert_plan, convert_team
from understudy.workflows.configs import ConvertConfig

_WARM_UP = "16"  # less than in use, as clips are short: enough for what depends on colours and occluders
_WORKER = Path(__file__).with_name("short_parts_worker.py")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    monkeypatch.setattr(sequence, "_SAVE_EVERY", 10)
    monkeypatch.setattr(convert_plan, "LEAST_FRAMES", 10)
    helped_by(monkeypatch)


def helped_by(patch: pytest.MonkeyPatch, *fails: object) -> None:
    """Let processes of short parts help, which fail as is said."""
    patch.setattr(convert_team, "_COMMAND", (sys.executable, str(_WORKER), _WARM_UP, *map(str, fails)))


@pytest.fixture
def uneven(clips: dict[str, Path], tmp_path: Path) -> Path:
    """The target with frames at uneven times, and its sound."""
    path = tmp_path / "uneven.mp4"
    with VideoReader(clips["target"]) as reader, VideoWriter(path, like=reader.info, crf=4) as writer:
        for frame in reader:
            late = frame.time_s + Fraction(frame.index % 3, 200)
            ticks = round(late / reader.info.time_base)
            writer.write(
                Frame(index=frame.index, pts=ticks, time_base=reader.info.time_base, image=frame.image)
            )
    return path


@pytest.fixture
def given(clips: dict[str, Path], facesets: tuple[Path, Path], model: Path) -> dict[str, object]:
    """What most of these conversions have in common: faces are stored, so that all is equal to the bit."""
    return {"target": clips["target"], "model": model, "faces": (facesets[1],)}


def images(path: Path) -> list[Image]:
    with VideoReader(path) as reader:
        return [frame.image for frame in reader]


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def are_equal(one: Path, other: Path) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(images(one), images(other), strict=True))


def said(heard: list[Event]) -> str:
    return "\n".join(event.message for event in heard if isinstance(event, Notice))


def test_two_give_what_one_gives(
    uneven: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faces are looked for, as no faceset is of this footage; that looks farther back."""
    monkeypatch.setattr(convert_team, "_COMMAND", (sys.executable, str(_WORKER), "40"))
    heard: list[Event] = []
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    alone = convert.run(ConvertConfig(target=uneven, model=model, out=one, crf=0, watermark=False))
    config = ConvertConfig(target=uneven, model=model, out=two, crf=0, jobs=2, watermark=False)
    shared = convert.run(config, heard.append)
    assert (shared.frames, shared.swapped) == (alone.frames, alone.swapped) == (48, 48)
    assert shared.warnings == alone.warnings
    assert presentation_times(two) == presentation_times(uneven)
    assert (
        len({b - a for a, b in zip(presentation_times(two), presentation_times(two)[1:], strict=False)}) > 1
    )
    assert packets_digest(two) == packets_digest(uneven)
    assert are_equal(one, two)
    done = [event.done for event in heard if isinstance(event, Progress)]
    assert done == sorted(done)
    assert 40 <= done[-1] <= 48
    assert [path.name for path in tmp_path.glob("*.parts")] == []


def test_images_mattes_and_figures_come_together(given: dict[str, object], tmp_path: Path) -> None:
    for name, jobs in (("one", 1), ("two", 2)):
        out, matte = tmp_path / name / "%03d.png", tmp_path / f"{name}.mp4"
        config = ConvertConfig(**given, out=out, matte=matte, worst=tmp_path / f"{name}_worst", jobs=jobs)  # type: ignore[arg-type]
        assert convert.run(config).swapped == 48
    files = sorted((tmp_path / "one").glob("*.png"))
    assert [file.name for file in files] == [f"{i:03d}.png" for i in range(48)]
    for file in files:
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    assert len(images(tmp_path / "two.mp4")) == 48
    one, two = (table(tmp_path / f"{name}_worst" / "frames.csv") for name in ("one", "two"))
    assert [row["frame"] for row in two] == [row["frame"] for row in one] == [str(i) for i in range(48)]
    for a, b in zip(one, two, strict=True):  # they are read in other frames, and known between these
        assert float(b["seam"]) == pytest.approx(float(a["seam"]), abs=0.3)
        assert float(b["identity"]) == pytest.approx(float(a["identity"]), abs=0.1)
    assert not list(tmp_path.glob("**/*.parts"))


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("disk", MediaError, r"^cannot write it \(No space left on device\): make room$"),
        ("fault", UnderstudyError, r"unexpected failure in one of --jobs, RuntimeError: something broke"),
        ("kill", ProcessLost, r"a process of --jobs has ended \(SIGKILL"),
    ],
)
def test_a_process_that_fails_is_told_and_what_was_finished_is_gone_on_with(
    kind: str,
    error: type[Exception],
    words: str,
    given: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, calm = tmp_path / "out.mp4", tmp_path / "calm.mp4"
    config = {**given, "crf": 0}
    with monkeypatch.context() as inner:
        helped_by(inner, 45, kind)
        with pytest.raises(error, match=words):
            convert.run(ConvertConfig(**config, out=out, jobs=2))  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4.parts"]
    if kind != "disk":
        return
    heard: list[Event] = []
    result = convert.run(ConvertConfig(**config, out=out, jobs=3), heard.append)  # type: ignore[arg-type]
    assert "it goes on where it was stopped: " in said(heard)
    assert (result.frames, result.swapped) == (48, 48)
    convert.run(ConvertConfig(**config, out=calm))  # type: ignore[arg-type]
    assert are_equal(out, calm)
    assert not list(tmp_path.glob("*.parts"))


def test_an_interrupt_keeps_all_that_was_made(given: dict[str, object], tmp_path: Path) -> None:
    out, calm = tmp_path / "out.mp4", tmp_path / "calm.mp4"
    config = {**given, "crf": 0, "colour": "lab"}  # all begin at once

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert.run(ConvertConfig(**config, out=out, jobs=2), stop)  # type: ignore[arg-type]
    heard: list[Event] = []
    result = convert.run(ConvertConfig(**config, out=out), heard.append)  # type: ignore[arg-type]  # alone
    kept = int(said(heard).split("stopped: ")[1].split()[0])
    assert 25 <= kept <= 48
    assert (result.frames, result.swapped) == (48, 48)
    convert.run(ConvertConfig(**config, out=calm))  # type: ignore[arg-type]
    assert are_equal(out, calm)


def test_another_look_begins_anew(
    given: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, calm = tmp_path / "out.mp4", tmp_path / "calm.mp4"
    with monkeypatch.context() as inner:
        helped_by(inner, 45, "disk")
        with pytest.raises(MediaError):
            convert.run(ConvertConfig(**given, out=out, crf=0, jobs=2, colour="lab"))  # type: ignore[arg-type]
    heard: list[Event] = []
    convert.run(ConvertConfig(**given, out=out, crf=0, colour="mkl"), heard.append)  # type: ignore[arg-type]
    assert "all is made anew" in said(heard)
    assert "goes on" not in said(heard)
    convert.run(ConvertConfig(**given, out=calm, crf=0, colour="mkl"))  # type: ignore[arg-type]
    assert are_equal(out, calm)


def test_one_process_converts_where_several_cannot(
    given: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert_jobs, "Team", None)  # none is started
    with pytest.raises(ConfigError, match="0 jobs cannot convert anything"):
        convert.run(ConvertConfig(**given, out=tmp_path / "out.mp4", jobs=0))  # type: ignore[arg-type]
    heard: list[Event] = []
    monkeypatch.setattr(convert_plan, "LEAST_FRAMES", 250)
    convert.run(ConvertConfig(**given, out=tmp_path / "out.mp4", jobs=4), heard.append)  # type: ignore[arg-type]
    assert "one process converts: 48 frames are few" in said(heard)
    monkeypatch.setattr(convert_plan, "LEAST_FRAMES", 10)
    monkeypatch.setattr(convert_jobs, "are_known", lambda *_: False)
    heard.clear()
    convert.run(ConvertConfig(**given, out=tmp_path / "out.mp4", jobs=4), heard.append)  # type: ignore[arg-type]
    assert "one process converts: who is replaced is followed from the first frame" in said(heard)
