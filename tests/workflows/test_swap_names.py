"""What the people of a swap are called, everywhere alike, and how earlier productions are gone on with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError, ConsentError
from understudy.core.identity_folder import store_record
from understudy.core.identity_record import Revocation
from understudy.faces.faceset import Faceset
from understudy.training.model_folder import find_generation, save_index
from understudy.workflows import convert, extract, swap, train, verify
from understudy.workflows.configs import ConvertConfig, ExtractConfig, SwapConfig, TrainConfig
from understudy.workflows.consent import person_in
from understudy.workflows.consent_choice import Given, new_record
from understudy.workflows.person_names import name_of_footage
from understudy.workflows.swap_names import OPTIONS, Named, names_of
from understudy.workflows.verify_result import VerifyConfig


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a/anna.mp4", "anna"),
        ("Zoë & co.mp4", "Zoë & co"),
        ("two\nlines=3.mp4", "two_lines_3"),
        ("\udcff\u202e.mp4", None),
        ("  .mp4", None),
        (f"{'x' * 240}.mp4", "x" * 100),
        ("{folder}", "Zoë"),
        ("{folder}/*.png", "Zoë"),
        ("{folder}/%06d.png", "Zoë"),
        ("{folder}/**/s?ot*.mp4", "Zoë"),
    ],
)
def test_somebody_is_called_as_their_footage(source: str, name: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "Zoë"
    folder.mkdir()
    path = Path(source.format(folder=folder))
    if name is None:
        with pytest.raises(ConfigError, match="--target-name"):
            name_of_footage(path, OPTIONS["target"])
    else:
        assert name_of_footage(path, OPTIONS["source"]) == name


@pytest.mark.parametrize(
    ("files", "said", "names"),
    [
        (("a/anna.mp4", "b/bert.mp4"), (None, None), ("anna", "bert")),
        (("a/anna.mp4", "b/bert.mp4"), ("Zoë", None), ("Zoë", "bert")),
        (("a/anna.mp4", "b/bert.mp4"), (None, "Bo"), ("anna", "Bo")),
        (("a/take.mp4", "b/Take.mp4"), (None, None), ("take", "Take_target")),
        (("a/take.mp4", "b/anna.mp4"), ("anna", None), ("anna", "anna_target")),
        (("a/anna.mp4", "b/take.mp4"), (None, "anna"), ("anna_source", "anna")),
    ],
)
def test_two_people_have_two_names(
    files: tuple[str, str], said: tuple[str | None, str | None], names: tuple[str, str], tmp_path: Path
) -> None:
    config = SwapConfig(
        source=(Path(files[0]), Path("more.mp4")),
        target=Path(files[1]),
        out=Path("o.mp4"),
        source_name=said[0],
        target_name=said[1],
    )
    found = names_of(config, tmp_path)
    assert [(one.identity, one.person) for one in found.values()] == [(name, name) for name in names]
    assert [one.is_said for one in found.values()] == [name is not None for name in said]


def test_names_that_cannot_be_are_refused(tmp_path: Path) -> None:
    config = SwapConfig(source=(Path("a.mp4"),), target=Path("b.mp4"), out=Path("o.mp4"))
    with pytest.raises(ConfigError, match="both people are called anna"):
        names_of(replace(config, source_name="anna", target_name=" anna"), tmp_path)
    with pytest.raises(ConfigError, match=r"'a\\nb' is nobody's name .*--source-name"):
        names_of(replace(config, source_name="a\nb"), tmp_path)


def test_all_that_a_swap_leaves_speaks_of_the_same_people(clips: dict[str, Path], tmp_path: Path) -> None:
    footage = {name: tmp_path / f"{name}.mp4" for name in ("carla", "dora")}
    for path, clip in zip(footage.values(), clips.values(), strict=True):
        path.write_bytes(clip.read_bytes())
    out = tmp_path / "out.mp4"
    config = SwapConfig(
        source=(footage["carla"],), target=footage["dora"], out=out, steps=1, consent="rendered"
    )
    result = swap.run(config)
    assert (result.source_name, result.target_name) == ("carla", "dora")
    index = find_generation(result.production / "model").index
    assert [entry.name for entry in index.identities] == ["carla", "dora"]
    assert index.identities[0].consent is not None
    assert index.identities[0].consent.identity == "carla"
    told = verify.run(VerifyConfig(file=out))
    assert told.model is not None
    assert "carla" in json.dumps(told.model)
    assert "dora" in json.dumps(told.model)
    assert [entry["identity"] for entry in told.consent] == ["carla"]
    # who is put in the other way round is asked for by name: no one record serves every production's target
    swapped = ConvertConfig(
        target=footage["carla"], model=result.production / "model", out=out, source="dora"
    )
    with pytest.raises(ConsentError, match="no record that the face of dora may be used"):
        convert.run(swapped)
    # a production is known by what the footage holds: a file that was renamed is nobody else
    moved = footage["carla"].rename(tmp_path / "take 2.mp4")
    again = swap.run(replace(config, source=(moved,)))
    assert (again.source_name, again.train is not None and again.train.steps) == ("carla", 1)


def test_productions_of_earlier_versions_are_gone_on_with(clips: dict[str, Path], tmp_path: Path) -> None:
    """They call the people "source" and "target", and may say nobody's name."""
    production, out = tmp_path / "p", tmp_path / "out.mp4"
    facesets = tuple(production / f"{role}.faceset" for role in clips)
    for role, clip in clips.items():
        folder = production / f"{role}.faceset"
        extract.run(ExtractConfig(footage=(clip,), faceset=folder, identity=role))
    train.run(TrainConfig(facesets=facesets, model=production / "model", steps=1))
    index = find_generation(production / "model").index
    for entry in index.identities:
        entry.consent = None
    save_index(production / "model", index)
    config = SwapConfig(
        source=(clips["source"],), target=clips["target"], out=out, production=production, steps=1
    )
    store_record(new_record("erna", Given(kind="rendered")))
    result = swap.run(replace(config, source_name="erna"))
    assert result.train is not None
    assert result.train.steps == 1  # not trained anew
    index = find_generation(production / "model").index
    assert [entry.name for entry in index.identities] == ["source", "target"]
    assert [person_in(folder) for folder in facesets] == ["erna", "target"]
    assert names_of(config, production)["source"] == Named(identity="source", person="erna", is_said=True)
    # one whose faces were thrown away is still called what the model calls them
    with closing(sqlite3.connect(facesets[0] / "faces.sqlite")) as database, database:
        database.execute("DELETE FROM meta WHERE key = 'person'")
    (facesets[0] / "faces.sqlite").unlink()
    assert names_of(config, production)["source"].identity == "source"


