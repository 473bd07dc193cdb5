"""The Python API: quick to import, typed, and the same as the command line."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer

import understudy
from understudy.cli.main import app
from understudy.core.errors import ConfigError, ConsentError
from understudy.workflows import convert, extract, reported_evaluate, reported_swap, swap, train
from understudy.workflows import evaluate as evaluation
from understudy.workflows.configs import ConvertConfig, ExtractConfig, SwapConfig, TrainConfig

FUNCTIONS = (
    "swap",
    "extract",
    "import_faces",
    "train",
    "adjust",
    "convert",
    "evaluate",
    "compare",
    "coverage",
    "export",
    "verify",
    "animate",
    "lipsync",
    "train_animator",
)
PAGES = ("open_studio", "open_review")
IDENTITIES = ("add_identity", "list_identities", "show_identity", "revoke_identity")


def test_import_is_light() -> None:
    heavy = "{'torch', 'cv2', 'av', 'numpy', 'dlib', 'pydantic', 'typer', 'rich'}"
    code = f"import sys, understudy; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_are_those_of_the_command(name: str) -> None:
    command = typer.main.get_command(app).commands[name.removesuffix("_faces").replace("_", "-")]  # type: ignore[attr-defined]
    options = {parameter.name for parameter in command.params} - {"json", "debug", "help", "list_presets"}
    parameters = set(inspect.signature(getattr(understudy, name)).parameters) - {"on_event"}
    # the command line says --out for every output
    assert {
        "faceset" if name in ("extract", "import_faces") and o == "out" else o for o in options
    } == parameters


@pytest.mark.parametrize("name", IDENTITIES)
def test_parameters_are_those_of_the_command_for_identities(name: str) -> None:
    group = typer.main.get_command(app).commands["identity"]  # type: ignore[attr-defined]
    command = group.commands[name.partition("_")[0]]
    options = {parameter.name for parameter in command.params} - {"json", "debug", "help"}
    assert options == set(inspect.signature(getattr(understudy, name)).parameters)


@pytest.mark.parametrize("name", PAGES)
def test_parameters_are_those_of_the_command_for_pages(name: str) -> None:
    command = typer.main.get_command(app).commands[name.removeprefix("open_")]  # type: ignore[attr-defined]
    options = {parameter.name for parameter in command.params} - {"json", "debug", "help"}
    assert options == set(inspect.signature(getattr(understudy, name)).parameters) - {"on_event"}


@pytest.mark.parametrize("name", [*FUNCTIONS, *IDENTITIES, *PAGES])
def test_every_parameter_is_typed_and_documented(name: str) -> None:
    function = getattr(understudy, name)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        assert parameter.annotation is not inspect.Parameter.empty
        assert f"        {parameter.name}: " in function.__doc__
    if name not in (
        "import_faces",
        "evaluate",
        "compare",
        "coverage",
        "export",
        "verify",
        *IDENTITIES,
        "animate",
        "lipsync",
        "train_animator",
        "adjust",
    ):  # its result's type is imported by the first call
        assert typing.get_type_hints(function)["return"]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    configs: list[object] = []
    for workflow in (extract, train, convert, swap, reported_swap, evaluation, reported_evaluate):
        monkeypatch.setattr(workflow, "run", lambda config, on_event, **more: configs.append((config, more)))
    return configs


def test_strings_and_paths_become_the_config(seen: list[object], tmp_path: Path) -> None:
    understudy.extract("a.mp4", str(tmp_path), every=2)
    understudy.extract(["a.mp4", Path("b")], tmp_path, identity="Zoë")
    understudy.convert("a.mp4", "m", "o.mp4", source="x", worst="w", watermark=False)
    assert seen == [
        (ExtractConfig(footage=(Path("a.mp4"),), faceset=tmp_path, every=2), {}),
        (ExtractConfig(footage=(Path("a.mp4"), Path("b")), faceset=tmp_path, identity="Zoë"), {}),
        (
            ConvertConfig(
                target=Path("a.mp4"),
                model=Path("m"),
                out=Path("o.mp4"),
                source="x",
                worst=Path("w"),
                watermark=False,
            ),
            {},
        ),
    ]


def test_training_settings_come_from_the_folder_of_the_model(seen: list[object], tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text("[train]\nsteps = 9\nbatch = 3\nlosses.l1 = 2\n")
    understudy.train(["a", "b"], tmp_path / "model", seed=4, losses={"ssim": 0})
    facesets = (Path("a"), Path("b"))
    losses = {"l1": 2.0, "ssim": 0.0}
    expected = TrainConfig(
        facesets=facesets, model=tmp_path / "model", steps=9, batch=3, seed=4, losses=losses, devices=None
    )
    assert seen == [(expected, {})]


def test_all_that_training_is_asked_for_reaches_it(seen: list[object], tmp_path: Path) -> None:
    asked = {"minutes": 2.5, "preset": "classic", "start": "scratch", "batch": 3, "seed": 4, "resume": True}
    asked |= {"until_flat": True, "tensorboard": True, "encoder": "slow", "from_model": "n"}
    asked |= {"devices": 2, "accumulate": 3, "device": "cpu", "focus": "w/worst.json", "consent": "self"}
    asked |= {"cert": "c.pem", "key": "k.pem"}
    understudy.train(["a", "b"], str(tmp_path / "model"), **asked)
    understudy.train(["a", "b"], tmp_path / "model", until_flat=True)  # as long as it takes
    facesets, model = (Path("a"), Path("b")), tmp_path / "model"
    paths = {"from_model": Path("n"), "focus": Path("w/worst.json")}
    paths |= {"cert": Path("c.pem"), "key": Path("k.pem")}
    assert seen == [
        (TrainConfig(facesets=facesets, model=model, **asked | paths), {}),
        (TrainConfig(facesets=facesets, model=model, until_flat=True, devices=None), {}),
    ]
    (config, _), _ = seen
    given = {field.name for field in fields(config) if getattr(config, field.name) != field.default}
    known = set(inspect.signature(understudy.train).parameters) - {"on_event"}
    assert known - given == {"steps"}, "a parameter that this test does not give"


def test_swap_settings_come_from_the_production(seen: list[object], tmp_path: Path) -> None:
    production = tmp_path / "o.mp4.production"
    production.mkdir()
    (production / "understudy.toml").write_text('[train]\nminutes = 2\nfrom = "scratch"\nlosses.l1 = 2\n')
    out, report = tmp_path / "o.mp4", tmp_path / "r.html"
    understudy.swap("s.mp4", "t.mp4", out)
    understudy.swap(
        "s.mp4", "t.mp4", out, production=tmp_path, steps=7, report=report, worst="w", watermark=False
    )
    common = {"source": (Path("s.mp4"),), "target": Path("t.mp4"), "out": out}
    assert seen == [
        (SwapConfig(**common, minutes=2, start="scratch", production=production, losses={"l1": 2.0}), {}),
        (
            SwapConfig(
                **common, minutes=None, steps=7, production=tmp_path, worst=Path("w"), watermark=False
            ),
            {"report": report},
        ),
    ]


def test_consent_is_a_word_or_a_file(seen: list[object], monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    understudy.convert("a.mp4", "m", "o.mp4", consent="self")
    understudy.convert("a.mp4", "m", "o.mp4", consent=Path("self"))
    understudy.swap("s.mp4", "t.mp4", "o.mp4", consent="rendered", source_name="Zoë", target_name="Bo")
    assert [
        (config.consent, *(getattr(config, f"{role}_name", None) for role in ("source", "target")))
        for config, _ in seen
    ] == [  # type: ignore[misc]
        ("self", None, None),
        (str(tmp_path / "self"), None, None),
        ("rendered", "Zoë", "Bo"),
    ]


def test_an_evaluation_writes_a_report_where_asked(seen: list[object], tmp_path: Path) -> None:
    understudy.evaluate("o.mp4", "t.mp4", every=3, worst="w")
    understudy.evaluate("o.mp4", "t.mp4", every=3, report=str(tmp_path / "r.html"))
    plain = evaluation.EvaluateConfig(output=Path("o.mp4"), target=Path("t.mp4"), every=3)
    assert seen == [(replace(plain, worst=Path("w")), {}), (plain, {"report": tmp_path / "r.html"})]


def test_a_setting_that_a_swap_cannot_use_is_not_dropped(seen: list[object], tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text("[train]\nbatch = 3\n")
    with pytest.raises(ConfigError, match=r"train\.batch"):
        understudy.swap("s.mp4", "t.mp4", tmp_path / "o.mp4", production=tmp_path)
    assert seen == []


def test_records_are_made_shown_and_revoked(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "records"))
    release = tmp_path / "self"  # a path is a file, whatever it is called
    release.write_bytes(b"I agree. Zo\xc3\xab")
    day = date.today() + timedelta(days=9)
    made = understudy.add_identity(
        "Zoë", consent=release, used=["voice", "face"], granted_by="her agent", scope="a film", until=day
    )
    assert (made.kind, made.uses, made.granted_by) == ("consent", ["voice", "face"], "her agent")
    assert (made.scope, made.until, made.evidence) == ("a film", day.isoformat(), str(release))
    for more in ({"oneself": True}, {"rendered": True}, {"public_domain": "of 1911"}, {"consent": "self"}):
        with pytest.raises(ConsentError, match="already"):
            understudy.add_identity("Zoë", **more)
    kinds = [
        understudy.add_identity("Zoë", replace=True, **more).kind
        for more in ({"oneself": True}, {"rendered": True}, {"public_domain": "of 1911"}, {"consent": "self"})
    ]
    assert kinds == ["self", "rendered", "public-domain", "self"]
    assert understudy.revoke_identity("Zoë", why="asked").revoked_why == "asked"
    assert understudy.show_identity("Zoë").state == "revoked"
    assert [one.name for one in understudy.list_identities().identities] == ["Zoë"]


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "no consent"), ({"oneself": True, "rendered": True}, "several"), ({"used": []}, "what for")],
)
def test_what_cannot_be_recorded(given: dict, said: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "records"))
    more = {"oneself": True} if "used" in given else {}
    with pytest.raises(ConsentError, match=said):
        understudy.add_identity("Zoë", **given, **more)
    assert not (tmp_path / "records").exists()


def test_several_looks_are_for_a_grid(tmp_path: Path) -> None:
    for more in ({"colour": "lab,mkl"}, {"blend": "light,feather"}):
        with pytest.raises(ConfigError, match="names several ways"):
            understudy.convert("t.mp4", "m", tmp_path / "o.mp4", **more)
