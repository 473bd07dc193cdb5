import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.core.errors import FacesetError
from understudy.faces.face import Face, FaceSquare
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import FaceRecord, SourceRecord

TIME_BASE = Fraction(1001, 30000)
SOURCE = SourceRecord(
    path=Path("clips/größe 1.mp4"),
    sha256="ab" * 32,
    rate=1 / TIME_BASE,
    time_base=TIME_BASE,
    width_px=640,
    height_px=360,
)


def make_record(frame: int, track: int = 0, crop: bytes | None = None, identity: bool = True) -> FaceRecord:
    """A face that depends on its frame and track alone."""
    rng = np.random.default_rng([frame, track])
    face = Face(
        box_px=rng.uniform(0, 600, 4).astype(np.float32),
        landmarks_px=rng.uniform(0, 600, (468, 3)).astype(np.float32),
        iris_px=rng.uniform(0, 600, (2, 5, 2)).astype(np.float32),
        confidence=float(rng.uniform()),
        track=track,
        square=FaceSquare(
            x_px=float(rng.uniform(0, 640)),
            y_px=float(rng.uniform(0, 360)),
            side_px=float(rng.uniform(50, 200)),
            roll_rad=float(rng.uniform(-3, 3)),
        ),
        pose_deg=rng.uniform(-40, 40, 3).astype(np.float32),
        identity=rng.normal(0, 0.1, 128).astype(np.float32) if identity else None,
        quality={"sharpness": float(rng.uniform()), "size_px": float(rng.uniform(50, 200))},
    )
    return FaceRecord(
        face=face,
        frame_index=frame,
        pts=frame,
        time_base=TIME_BASE,
        crop_jpeg=rng.bytes(2000) if crop is None else crop,
        crop_size_px=256,
        crop_from_frame=np.array([[0.8, 0.1, -3], [-0.1, 0.8, 5]], np.float32),
    )


@pytest.fixture
def faceset(tmp_path: Path) -> Iterator[Faceset]:
    with Faceset.create(tmp_path / "Gesichter für Übung #1 100%?", "Zoë") as created:
        yield created


def fill(faceset: Faceset, frames: int = 6) -> list[int]:
    source = faceset.begin_source(SOURCE)
    return faceset.append(source.id, [make_record(i) for i in range(frames)], frames)


def test_a_face_comes_back_as_it_went_in(faceset: Faceset) -> None:
    source = faceset.begin_source(SOURCE)
    batch = [make_record(7, 1), make_record(7, 0, identity=False), make_record(3)]
    ids = faceset.append(source.id, batch, 8)
    stored = list(faceset.faces())
    assert [face.id for face in stored] == [ids[2], ids[1], ids[0]]  # by frame, then track
    for record, back in zip(batch, [stored[2], stored[1], stored[0]], strict=True):
        for name in ("box_px", "landmarks_px", "iris_px", "pose_deg"):
            got = getattr(back.face, name)
            assert got.dtype == np.float32
            np.testing.assert_array_equal(got, getattr(record.face, name))
        if record.face.identity is None:
            assert back.face.identity is None
        else:
            np.testing.assert_array_equal(back.face.identity, record.face.identity)
        assert back.face.square == back.square == record.face.square
        assert back.face.quality == record.face.quality
        assert (back.face.confidence, back.track) == (record.face.confidence, record.face.track)
        assert (back.frame_index, back.pts) == (record.frame_index, record.pts)
        assert back.time_s == record.pts * Fraction(1001, 30000)
        assert back.crop_path.read_bytes() == record.crop_jpeg
        assert back.crop_size_px == 256
        np.testing.assert_array_equal(back.crop_from_frame, record.crop_from_frame)
    np.testing.assert_array_equal(faceset.landmarks(), [face.face.landmarks_px for face in stored])
    assert faceset.problems() == []


