"""Help, wrong usage, exit codes and JSON of every command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clips import make_clip
from understudy.cli.main import main
from understudy.core.errors import MediaError
from understudy.core.events import Notice, Progress, Written
from understudy.workflows import convert
from understudy.workflows.configs import ConvertResult

from .conftest import COMMAND, Run, start

COMMANDS = [
    ("demo",),
    ("swap",),
    ("extract",),
    ("train",),
    ("convert",),
    ("evaluate",),
    ("compare",),
    ("coverage",),
    ("identity", "add"),
    ("identity", "list"),
    ("identity", "show"),
    ("identity", "revoke"),
    ("weights", "list"),
    ("weights", "pull"),
    ("weights", "check"),
    ("bench", "train"),
    ("doctor",),
]
CONVERT = ("convert", "--target", "a.mp4", "--model", "m", "--out", "b.mp4")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_names_the_options_that_every_command_has(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command, "--help")
    assert ran.code == 0
    assert "--json" in ran.out
    assert "--debug" in ran.out
    assert ran.err == ""


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'cv2', 'av', 'numpy', 'dlib', 'pydantic'}"
    code = f"import sys, understudy.cli.main, understudy; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([COMMAND[0], "-c", code], text=True).strip() == "[]"
    # processor time against that of what draws the page, the best of three: a busy machine must not fail this
    drawing = [COMMAND[0], "-c", "import typer.rich_utils, rich.console, rich.markdown"]
    needed, taken = (min(_cpu_seconds(each) for _ in range(3)) for each in (drawing, [*COMMAND, "--help"]))
    assert taken < 3 * needed


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux lists a process's threads")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS has one thread a core: here one anyway")
def test_numpy_comes_after_openblas_is_told_to_use_one_thread() -> None:
    code = (
        "import os, sys, understudy.cli.main as cli\n"
        "assert 'numpy' not in sys.modules\n"
        "sys.argv = ['understudy', '--version']\n"
        "try: cli.main()\n"
        "except SystemExit: import numpy\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    assert subprocess.check_output([COMMAND[0], "-c", code], text=True, env=env).split()[-1] == "1"


def _cpu_seconds(command: list[str]) -> float:
    before = os.times()
    subprocess.check_output(command)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_version(run: Run) -> None:
    ran = run("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("understudy 0.")


CONVERT = ["convert", "--target", "t.mp4", "--model", "m", "--out", "o.png"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["trane"], "'train'"),
        (["swap"], "--source"),
        (["swap", "--sorce", "x"], "--source"),
        (["extract", "--out", "f"], "FOOTAGE"),
        (["extract", "a.mp4", "--out", "f", "--every", "0"], "--every"),
        (["extract", "a.mp4", "--out", "f", "--every", "few"], "valid integer"),
        (["extract", "a.mp4", "--out", "f", "--from", "x"], "is no time"),
        (["extract", "a.mp4", "--out", "f", "--people", "al"], "did you mean all?"),
        (["train", "a", "--model", "m"], "two facesets"),
        (["train", *"abcdefghijklmnopq", "--model", "m"], "17 facesets; a model holds 16 people"),
        (["train", "a", "b", "--model", "m", "--encoder", "slo"], "did you mean slow?"),
        (["train", "a", "b", "--model", "m", "--preset", "tinny"], "did you mean tiny?"),
        (["train", "a", "b", "--model", "m", "--from", "scrach"], "did you mean scratch?"),
        (["train", "a", "b", "--model", "m", "--from", "qqqq"], "known are base, scratch"),
        (["train", "a", "b", "--model", "m", "--minutes", "1", "--steps", "2"], "not both"),
        (["train", "a", "b", "--model", "m", "--minutes", "0"], "above 0"),
        (["train", "a", "b", "--model", "m", "--minutes", "nan"], "above 0"),
        (["train", "a", "b", "--model", "m", "--steps", "-3"], "--steps"),
        (["train", "a", "b", "--model", "m", "--loss", "focsu=1"], "did you mean focus?"),
        (["train", "a", "b", "--model", "m", "--loss", "l1"], "no NAME=WEIGHT"),
        (["train", "a", "b", "--model", "m", "--loss", "l1=-1"], "l1 is -1"),
        (["train", "a", "b", "--model", "m", "--loss", "l1=nan"], "l1 is nan"),
        (["train", "a", "b", "--model", "m", "--loss", "l1=much"], "l1 is much"),
        (["train", "a", "b", "--model", "m", "--loss", "l1=1", "--loss", "l1=2"], "l1 is given twice"),
        (["bench", "quality", "--loss", "focsu=1"], "did you mean focus?"),
        (["compare", "a.mp4", "--target", "t.mp4"], "2 to 6 outputs"),
        (["coverage", "facesets/a"], "TARGET_FACESET"),
        (["demo", "--minutes", "-1"], "above 0"),
        (["weights", "pul"], "pull"),
        ([*CONVERT, "--frame", "-1"], "--frame: '-1' is no frame; give a position from 0 on (310) or a time"),
        ([*CONVERT, "--frame", "abc"], "--frame: 'abc' is no frame"),
        ([*CONVERT, "--frame", "3,1:xx"], "--frame: '1:xx' is no frame"),
        ([*CONVERT, "--frame", "9" * 5000], "is no frame"),
        ([*CONVERT, "--colour", "lab,mkl"], "--colour: 'lab,mkl' are several; a --grid shows them"),
        ([*CONVERT, "--blend", "light,feather", "--frame", "3"], "--blend: 'light,feather' are several"),
    ],
)
def test_wrong_usage_is_2_and_says_what(run: Run, args: list[str], said: str) -> None:
    ran = run(*args)
    assert ran.code == 2
    assert ran.out == ""
    assert said in ran.err
    assert "--help" in ran.err
    as_json = run(*args, "--json")
    assert as_json.code == 2
    assert said in as_json.json["error"]


def test_presets_are_listed_without_what_training_requires(run: Run) -> None:
    listed = run("train", "--list-presets", "--json")
    assert listed.code == 0
    rows = {row["name"]: row for row in listed.json["presets"]}
    assert list(rows) == ["tiny", "classic", "standard", "high", "ultra", "cinema"]
    assert [rows[name]["size_px"] for name in ("tiny", "high", "cinema")] == [128, 256, 1024]
    assert rows["classic"]["encoder_parameters"] == 69_662_976
    assert rows["standard"]["training_mb"] < rows["high"]["training_mb"] < rows["ultra"]["training_mb"]
    shown = run("train", "--list-presets")
    assert shown.code == 0
    assert "cinema" in shown.out


def test_no_command_shows_the_help(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert "Commands" in ran.out + ran.err
    assert "usage error" not in ran.err


def _instead_of_convert(monkeypatch: pytest.MonkeyPatch, outcome: object) -> None:
    def run_(config: object, on_event) -> object:
        on_event(Progress(stage="convert", done=1, total=2, unit="frames", figures={"loss": 0.5}))
        on_event(Notice(message="a [bold]warning[/bold]"))
        on_event(Written(path=Path("x [red].mp4"), what="video"))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(convert, "run", run_)


_RESULT = ConvertResult(
    output=Path("grüße [1].mp4"),
    frames=2,
    swapped=1,
    fps=float("nan"),
    seconds=1,
    peak_rss_mb=1,
    warnings=[],
)


def test_a_result_is_one_json_object_and_progress_goes_to_the_error_stream(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _instead_of_convert(monkeypatch, _RESULT)
    ran = run(*CONVERT, "--json")
    assert ran.code == 0
    assert ran.json["output"] == "grüße [1].mp4"
    assert ran.json["fps"] is None
    assert "convert: 1/2 frames, loss 0.5" in ran.err
    assert "warning: a [bold]warning[/bold]" in ran.err
    assert "video: x [red].mp4" in ran.err


def test_a_result_for_people(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_convert(monkeypatch, _RESULT)
    ran = run(*CONVERT)
    assert ran.code == 0
    assert "grüße [1].mp4" in ran.out
    assert "2, 1 of them swapped" in ran.out


@pytest.mark.parametrize(
    ("error", "what", "next_step"),
    [
        (MediaError("no\nsuch file", "look"), "no such file", "look"),
        (MediaError("only what"), "only what", ""),
        (OSError(28, "No space left on device", "x.mp4"), "No space left on device x.mp4", "disk is full"),
        (MemoryError(), "not enough memory", "smaller batch"),
        (KeyError("weights"), "KeyError: 'weights'", "--debug"),
    ],
)
def test_a_failure_is_1_with_a_line_and_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str, next_step: str
) -> None:
    _instead_of_convert(monkeypatch, error)
    ran = run(*CONVERT)
    assert (ran.code, ran.out) == (1, "")
    assert "Traceback" not in ran.err
    assert f"error: {what}" in ran.err or what in ran.err
    assert next_step in ran.err
    as_json = run(*CONVERT, "--json")
    assert as_json.code == 1
    assert what in as_json.json["error"]
    assert next_step in as_json.json["next_step"]
    assert "Traceback" in run(*CONVERT, "--debug").err


def test_an_interruption_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead_of_convert(monkeypatch, KeyboardInterrupt())
    ran = run(*CONVERT)
    assert (ran.code, ran.out) == (130, "")
    assert "kept" in ran.err
    as_json = run(*CONVERT, "--json")
    assert as_json.code == 130
    assert as_json.json["error"] == "interrupted"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    process = start("weights", "list")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_under_the_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*COMMAND, "weights", "list", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert "the disk is full" in ran.stderr
    assert "Traceback" not in ran.stderr


def _text(folder: Path) -> Path:
    path = folder / "kein Video, nur Text ü.mp4"
    path.write_text("this is no video\n" * 100)
    return path


def _empty(folder: Path) -> Path:
    path = folder / "leer.mp4"
    path.touch()
    return path


def _folder(folder: Path) -> Path:
    path = folder / "ein Ordner.mp4"
    path.mkdir()
    return path


@pytest.mark.parametrize("make", [_text, _empty, _folder, lambda folder: folder / "fehlt.mp4"])
def test_nonsense_as_target_names_the_file(run: Run, tmp_path: Path, make) -> None:
    target, out = make(tmp_path), tmp_path / "out.mp4"
    source = tmp_path / "source.mp4"
    make_clip(source, frames=3)
    ran = run("swap", "--source", source, "--target", target, "--out", out, "--json")
    assert ran.code == 1
    assert str(target) in ran.json["error"]
    assert ran.json["next_step"]
    assert not out.exists()


@pytest.mark.parametrize(
    ("out", "said"),
    [("out.txt", "cannot write .txt"), ("no folder/out.mp4", "no folder"), ("source.mp4/x.mp4", "folder")],
)
def test_an_output_that_cannot_be_is_told_at_once(run: Run, tmp_path: Path, out: str, said: str) -> None:
    source = tmp_path / "source.mp4"
    make_clip(source, frames=3)
    ran = run("swap", "--source", source, "--target", source, "--out", tmp_path / out)
    assert ran.code == 1
    assert said in ran.err


def test_no_footage_at_all(run: Run, tmp_path: Path) -> None:
    ran = run("extract", tmp_path / "fehlt.mp4", "--out", tmp_path / "faceset", "--json")
    assert ran.code == 1
    assert "fehlt.mp4" in ran.json["error"]
    assert not (tmp_path / "faceset").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resume", "--from-model", "other"], "leave out --from-model"),
        (["--encoder", "slow"], "leave out the slow encoder"),
        (["--encoder", "frozen"], "start from another model's with --from-model"),
    ],
)
def test_an_encoder_that_cannot_be_is_told_at_once(
    run: Run, tmp_path: Path, options: list[str], said: str
) -> None:
    ran = run("train", "a", "b", "--model", tmp_path / "m", "--steps", "1", *options)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err.replace("\n", " ")


@pytest.mark.parametrize("command", [("train", "a", "b", "--model", "m"), ("bench", "quality")])
def test_losses_that_leave_nothing_to_learn_from_are_told_at_once(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command, "--steps", "1", "--loss", "l1=0", "--loss", "ssim=0")
    assert (ran.code, ran.out) == (1, "")
    assert "no loss of the picture is left" in ran.err


def test_an_unknown_key_of_the_production_names_the_nearest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text("[train]\nminuets = 3\n")
    ran = run("train", "a", "b", "--model", tmp_path / "model")
    assert ran.code == 1
    assert "train.minuets" in ran.err
    assert "did you mean minutes?" in ran.err


def test_main_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["understudy", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
