"""Facesets of other programs, written from a real extraction, come in as that extraction was."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from foreign_files import alignments_file, dfl_dict, dfl_segment, landmarks_68, write_dfl, write_faceswap
from understudy.core.errors import ConfigError, FacesetError, UnderstudyError
from understudy.core.types import Image, Points
from understudy.faces import faults
from understudy.faces.crop import stored_size_px
from understudy.faces.face import FaceSquare
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.pose import fit_pose
from understudy.faces.stored_crop import read_upright
from understudy.media.images import write_image
from understudy.media.reader import VideoReader
from understudy.workflows import (
    coverage,
    extract,
    extract_people,
    import_faces,
    import_look,
    import_store,
    train,
)
from understudy.workflows.configs import ExtractConfig, TrainConfig
from understudy.workflows.coverage_result import CoverageConfig
from understudy.workflows.import_result import ImportConfig

FRAMES = 24
DFL_PX, DFL_COVERAGE = 256, 1.7
FACESWAP_PX = 512


@dataclass(frozen=True)
class Known:
    """What was extracted, and the folders of other programs written from it."""

    clip: Path
    frames: list[Image]
    faces: list[StoredFace]
    dfl: Path
    faceswap: Path
    alignments: Path

    def landmarks(self, index: int) -> Points:
        return landmarks_68(self.faces[index].face.landmarks_px)


@pytest.fixture(scope="module")
def known(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Known:
    folder = tmp_path_factory.mktemp("foreign")
    with VideoReader(clips["target"]) as reader:
        frames = [frame.image for frame in reader][:FRAMES]
    with Faceset.open(facesets[1]) as faceset:
        faces = list(faceset.faces())[:FRAMES]
    known = Known(
        clip=clips["target"],
        frames=frames,
        faces=faces,
        dfl=folder / "aligned",
        faceswap=folder / "extracted",
        alignments=folder / "target_alignments.fsa",
    )
    known.dfl.mkdir()
    known.faceswap.mkdir()
    for index, (image, stored) in enumerate(zip(frames, faces, strict=True)):
        points, name = known.landmarks(index), f"target_{index + 1:06d}"
        matrix = stored.square.crop_from_frame(DFL_PX, DFL_COVERAGE)
        write_dfl(known.dfl / f"{index + 1:05d}_0.jpg", image, points, matrix, DFL_PX, f"{index + 1:05d}.png")
        write_faceswap(known.faceswap / f"{name}_0.png", image, points, FACESWAP_PX, f"{name}.mp4")
    listed = [(f"target_{index + 1:06d}.mp4", [known.landmarks(index)]) for index in range(FRAMES)]
    known.alignments.write_bytes(alignments_file(listed))
    return known


Imports = Callable[..., ImportConfig]


@pytest.fixture
def config(tmp_path: Path) -> Imports:
    def make(faces: Path, **more: Path) -> ImportConfig:
        return ImportConfig(faces=faces, faceset=tmp_path / "imported", **more)

    return make


WAYS = {
    "DeepFaceLab": lambda k: {"faces": k.dfl},
    "DeepFaceLab with its video": lambda k: {"faces": k.dfl, "frames": k.clip},
    "faceswap": lambda k: {"faces": k.faceswap},
    "faceswap with alignments": lambda k: {"faces": k.faceswap, "alignments": k.alignments},
    "alignments with the video": lambda k: {"faces": k.alignments, "frames": k.clip},
}


def crops_differ(found: StoredFace, original: StoredFace) -> float:
    """Mean difference of the middle of both faces, in grey levels."""
    a, b = (read_upright(face, 128)[32:96, 32:96] for face in (found, original))
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def shaking(squares: Iterable[FaceSquare]) -> float:
    """Mean size of the squares' changes of speed, in pixels."""
    places = np.array([(square.x_px, square.y_px, square.side_px) for square in squares])
    return float(np.abs(np.diff(places, 2, axis=0)).mean())


