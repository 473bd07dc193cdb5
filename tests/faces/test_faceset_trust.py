"""Facesets of strangers: each of these was believed once."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hostile.small import cheaply
from made_facesets import write_faceset
from understudy.core.errors import FacesetError, MediaError
from understudy.faces.faceset import Faceset, StoredFace
from understudy.faces.stored_crop import read_upright

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
AS_TABLE = "SELECT 'identity' AS key, 'x' AS value"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_faceset(tmp_path / "anna", "anna.mp4", [{}, {}], vector=np.ones(128, np.float32))


def change(folder: Path, *statements: str) -> None:
    """As whoever sends the faceset may write to it."""
    database = sqlite3.connect(folder / "faces.sqlite")
    database.executescript(f"PRAGMA writable_schema = ON; {'; '.join(statements)}")
    database.close()


def all_of(folder: Path) -> list[StoredFace]:
    with Faceset.open(folder) as faceset:
        faceset.sources(), faceset.tracks(), faceset.landmarks(), faceset.mean_identity(), faceset.imported()
        return list(faceset.faces(None))


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        # a view in the place of a table, that never ends
        (("DROP TABLE meta", f"CREATE VIEW meta AS {AS_TABLE} WHERE ({ENDLESS}) > 0"), "has a view meta"),
        (
            (f"CREATE TRIGGER t AFTER INSERT ON reviews BEGIN UPDATE faces SET reason = ({ENDLESS}); END",),
            "has a trigger t",
        ),
        (("CREATE VIRTUAL TABLE words USING fts5(a)",), "which no faceset says"),
        (("ALTER TABLE meta ADD COLUMN more TEXT AS (hex(zeroblob(1000000)))",), "which no faceset says"),
        (("CREATE INDEX i ON faces (abs(pts))",), "which no faceset says"),
        (("CREATE TABLE more (a TEXT CHECK (a LIKE '%a%a%a%a%b'))",), "which no faceset says"),
        (
            ("DROP TABLE identities", "CREATE TABLE identities (face INTEGER, vector BLOB)"),
            "identities is not that of a faceset",
        ),
        (
            (
                "DROP TABLE identities",
                "CREATE TABLE identities (face INTEGER PRIMARY KEY, vector TEXT NOT NULL) STRICT",
            ),
            "identities is not that of a faceset",
        ),
        (("DROP INDEX reviews_by_decision",), "index reviews_by_decision is missing"),
        (
            tuple(f"CREATE TABLE sources{n} (id INTEGER)" for n in range(120)),
            "more tables than any faceset",
        ),
    ],
)
def test_a_schema_that_is_not_ours_is_refused(folder: Path, statements: tuple[str, ...], said: str) -> None:
    all_of(folder)
    change(folder, *statements)
    with cheaply(), pytest.raises(FacesetError, match=said) as caught:
        all_of(folder)
    assert "get it anew" in caught.value.next_step
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE landmarks SET mesh = zeroblob(70000000)",
        "UPDATE landmarks SET mesh = CAST(x'0000c07f' || substr(mesh, 5) AS BLOB)",  # NaN
        "UPDATE faces SET crop_from_frame = CAST(x'0000807f' || substr(crop_from_frame, 5) AS BLOB)",
        "UPDATE faces SET square_side_px = 9e999",
        "UPDATE faces SET square_side_px = 0",
        "UPDATE faces SET yaw_deg = 1e300",
        "UPDATE faces SET frame_index = -5 WHERE id = 1",
        "UPDATE faces SET pts = 9223372036854775807",
        "UPDATE faces SET crop_size_px = 1000000000",
        "UPDATE faces SET time_s = '1e999999999'",
        "UPDATE sources SET time_base = '1e-999999999'",
        "UPDATE sources SET rate = '" + "9" * 5000 + "/1'",
        "UPDATE sources SET width_px = -1",
        "INSERT INTO quality VALUES (1, 'a', 9e999)",
        "UPDATE tracks SET number = -1",
        "UPDATE tracks SET mean_identity = x'00'",
        "UPDATE faces SET crop = '../../secret.jpg' WHERE id = 1",
        "UPDATE meta SET value = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_value_that_no_face_has_is_refused(folder: Path, statement: str) -> None:
    change(folder, statement)
    with cheaply(), pytest.raises(FacesetError, match=r"damaged|too big|decode|restore|report"):
        all_of(folder)


def test_polygons_that_are_nested_without_end(folder: Path) -> None:
    from understudy.faces.faceset_schema import IMPORTED

    deep = "[" * 100_000
    values = f"1, 0, 0, 0, 'faceswap', 'a', 'b', 'head', zeroblob({68 * 2 * 4}), NULL, NULL, '{deep}'"
    change(folder, IMPORTED, f"INSERT INTO imported VALUES ({values})")
    with cheaply(), pytest.raises(FacesetError, match="too deep"):
        all_of(folder)


def test_pages_that_point_at_each_other_do_not_go_on_for_ever(folder: Path) -> None:
    """A tree whose inner pages all have the same page below them: few pages, and rows without end."""
    path = folder / "faces.sqlite"
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = DELETE")
    (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'meta'").fetchone()
    database.executemany("INSERT INTO meta VALUES (?, ?)", [(f"k{n}", "x" * 500) for n in range(40)])
    database.commit()
    database.close()
    data = bytearray(path.read_bytes())
    size = struct.unpack(">H", data[16:18])[0]
    inner = (root - 1) * size
    assert data[inner] == 5  # a table's inner page
    (cells,) = struct.unpack(">H", data[inner + 3 : inner + 5])
    assert cells > 1
    # all of its cells, and the rightmost pointer, lead to the page itself
    for number in range(cells):
        (at,) = struct.unpack(">H", data[inner + 12 + 2 * number : inner + 14 + 2 * number])
        data[inner + at : inner + at + 4] = struct.pack(">I", root)
    data[inner + 8 : inner + 12] = struct.pack(">I", root)
    path.write_bytes(data)
    with cheaply(), pytest.raises(FacesetError, match=r"damaged|malformed"):
        all_of(folder)


@pytest.mark.parametrize("name", ["faces.sqlite", "crops", "faces.sqlite-wal"])
def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if (folder / name).exists():
        (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(FacesetError, match="is a link out of the faceset"):
        Faceset.open(folder)


def _pipe(crop: Path) -> None:
    crop.unlink()
    os.mkfifo(crop)


def _link(crop: Path) -> None:
    crop.rename(crop.parent.parent / "elsewhere.jpg")
    crop.symlink_to("../elsewhere.jpg")


def _large(crop: Path) -> None:
    data = bytearray(crop.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xf0\xff\xf0"  # 65520 x 65520 px
    crop.write_bytes(data)


@pytest.mark.parametrize("spoil", [_pipe, _link, _large, lambda crop: crop.write_bytes(b"no picture")])
def test_a_crop_that_is_none_is_refused(folder: Path, spoil: Callable[[Path], None]) -> None:
    face = all_of(folder)[0]
    read_upright(face, 64)
    spoil(face.crop_path)
    with cheaply(), pytest.raises(MediaError, match=rf"{face.crop_path.name}.*crop"):
        read_upright(face, 64)


def test_a_crop_that_is_written_goes_through_no_link(folder: Path, tmp_path: Path) -> None:
    """Names of crops are known beforehand: a link of such a name would overwrite what it stands for."""
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    made = write_faceset(tmp_path / "other", "bert.mp4", [{}])
    name = next((made / "crops").iterdir()).name.replace("s0001", "s0002")
    (folder / "crops" / name).symlink_to(mine)
    write_faceset(folder, "bert.mp4", [{}])
    assert mine.read_text() == "mine"
    assert not (folder / "crops" / name).is_symlink()
