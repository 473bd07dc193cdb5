"""Who was found, over all the runs that a conversion took."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError, MediaError
from understudy.faces import choose
from understudy.faces.faceset import Faceset
from understudy.workflows import convert, convert_frames, convert_output
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_tally import Tally, together

TARGET = Path("t.mp4")


def test_somebody_who_is_never_found_is_told() -> None:
    tally = Tally({}, ["anna", "bert"])
    tally.add(["anna"], ())
    assert tally.missed(TARGET) == ["bert was not found in t.mp4: the others were replaced"]
    tally.add(["bert", "anna"], ())
    assert tally.missed(TARGET) == []
    nobody = Tally({}, ["anna", "bert"])
    nobody.add((), ())
    assert nobody.missed(TARGET) == [
        "anna and bert were not found in t.mp4: the output shows the target unchanged"
    ]
    assert Tally({}, ["anna"]).missed(TARGET)[0].startswith("anna was not found in t.mp4: the output shows")


def test_two_stretches_are_counted_together() -> None:
    """Oracle: both counted as one."""
    frames = [(["anna"], ()), ((), ["bert"]), (["anna", "bert"], ()), ((), ["bert", "anna"])]
    for cut in range(5):
        noted: list[dict[str, object]] = []
        for part in (frames, frames[:cut], frames[cut:]):
            tally = Tally({}, ["anna", "bert"])
            for frame in part:
                tally.add(*frame)
            noted.append({"colours": {"anna": "lab"}, **tally.noted()})
        assert together(noted[1], noted[2]) == noted[0]
    assert together({}, noted[0]) == together(noted[0], {}) == noted[0]
    assert together({}, {}) == {}


def test_all_is_counted_over_the_runs() -> None:
    """Oracle: one run that was not stopped."""
    frames = [(["anna"], ()), ((), ["bert"]), (["anna", "bert"], ()), ((), ["bert", "anna"])]
    whole = Tally({}, ["anna", "bert"])
    for frame in frames:
        whole.add(*frame)
    first = Tally({}, ["anna", "bert"])
    for frame in frames[:2]:
        first.add(*frame)
    second = Tally(json.loads(json.dumps(first.noted())), ["anna", "bert"])
    for frame in frames[2:]:
        second.add(*frame)
    assert (second.frames, second.swapped, second.added) == (4, 2, 2)
    assert second.noted() == whole.noted()
    assert second.missed(TARGET) == whole.missed(TARGET)
    assert second.missed(TARGET)[0].startswith("2 frames show a face that may be bert's")


def test_unsure_frames_are_those_of_all_runs(
    clips: dict[str, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is surely the target, and everybody may be: every frame is unsure, of each run once."""
    monkeypatch.setattr(choose, "SAME_PERSON_DISTANCE", 0.02)
    monkeypatch.setattr(choose, "_SURELY_ANOTHER", 9.0)
    config = ConvertConfig(target=clips["target"], model=model, out=tmp_path / "%d.png", occlusion=False)
    write = convert_output.write_frame

    def failing(writer: object, frame: object) -> None:
        if frame.index == 30:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        write(writer, frame)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(convert_output, "write_frame", failing)
        with pytest.raises(KeyboardInterrupt):
            convert.run(config)
    warnings = convert.run(config).warnings
    assert any("48 frames show a face that may be target's" in warning for warning in warnings)


def test_the_output_is_checked_before_any_work(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def work(*_: object) -> None:
        raise AssertionError("it has begun")

    for module, name in (
        (convert_frames, "load_model"),
        (convert_frames, "tolerances_of"),
        (convert, "cast_for"),
    ):
        monkeypatch.setattr(module, name, work)
    out = tmp_path / "no" / "out.mp4"
    with pytest.raises(MediaError, match="does not exist"):
        convert.run(ConvertConfig(target=clips["target"], model=model, out=out, faces=(facesets[1],)))


def test_facesets_are_closed_where_a_later_step_fails(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened: list[Faceset] = []
    closed: list[Faceset] = []
    enter, leave = Faceset.__enter__, Faceset.__exit__

    def entering(self: Faceset) -> Faceset:
        opened.append(self)
        return enter(self)

    def leaving(self: Faceset, *error: object) -> None:
        closed.append(self)
        leave(self, *error)  # type: ignore[arg-type]

    def fail(*_: object) -> None:
        raise ConfigError("no", "not at all")

    monkeypatch.setattr(Faceset, "__enter__", entering)
    monkeypatch.setattr(Faceset, "__exit__", leaving)
    config = ConvertConfig(
        target=clips["target"], model=model, out=tmp_path / "out.mp4", faces=(facesets[1],)
    )
    for module, name in ((convert_frames, "front_for"), (convert, "output_for")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fail)
            with pytest.raises(ConfigError, match="not at all"):
                convert.run(replace(config))
    assert len(opened) >= 2
    assert len(closed) == len(opened)
    assert list(tmp_path.iterdir()) == []
