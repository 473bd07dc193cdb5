"""Records of people, by the commands that make and show them."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from limits import an_ordinary_user
from made_facesets import write_faceset

from .conftest import Run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records lie: nothing is there yet."""
    path = tmp_path / "records"
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(path))
    return path


def test_a_signed_release_is_recorded(run: Run, release: Path, folder: Path) -> None:
    until = date.today() + timedelta(days=30)
    options = ("--granted-by", "Anna's agent", "--scope", "one short film", "--until", until)
    result = run(
        "identity",
        "add",
        "Anna Müller",
        "--consent",
        release,
        "--for",
        "face",
        "--for",
        "voice",
        *options,
        "--json",
    )
    assert result.code == 0, result.err
    assert result.json["name"] == "Anna Müller"
    (path,) = folder.glob("*.toml")
    assert result.json["path"] == str(path)
    assert path.name.startswith("anna_muller-")
    content = tomllib.loads(path.read_text("utf-8"))
    assert content["evidence"] == {
        "path": str(release),
        "sha256": hashlib.sha256(release.read_bytes()).hexdigest(),
    }
    assert content["granted_by"] == "Anna's agent"
    assert (content["uses"], content["scope"], content["until"]) == (
        ["face", "voice"],
        "one short film",
        until,
    )
    assert content["recorded"].utcoffset() == timedelta(0)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_each_way_to_record(run: Run) -> None:
    ways = {"a": ("--self",), "b": ("--rendered",), "c": ("--public-domain", "film of 1911")}
    for name, options in ways.items():
        assert run("identity", "add", name, *options).code == 0
    listed = run("identity", "list", "--json").json
    assert listed["warnings"] == []
    found = {
        one["name"]: (one["kind"], one["granted_by"], one["why"], one["uses"]) for one in listed["identities"]
    }
    assert found == {
        "a": ("self", "a", None, ["face"]),
        "b": ("rendered", None, None, ["face"]),
        "c": ("public-domain", None, "film of 1911", ["face"]),
    }
    table = run("identity", "list").out
    assert [line.split()[:3] for line in table.splitlines()[1:]] == [
        ["a", "valid", "self"],
        ["b", "valid", "rendered"],
        ["c", "valid", "public-domain"],
    ]


def test_show_says_whether_the_evidence_is_still_there(run: Run, release: Path) -> None:
    run("identity", "add", "anna", "--consent", release)
    shown = run("identity", "show", "anna", "--json").json
    assert shown["evidence_state"] == "intact"
    assert "release.pdf (intact)" in run("identity", "show", "anna").out
    release.write_bytes(b"I agree to everything. Anna")
    assert run("identity", "show", "anna", "--json").json["evidence_state"] == "changed"
    release.unlink()
    assert run("identity", "show", "anna", "--json").json["evidence_state"] == "missing"
    assert run("identity", "show", "anna", "--json").json["sha256"] == shown["sha256"]


def test_what_was_revoked_stays_so_until_it_is_replaced(run: Run, release: Path, folder: Path) -> None:
    run("identity", "add", "anna", "--self")
    first = run("identity", "show", "anna", "--json").json
    result = run("identity", "revoke", "anna", "--why", "changed my mind", "--json")
    assert result.code == 0
    assert (result.json["state"], result.json["revoked_why"]) == ("revoked", "changed my mind")
    assert result.json["sha256"] == first["sha256"]
    again = run("identity", "revoke", "anna")
    assert again.code == 1
    assert "revoked on" in again.err
    refused = run("identity", "add", "anna", "--consent", release)
    assert refused.code == 1
    assert "there is a record of anna already (self, revoked)" in refused.err
    assert "--replace" in refused.err
    assert run("identity", "show", "anna", "--json").json["state"] == "revoked"
    assert run("identity", "add", "anna", "--consent", release, "--replace").code == 0
    assert run("identity", "show", "anna", "--json").json["state"] == "valid"
    (kept,) = (folder / "replaced").glob("*.toml")
    assert tomllib.loads(kept.read_text("utf-8"))["revoked"]["why"] == "changed my mind"
    assert len(run("identity", "list", "--json").json["identities"]) == 1


def test_what_was_revoked_still_says_why_and_when_it_was_granted(run: Run) -> None:
    run("identity", "add", "anna", "--public-domain", "film of 1911")
    first = run("identity", "show", "anna", "--json").json
    run("identity", "revoke", "anna", "--why", "an heir asked")
    shown = run("identity", "show", "anna", "--json").json
    assert (shown["why"], shown["recorded"]) == ("film of 1911", first["recorded"])
    assert (shown["revoked_why"], shown["revoked_on"]) == ("an heir asked", date.today().isoformat())
    words = run("identity", "show", "anna").out
    for part in ("film of 1911", first["recorded"], "an heir asked", date.today().isoformat()):
        assert part in words


