"""Flags win over the production's file, the file over the defaults; mistakes name what was meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hostile.small import cheaply
from understudy.core.errors import ConfigError
from understudy.nets.presets import PRESETS
from understudy.workflows.choices import PRESET_NAMES, nearest
from understudy.workflows.settings import read_settings, resolve


def write(folder: Path, text: str) -> Path:
    (folder / "understudy.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_known_presets_are_all_presets() -> None:
    assert set(PRESET_NAMES) == set(PRESETS)


def test_defaults_where_nothing_is_said(tmp_path: Path) -> None:
    settings = resolve(tmp_path / "not yet", {"minutes": None, "preset": None})
    assert (settings.preset, settings.start, settings.seed) == ("tiny", "base", 0)
    assert (settings.minutes, settings.steps, settings.batch) == (5.0, None, None)


def test_the_file_wins_over_the_defaults_and_flags_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, '[train]\npreset = "classic"\nfrom = "scratch"\nbatch = 4\nseed = 7\nminutes = 3\n')
    from_file = resolve(tmp_path, {})
    assert (from_file.preset, from_file.start, from_file.batch) == ("classic", "scratch", 4)
    assert (from_file.seed, from_file.minutes) == (7, 3)
    both = resolve(tmp_path, {"preset": "tiny", "seed": 0, "start": "base", "batch": None})
    assert (both.preset, both.start, both.seed, both.batch) == ("tiny", "base", 0, 4)


def test_each_loss_is_a_choice_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "[train.losses]\nl1 = 2\nfocus = 0\n")
    assert resolve(tmp_path, {}).losses == {"l1": 2, "focus": 0}
    assert resolve(tmp_path, {"losses": {"l1": 3.5, "ssim": 0}}).losses == {"l1": 3.5, "focus": 0, "ssim": 0}
    assert resolve(tmp_path / "none", {"losses": None}).losses == {}


@pytest.mark.parametrize(
    ("file", "flags", "expected"),
    [
        ("minutes = 3", {"steps": 9}, (None, 9)),
        ("steps = 3", {"minutes": 2.5}, (2.5, None)),
        ("steps = 3", {}, (None, 3)),
        ("minutes = 3", {}, (3, None)),
    ],
)
def test_minutes_and_steps_are_one_choice(
    tmp_path: Path, file: str, flags: dict[str, object], expected: tuple[float | None, int | None]
) -> None:
    settings = resolve(write(tmp_path, f"[train]\n{file}\n"), flags)
    assert (settings.minutes, settings.steps) == expected


@pytest.mark.parametrize(
    ("text", "what", "next_step"),
    [
        ("[train]\nminuets = 3", "unknown key train.minuets", "did you mean minutes?"),
        ("[train]\nform = 'base'", "unknown key train.form", "did you mean from?"),
        ("[train]\nzzzz = 3", "unknown key train.zzzz", "known are preset, minutes"),
        ("[trian]\nsteps = 3", "unknown key trian", "did you mean train?"),
        ("[train]\npreset = 'tinny'", "train.preset = 'tinny'", "did you mean tiny?"),
        ("[train]\nfrom = 'bas'", "train.from = 'bas'", "did you mean base?"),
        ("[train]\nsteps = '3'", "train.steps = '3'", "correct the value"),
        ("[train]\nsteps = 0", "train.steps = 0", "correct the value"),
        ("[train]\nminutes = nan", "train.minutes = nan", "correct the value"),
        ("[train]\nsteps = 1\nminutes = 1", "both minutes and steps", "keep one"),
        ("[train.losses]\nfocsu = 1", "unknown key train.losses.focsu", "did you mean focus?"),
        ("[train.losses]\nl1 = -1", "train.losses.l1 = -1", "correct the value"),
        ("[train.losses]\nl1 = 'much'", "train.losses.l1 = 'much'", "correct the value"),
        ("[train.losses]\nl1 = nan", "train.losses.l1 = nan", "correct the value"),
        ("[train]\nlosses = 'l1'", "train.losses = 'l1'", "correct the value"),
        ("train = 3", "train = 3", "correct the value"),
        ("[train\n", "is not TOML", "correct it"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, text: str, what: str, next_step: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(write(tmp_path, text), {})
    assert what in caught.value.what
    assert "understudy.toml" in caught.value.what
    assert next_step in caught.value.next_step


def test_a_file_of_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_bytes("# größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not TOML"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"preset": "classik"}, "did you mean classic?"),
        ({"minutes": -1.0}, "minutes = -1"),
        ({"steps": 1, "minutes": 1.0}, "both minutes and steps"),
        ({"losses": {"focsu": 1}}, "did you mean focus?"),
        ({"losses": {"l1": -1}}, "losses.l1 = -1"),
        ({"stpes": 1}, "did you mean steps?"),
    ],
)
def test_mistakes_of_a_caller_are_named(tmp_path: Path, flags: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(tmp_path, flags)
    assert what in str(caught.value)


@pytest.mark.parametrize("word", ["qqq", "banana", "reinhard", "iterations"])
def test_what_is_near_nothing_lists_all(word: str) -> None:
    for known in (
        ("none", "lab", "sliced"),
        ("feather", "pyramid", "poisson"),
        ("minutes", "steps", "preset"),
    ):
        assert nearest(word, known) == f"known are {', '.join(known)}"


@pytest.mark.parametrize(("word", "meant"), [("LAB", "lab"), ("hist", "histogram"), ("minuets", "minutes")])
def test_what_is_like_something_names_it(word: str, meant: str) -> None:
    assert nearest(word, ("none", "lab", "histogram", "minutes")) == f"did you mean {meant}?"


@pytest.mark.parametrize(
    "content",
    [
        b"[train]\nseed = " + b"9" * 5000,
        b"[train]\nseed = 99999999999999999999",
        b"[train]\nsteps = 99999999999999999999",
        b"[train]\nbatch = 99999999999",
        b"[train]\nminutes = 1e300",
        b"a = " + b"[" * 100_000,
        b"a = " + b"{a=" * 100_000,
        b'[train]\npreset = "\\u001b[31m' + b"x" * 100_000 + b'"',
        b'[train]\n"\\u001b[31m' + b"x" * 100_000 + b'" = 1',
        b"\xff\xfe",
        b"#" * (2 << 20),
    ],
)
def test_a_file_made_to_do_harm_is_refused_in_one_short_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "understudy.toml").write_bytes(content)
    with cheaply(), pytest.raises(ConfigError, match=r"understudy\.toml") as caught:
        read_settings(tmp_path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 800


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "understudy.toml")
    assert read_settings(tmp_path) == read_settings(tmp_path / "nowhere")
