"""Real commands in processes of their own: interrupted, gone on with, and their JSON."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from actors import clip
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

from .conftest import start

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends no Ctrl-C to one process and ends it at SIGTERM, unsaved"
)

FRAMES = 30  # in which the actor is seen often enough to train on

KEYS = {
    "extract": {"frames", "faces", "rejected", "people", "fps", "seconds", "peak_rss_mb", "warnings"},
    "train": {"model", "steps", "seconds", "steps_per_s", "validation"},
    "swap": {"output", "frames", "swapped", "fps", "seconds", "peak_rss_mb", "warnings", "production"},
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Source and target, a second each, in a folder with a space and an umlaut."""
    folder = tmp_path_factory.mktemp("Übung 1")
    paths = (folder / "Quelle ß.mp4", folder / "Ziel [1].mp4")
    for name, path in zip(("B_train", "A_testA"), paths, strict=True):
        with VideoReader(clip(name)) as reader, VideoWriter(path, like=reader.info) as writer:
            for frame in islice(reader, FRAMES):
                writer.write(frame)
    return paths


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def interrupt_at(process: subprocess.Popen[str], said: str, number: int) -> tuple[int, str, str]:
    """Send a signal as soon as a line on standard error begins so."""
    assert process.stderr is not None
    seen: list[str] = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith(said):
            break
    else:
        pytest.fail("".join(seen))
    process.send_signal(number)
    code, out, err = finish(process)
    return code, out, "".join(seen) + err


def swap_arguments(clips: Sequence[Path], out: Path, *more: object) -> list[object]:
    return ["swap", "--source", clips[0], "--target", clips[1], "--out", out, "--from", "scratch", *more]


def test_a_swap_that_is_interrupted_goes_on_where_it_stopped(
    clips: tuple[Path, Path], tmp_path: Path
) -> None:
    out, production = tmp_path / "Ergebnis ü.mp4", tmp_path / "Ergebnis ü.mp4.production"
    code, said, err = interrupt_at(
        start(*swap_arguments(clips, out, "--steps", 1000, "--json")), "train:", signal.SIGINT
    )
    assert code == 130, err
    assert json.loads(said)["error"] == "interrupted"
    assert "Traceback" not in err
    assert not out.exists()
    step = json.loads((production / "model" / "model.json").read_text())["step"]
    assert step >= 1

    code, said, err = finish(start(*swap_arguments(clips, out, "--steps", 2, "--json")))
    assert code == 0, err
    result = json.loads(said)
    assert KEYS["swap"] <= result.keys()
    assert result["train"]["steps"] == step + 2
    assert (result["frames"], result["output"]) == (FRAMES, str(out))
    assert out.exists()

    facesets = [production / "source.faceset", production / "target.faceset"]
    code, said, err = interrupt_at(
        start(
            "train",
            *facesets,
            "--model",
            tmp_path / "model",
            "--minutes",
            5,
            "--batch",
            2,
            "--from",
            "scratch",
            "--json",
        ),
        "train:",
        signal.SIGTERM,
    )
    assert code == 130, err
    result = json.loads(said)
    assert KEYS["train"] <= result.keys()
    assert result["interrupted"]
    assert (tmp_path / "model" / "weights.safetensors").exists()


def test_extract_prints_one_object(clips: tuple[Path, Path], tmp_path: Path) -> None:
    code, said, err = finish(start("extract", clips[0], "--out", tmp_path / "Gesichter", "--json"))
    assert code == 0, err
    assert said.count("\n") == 1
    result = json.loads(said)
    assert KEYS["extract"] <= result.keys()
    assert result["frames"] == FRAMES
    assert result["people"][0].keys() == {"name", "faces", "path"}
    assert "extract" in err


def test_extract_says_what_it_looked_at_and_what_was_done_before(
    clips: tuple[Path, Path], tmp_path: Path
) -> None:
    arguments = ("extract", clips[0], "--out", tmp_path / "f", "--from", "0.2", "--to", "9", "--every", 5)
    code, said, err = finish(start(*arguments))
    assert code == 0, err
    assert re.search(r"^frames +5, [\d.]+ a second$", said, re.MULTILINE)
    assert err.splitlines()[-1].endswith(": 5/5 frames")
    assert "warning: to is 9 s, but the footage ends at 1.20 s" in err
    code, said, err = finish(start(*arguments))
    assert re.search(r"^frames +5, all looked at before$", said, re.MULTILINE)
    assert f"{clips[0].name} was done already" in err
