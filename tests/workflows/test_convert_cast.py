"""Who is who: several people in one pass, and faces as they were reviewed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from actors import clip
from footage import beside
from measure.made_faces import made_face
from understudy.core.errors import ConfigError
from understudy.core.types import Frame, Image
from understudy.faces.choose import TargetChooser
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.media.images import read_image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.workflows import convert, convert_cast, convert_frames, extract
from understudy.workflows.configs import ConvertConfig, ExtractConfig
from understudy.workflows.convert_cast import LiveCast, Role, roles_of
from understudy.workflows.review import Review
from understudy.workflows.review_face import draw_mask

FRAMES = 16
ENCODED = 2.0  # grey levels that encoding alone changes of a face, at most


def images_of(path: Path, frames: int | None = None) -> list[Image]:
    with VideoReader(path) as reader:
        return [frame.image for frame in reader if frames is None or frame.index < frames]


def side_by_side(path: Path, names: list[str], frames: int) -> Path:
    """A video of several people, from clips of one each and of one size; its pixels are kept."""
    pictures = [images_of(clip(name), frames) for name in names]
    wide = path.with_suffix(".strip.mp4")
    height, width = pictures[0][0].shape[:2]
    with VideoReader(clip(names[0])) as reader:
        info = reader.info
    like = replace(info, width_px=width * len(names), coded_width_px=width * len(names), height_px=height)
    with VideoWriter(wide, like=like, crf=4) as writer:
        for index, row in enumerate(zip(*pictures, strict=True)):
            pts = info.start_pts + round(index / (info.average_rate_hz * info.time_base))
            writer.write(Frame(index=index, pts=pts, time_base=info.time_base, image=np.hstack(row)))
    return wide.rename(path)


@pytest.fixture(scope="module")
def duo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return side_by_side(tmp_path_factory.mktemp("duo") / "duo.mp4", ["A_testA", "B_testB"], FRAMES)


def change(before: Path, after: Path, person: int, people: int) -> float:
    """Mean difference in the middle of one person's part of the picture, grey levels."""
    pairs = zip(images_of(before), images_of(after), strict=True)
    differences = np.array([np.abs(one.astype(np.int16) - other).mean(axis=2) for one, other in pairs])
    width = differences.shape[2] // people
    part = differences[:, :, person * width : (person + 1) * width]
    return float(part[:, 150:260, 150:240].mean())