def test_a_source_comes_back_and_is_known_by_its_content(faceset: Faceset) -> None:
    begun = faceset.begin_source(SOURCE)
    assert (begun.next_frame, begun.next_track, begun.done) == (0, 0, False)
    assert faceset.sources()[0].record == SOURCE
    faceset.append(begun.id, [make_record(0, 4)], 5)
    moved = SourceRecord(
        path=Path("elsewhere.mp4"),
        sha256=SOURCE.sha256,
        rate=SOURCE.rate,
        time_base=SOURCE.time_base,
        width_px=640,
        height_px=360,
    )
    again = faceset.begin_source(moved)
    assert (again.id, again.next_frame, again.next_track, again.done) == (begun.id, 5, 5, False)
    faceset.finish_source(begun.id, 9)
    assert faceset.begin_source(moved).done
    (source,) = faceset.sources()
    assert source.record.path == Path("elsewhere.mp4")
    assert source.record.frames == source.state.next_frame == 9
    other = faceset.begin_source(
        SourceRecord(
            path=Path(os.fsdecode(b"no\xfftext")),
            sha256="cd" * 32,
            rate=None,
            time_base=Fraction(1),
            width_px=1,
            height_px=1,
        )
    )
    assert (other.id != begun.id, other.next_frame, other.done) == (True, 0, False)


def test_a_batch_is_stored_whole_or_not_at_all(faceset: Faceset) -> None:
    fill(faceset)
    bad = make_record(7)
    object.__setattr__(bad.face, "landmarks_px", np.zeros((478, 3), np.float32))
    before = faceset.digest()
    with pytest.raises(ValueError, match="468"):
        faceset.append(1, [make_record(6), bad], 8)
    with pytest.raises(FacesetError, match="UNIQUE"):
        faceset.append(1, [make_record(6), make_record(6)], 8)
    assert faceset.digest() == before
    assert faceset.count(None) == 6
    state = faceset.begin_source(SOURCE)
    assert state.next_frame == 6
    # what the failed batches left in crops/ is cleared away when the source goes on
    assert len(list((faceset.folder / "crops").iterdir())) == 6


@pytest.mark.parametrize(("frame", "next_frame"), [(5, 8), (8, 8), (6, 5)])
def test_a_batch_goes_on_where_the_source_is(faceset: Faceset, frame: int, next_frame: int) -> None:
    fill(faceset)
    crop = (faceset.folder / "crops" / "s0001_f000005_t000.jpg").read_bytes()
    with pytest.raises(ValueError, match="goes on at frame 6"):
        faceset.append(1, [make_record(frame, crop=b"other")], next_frame)
    assert (faceset.folder / "crops" / "s0001_f000005_t000.jpg").read_bytes() == crop
    with pytest.raises(ValueError, match="no source 9"):
        faceset.append(9, [], 1)


def test_figures_that_are_not_finite_are_refused(faceset: Faceset) -> None:
    source = faceset.begin_source(SOURCE)
    record = make_record(0)
    record.face.quality["sharpness"] = float("nan")
    with pytest.raises(ValueError, match="finite"):
        faceset.append(source.id, [record], 1)


def test_frames_without_a_face_count_as_looked_at(faceset: Faceset) -> None:
    source = faceset.begin_source(SOURCE)
    assert faceset.append(source.id, [], 250) == []
    assert faceset.begin_source(SOURCE).next_frame == 250


def test_the_mean_identity_is_the_plain_mean_of_kept_faces(faceset: Faceset) -> None:
    assert faceset.mean_identity() is None
    ids = fill(faceset)
    faceset.set_state(ids[:2], "rejected", "blurred", "test")
    expected = np.mean([make_record(i).face.identity for i in range(2, 6)], axis=0)
    mean = faceset.mean_identity()
    assert mean is not None
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, expected, atol=1e-7)
    faceset.set_identities({i: np.full(128, 2, np.float32) for i in ids[2:]})
    np.testing.assert_allclose(faceset.mean_identity(), 2)
    with pytest.raises(ValueError, match="128"):
        faceset.set_identities({ids[0]: np.zeros(64, np.float32)})
    with pytest.raises(FacesetError, match="FOREIGN KEY"):
        faceset.set_identities({999: np.zeros(128, np.float32)})


def test_tracks_say_whom_they_show(faceset: Faceset) -> None:
    source = faceset.begin_source(SOURCE)
    faceset.append(source.id, [make_record(0, 0), make_record(0, 1), make_record(1, 0)], 2)
    faceset.set_track_person(source.id, 0, "Zoë", np.full(128, 0.5, np.float32))
    faceset.set_track_person(source.id, 0, "Anna")
    first, second = faceset.tracks()
    assert (first.number, first.faces, first.person) == (0, 2, "Anna")
    np.testing.assert_array_equal(first.mean_identity, np.full(128, 0.5, np.float32))
    assert (second.number, second.faces, second.person, second.mean_identity) == (1, 1, None, None)
    with pytest.raises(ValueError, match="no track 7"):
        faceset.set_track_person(source.id, 7, "Zoë")


