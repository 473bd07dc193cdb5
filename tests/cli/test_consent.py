"""Commands that use a face: without a record they stop with one line, with it nothing more is asked."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from actors import clip
from made_facesets import write_faceset
from understudy.core.errors import ConsentError
from understudy.core.types import Vector
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.media.footage import open_footage
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows.consent_faces import check_face

from .conftest import Ran, Run

FACES = 24  # a few more than training asks for
SHORT = ("--steps", 1, "--batch", 2, "--from", "scratch")


def vector(*, first: float = 0.0) -> Vector:
    """Somebody's identity vector; those of people differ in their first number here."""
    numbers = np.full(128, 0.05, np.float32)
    numbers[0] = first
    return numbers


def vector_in_target() -> Vector:
    """That of the face in `target`, whom conversions find as bert."""
    with open_footage(clip("A_testA")) as footage:
        frame, (face,) = next(FaceFinder().stream(footage.partial()))
        return Identifier().vector(frame.image, face)


@pytest.fixture(scope="module")
def facesets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with facesets of anna, bert and carl, and one called anna that shows somebody else."""
    folder = tmp_path_factory.mktemp("facesets")
    looks = [{"pose_deg": (yaw, 0.0, 0.0)} for yaw in np.linspace(-20, 20, FACES)]
    vectors = {"anna": vector(), "bert": vector_in_target(), "carl": vector(first=2.0)}
    for name, each in vectors.items():
        write_faceset(folder / name, f"{name}.mp4", looks, vector=each)
    write_faceset(folder / "other" / "anna", "x.mp4", looks, vector=vector(first=0.5))
    return folder


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("footage") / "target.mp4"
    with VideoReader(clip("A_testA")) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame in islice(reader, 3):
            writer.write(frame)
    return path


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records lie: nothing is there yet."""
    path = tmp_path / "records"
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(path))
    return path


@pytest.fixture(scope="module")
def model(facesets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of anna, bert and carl, trained with anna's consent."""
    from understudy.core.identity_folder import FOLDER_VARIABLE
    from understudy.workflows import train
    from understudy.workflows.configs import TrainConfig

    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "records"))
        people = tuple(facesets / name for name in ("anna", "bert", "carl"))
        train.run(
            TrainConfig(
                facesets=people, model=folder / "model", steps=1, batch=2, start="scratch", consent="rendered"
            )
        )
    return folder / "model"


def train_arguments(facesets: Path, model: Path, *more: object) -> list[object]:
    return ["train", facesets / "anna", facesets / "bert", "--model", model, *SHORT, *more]


def index_of(model: Path) -> dict[str, dict[str, str] | None]:
    """What a model's index says of consent, by identity."""
    identities = json.loads((model / "model.json").read_text())["identities"]
    return {entry["name"]: entry["consent"] for entry in identities}


def comment_of(video: Path) -> str:
    with av.open(str(video)) as container:
        return container.metadata["comment"]


def stopped(result: Ran, said: str) -> None:
    """Assert that a command stopped with one line, and one that says how to go on."""
    assert result.code == 1
    lines = [line for line in result.err.splitlines() if line.startswith(("error:", "next:", "warning:"))]
    assert len(lines) == 2, result.err
    assert said in lines[0]
    assert lines[1].startswith("next:")
    assert "Traceback" not in result.err


def test_training_asks_once(run: Run, facesets: Path, tmp_path: Path, release: Path, records: Path) -> None:
    model = tmp_path / "model"
    without = run(*train_arguments(facesets, model))
    stopped(without, "there is no record that the face of anna may be used")
    assert "--consent FILE (a signed release), self, rendered" in without.err
    assert "understudy identity add anna --consent FILE" in without.err
    assert not model.exists()
    assert not records.exists()

    result = run(*train_arguments(facesets, model, "--consent", release, "--json"))
    assert result.code == 0, result.err
    assert result.json["warnings"] == []
    (path,) = records.glob("*.toml")
    assert str(path) in result.err
    record = tomllib.loads(path.read_text("utf-8"))
    assert (record["name"], record["kind"], record["uses"]) == ("anna", "consent", ["face"])
    np.testing.assert_allclose(record["face"]["vector"], vector(), atol=1e-5)
    shown = run("identity", "show", "anna", "--json").json
    index = index_of(model)
    assert index["bert"] is None
    assert index["anna"] == {
        "identity": "anna",
        "sha256": shown["sha256"],
        "kind": "consent",
        "granted_by": "anna",
        "recorded": shown["recorded"][:10],
    }
    assert "release" not in (model / "model.json").read_text()  # the evidence stays where it is

    # neither the option nor the file is wanted again; the option does no harm
    assert run(*train_arguments(facesets, model, "--resume", "--consent", release)).code == 0
    release.unlink()
    assert run(*train_arguments(facesets, model, "--resume")).code == 0


