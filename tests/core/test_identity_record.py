"""Records of people: what is written is read again, and nothing else is."""

from __future__ import annotations

import time
import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.core.errors import ConsentError
from understudy.core.identity_record import (
    MOST_BYTES,
    IdentityRecord,
    checked_name,
    record_from_toml,
    record_to_toml,
)

PLAIN: dict[str, Any] = {
    "name": "Anna",
    "kind": "self",
    "granted_by": "Anna",
    "recorded": datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC),
    "uses": ["face"],
}
WRITTEN = record_to_toml(IdentityRecord(**PLAIN)).decode()

names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40).filter(
    lambda text: _is_name(text)
)
lines = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
)


def _is_name(text: str) -> bool:
    try:
        return bool(checked_name(text))
    except ValueError:
        return False


@settings(deadline=None, max_examples=60)
@given(
    name=names,
    scope=lines,
    until=st.one_of(st.none(), st.dates()),
    vector=st.one_of(st.none(), st.lists(st.floats(-2, 2), min_size=128, max_size=128)),
    path=st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40),
)
def test_what_is_written_is_read_again(name, scope, until, vector, path) -> None:
    face = None if vector is None else {"vector": vector, "faceset": "0" * 64}
    record = IdentityRecord(
        **PLAIN | {"name": name, "scope": scope, "until": until, "face": face, "kind": "consent"},
        evidence={"path": path, "sha256": "a" * 64},
    )
    data = record_to_toml(record)
    assert record_from_toml(data, "x") == record
    assert record_from_toml(data, "x").digest() == record.digest()
    # an independent reader finds the same under the same names
    content = tomllib.loads(data.decode())
    assert content["name"] == record.name
    assert content["evidence"] == {"path": path, "sha256": "a" * 64}


def test_the_digest_is_of_what_was_agreed() -> None:
    record = IdentityRecord(**PLAIN)
    digest = record.digest()
    assert len(digest) == 64
    same = PLAIN | {"face": {"vector": [0.0] * 128, "faceset": "0" * 64}, "revoked": {"on": date(2027, 1, 1)}}
    assert IdentityRecord(**same).digest() == digest
    for field, value in {
        "name": "Bert",
        "granted_by": "Bert",
        "recorded": datetime(2026, 11, 27, 1, 2, 4, tzinfo=UTC),
        "uses": ["voice"],
        "scope": "one film",
        "until": date(2027, 1, 1),
    }.items():
        assert IdentityRecord(**PLAIN | {field: value}).digest() != digest, field


def test_it_ends_after_its_last_day_and_when_it_is_revoked() -> None:
    record = IdentityRecord(**PLAIN | {"until": date(2027, 1, 1)})
    assert record.state(date(2027, 1, 1)) == "valid"
    assert record.state(date(2027, 1, 2)) == "expired"
    revoked = IdentityRecord(**PLAIN | {"until": date(2027, 1, 1), "revoked": {"on": date(2026, 12, 1)}})
    assert revoked.state(date(2026, 12, 1)) == "revoked"
    assert IdentityRecord(**PLAIN).state(date(9999, 12, 31)) == "valid"


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "a\0b", "a\ud800", "x" * 201, "a\u2028b", "a\u202egnp.exe", "\x1b[31m"]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="a name"):
        checked_name(name)


def test_names_are_compared_composed_and_without_spaces_around() -> None:
    assert checked_name(" Zoe\u0308 ") == "Zoë"
    assert checked_name("محمد‌رضا") == "محمد‌رضا"  # a joiner is part of the writing
    assert checked_name("../a/b") == "../a/b"


def test_the_largest_record_can_be_read_again() -> None:
    line, name = "\U0001f600" * 500, "\U0001f600" * 200
    record = IdentityRecord(
        **PLAIN
        | {"name": name, "granted_by": name, "scope": line, "kind": "consent", "uses": ["face", "voice"]},
        evidence={"path": "\U0001f600" * 1000, "sha256": "a" * 64},
        face={"vector": [-1.23456] * 128, "faceset": "0" * 64},
        voice={"vector": [-1.23456] * 512},
        revoked={"on": date(2027, 1, 1), "why": line},
    )
    assert record_from_toml(record_to_toml(record), "x") == record