# how far figures of one face may be apart, median; the others 0.02. What is hidden is told by comparison with
# the whole track, of which only a part was imported
SPANS = {
    "sharpness": 0.6,
    "side_px": 1.0,
    "brightness": 0.6,
    "gaze_yaw_deg": 3.5,
    "gaze_pitch_deg": 1.5,
    "occlusion": 0.06,
}


def check_figures(found: list[StoredFace], originals: list[StoredFace]) -> None:
    """All that extraction notes is there and says the same."""
    pairs = [(a.face.quality, b.face.quality) for a, b in zip(found, originals, strict=True)]
    # a distance needs two vectors, and a track of so few faces has one
    names = {name for _, figures in pairs for name in figures} - {"identity_distance"}
    assert SPANS.keys() | {"in_frame", "clipped", "mouth_open"} <= names
    assert {name for figures, _ in pairs for name in figures} == names | {"landmark_gap", "seen_share"}
    for name in names:
        away = [abs(a[name] - b[name]) for a, b in pairs if name in a and name in b]
        # in some frames the head is turned just so far that its halves can hardly be compared
        assert len(away) > (0.7 if name == "light_side" else 0.8) * len(pairs), name
        assert np.median(away) < SPANS.get(name, 0.02), name


@pytest.mark.parametrize("way", WAYS)
def test_an_extraction_comes_back(way: str, known: Known, config: Imports) -> None:
    result = import_faces.run(config(**WAYS[way](known)))
    assert (result.faces, result.rejected, result.without_mesh, result.left_out) == (FRAMES, 0, 0, {})
    assert result.frames == FRAMES
    assert result.program == ("DeepFaceLab" if way.startswith("Deep") else "faceswap")
    has_frames = "video" in way
    assert any("--frames" in message for message in result.warnings) == (not has_frames)
    assert result.seen_share is not None
    assert result.landmark_gap is not None
    assert 1e-4 < result.landmark_gap < 0.006
    assert 0.8 < result.seen_share < 1
    with Faceset.open(result.faceset) as faceset:
        assert faceset.problems() == []
        assert faceset.mean_identity() is not None
        faces, imported = list(faceset.faces()), faceset.imported()
        assert len(faceset.tracks()) == 1
    check_figures(faces, known.faces)
    mesh_px, square_px = [], []
    for index, (found, theirs, original) in enumerate(zip(faces, imported, known.faces, strict=True)):
        assert (found.frame_index, theirs.frame_index, theirs.track) == (index, index, found.track)
        np.testing.assert_allclose(theirs.landmarks_px, known.landmarks(index), atol=0.01)
        assert (theirs.aligned_from_frame is not None) == way.startswith("Deep")
        assert theirs.aligned_px == {"De": DFL_PX, "fa": FACESWAP_PX, "al": None}[way[:2]]
        if theirs.aligned_from_frame is not None:
            matrix = known.faces[index].square.crop_from_frame(DFL_PX, DFL_COVERAGE)
            np.testing.assert_allclose(theirs.aligned_from_frame, matrix, atol=1e-4)
        away = found.face.landmarks_px - original.face.landmarks_px
        mesh_px.append(np.linalg.norm(away[:, :2], axis=1).mean())
        a, b = found.square, original.square
        square_px.append(np.hypot(a.x_px - b.x_px, a.y_px - b.y_px))
        assert abs(a.side_px / b.side_px - 1) < 0.03
        assert abs(a.roll_rad - b.roll_rad) < 0.02
        assert crops_differ(found, original) < 4
        if has_frames:
            assert (found.time_s, found.pts) == (original.time_s, original.pts)
            assert found.crop_size_px >= stored_size_px(original.square) - 10
    unsteady = [fit_pose(face.face.landmarks_px).square for face in faces]
    assert shaking(face.square for face in faces) < 0.65 * shaking(unsteady)
    assert np.mean(mesh_px) < 1.1
    assert max(mesh_px) < 1.6  # the extraction's regions come from the frame before, the import's do not
    assert np.mean(square_px) < 0.6
    assert max(square_px) < 1.2