def test_decisions_are_kept_and_can_be_taken_back_one_by_one(faceset: Faceset) -> None:
    ids = fill(faceset)
    start = faceset.digest()
    assert faceset.reasons() == {}
    assert faceset.set_state(ids[:3], "rejected", "blurred", "extract") == 3
    assert faceset.reasons() == {"blurred": 3}
    assert faceset.set_state(ids[2:4], "rejected", "another person", "reviewer") == 2
    assert (faceset.count(), faceset.count("rejected"), faceset.count(None)) == (2, 4, 6)
    assert [face.reason for face in faceset.faces("rejected")] == [
        "blurred",
        "blurred",
        "another person",
        "another person",
    ]
    assert list(faceset.reasons().items()) == [("another person", 2), ("blurred", 2)]
    assert len(faceset.landmarks()) == 2
    assert faceset.undo_last_review() == 2
    assert [face.reason for face in faceset.faces("rejected")] == ["blurred"] * 3
    assert faceset.undo_last_review() == 3
    assert faceset.digest() == start
    assert faceset.undo_last_review() == 0
    faceset.set_state(ids[5:], "rejected", "blurred", "reviewer")
    assert faceset.undo_last_review() == 1
    assert faceset.digest() == start
    history = faceset.reviews()
    assert len(history) == 3 + 2 + 2 + 3 + 1 + 1
    assert [review.undoes for review in history] == [None] * 5 + [2, 2, 1, 1, 1, None, 5]
    assert history[2].by == "extract"
    assert history[2].at.utcoffset() is not None
    assert {p.name for p in (faceset.folder / "crops").iterdir()} == {
        f.crop_path.name for f in faceset.faces()
    }


def test_a_decision_on_an_unknown_face_changes_none(faceset: Faceset) -> None:
    ids = fill(faceset)
    with pytest.raises(ValueError, match="no face 99"):
        faceset.set_state([ids[0], 99], "rejected", "blurred", "test")
    assert faceset.count() == 6
    assert faceset.set_state(ids, "kept", "", "test") == 0
    assert faceset.reviews() == []


def test_states_may_change_while_faces_are_read(faceset: Faceset) -> None:
    fill(faceset, 600)
    seen = 0
    for face in faceset.faces():
        faceset.set_state([face.id], "rejected", "all", "test")
        seen += 1
    assert (seen, faceset.count()) == (600, 0)


def test_the_digest_is_that_of_the_kept_faces(tmp_path: Path) -> None:
    digests: dict[str, str] = {}
    changes = {"same": None, "crop": b"another crop", "identity": None, "state": None, "frame": None}
    for name, crop in changes.items():
        with Faceset.create(tmp_path / name, "B" if name == "identity" else "A") as faceset:
            if name == "same":  # another row order, other ids, another place
                faceset.begin_source(SourceRecord(**{**vars_of(SOURCE), "sha256": "ef" * 32}))
            source = faceset.begin_source(SourceRecord(**{**vars_of(SOURCE), "path": tmp_path / name}))
            ids = faceset.append(source.id, [make_record(0), make_record(1, 3)], 2)
            last = make_record(3 if name == "frame" else 2, crop=crop or b"crop")
            ids += faceset.append(source.id, [last], 4)
            if name == "state":
                faceset.set_state(ids[:1], "rejected", "blurred", "test")
            digests[name] = faceset.digest()
    with Faceset.create(tmp_path / "plain", "A") as faceset:
        source = faceset.begin_source(SOURCE)
        batch = [make_record(0), make_record(1, 3), make_record(2, crop=b"crop")]
        faceset.append(source.id, batch, 4)
        assert faceset.digest() == digests["same"]
    assert len(set(digests.values())) == len(changes)
    shutil.move(tmp_path / "plain", tmp_path / "moved")
    with Faceset.open(tmp_path / "moved") as faceset:
        assert faceset.digest() == digests["same"]
        assert next(faceset.faces()).crop_path.parent == tmp_path / "moved" / "crops"