def test_whom_a_file_was_named_after_can_still_be_said(clips: dict[str, Path], tmp_path: Path) -> None:
    """As long as nothing was learnt of them: a swap may have been stopped as a file was misnamed."""
    production = tmp_path / "p"
    folder = production / "source.faceset"
    Faceset.create(folder, "video").close()
    config = SwapConfig(
        source=(clips["source"],),
        target=clips["target"],
        out=tmp_path / "out.mp4",
        production=production,
        steps=1,
        source_name="anna",
        consent="rendered",
    )
    swap.run(config)
    with Faceset.open(folder) as faceset:
        assert faceset.identity == "anna"
    index = find_generation(production / "model").index
    assert index.identities[0].name == "anna"


def test_who_took_their_consent_back_is_no_target_either(clips: dict[str, Path], tmp_path: Path) -> None:
    record = new_record("frieda", Given(kind="self"))
    store_record(record.model_copy(update={"revoked": Revocation(on=date.today())}))
    config = SwapConfig(
        source=(clips["source"],),
        target=clips["target"],
        out=tmp_path / "out.mp4",
        steps=1,
        target_name="frieda",
    )
    with pytest.raises(ConsentError, match="frieda took back the consent"):
        swap.run(config)
    assert not (tmp_path / "out.mp4.production").exists()