def test_an_imported_faceset_trains_and_is_covered(
    known: Known, config: Imports, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    imported = import_faces.run(config(known.dfl)).faceset
    model = train.run(TrainConfig(facesets=(facesets[0], imported), model=tmp_path / "m", steps=2, batch=2))
    assert set(model.validation["ssim_in_mask"]) == {"source", "imported"}
    found = coverage.run(CoverageConfig(source=imported, target=facesets[1]))
    assert found.source_faces == FRAMES
    assert found.target_faces == 48
    assert 0.3 < found.covered_share < 1
    # extraction goes on in the same faceset, and tells people apart
    more = extract.run(ExtractConfig(footage=(known.clip,), faceset=imported))
    assert more.faces == FRAMES + 48


def test_edited_alignments_count_instead_of_the_landmarks_in_the_pictures(
    known: Known, config: Imports, tmp_path: Path
) -> None:
    edited = tmp_path / "edited.fsa"
    names = [f"target_{index + 1:06d}.png" for index in range(4)]
    edited.write_bytes(
        alignments_file([(name, [known.landmarks(i) + 1.5] if i else []) for i, name in enumerate(names)])
    )
    result = import_faces.run(config(known.faceswap, alignments=edited))
    assert (result.faces, result.left_out) == (3, {"not in edited.fsa": FRAMES - 3})
    with Faceset.open(result.faceset) as faceset:
        for index, theirs in enumerate(faceset.imported(), 1):
            np.testing.assert_allclose(theirs.landmarks_px, known.landmarks(index) + 1.5, atol=0.01)
        for index, face in enumerate(faceset.faces(), 1):
            away = face.face.landmarks_px - known.faces[index].face.landmarks_px
            assert np.linalg.norm(away[:, :2], axis=1).mean() < 1.8  # the pictures lie where they lay


def test_polygons_and_names_are_kept(known: Known, config: Imports) -> None:
    result = import_faces.run(config(known.dfl))
    with Faceset.open(result.faceset) as faceset:
        first = faceset.imported()[0]
    assert (first.file, first.frame_name, first.face_type) == ("00001_0.jpg", "00001.png", "whole_face")
    assert first.polygons[0].points_px.shape == (3, 2)


def test_frames_as_a_folder_and_pictures_where_a_frame_is_missing(
    known: Known, config: Imports, tmp_path: Path
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for index, image in enumerate(known.frames[:-4]):
        write_image(frames / f"{index + 1:05d}.png", image)
    result = import_faces.run(config(known.dfl, frames=frames))
    assert (result.faces, result.left_out) == (FRAMES, {})
    with Faceset.open(result.faceset) as faceset:
        sizes = [face.crop_size_px for face in faceset.faces()]
    assert min(sizes[:-4]) > max(sizes[-4:])
    (tmp_path / "listed").mkdir()
    for index, image in enumerate(known.frames[:-4]):
        write_image(tmp_path / "listed" / f"target_{index + 1:06d}.png", image)
    listed = ImportConfig(faces=known.alignments, faceset=tmp_path / "l", frames=tmp_path / "listed")
    result = import_faces.run(listed)
    assert (result.faces, result.left_out) == (FRAMES - 4, {"its frame is not in the footage": 4})
    assert any("left out 4: its frame is not in the footage" in message for message in result.warnings)


def test_landmarks_of_something_else_are_rejected_and_none_is_lost(
    known: Known, config: Imports, tmp_path: Path
) -> None:
    folder = tmp_path / "aligned"
    shutil.copytree(known.dfl, folder)
    for index, (name, kind) in enumerate([("00003_0", "moved"), ("00004_0", "nobody")]):
        stored = known.faces[index + 2]
        matrix = stored.square.crop_from_frame(DFL_PX, DFL_COVERAGE)
        image = known.frames[index + 2] if kind == "moved" else np.full_like(known.frames[0], 90)
        points = known.landmarks(index + 2)
        if kind == "moved":
            points = points + np.float32([0.16 * stored.square.side_px, 0])
        write_dfl(folder / f"{name}.jpg", image, points, matrix, DFL_PX, f"{name[:5]}.png")
    result = import_faces.run(config(folder))
    assert (result.faces, result.reasons) == (FRAMES - 2, {import_look.DISAGREES: 1})
    assert result.without_mesh == 1
    assert any("1 faces no mesh" in message for message in result.warnings)
    with Faceset.open(result.faceset) as faceset:
        imported = faceset.imported()
        assert [face.track is None for face in imported] == [index == 3 for index in range(FRAMES)]
        [rejected] = faceset.faces("rejected")
        assert rejected.frame_index == 2


def test_what_extraction_would_reject_is_rejected(known: Known, config: Imports, tmp_path: Path) -> None:
    folder = tmp_path / "aligned"
    shutil.copytree(known.dfl, folder)
    for index, kind in [(2, "blurred"), (9, "small")]:
        square = known.faces[index].square
        image, points = known.frames[index], known.landmarks(index)
        matrix = square.crop_from_frame(DFL_PX, DFL_COVERAGE)
        if kind == "blurred":
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.04 * square.side_px), np.uint8)
            write_dfl(folder / "00003_0.jpg", image, points, matrix, DFL_PX, "00003.png")
        else:  # the same picture, as of a frame in which the face is 20 px high
            picture = cv2.warpAffine(image, matrix, (DFL_PX, DFL_PX), flags=cv2.INTER_CUBIC)
            in_picture, shrunk = points @ matrix[:, :2].T + matrix[:, 2], 20 * DFL_COVERAGE / DFL_PX
            content = dfl_dict(
                in_picture * np.float32(shrunk),
                np.array([[1 / shrunk, 0, 0], [0, 1 / shrunk, 0]], np.float32),
                "00010.png",
            )
            jpeg = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
            (folder / "00010_0.jpg").write_bytes(dfl_segment(pickle.dumps(content, protocol=4), jpeg))
    result = import_faces.run(config(folder))
    assert (result.faces, result.reasons) == (FRAMES - 2, {faults.BLURRED: 1, faults.TOO_SMALL: 1})
    with Faceset.open(result.faceset) as faceset:
        assert {face.frame_index: face.reason for face in faceset.faces("rejected")} == {
            2: faults.BLURRED,
            9: faults.TOO_SMALL,
        }
        faceset.set_state([face.id for face in faceset.faces("rejected")], "kept", "", by="somebody")
    again = import_faces.run(config(folder))  # judges again, but not what somebody has decided
    assert (again.faces, again.reasons) == (FRAMES, {})