def vars_of(record: SourceRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in SourceRecord.__slots__}


WRITER = """
import sys
from pathlib import Path
from test_faceset import SOURCE, make_record
from understudy.faces.faceset import Faceset

with Faceset.open_or_create(Path(sys.argv[1]), "Zoë") as faceset:
    state = faceset.begin_source(SOURCE)
    print(state.next_frame, flush=True)
    for start in range(state.next_frame, 400, 8):
        faceset.append(state.id, [make_record(i) for i in range(start, start + 8)], start + 8)
        print(start + 8, flush=True)
    faceset.finish_source(state.id, 400)
"""


def start_writer(folder: Path) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", WRITER, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_killed_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed größe", tmp_path / "whole"
    reached = 0
    for kill_after in (3, 9, 14):
        with start_writer(killed) as writer:
            assert writer.stdout is not None
            assert int(writer.stdout.readline()) >= reached
            for _ in range(kill_after):
                reached = int(writer.stdout.readline())
            time.sleep(0.003 * kill_after)  # somewhere inside a batch
            writer.send_signal(signal.SIGKILL)
        with Faceset.open(killed) as faceset:
            (source,) = faceset.sources()
            assert reached <= source.state.next_frame < 400
            assert faceset.count(None) == source.state.next_frame
            assert faceset.problems() == []
    for folder in (killed, whole):
        with start_writer(folder) as writer:
            assert writer.wait() == 0
    with Faceset.open(killed) as a, Faceset.open(whole) as b:
        assert a.count() == b.count() == 400
        assert a.digest() == b.digest()
        assert a.sources() == b.sources()
        np.testing.assert_array_equal(a.landmarks(), b.landmarks())
        assert a.problems() == []
    assert sorted(p.name for p in (killed / "crops").iterdir()) == sorted(
        p.name for p in (whole / "crops").iterdir()
    )


def test_what_is_not_a_faceset_is_named(tmp_path: Path) -> None:
    with pytest.raises(FacesetError, match=r"nowhere is not a faceset.*extract"):
        Faceset.open(tmp_path / "nowhere")
    (tmp_path / "faces.sqlite").write_bytes(b"a text, surely no database" * 100)
    with pytest.raises(FacesetError, match="not a database"):
        Faceset.open(tmp_path)
    (tmp_path / "faces.sqlite").unlink()
    other = sqlite3.connect(tmp_path / "faces.sqlite")
    other.execute("CREATE TABLE a (b)")
    other.close()
    with pytest.raises(FacesetError, match="not a faceset's database"):
        Faceset.open(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FacesetError, match="cannot make"):
        Faceset.create(tmp_path / "file" / "faceset", "Zoë")


def test_creating_and_opening_keep_identities_apart(tmp_path: Path) -> None:
    with Faceset.open_or_create(tmp_path / "a", "Zoë") as faceset:
        fill(faceset)
    with Faceset.open_or_create(tmp_path / "a", "Zoë") as faceset:
        assert (faceset.identity, faceset.count()) == ("Zoë", 6)
        assert faceset.meta["created_by"].startswith("understudy")
    with pytest.raises(FacesetError, match="'Zoë', not of 'Anna'"):
        Faceset.open_or_create(tmp_path / "a", "Anna")
    with pytest.raises(FacesetError, match="already"):
        Faceset.create(tmp_path / "a", "Zoë")


def test_a_newer_format_is_refused(faceset: Faceset) -> None:
    faceset.close()
    database = sqlite3.connect(faceset.folder / "faces.sqlite")
    database.execute("PRAGMA user_version = 3")
    database.close()
    with pytest.raises(FacesetError, match=r"format 3.*update understudy"):
        Faceset.open(faceset.folder)


def made_old(faceset: Faceset) -> list[np.ndarray]:
    """Make format 1 of it, whose crops were all cut upright; the matrices that its faces then have."""
    faces = list(faceset.faces(None))
    faceset.close()
    database = sqlite3.connect(faceset.folder / "faces.sqlite")
    database.execute("ALTER TABLE faces ADD COLUMN crop_coverage REAL NOT NULL DEFAULT 1.6")
    database.execute("ALTER TABLE faces DROP COLUMN crop_from_frame")
    database.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    database.execute("PRAGMA user_version = 1")
    database.commit()
    database.close()
    return [face.square.crop_from_frame(face.crop_size_px, 1.6) for face in faces]