BROKEN = {
    "unknown field": (WRITTEN + "admin = true\n", "admin"),
    "unknown table": (WRITTEN + "[extra]\na = 1\n", "extra"),
    "unknown field in a table": (WRITTEN + '[revoked]\non = 2026-01-01\nby = "x"\n', r"revoked\.by"),
    "missing field": (WRITTEN.replace('name = "Anna"\n', ""), "name"),
    "another format": (WRITTEN.replace("format = 1", "format = 2"), "format"),
    "wrong type": (WRITTEN.replace('"Anna"', "7"), "name"),
    "date for a time": (WRITTEN.replace("2026-11-27T01:02:03+00:00", "2026-11-27"), "recorded"),
    "a day as text": (WRITTEN + 'until = "2027-01-01"\n', "until"),
    "no time zone": (WRITTEN.replace("+00:00", ""), "time zone"),
    "unknown kind": (WRITTEN.replace('"self"', '"rumour"'), "kind"),
    "unknown use": (WRITTEN.replace('["face"]', '["gait"]'), "uses"),
    "no use": (WRITTEN.replace('["face"]', "[]"), "uses"),
    "no evidence": (WRITTEN.replace('"self"', '"consent"'), "evidence"),
    "no reason": (
        WRITTEN.replace('"self"', '"public-domain"').replace('granted_by = "Anna"\n', ""),
        "says why",
    ),
    "nobody granted it": (WRITTEN.replace('granted_by = "Anna"\n', ""), "granted"),
    "short vector": (WRITTEN + f'[face]\nvector = [0.0]\nfaceset = "{"0" * 64}"\n', r"face\.vector"),
    "no number": (WRITTEN + f'[face]\nvector = [{"nan, " * 128}]\nfaceset = "{"0" * 64}"\n', "finite"),
    "no digest": (WRITTEN + "[face]\nvector = [" + "0.0, " * 128 + ']\nfaceset = "../x"\n', r"face\.faceset"),
    "control character": (WRITTEN + 'scope = "a\\u001b[2Jb"\n', "control characters"),
    "twice": (WRITTEN + 'name = "Bert"\n', "overwrite"),
    "no TOML": ("<html>", "Invalid"),
    "deep": (f"a = {'[' * 15_000}", r"recursion|nested"),
    "a number without end": ("a = " + "9" * 20_000, "limit"),
    "a day that is none": ("a = 2026-02-30\n", "Invalid date"),
    "lone surrogate": ('name = "\\ud800"', "scalar"),
    "long": (WRITTEN + f'scope = "{"x" * 501}"\n', "scope"),
    "too large": (f"# {'x' * MOST_BYTES}", f"{MOST_BYTES} bytes"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_anything_else_is_refused_in_one_line(case: str) -> None:
    text, said = BROKEN[case]
    with pytest.raises(ConsentError, match=said) as refused:
        record_from_toml(text.encode(), "anna.toml")
    assert str(refused.value).startswith("anna.toml is no identity record (")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(ConsentError, match="utf-8"):
        record_from_toml(b"name = '\xff\xfe'", "anna.toml")


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_damaged_record_is_another_record_or_refused(data) -> None:
    damaged = bytearray(WRITTEN.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        record_from_toml(bytes(damaged), "x")
    except ConsentError as error:
        assert str(error).isprintable()  # noqa: PT017


@pytest.mark.parametrize(
    "line",
    [
        "a." * 16_000 + "a = 1",
        "[" + "a." * 16_000 + "a]",
        "a = [" * 8_000,
        "a={a=" * 6_000,
        "\n".join(f"[[a{i}]]" for i in range(3_000)),
    ],
)
def test_no_small_file_takes_long(line: str) -> None:
    started = time.process_time()
    with pytest.raises(ConsentError):
        record_from_toml(line.encode()[:MOST_BYTES], "x")
    assert time.process_time() - started < 10  # milliseconds on an idle machine, but for the first