def test_what_a_new_record_lacks_is_said_and_a_face_kept(run: Run, folder: Path, tmp_path: Path) -> None:
    write_faceset(tmp_path / "anna", "a.mp4", [{}, {}], vector=np.linspace(-0.2, 0.2, 128, dtype=np.float32))
    until = date.today() + timedelta(days=30)
    run(
        *("identity", "add", "anna", "--self", "--scope", "one film", "--until", until),
        *("--for", "face", "--for", "voice", "--faceset", tmp_path / "anna"),
    )
    replaced = run("identity", "add", "anna", "--self", "--replace")
    assert f"scope (one film), until ({until}), uses (voice)" in replaced.err
    assert "what the face is like was kept" in replaced.err
    shown = run("identity", "show", "anna", "--json").json
    assert (shown["has_face"], shown["scope"], shown["until"], shown["notes"]) == (True, None, None, [])
    again = run("identity", "add", "anna", "--self", "--replace", "--scope", "x", "--json")
    assert [note.startswith("what the face") for note in again.json["notes"]] == [True]
    write_faceset(tmp_path / "other", "a.mp4", [{}, {}], vector=np.linspace(-0.3, 0.1, 128, dtype=np.float32))
    other = ("--faceset", tmp_path / "other", "--json")
    assert run("identity", "add", "anna", "--self", "--replace", "--scope", "x", *other).json["notes"] == []
    (path,) = folder.glob("*.toml")
    np.testing.assert_allclose(tomllib.loads(path.read_text("utf-8"))["face"]["vector"][0], -0.3, atol=1e-5)


def test_the_list_says_whose_evidence_is_gone(run: Run, release: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"I agree. Bert")
    run("identity", "add", "anna", "--consent", release)
    run("identity", "add", "bert", "--consent", other)
    run("identity", "add", "carl", "--self")
    release.unlink()
    other.write_bytes(b"I agree to all. Bert")
    listed = run("identity", "list", "--json").json
    assert [one["evidence_state"] for one in listed["identities"]] == ["missing", "changed", None]
    assert listed["warnings"] == [
        f"the evidence of anna is not where it was: {release}",
        f"the evidence of bert was changed: {other}",
    ]
    rows = run("identity", "list").out.splitlines()[1:]
    assert [row.split()[-1] for row in rows] == ["missing", "changed", "-"]


def test_a_face_is_taken_from_a_faceset(run: Run, folder: Path, tmp_path: Path) -> None:
    vector = np.linspace(-0.2, 0.2, 128, dtype=np.float32)
    write_faceset(tmp_path / "anna", "a.mp4", [{}, {}], vector=vector)
    write_faceset(tmp_path / "blank", "a.mp4", [{}])
    assert run("identity", "add", "anna", "--self", "--faceset", tmp_path / "anna", "--json").json["has_face"]
    (path,) = folder.glob("*.toml")
    stored = tomllib.loads(path.read_text("utf-8"))["face"]
    np.testing.assert_allclose(stored["vector"], vector, atol=1e-5)
    assert len(stored["faceset"]) == 64
    for faceset, said in ((tmp_path / "blank", "does not know"), (tmp_path / "gone", "gone")):
        refused = run("identity", "add", "bert", "--self", "--faceset", faceset)
        assert refused.code == 1
        assert said in refused.err
    assert len(list(folder.glob("*.toml"))) == 1


NAMES = (
    "../../evil",
    "/etc/passwd",
    "a/b\\c:d",
    "..",
    ".",
    "CON",
    "Zoë",
    "zoë",
    "ZOË",
    "王小明",
    "x" * 200,
    "a.b ",
    "-rf",
)