def test_an_older_format_is_brought_up_to_date(faceset: Faceset) -> None:
    ids = fill(faceset)
    digest = faceset.digest()
    expected = made_old(faceset)
    for _ in range(2):
        with Faceset.open(faceset.folder) as opened:
            found = [face.crop_from_frame for face in opened.faces(None)]
            np.testing.assert_array_equal(found, expected)
            assert (opened.meta["format"], opened.digest()) == ("2", digest)
    assert len(found) == len(ids)


def test_two_processes_bring_an_older_format_up_to_date_at_once(faceset: Faceset, tmp_path: Path) -> None:
    fill(faceset, 200)
    expected = made_old(faceset)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from understudy.faces.faceset import Faceset\n"
        "print(flush=True)\n"
        "while not Path(sys.argv[2]).exists(): time.sleep(0.0005)\n"
        "with Faceset.open(Path(sys.argv[1])) as opened:\n"
        "    print(opened.meta['format'], len(list(opened.faces(None))), flush=True)\n"
    )
    for turn in range(3):
        folder, go = tmp_path / f"copy {turn}", tmp_path / f"go {turn}"
        shutil.copytree(faceset.folder, folder)
        command = [sys.executable, "-c", code, str(folder), str(go)]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in both:
            assert process.stdout is not None
            process.stdout.readline()  # it is ready
        go.touch()
        said = [process.communicate()[0].split() for process in both]
        assert said == [["2", str(len(expected))]] * 2
        assert [process.returncode for process in both] == [0, 0]
        with Faceset.open(folder) as opened:
            np.testing.assert_array_equal([f.crop_from_frame for f in opened.faces(None)], expected)


def test_an_older_format_that_cannot_be_written_is_read(
    faceset: Faceset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(faceset)
    expected = made_old(faceset)
    before = (faceset.folder / "faces.sqlite").read_bytes()
    # the superuser may write anywhere: say no in the system's place
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with Faceset.open(faceset.folder) as opened:
        np.testing.assert_array_equal([f.crop_from_frame for f in opened.faces(None)], expected)
        with pytest.raises(FacesetError, match="writable"):
            opened.set_state(ids, "rejected", "", "test")
    assert (faceset.folder / "faces.sqlite").read_bytes() == before


def test_faces_come_by_id_in_the_order_asked_for(faceset: Faceset) -> None:
    ids = fill(faceset)
    faceset.set_state([ids[1]], "rejected", "", "test")
    found = faceset.faces_by_id([ids[4], 99_999, ids[1], ids[2]])
    assert [face.id for face in found] == [ids[4], ids[1], ids[2]]


def test_damage_is_an_error_not_a_wrong_answer(faceset: Faceset) -> None:
    fill(faceset, 200)
    faceset.close()
    path = faceset.folder / "faces.sqlite"
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 3])
    with pytest.raises(FacesetError, match="damaged"), Faceset.open(faceset.folder) as opened:
        list(opened.faces())
    data[8192 : len(data) // 2] = bytes(len(data) // 2 - 8192)
    path.write_bytes(data)
    with pytest.raises(FacesetError, match="damaged"), Faceset.open(faceset.folder) as opened:
        list(opened.faces())


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE landmarks SET mesh = x'0011'", lambda faceset: list(faceset.faces())),
        ("UPDATE landmarks SET mesh = x'00112233'", lambda faceset: faceset.landmarks()),
        ("UPDATE landmarks SET iris = x'616263'", lambda faceset: list(faceset.faces())),
        ("UPDATE identities SET vector = x'00112233'", lambda faceset: faceset.mean_identity()),
        ("UPDATE faces SET time_s = 'soon'", lambda faceset: list(faceset.faces())),
        ("UPDATE faces SET time_s = '1/0'", lambda faceset: list(faceset.faces())),
        ("UPDATE sources SET time_base = ''", lambda faceset: faceset.sources()),
    ],
)
def test_a_damaged_row_is_an_error_with_a_next_step(
    faceset: Faceset, statement: str, read: Callable[[Faceset], object]
) -> None:
    fill(faceset)
    read(faceset)
    faceset._db.execute(statement)
    with pytest.raises(FacesetError, match="damaged"):
        read(faceset)