def test_what_is_given_must_be_what_was_recorded(
    run: Run, facesets: Path, tmp_path: Path, release: Path
) -> None:
    run("identity", "add", "anna", "--consent", release)
    other = tmp_path / "other.pdf"
    other.write_text("I agree to something else")
    for given in ("self", "rendered", "public-domain:old", other):
        result = run(*train_arguments(facesets, tmp_path / "model", "--consent", given))
        stopped(result, "another consent of anna is on record: consent of anna: consent by anna")
        assert "understudy identity add anna --consent FILE --replace" in result.err
    assert not (tmp_path / "model").exists()
    copy = tmp_path / "copy.pdf"
    shutil.copy(release, copy)
    assert run(*train_arguments(facesets, tmp_path / "model", "--consent", copy)).code == 0


UNFIT = {
    "revoked": ((), "anna took back the consent on"),
    "expired": (("--until", date.today()), f"the consent of anna ended on {date.today()}"),
    "voice": (("--for", "voice"), "the consent of anna is for voice, not for face"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_record_that_does_not_hold_is_refused_and_no_option_overrides_it(
    case: str,
    run: Run,
    facesets: Path,
    model: Path,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options, said = UNFIT[case]
    assert run("identity", "add", "anna", "--self", *options).code == 0
    if case == "revoked":
        run("identity", "revoke", "anna")
    if case == "expired":

        class Tomorrow(date):
            @classmethod
            def today(cls) -> date:
                return date.today() + timedelta(days=1)

        monkeypatch.setattr("understudy.workflows.consent.date", Tomorrow)
    out = tmp_path / "out.mp4"
    commands = (
        train_arguments(facesets, tmp_path / "model"),
        ["convert", "--target", target, "--model", model, "--out", out],
        ["swap", "--source", target, "--target", target, "--out", out, "--source-name", "anna"],
    )
    for command in commands:
        for more in ((), ("--consent", "self"), ("--consent", "rendered")):
            result = run(*command, *more)
            stopped(result, said)
            uses = "--for voice --for face " if case == "voice" else ""
            assert f"understudy identity add anna --consent FILE {uses}--replace" in result.err
    assert not (tmp_path / "model").exists()
    assert not out.exists()
    assert not out.with_name("out.mp4.production").exists()
    # a new agreement is recorded by hand
    assert run("identity", "add", "anna", "--self", "--replace").code == 0
    monkeypatch.undo()
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "records"))
    assert run(*commands[1]).code == 0


def test_conversion_needs_the_record_of_who_is_put_in(
    run: Run, model: Path, target: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    command = ["convert", "--target", target, "--model", model, "--out", out]
    stopped(run(*command), "there is no record that the face of anna may be used")
    stopped(run(*command, "--source", "carl"), "there is no record that the face of carl may be used")
    assert run(*command, "--consent", "rendered", "--json").code == 0
    shown = run("identity", "show", "anna", "--json").json
    comment = comment_of(out)
    assert comment.startswith("Synthetic media: ")
    assert f"consent of anna: rendered, recorded {date.today()}, sha256 {shown['sha256']}" in comment
    assert shown["has_face"]
    # that anna may be used says nothing of carl
    stopped(run(*command, "--source", "carl"), "there is no record that the face of carl may be used")
    assert run(*command, "--map", "bert=carl", "--consent", "public-domain:film of 1911").code == 0
    assert "consent of carl: public-domain, recorded" in comment_of(out)
    assert "anna" not in comment_of(out)


def test_each_of_several_who_are_put_in_has_a_record(
    run: Run, model: Path, target: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    command = ["convert", "--target", target, "--model", model, "--out", out]
    command += ["--map", "bert=anna", "--map", "anna=carl"]
    stopped(run(*command, "--consent", "rendered"), "there is no record of anna and carl")
    run("identity", "add", "carl", "--self", "--granted-by", "Carl Beispiel")
    stopped(run(*command), "there is no record that the face of anna may be used")
    assert run(*command, "--consent", "rendered").code == 0
    assert run(*command, "--consent", "rendered").code == 0  # what was made by it is there now
    comment = comment_of(out)
    assert "consent of anna: rendered, recorded" in comment
    assert "consent of carl: self by Carl Beispiel, recorded" in comment


def test_a_swap_asks_before_the_work(run: Run, target: Path, tmp_path: Path) -> None:
    source = tmp_path / "Zoë & co.mp4"
    shutil.copy(target, source)
    out = tmp_path / "out.mp4"
    command = ["swap", "--source", source, "--target", target, "--out", out]
    result = run(*command)
    stopped(result, "there is no record that the face of Zoë & co may be used")
    assert "understudy identity add 'Zoë & co' --consent FILE" in result.err
    stopped(run(*command, "--source-name", "Zoë"), "the face of Zoë may be used")
    stopped(run(*command, "--consent", "gone.pdf"), "consent gone.pdf does not exist")
    assert "extract" not in result.err
    assert not out.with_name("out.mp4.production").exists()


def test_words_that_say_nothing_are_wrong_usage(run: Run, facesets: Path, tmp_path: Path) -> None:
    for given in ("public-domain", "public-domain:", "public-domain: ", ""):
        result = run(*train_arguments(facesets, tmp_path / "model", "--consent", given))
        assert result.code == 2
        assert "--consent" in result.err


def test_faces_that_are_not_those_of_the_record_are_named(
    run: Run, facesets: Path, model: Path, target: Path, tmp_path: Path
) -> None:
    run("identity", "add", "anna", "--self", "--faceset", facesets / "anna")
    right = run(*train_arguments(facesets, tmp_path / "right", "--json"))
    assert right.json["warnings"] == []
    arguments = [
        "train",
        facesets / "other" / "anna",
        facesets / "bert",
        "--model",
        tmp_path / "wrong",
        *SHORT,
    ]
    wrong = run(*arguments, "--json")
    assert wrong.code == 0
    (warning,) = wrong.json["warnings"]
    assert "not like those that the record of anna was made with (distance 0.50" in warning
    assert warning in wrong.err

    convert = ["convert", "--target", target, "--out", tmp_path / "out.mp4", "--json", "--model"]
    assert any("record of anna" in said for said in run(*convert, tmp_path / "wrong").json["warnings"])
    assert not any("record of anna" in said for said in run(*convert, model).json["warnings"])


def test_a_files_name_makes_nobody_somebody_else(run: Run, facesets: Path) -> None:
    run("identity", "add", "video", "--self", "--faceset", facesets / "anna")
    check_face("video", facesets / "anna", "--source-name")
    check_face("of whom there is no record", facesets / "bert", "--source-name")
    with pytest.raises(ConsentError, match="a record of video, and these faces are not like theirs"):
        check_face("video", facesets / "other" / "anna", "--source-name")


def test_somebody_who_took_their_consent_back_is_not_learnt_as_the_target_either(
    run: Run, facesets: Path, tmp_path: Path
) -> None:
    run("identity", "add", "anna", "--rendered")
    run("identity", "add", "bert", "--self")
    assert run(*train_arguments(facesets, tmp_path / "model")).code == 0
    consent = index_of(tmp_path / "model")["bert"]
    assert consent is not None
    assert consent["kind"] == "self"
    run("identity", "revoke", "bert")
    stopped(run(*train_arguments(facesets, tmp_path / "new")), "bert took back the consent")
    assert not (tmp_path / "new").exists()


def test_what_it_is_for_is_said_each_time(run: Run, model: Path, target: Path, tmp_path: Path) -> None:
    run("identity", "add", "anna", "--self", "--scope", "one short film")
    result = run("convert", "--target", target, "--model", model, "--out", tmp_path / "out.mp4")
    assert "anna agreed to: one short film" in result.err


def test_a_record_that_cannot_be_read_stops_the_work(
    run: Run, facesets: Path, records: Path, tmp_path: Path
) -> None:
    run("identity", "add", "anna", "--self")
    (path,) = records.glob("*.toml")
    path.write_text(path.read_text() + "admin = true\n")
    stopped(run(*train_arguments(facesets, tmp_path / "m")), "is no identity record (admin: Extra inputs")


def test_models_of_earlier_versions_are_asked_about_by_the_identitys_name(
    run: Run, model: Path, target: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(model, old)
    for path in old.rglob("model*.json"):
        content = json.loads(path.read_text())
        content["format"] = 4
        for entry in content["identities"]:
            del entry["consent"]
        path.write_text(json.dumps(content))
    command = ["convert", "--target", target, "--model", old, "--out", tmp_path / "out.mp4"]
    stopped(run(*command), "there is no record that the face of anna may be used")
    assert run(*command, "--consent", "rendered").code == 0


def test_no_environment_opens_the_gate(run: Run, facesets: Path, tmp_path: Path) -> None:
    """Only the folder of records can be chosen; an empty or a missing one holds nobody's consent."""
    source = Path(__file__).parents[2] / "src" / "understudy"
    named = {
        line.split('"')[1]
        for path in _sources(source)
        for line in path.read_text("utf-8").splitlines()
        if '"UNDERSTUDY_' in line
    }
    assert {name for name in named if name.startswith("UNDERSTUDY_")} == {
        "UNDERSTUDY_IDENTITIES",
        "UNDERSTUDY_PROGRESS",  # how progress is told
        "UNDERSTUDY_SIGNING",
        "UNDERSTUDY_WEIGHTS",
    }


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
