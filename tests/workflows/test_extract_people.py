"""Several people: who is kept, a faceset for each, and what a kill in between leaves."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from footage import beside
from made_facesets import Look, difference, faces_of, upright_face, write_faceset
from understudy.core.errors import ConfigError, FacesetError, UnderstudyError
from understudy.core.types import Frame
from understudy.faces.crop import reduced
from understudy.faces.faceset import Faceset
from understudy.faces.faults import HIDDEN
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import extract, extract_people, reference, split_people
from understudy.workflows.configs import ExtractConfig, ExtractResult
from understudy.workflows.sort_people import sort_people

FRAMES, BOTH = 40, 24  # the one on the right goes after 24 frames
MIDDLE_PX = 384  # B is left of it, A right


@pytest.fixture(scope="module")
def duo(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """B on the left in all frames, A on the right in the first."""
    path = tmp_path_factory.mktemp("duo") / "duo.mp4"
    with VideoReader(clips["source"]) as left, VideoReader(clips["target"]) as right:
        wide = replace(left.info, width_px=2 * MIDDLE_PX, coded_width_px=2 * MIDDLE_PX)
        with VideoWriter(path, like=wide) as writer:
            for a, b in zip(left, right, strict=True):
                if a.index < FRAMES:
                    neighbour = b.image if a.index < BOTH else np.full_like(b.image, 128)
                    image = np.concatenate([a.image, neighbour], axis=1)
                    writer.write(Frame(index=a.index, pts=a.pts, time_base=a.time_base, image=image))
    return path


@pytest.fixture(scope="module")
def found(duo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The faceset of the duo, to be copied."""
    folder = tmp_path_factory.mktemp("found") / "faces"
    extract.run(ExtractConfig(footage=(duo,), faceset=folder))
    return folder


@pytest.fixture
def config(duo: Path, found: Path, tmp_path: Path) -> ExtractConfig:
    """An extraction of the duo whose faces are found already."""
    shutil.copytree(found, tmp_path / "faces")
    return ExtractConfig(footage=(duo,), faceset=tmp_path / "faces")


def portrait(clip: Path, path: Path) -> Path:
    with VideoReader(clip) as reader:
        frames = list(reader)
    write_image(path, frames[-1].image)
    return path


def people(result: ExtractResult) -> list[tuple[str, int, Path | None]]:
    return [(person.name, person.faces, person.path) for person in result.people]


def sides(folder: Path) -> tuple[int, int]:
    """How many kept faces lie left and right of the middle."""
    with Faceset.open(folder) as faceset:
        assert faceset.problems() == []
        is_left = [face.square.x_px < MIDDLE_PX for face in faceset.faces()]
    return is_left.count(True), is_left.count(False)


def digests(folder: Path) -> dict[str, str]:
    names = [path.parent.name for path in sorted(folder.rglob("faces.sqlite"))]
    out: dict[str, str] = {}
    for name in names:
        with Faceset.open(folder if name == folder.name else folder / name) as faceset:
            out[name] = faceset.digest()
    return out


def test_each_person_gets_a_faceset_with_their_faces_only(config: ExtractConfig) -> None:
    folder = config.faceset
    result = extract.run(replace(config, people="all"))
    first, second = folder / "person_1", folder / "person_2"
    assert people(result) == [("person_1", FRAMES, first), ("person_2", BOTH, second)]
    assert (result.faces, result.rejected, result.reasons) == (FRAMES + BOTH, 0, {})
    assert (sides(first), sides(second)) == ((FRAMES, 0), (0, BOTH))
    assert sides(folder) == (FRAMES, 0)  # what was found is whole, and still the largest person's
    with Faceset.open(second) as faceset, Faceset.open(folder) as everybody:
        assert faceset.identity == "person_2"
        assert {track.person for track in faceset.tracks()} == {"person_2"}
        [source], [original] = faceset.sources(), everybody.sources()
        assert (source.record, source.state.done) == (original.record, True)
        theirs = [face for face in everybody.faces("rejected") if face.square.x_px > MIDDLE_PX]
        for mine, stored in zip(faceset.faces(), theirs, strict=True):
            assert mine.time_s == stored.time_s
            np.testing.assert_array_equal(mine.face.landmarks_px, stored.face.landmarks_px)
            assert mine.crop_path.read_bytes() == stored.crop_path.read_bytes()