@pytest.mark.parametrize("name", ["../faceset.jpg", "/etc/hostname", "a/b.jpg", "..", "", "C:a.jpg", "a\\b"])
def test_a_crop_outside_the_folder_is_refused(faceset: Faceset, name: str) -> None:
    fill(faceset, frames=1)
    faceset._db.execute("UPDATE faces SET crop = ?", (name,))
    for read in (lambda: list(faceset.faces()), faceset.problems):
        with pytest.raises(FacesetError, match="not the name of a crop"):
            read()


def test_missing_crops_are_found(faceset: Faceset) -> None:
    fill(faceset)
    (faceset.folder / "crops" / "s0001_f000002_t000.jpg").unlink()
    assert faceset.problems() == ["crops/s0001_f000002_t000.jpg is missing"]


def test_a_folder_without_leave_to_write_is_read(faceset: Faceset, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(faceset)
    digest = faceset.digest()
    faceset.close()
    before = sorted(p.name for p in faceset.folder.iterdir())
    faceset.folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    # the superuser may write anywhere: say no in the system's place
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    try:
        with Faceset.open(faceset.folder) as opened:
            assert (opened.writable, opened.count(), opened.digest()) == (False, 6, digest)
            assert len(list(opened.faces())) == 6
            with pytest.raises(FacesetError, match=r"readonly.*make the folder writable"):
                opened.set_state(ids, "rejected", "", "test")
        assert sorted(p.name for p in faceset.folder.iterdir()) == before
        (faceset.folder / "faces.sqlite-wal").write_bytes(b"rows not merged")
        with pytest.raises(FacesetError, match="not closed"):
            Faceset.open(faceset.folder)
    finally:
        faceset.folder.chmod(stat.S_IRWXU)


def test_a_full_disk_loses_the_batch_only(faceset: Faceset, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(faceset)

    def fail(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(FacesetError, match="free some space"):
            faceset.append(1, [make_record(6)], 7)
    assert (faceset.count(), faceset.begin_source(SOURCE).next_frame) == (6, 6)
    assert len(faceset.append(1, [make_record(6)], 7)) == 1


def test_another_writer_is_waited_for_or_named(faceset: Faceset) -> None:
    fill(faceset)
    other = sqlite3.connect(faceset.folder / "faces.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    faceset._db.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(FacesetError, match="another command is writing"):
        faceset.append(1, [make_record(6)], 7)
    assert faceset.count() == 6  # readers are not held up
    other.execute("ROLLBACK")
    other.close()
    faceset.append(1, [make_record(6)], 7)


def test_a_batch_of_256_faces_is_stored_well_under_a_second(faceset: Faceset) -> None:
    source = faceset.begin_source(SOURCE)
    batch = [make_record(i, crop=b"crop" * 10_000) for i in range(256)]
    start = time.process_time()
    faceset.append(source.id, batch, 256)
    # processor time: waiting for a busy disk says nothing about this code
    assert time.process_time() - start < 0.5
    start = time.process_time()
    assert sum(1 for _ in faceset.faces()) == 256
    assert faceset.landmarks().shape == (256, 468, 3)
    assert time.process_time() - start < 0.5


def test_a_crop_that_lies_elsewhere_already_is_linked_to(tmp_path: Path) -> None:
    there = tmp_path / "there.jpg"
    there.write_bytes(b"picture")
    gone = tmp_path / "gone.jpg"
    with Faceset.create(tmp_path / "faces", "somebody") as faceset:
        source = faceset.begin_source(SOURCE)
        records = [
            replace(make_record(frame, crop=b"picture"), crop_path=path)
            for frame, path in enumerate((there, gone))
        ]
        faceset.append(source.id, records, 2)
        linked, written = (face.crop_path for face in faceset.faces())
        assert linked.samefile(there)
        assert written.read_bytes() == b"picture"


def test_a_note_is_there_at_once_and_after_opening(tmp_path: Path) -> None:
    with Faceset.create(tmp_path / "faces", "somebody") as faceset:
        faceset.note("frames", "some")
        faceset.note("frames", "all")
        assert faceset.meta["frames"] == "all"
    with Faceset.open(tmp_path / "faces") as faceset:
        assert (faceset.meta["frames"], faceset.identity) == ("all", "somebody")