def test_no_name_leaves_the_folder_or_takes_anothers_place(run: Run, folder: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    for name in NAMES:
        assert run("identity", "add", "--self", "--", name).code == 0
    made = set(tmp_path.rglob("*")) - before - {folder}
    assert {path.parent for path in made} == {folder}
    assert len(made) == len({path.name.casefold() for path in made}) == len(NAMES)
    assert all(path.name.isascii() and len(path.name) < 80 and path.name[0].isalnum() for path in made)
    listed = {one["name"] for one in run("identity", "list", "--json").json["identities"]}
    assert listed == {name.strip() for name in NAMES}
    for name in NAMES:
        assert run("identity", "show", "--json", "--", name).json["name"] == name.strip()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "anna"), 2, "give one of --consent FILE, --self"),
        (("add", "anna", "--self", "--rendered"), 2, "give one of"),
        (("add", "anna", "--self", "--for", "gait"), 2, "neither face nor voice"),
        (("add", "anna", "--self", "--until", "tomorrow"), 2, "--until"),
        (("add", "anna", "--consent", "gone.pdf"), 1, "consent gone.pdf does not exist"),
        (("add", "anna", "--consent", "."), 1, "is a folder"),
        (("add", "anna", "--consent", os.devnull), 1, "is no file"),
        (("add", "anna", "--consent", "public-domain"), 2, "does not say why"),
        (("add", "anna", "--self", "--until", "31.12.2027"), 2, "write it as YYYY-MM-DD"),
        (("add", "anna", "--public-domain", ""), 1, 'say it, e.g. --public-domain "a film of 1911"'),
        (("add", "anna", "--public-domain", " "), 1, "it is not said why nobody has to agree"),
        (("add", "anna", "--self", "--until", "2020-01-01"), 1, "ended on 2020-01-01"),
        (("add", "anna", "--self", "--scope", "x" * 501), 1, "scope cannot be recorded"),
        (("add", "a\nb", "--self"), 1, "cannot be an identity's name"),
        (("add", "a\udcffb", "--self"), 1, "cannot be an identity's name"),
        (("show", "nobody"), 1, "there is no record of nobody"),
        (("revoke", "nobody"), 1, "understudy identity add nobody --consent FILE"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_one_line(
    arguments: tuple[str, ...], code: int, said: str, run: Run, folder: Path
) -> None:
    result = run("identity", *arguments)
    assert result.code == code
    assert said in result.err
    assert len(result.err.strip().splitlines()) <= 2  # what, and what to do
    assert not folder.exists()


@pytest.mark.parametrize("command", ["show", "revoke"])
def test_a_name_that_is_nearly_right_is_met_with_the_right_one(run: Run, command: str) -> None:
    run("identity", "add", "Anna Müller", "--self")
    run("identity", "add", "Bert", "--self")
    result = run("identity", command, "anna muler")
    assert (result.code, result.err.splitlines()[-1]) == (1, "next: did you mean Anna Müller?")
    assert "identity add 'Zoë'" in run("identity", command, "Zoë").err
    assert run("identity", "show", "Anna Müller", "--json").json["state"] == "valid"


def test_an_empty_file_shows_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    result = run("identity", "add", "anna", "--consent", tmp_path / "empty.pdf")
    assert (result.code, "is empty" in result.err) == (1, True)


def test_files_that_are_no_records_are_named_and_the_rest_is_listed(run: Run, folder: Path) -> None:
    run("identity", "add", "anna", "--self")
    (path,) = folder.glob("*.toml")
    (folder / "junk.toml").write_bytes(b"\xff")
    (folder / "large.toml").write_bytes(b"#" * 100_000)
    (folder / "folder.toml").mkdir()
    (folder / "copy.toml").write_bytes(path.read_bytes())  # would be found under no name
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.toml")  # reading it would wait for ever
        (folder / "gone.toml").symlink_to(folder / "nowhere")
    result = run("identity", "list", "--json")
    assert result.code == 0
    assert [one["name"] for one in result.json["identities"]] == ["anna"]
    named = " ".join(result.json["warnings"])
    for bad in folder.glob("*.toml"):
        assert (str(bad) in named) == (bad != path)


def test_a_record_of_somebody_else_does_not_count(run: Run, folder: Path) -> None:
    run("identity", "add", "anna", "--self")
    (path,) = folder.glob("*.toml")
    path.write_text(path.read_text().replace('name = "anna"', 'name = "bert"'))
    result = run("identity", "show", "anna")
    assert result.code == 1
    assert "is the record of 'bert', not of 'anna'" in result.err


def test_records_lie_in_the_users_data_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNDERSTUDY_IDENTITIES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = Path(run("identity", "add", "anna", "--self", "--json").json["path"])
    assert path.parent == tmp_path / "data" / "understudy" / "identities"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no read-only folders")
def test_a_folder_that_cannot_be_written_to(run: Run, folder: Path) -> None:
    folder.mkdir(mode=0o555)
    for above in list(folder.parents)[:4]:
        if "pytest" in str(above):
            above.chmod(0o755)  # for whoever that is to look into
    with an_ordinary_user():
        result = run("identity", "add", "anna", "--self")
    assert result.code == 1
    assert "UNDERSTUDY_IDENTITIES" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no folders that may not be read")
def test_a_folder_that_cannot_be_read_is_not_one_without_records(run: Run, folder: Path) -> None:
    run("identity", "add", "anna", "--self")
    folder.chmod(0)
    with an_ordinary_user():
        for command in (["list"], ["show", "anna"], ["add", "anna", "--self"]):
            result = run("identity", *command)
            assert result.code == 1
            assert f"cannot read {folder}" in result.err
    folder.chmod(0o700)
    assert run("identity", "show", "anna").code == 0


def test_a_file_where_the_folder_should_be(run: Run, folder: Path) -> None:
    folder.write_text("x")
    result = run("identity", "add", "anna", "--self")
    assert result.code == 1
    assert "UNDERSTUDY_IDENTITIES" in result.err
    assert folder.read_text() == "x"


def test_the_help_says_every_form_of_consent_that_works(run: Run) -> None:
    said = "".join(run("identity", "add", "--help").out.replace("│", "").split())
    assert said.count("FILE|self|rendered|publi") == 1
    for number, form in enumerate(("self", "rendered", "public-domain:a film of 1911")):
        assert run("identity", "add", f"person {number}", "--consent", form).code == 0