def test_only_what_no_faceset_keeps_is_rejected(
    config: ExtractConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faceset.open(config.faceset) as faceset:
        chosen = [face.id for face in faceset.faces(None)][:5]
        faceset.set_state(chosen[:2], "rejected", "", by="somebody")
        faceset.set_state(chosen[2:], "rejected", "blurred", by="somebody")
    both = replace(config, people="all")
    result = extract.run(both)
    assert (result.faces, result.rejected) == (FRAMES + BOTH - 5, 5)
    assert result.reasons == {"blurred": 3, "for no stated reason": 2}
    monkeypatch.setattr(extract_people, "_SMALLEST_SHARE", 0.45)  # of 64 faces, and A has 24
    result = extract.run(both)
    assert [person.name for person in result.people] == ["person_1", "others"]
    assert result.reasons["of people who are seen too rarely"] == BOTH
    assert result.faces + result.rejected == FRAMES + BOTH


def test_faults_are_judged_in_some_sources_only(config: ExtractConfig) -> None:
    with Faceset.open(config.faceset) as faceset:
        before = faceset.reasons()
        found = extract_people.find_people(faceset)
        person = found.people[0]
        person.faulty["blurred"], person.faces = person.faces[:3], person.faces[3:]
        sources = {face.source_id for face in person.faces}
        extract_people.judge_faults(faceset, found, {max(sources) + 1})
        assert faceset.reasons() == before
        extract_people.judge_faults(faceset, found, sources)
        assert faceset.reasons()["blurred"] == 3


def test_the_sheet_has_a_row_a_person(config: ExtractConfig) -> None:
    result = extract.run(config)
    assert people(result) == [("faces", FRAMES, config.faceset), ("person_2", BOTH, None)]
    assert (result.faces, result.reasons) == (FRAMES, {"another person": BOTH})
    assert any("2 people" in warning and "--only" in warning for warning in result.warnings)
    sheet = read_image(config.faceset / "people.jpg")
    assert sheet.shape == (6 + 2 * 126, 230 + 8 * 126 + 6, 3)
    tiles = [sheet[6 + 126 * row : 126 * row + 126, 236:].std() for row in (0, 1)]
    assert min(tiles) > 20
    assert sheet[:, :230].min() < 120  # the names


def test_the_sheet_shows_faces_upright(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    looks: dict[str, list[Look]] = {"anna": [{}] * 6, "bert": [{"mouth": 0.15}] * 4}
    for track, (name, those) in enumerate(looks.items()):
        vector = np.eye(128, dtype=np.float32)[track]
        write_faceset(folder, f"{name}.mp4", those, track=track, vector=vector)
    config = ExtractConfig(footage=(tmp_path,), faceset=folder)
    with Faceset.open(folder) as faceset:
        sort_people(faceset, config, None, lambda _: None, lambda _: None)
    sheet = read_image(folder / "people.jpg")
    for row, those in enumerate(looks.values()):
        # a tile is the middle of 256 px
        faces = [reduced(upright_face(face, 256)[32:-32, 32:-32], 120) for face in faces_of(those)]
        tiles = [sheet[6 + 126 * row :, 230 + 126 * n :][:120, :120] for n in range(len(faces))]
        off = np.array([[difference(tile, face) for face in faces] for tile in tiles])
        assert off.min(axis=1).max() < 6  # each tile shows one of the faces
        assert len(set(off.argmin(axis=1) % 3)) == 3  # of every tilt


def test_only_keeps_whom_a_picture_shows(
    config: ExtractConfig, clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    picture = portrait(clips["target"], tmp_path / "A.jpg")
    result = extract.run(replace(config, only=picture))
    assert people(result) == [("faces", BOTH, config.faceset), ("person_1", FRAMES, None)]
    assert sides(config.faceset) == (0, BOTH)
    assert result.warnings == []
    extract.run(replace(config, only=facesets[0]))
    assert sides(config.faceset) == (FRAMES, 0)


def test_a_picture_of_somebody_else_keeps_nobody(
    config: ExtractConfig, clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the rendered actors are more alike than real people are
    monkeypatch.setattr(reference, "SAME_PERSON_DISTANCE", 0.01)
    picture = portrait(clips["target"], tmp_path / "A.jpg")
    with pytest.raises(FacesetError, match=r"nobody in the footage looks like .*A\.jpg.*people\.jpg"):
        extract.run(replace(config, only=picture))
    assert sides(config.faceset) == (0, 0)
    monkeypatch.undo()
    assert extract.run(config).faces == FRAMES


def test_bad_references(config: ExtractConfig, duo: Path, tmp_path: Path) -> None:
    def refused(only: Path, match: str) -> None:
        with pytest.raises(UnderstudyError, match=match):
            extract.run(replace(config, faceset=tmp_path / "new", only=only))
        assert not (tmp_path / "new").exists()

    with VideoReader(duo) as reader:
        write_image(tmp_path / "two.jpg", next(iter(reader)).image)
    write_image(tmp_path / "none.png", np.full((200, 200, 3), 90, np.uint8))
    (tmp_path / "notes.txt").write_text("nobody")
    (tmp_path / "notes.jpg").write_text("nobody")
    refused(tmp_path / "two.jpg", r"2 faces were found in .*two\.jpg: give a picture that shows the one")
    refused(tmp_path / "none.png", r"no face was found in .*none\.png")
    refused(tmp_path / "notes.txt", r"notes\.txt is no picture")
    refused(tmp_path / "notes.jpg", r"notes\.jpg is not an image")
    refused(tmp_path / "gone.jpg", r"gone\.jpg cannot be read")
    refused(tmp_path, "is not a faceset")


def test_settings_that_contradict_each_other(config: ExtractConfig) -> None:
    with pytest.raises(ConfigError, match="leave out one"):
        extract.run(replace(config, people="all", only=Path("a.jpg")))
    with pytest.raises(ConfigError, match="did you mean all"):
        extract.run(replace(config, people="al"))


class KilledError(BaseException):
    """Nothing tidies up after it, as after a kill."""


def run_killed(config: ExtractConfig, operations: int) -> bool:
    """Kill an extraction before one of the operations that splitting does on the disk; False if it ended."""
    done = 0

    def counted(operation):
        def run(*args: object, **more: object) -> object:
            nonlocal done
            if done == operations:
                raise KilledError
            done += 1
            return operation(*args, **more)

        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_people, "PAGE", 24)
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(split_people.shutil, "rmtree", counted(split_people.shutil.rmtree))
        patch.setattr(split_people, "sync_folder", counted(split_people.sync_folder))
        patch.setattr(Faceset, "create", counted(Faceset.create))
        for name in ("append", "finish_source", "note"):
            patch.setattr(Faceset, name, counted(getattr(Faceset, name)))
        try:
            extract.run(config)
        except KilledError:
            return True
    return False


@pytest.mark.parametrize("again", [False, True], ids=["first time", "made anew"])
def test_a_kill_at_any_moment_loses_nothing(config: ExtractConfig, tmp_path: Path, again: bool) -> None:
    start, config = config.faceset, replace(config, people="all")
    if again:
        extract.run(config)
        with Faceset.open(start) as faceset:
            chosen = [face.id for face in faceset.faces(None) if face.frame_index < 3]
            faceset.set_state(chosen, "rejected", "blurred", by="somebody")
    shutil.copytree(start, tmp_path / "whole" / "faces")
    extract.run(replace(config, faceset=tmp_path / "whole" / "faces"))
    undisturbed = digests(tmp_path / "whole" / "faces")
    assert len(set(undisturbed.values())) == 3
    kills = 0
    while True:
        folder = tmp_path / f"kill_{kills}" / "faces"
        shutil.copytree(start, folder)
        if not run_killed(replace(config, faceset=folder), kills):
            break
        extract.run(replace(config, faceset=folder))
        assert digests(folder) == undisturbed, kills
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
        kills += 1
    assert kills > 15


def test_running_again_leaves_what_was_reviewed_and_refuses_to_overwrite_it(
    config: ExtractConfig, clips: dict[str, Path]
) -> None:
    both = replace(config, people="all")
    extract.run(both)
    before = digests(config.faceset)
    extract.run(both)
    assert digests(config.faceset) == before
    with Faceset.open(config.faceset / "person_2") as faceset:
        faceset.set_state([next(faceset.faces()).id], "rejected", "blurred", by="somebody")
    extract.run(both)
    assert sides(config.faceset / "person_2") == (0, BOTH - 1)
    more = replace(both, footage=(*both.footage, clips["target"]))
    with pytest.raises(FacesetError, match=r"person_\d was changed since it was made.*move it away"):
        extract.run(more)
    assert sides(config.faceset / "person_2") == (0, BOTH - 1)


def test_a_person_who_is_now_another_one_is_removed(config: ExtractConfig) -> None:
    both = replace(config, people="all")
    extract.run(both)
    third = config.faceset / "person_3"
    (config.faceset / "person_2").rename(third)  # as if three had been found before
    mine = config.faceset / "person_of_mine"
    mine.mkdir()
    extract.run(both)
    assert (third.exists(), mine.exists()) == (False, True)
    assert sides(config.faceset / "person_2") == (0, BOTH)


def test_more_footage_makes_the_facesets_anew(config: ExtractConfig, clips: dict[str, Path]) -> None:
    both = replace(config, people="all")
    extract.run(both)
    result = extract.run(replace(both, footage=(*both.footage, clips["target"])))
    # now A is seen most
    assert [(person.name, person.faces) for person in result.people] == [("person_1", 72), ("person_2", 40)]
    with Faceset.open(config.faceset / "person_2") as faceset:
        assert all(face.square.x_px < MIDDLE_PX for face in faceset.faces())
        assert faceset.count() == FRAMES


def test_a_few_frames_tell_the_same_people_as_all(duo: Path, tmp_path: Path) -> None:
    result = extract.run(ExtractConfig(footage=(duo,), faceset=tmp_path / "few", people="all", every=8))
    assert [(p.faces, p.path is not None) for p in result.people] == [(5, True), (3, True)]


def test_whoever_is_asked_for_may_be_seen_rarely(duo: Path, clips: dict[str, Path], tmp_path: Path) -> None:
    wanted = portrait(clips["target"], tmp_path / "who.png")  # on the right, for 3 of 5 frames
    config = ExtractConfig(footage=(duo,), faceset=tmp_path / "faces", only=wanted, every=8)
    assert extract.run(config).faces == 3
    with Faceset.open(config.faceset) as faceset:
        assert all(stored.face.square.x_px > MIDDLE_PX for stored in faceset.faces())
    assert (config.faceset / "people.jpg").exists()


@pytest.mark.parametrize(("count", "rejected"), [(2, 2), (20, 0)])
def test_hidden_faces_are_rejected_where_they_are_few(
    config: ExtractConfig, count: int, rejected: int
) -> None:
    # where they are many, what is unusual may be the bare face
    with closing(sqlite3.connect(config.faceset / "faces.sqlite")) as db, db:
        rows = db.execute(
            "SELECT face FROM quality JOIN faces ON faces.id = face WHERE name = 'occlusion' "
            "AND square_x_px < ? ORDER BY face LIMIT ?",
            (MIDDLE_PX, count),
        )
        chosen = [row[0] for row in rows]
        assert len(chosen) == count
        db.executemany(
            "UPDATE quality SET value = 0.9 WHERE name = 'occlusion' AND face = ?", [(i,) for i in chosen]
        )
    result = extract.run(config)
    assert result.reasons.get(HIDDEN, 0) == rejected


# ---- footage that lies beside the project ----


def side_by_side(
    left: Path, right: Path, path: Path, frames: int, square: Callable[[np.ndarray], np.ndarray]
) -> Path:
    """The first frames of two clips, each made square and 480 px large, joined."""
    with VideoReader(left) as a, VideoReader(right) as b:
        sizes = {"width_px": 960, "coded_width_px": 960, "height_px": 480, "coded_height_px": 480}
        like = replace(a.info, **sizes)
        step = round(1 / (25 * like.time_base))
        with VideoWriter(path, like=like) as writer:
            for i, pair in enumerate(itertools.islice(zip(a, b, strict=False), frames)):
                halves = [
                    cv2.resize(square(frame.image), (480, 480), interpolation=cv2.INTER_AREA)
                    for frame in pair
                ]
                image = np.asarray(np.concatenate(halves, axis=1), np.uint8)
                writer.write(Frame(index=i, pts=i * step, time_base=like.time_base, image=image))
    return path


def middle_square(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 4, (width - side) // 2  # faces are in the upper half
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def whole_in_square(image: np.ndarray) -> np.ndarray:
    """The whole picture, grey at its sides."""
    more = image.shape[0] - image.shape[1]
    sides = ((0, 0), (more // 2, more - more // 2), (0, 0))
    return np.pad(image, sides, constant_values=110) if more > 0 else image


@pytest.mark.parametrize(
    ("left", "right"), [("d9.mp4", "d14.mp4"), ("d13.mp4", "d19.mp4"), ("d6.mp4", "d18.mp4")]
)
def test_real_people_side_by_side_are_not_mixed(left: str, right: str, tmp_path: Path) -> None:
    folder = beside("data/video/expressive")
    clip = side_by_side(folder / left, folder / right, tmp_path / "pair.mp4", 48, middle_square)
    assert halves_of(clip, 480, tmp_path / "faces") == [{"left": 48}, {"right": 48}]


def test_a_face_that_is_a_third_of_its_neighbours_size_is_found(tmp_path: Path) -> None:
    folder = beside("data/video/expressive")
    clip = side_by_side(folder / "d19.mp4", folder / "s20.mp4", tmp_path / "pair.mp4", 48, whole_in_square)
    assert halves_of(clip, 480, tmp_path / "faces") == [{"left": 48}, {"right": 48}]


def test_rendered_people_in_one_frame_are_not_mixed(tmp_path: Path) -> None:
    clip = beside("synthetic/clips/duo_AB.mp4")
    assert halves_of(clip, 320, tmp_path / "faces") == [{"left": 75}, {"right": 75}]


def halves_of(clip: Path, middle_px: float, faces: Path) -> list[dict[str, int]]:
    """In which halves of the frame the faces of each faceset are, the left one first."""
    result = extract.run(ExtractConfig(footage=(clip,), faceset=faces, people="all"))
    found: list[dict[str, int]] = []
    for person in result.people:
        assert person.path is not None
        with Faceset.open(person.path) as faceset:
            sides = ["left" if f.face.square.x_px < middle_px else "right" for f in faceset.faces()]
        found.append({side: sides.count(side) for side in sorted(set(sides))})
    return sorted(found, key=lambda sides: min(sides))