def test_a_picture_of_faceswap_in_which_no_face_is_seen(
    known: Known, config: Imports, tmp_path: Path
) -> None:
    folder = tmp_path / "extracted"
    shutil.copytree(known.faceswap, folder)
    grey = np.full_like(known.frames[0], 90)
    name = "target_000004"
    write_faceswap(folder / f"{name}_0.png", grey, known.landmarks(3), FACESWAP_PX, f"{name}.mp4")
    result = import_faces.run(config(folder))
    assert (result.faces, result.without_mesh) == (FRAMES - 1, 1)
    with Faceset.open(result.faceset) as faceset:
        np.testing.assert_allclose(faceset.imported()[3].landmarks_px, known.landmarks(3), atol=0.01)
        assert faceset.imported()[3].track is None


def test_running_again_does_nothing_and_a_kill_loses_nothing(
    known: Known, config: Imports, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(import_store, "SEGMENT_FRAMES", 7)
    whole = import_faces.run(config(known.dfl))
    again = import_faces.run(config(known.dfl))
    assert (again.faces, again.frames) == (whole.faces, whole.frames)
    killed = ImportConfig(faces=known.dfl, faceset=tmp_path / "killed", identity="imported")
    append, done = Faceset.append, []

    def append_twice(self: Faceset, *args: object) -> list[int]:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(args)
        return append(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Faceset, "append", append_twice)
    with pytest.raises(KeyboardInterrupt):
        import_faces.run(killed)
    monkeypatch.setattr(Faceset, "append", append)
    import_faces.run(killed)
    with Faceset.open(whole.faceset) as a, Faceset.open(tmp_path / "killed") as b:
        assert a.digest() == b.digest()
        assert len(a.imported()) == len(b.imported()) == FRAMES
        tracks = {(face.frame_index, face.track) for face in b.faces(None)}
        assert {(face.frame_index, face.track) for face in b.imported()} == tracks


def killed_import(config: ImportConfig, monkeypatch: pytest.MonkeyPatch, segments: int) -> None:
    """An import that stops after some segments."""
    append, done = Faceset.append, []

    def append_some(self: Faceset, *args: object) -> list[int]:
        if len(done) == segments:
            raise KeyboardInterrupt
        done.append(args)
        return append(self, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Faceset, "append", append_some)
        with pytest.raises(KeyboardInterrupt):
            import_faces.run(config)


def test_a_stopped_import_goes_on_with_the_same_frames_only(
    known: Known, config: Imports, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(import_store, "SEGMENT_FRAMES", 16)
    frames, others = tmp_path / "frames", tmp_path / "others"
    for folder, kept in [(frames, known.frames[:-2]), (others, known.frames[:-3])]:
        folder.mkdir()
        for index, image in enumerate(kept):
            write_image(folder / f"target_{index + 1:06d}.png", image)
    listed = ImportConfig(faces=known.alignments, faceset=tmp_path / "l", frames=frames)
    killed_import(config(known.dfl), monkeypatch, 1)
    with pytest.raises(ConfigError, match="made without --frames"):
        import_faces.run(config(known.dfl, frames=known.clip))
    killed_import(listed, monkeypatch, 1)
    with pytest.raises(ConfigError, match="made with other --frames"):
        import_faces.run(replace(listed, frames=others))
    assert import_faces.run(config(known.dfl)).faces == FRAMES
    # what is left out is told whenever it was seen
    for _ in range(2):
        result = import_faces.run(listed)
        assert (result.faces, result.left_out) == (FRAMES - 2, {"its frame is not in the footage": 2})
    missing_first = tmp_path / "first"
    missing_first.mkdir()
    for index, image in enumerate(known.frames[2:], 3):
        write_image(missing_first / f"target_{index:06d}.png", image)
    listed = replace(listed, faceset=tmp_path / "m", frames=missing_first)
    killed_import(listed, monkeypatch, 1)
    assert import_faces.run(listed).left_out == {"its frame is not in the footage": 2}


def test_faces_of_an_extraction_in_the_same_faceset_are_left_alone(
    known: Known, config: Imports, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(facesets[1], tmp_path / "imported")
    with Faceset.open(tmp_path / "imported") as faceset:
        identity = faceset.identity
        first = next(faceset.faces()).id
        # as extraction does with what is of no use of somebody whom it does not keep
        faceset.set_state([first], "rejected", faults.TOO_SMALL, by=extract_people.BY)
    result = import_faces.run(replace(config(known.dfl), identity=identity))
    assert result.reasons == {faults.TOO_SMALL: 1}
    with Faceset.open(tmp_path / "imported") as faceset:
        assert [face.id for face in faceset.faces("rejected")] == [first]


class Shouts:
    def __reduce__(self):
        return Path.touch, (Path("understudy-was-here"),)


def refused(config: ImportConfig, match: str, kind: type[UnderstudyError] = FacesetError) -> None:
    with pytest.raises(kind, match=match) as error:
        import_faces.run(config)
    assert "\n" not in str(error.value)
    assert error.value.next_step
    assert not config.faceset.exists()


def test_code_is_refused_before_anything_is_made(
    known: Known, config: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "aligned"
    shutil.copytree(known.dfl, folder)
    jpeg = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    content = dfl_dict(known.landmarks(0), np.eye(2, 3, dtype=np.float32), "1.png") | {"xseg_mask": Shouts()}
    (folder / "00010_0.jpg").write_bytes(dfl_segment(pickle.dumps(content), jpeg))
    refused(
        config(folder), r"00010_0\.jpg was refused: it asks for pathlib\.Path\.touch.*nothing in it was run"
    )
    assert not (tmp_path / "understudy-was-here").exists()


def test_folders_without_anything_to_import(known: Known, config: Imports, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    refused(config(folder), "does not exist")
    folder.mkdir()
    refused(config(folder), "holds no .jpg and no .png")
    (folder / "faceset.pak").write_bytes(b"x")
    refused(config(folder), "packed faceset: unpack it with DeepFaceLab")
    write_image(folder / "a.jpg", np.zeros((64, 64, 3), np.uint8))
    write_image(folder / "b.png", np.zeros((64, 64, 3), np.uint8))
    refused(config(folder), r"none of the 2 pictures .* \(2: without metadata\).*`extract` finds faces")
    (folder / "c.txt").write_text("x")
    refused(config(folder / "c.txt"), "is no aligned face")
    shutil.copy(known.dfl / "00001_0.jpg", folder)
    shutil.copy(known.faceswap / "target_000001_0.png", folder)
    refused(config(folder), "faces of two programs, 1 of DeepFaceLab and 1 of faceswap")


def test_damaged_and_foreign_files_are_left_out_and_told(
    known: Known, config: Imports, tmp_path: Path
) -> None:
    folder = tmp_path / "aligned"
    shutil.copytree(known.dfl, folder)
    whole = (folder / "00001_0.jpg").read_bytes()
    (folder / "00001_0.jpg").write_bytes(whole[:100])
    (folder / "00002_0.jpg").write_bytes(whole[: whole.index(b"\xff\xda") + 40])  # metadata, but no picture
    write_image(folder / "logo.png", np.zeros((64, 64, 3), np.uint8))
    result = import_faces.run(config(folder))
    assert result.faces >= FRAMES - 2
    assert result.left_out["without metadata"] == 1
    assert sum(result.left_out.values()) >= 2
    assert any("00001_0.jpg" in message for message in result.warnings)


def test_settings_that_do_not_go_together(known: Known, config: Imports, tmp_path: Path) -> None:
    refused(config(known.alignments), "name their footage with --frames", ConfigError)
    refused(config(known.dfl, alignments=known.clip), "cannot go with", ConfigError)
    refused(config(known.dfl, frames=tmp_path / "no.mp4"), r"no\.mp4 does not exist", ConfigError)
    (tmp_path / "empty.fsa").write_bytes(b"")
    refused(config(tmp_path / "empty.fsa", frames=known.clip), r"empty\.fsa cannot be read as faceswap's")
    (tmp_path / "nobody.fsa").write_bytes(alignments_file([("a_000001.png", [])]))
    refused(config(tmp_path / "nobody.fsa", frames=known.clip), r"nobody\.fsa lists no face")
    other = tmp_path / "other.fsa"
    other.write_bytes(alignments_file([("else_000001.png", [known.landmarks(0)])]))
    refused(config(known.faceswap, alignments=other), "has none of these faces")
    refused(config(known.dfl, alignments=other), "has none of these faces")


def test_frames_of_something_else(known: Known, config: Imports, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    write_image(frames / "something.png", known.frames[0])
    with pytest.raises(
        FacesetError, match=r"has none of the frames that the faces are from, such as 00001\.png"
    ):
        import_faces.run(config(known.dfl, frames=frames))
    smaller = np.zeros((64, 64, 3), np.uint8)
    write_image(frames / "target_000001.png", smaller)
    with pytest.raises(FacesetError, match="has 64 x 64 px, the faces were found in one of 384 x 384"):
        import_faces.run(config(known.faceswap, frames=frames))