def test_two_people_get_each_others_faces(duo: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "both.mp4"
    mapped = {"target": "source", "source": "target"}
    result = convert.run(ConvertConfig(target=duo, model=model, out=out, mapped=mapped))
    assert (result.frames, result.swapped) == (FRAMES, FRAMES)
    assert min(change(duo, out, person, 2) for person in (0, 1)) > 5


@pytest.mark.parametrize(("replaced", "put_in", "person"), [("target", "source", 0), ("source", "target", 1)])
def test_who_is_not_in_the_map_is_left_alone(
    duo: Path, model: Path, tmp_path: Path, replaced: str, put_in: str, person: int
) -> None:
    out = tmp_path / "one.mp4"
    convert.run(ConvertConfig(target=duo, model=model, out=out, mapped={replaced: put_in}))
    assert change(duo, out, person, 2) > 5
    assert change(duo, out, 1 - person, 2) < ENCODED


def test_a_third_person_is_left_alone(model: Path, tmp_path: Path) -> None:
    beside("synthetic/clips/C_train.mp4")
    trio = side_by_side(tmp_path / "trio.mp4", ["A_testA", "C_train", "B_testB"], FRAMES)
    out = tmp_path / "out.mp4"
    mapped = {"target": "source", "source": "target"}
    result = convert.run(ConvertConfig(target=trio, model=model, out=out, mapped=mapped))
    assert result.swapped == FRAMES
    changes = [change(trio, out, person, 3) for person in range(3)]
    assert min(changes[0], changes[2]) > 5
    assert changes[1] < ENCODED


def test_reviewed_faces_are_taken_and_nobody_is_looked_for(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "found.mp4"  # without what is learnt of occlusion from a faceset, and hardly compressed
    config = ConvertConfig(target=clips["target"], model=model, out=out, occlusion=False, crf=1)
    found = convert.run(config)
    monkeypatch.setattr(convert_cast, "LiveCast", None)
    out = tmp_path / "reviewed.mp4"
    result = convert.run(replace(config, out=out, faces=(facesets[1],)))
    assert (result.frames, result.swapped) == (found.frames, found.swapped)
    # the squares are steadied a segment at a time, else all is as it was found
    pairs = zip(images_of(tmp_path / "found.mp4"), images_of(out), strict=True)
    assert np.mean([np.abs(one.astype(np.int16) - other).mean() for one, other in pairs]) < 0.12


def test_rejected_faces_are_left_alone_but_for_those_of_no_use_for_training(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "target"
    extract.run(ExtractConfig(footage=(clips["target"],), faceset=copy, identity="target"))
    with Faceset.open(copy) as faceset:
        ids = [face.id for face in faceset.faces()]
        faceset.set_state(ids[10:20], "rejected", "too blurred", by="test")
        faceset.set_state(ids[20:27], "rejected", "another person", by="test")
    config = ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4", faces=(copy,))
    assert convert.run(config).swapped == 48 - 7


def test_what_was_drawn_over_a_reviewed_face_stays_the_targets(
    clips: dict[str, Path],
    facesets: tuple[Path, Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # half a face that nothing hides: what other frames learn from a mask is another test's
    monkeypatch.setattr(convert_frames, "segmenters_of", lambda *_: {})
    copy = tmp_path / "target"
    shutil.copytree(facesets[1], copy)
    review = Review(copy)
    stored = review.stored(int(review.table.columns.ids[5]))
    mask = np.zeros((stored.crop_size_px,) * 2, np.uint8)
    mask[:, : stored.crop_size_px // 2] = 255  # crops lie as their frames do
    draw_mask(review, stored.id, cv2.imencode(".png", mask)[1].tobytes())
    review.close()
    mattes = tmp_path / "mattes"
    config = ConvertConfig(
        target=clips["target"],
        model=model,
        out=tmp_path / "out.mp4",
        matte=mattes / "%02d.png",
        faces=(copy,),
    )
    convert.run(config)
    number = stored.frame_index
    border = round(float(-stored.crop_from_frame[0, 2] / stored.crop_from_frame[0, 0])) + round(
        stored.crop_size_px / 2 / float(stored.crop_from_frame[0, 0])
    )
    with_mask, without = (read_image(mattes / f"{i:02d}.png")[..., 0] for i in (number, number - 1))
    assert without[:, : border - 4].max() > 200
    assert with_mask[:, : border - 4].max() == 0
    assert with_mask[:, border + 4 :].max() > 200


def test_facesets_that_do_not_fit_are_refused(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    config = ConvertConfig(
        target=clips["target"], model=model, out=tmp_path / "out.mp4", faces=(facesets[0],)
    )
    with pytest.raises(ConfigError, match="faces of source, who is not replaced"):
        convert.run(config)
    twice = (facesets[1], facesets[1])
    with pytest.raises(ConfigError, match="two facesets hold faces of target"):
        convert.run(replace(config, faces=twice))
    thin = tmp_path / "target"
    extract.run(ExtractConfig(footage=(clips["target"],), faceset=thin, identity="target", every=3))
    config = ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4", faces=(thin,))
    with pytest.raises(ConfigError, match=r"every frame of target\.mp4"):
        convert.run(config)
    assert not (tmp_path / "out.mp4").exists()


def test_where_every_face_is_rejected_the_target_stays(
    clips: dict[str, Path], model: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "target"
    extract.run(ExtractConfig(footage=(clips["target"],), faceset=empty, identity="target"))
    with Faceset.open(empty) as faceset:
        faceset.set_state([face.id for face in faceset.faces()], "rejected", "another person", by="test")
    config = ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4", faces=(empty,))
    assert convert.run(config).swapped == 0


def test_three_frames_are_converted(model: Path, tmp_path: Path) -> None:
    short = side_by_side(tmp_path / "short.mp4", ["A_testA"], 3)
    result = convert.run(ConvertConfig(target=short, model=model, out=tmp_path / "out.mp4"))
    assert (result.frames, result.swapped) == (3, 3)


def index_of(*names: str) -> ModelIndex:
    entries = [IdentityEntry(name=name, faceset_digest="", faces=30) for name in names]
    return ModelIndex(preset="tiny", identities=entries)


def test_roles() -> None:
    three = index_of("a", "b", "c")
    assert roles_of(three, None, None, {}) == [Role(source="a", target="b")]
    assert roles_of(three, "b", None, {}) == [Role(source="b", target="a")]
    assert roles_of(three, "b", "c", {}) == [Role(source="b", target="c")]
    assert roles_of(three, None, None, {"a": "c", "b": "c"}) == [
        Role(source="c", target="a"), Role(source="c", target="b"),
    ]  # fmt: skip
    assert roles_of(three, None, "a", {}) == [Role(source="b", target="a")]
    for source, target, mapped in (("a", "a", {}), (None, None, {"a": "a"})):
        with pytest.raises(ConfigError, match="a would be replaced by a"):
            roles_of(three, source, target, mapped)
    with pytest.raises(ConfigError, match="no identity 'd'"):
        roles_of(three, None, None, {"a": "d"})
    with pytest.raises(ConfigError, match="both a map and"):
        roles_of(three, "a", None, {"a": "c"})


class Distances:
    """An embedder that puts each track as far from one person as the test says."""

    def __init__(self, of_track: dict[int, float]) -> None:
        self.of_track = of_track

    def vector(self, image: Image, face: Face) -> np.ndarray:
        vector = np.zeros(128, np.float32)
        vector[0] = self.of_track[face.track]
        return vector


def test_who_is_surely_one_is_not_taken_for_another_in_whose_place_they_are() -> None:
    nobody = np.zeros(128, np.float32)
    anna, bert = (
        TargetChooser(nobody, embedder=Distances(of_track))
        for of_track in ({1: 0.3, 2: 0.65}, {1: 0.9, 2: 0.3})
    )
    cast = LiveCast.__new__(LiveCast)
    cast._unsure = {}
    cast._choosers = [(Role(source="x", target="anna"), anna), (Role(source="x", target="bert"), bert)]
    who = []
    for index in range(6):  # the second track begins where anna was
        image = np.zeros((8, 8, 3), np.uint8)
        frame = Frame(index=index, pts=index, time_base=Fraction(1, 25), image=image)
        who += [part.role.target for part in cast._parts(frame, [made_face(track=1 if index < 3 else 2)])]  # type: ignore[arg-type]
    assert who == ["anna"] * 3 + ["bert"] * 3
