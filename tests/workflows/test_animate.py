"""A photo does what somebody else does, or what it is told, and one line says where that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import actors
import understudy
from clips import make_clip
from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.identity_folder import FOLDER_VARIABLE, find_record
from understudy.core.types import Frame, Image
from understudy.expression.file import read_expression as read_file
from understudy.media import parts
from understudy.media.footage import sha256_of
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import animate_output
from understudy.workflows.animate_config import AnimateResult

FRAMES = 40
GIVEN = {"identity": "A", "size": 256}  # a record of A is there


def frames_of(path: Path) -> list[Frame]:
    with VideoReader(path) as reader:
        return list(reader)


def with_sound(path: Path, images: Iterable[Image]) -> Path:
    """A video of these pictures, with a tone, that begins at 0.2 s."""
    images = list(images)
    size = images[0].shape[1], images[0].shape[0]
    pts = [6 + number for number in range(len(images))]
    tone = make_clip(
        path.with_name(f"tone of {path.name}"), size_px=size, audio=("aac",), pts=pts, rate_hz=Fraction(30)
    )
    with VideoReader(tone) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame, image in zip(reader, images, strict=True):
            writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=image))
    tone.unlink()
    return path


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("animate")


@pytest.fixture(scope="module")
def photo(folder: Path) -> Path:
    """An actor from the front, mouth shut: A at rest."""
    write_image(folder / "A.png", actors.frames_of("A_train", 1)[0].image)
    return folder / "A.png"


@pytest.fixture(scope="module")
def driving(folder: Path) -> Path:
    return with_sound(folder / "driving.mp4", [frame.image for frame in actors.frames_of("B_testB", FRAMES)])


@pytest.fixture(scope="module")
def made(photo: Path, driving: Path, folder: Path) -> AnimateResult:
    return understudy.animate(photo, folder / "out.mp4", driving=driving, **GIVEN)


def test_the_photo_does_what_the_driver_does(made: AnimateResult, driving: Path, folder: Path) -> None:
    assert (made.frames, made.animated, made.held) == (FRAMES, FRAMES, 0)
    assert (made.width_px, made.height_px, made.identity) == (256, 256, "A")
    curves = {}
    for name, path in (("driver", driving), ("output", made.output)):
        understudy.read_expression(path, folder / f"{name}.json")
        curves[name] = read_file(folder / f"{name}.json")
    jaw = [curves[name].of("jawOpen") for name in ("driver", "output")]
    assert np.corrcoef(*jaw)[0, 1] > 0.8
    yaw = [curves[name].pose_deg[:, 0] for name in ("driver", "output")]
    assert np.corrcoef(*yaw)[0, 1] > 0.9


def test_times_and_sound_are_the_drivers(made: AnimateResult, driving: Path) -> None:
    assert [frame.time_s for frame in frames_of(made.output)] == [
        frame.time_s for frame in frames_of(driving)
    ]
    assert sound_of(made.output) == sound_of(driving)
    assert sound_of(driving)


def test_what_does_not_move_is_the_photos_own(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    result = understudy.animate(photo, out, expression="jaw_open=0.8", identity="A")
    before, after = read_image(photo), read_image(out)
    assert (result.width_px, result.height_px, result.frames) == (384, 384, 1)
    changed = np.abs(before.astype(int) - after).max(axis=-1)
    assert changed.max() > 60
    around = (changed[:20], changed[:, :20], changed[:, -20:], changed[-60:, :60])
    assert [part.max() for part in around] == [0] * 4


def test_curves_from_a_file_do_the_same(
    made: AnimateResult, photo: Path, driving: Path, folder: Path
) -> None:
    understudy.read_expression(driving, folder / "curves.json")
    result = understudy.animate(photo, folder / "filed.mp4", driving=folder / "curves.json", **GIVEN)
    filed, direct = frames_of(result.output), frames_of(made.output)
    assert [frame.time_s for frame in filed] == [frame.time_s for frame in direct]
    # but for the watermark, which is another's
    far = [np.abs(a.image.astype(int) - b.image).mean() for a, b in zip(filed, direct, strict=True)]
    assert max(far) < 3
    with av.open(str(result.output)) as container:
        assert not container.streams.audio


def edited(path: Path, source: Path, change: Callable[[dict], None]) -> Path:
    """An expression file that somebody has changed."""
    content = json.loads(source.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_strength_and_kept_poses(photo: Path, driving: Path, folder: Path, tmp_path: Path) -> None:
    understudy.read_expression(driving, tmp_path / "c.json")
    short = edited(tmp_path / "s.json", tmp_path / "c.json", lambda c: c.update(frames=c["frames"][20:23]))
    plain = {"driving": short, "watermark": False, "crf": 0, **GIVEN}
    pictures = {}
    for name, more in {
        "as it is": {},
        "head kept": {"keep_pose": True},
        "nothing": {"keep_pose": True, "strength": 0},
    }.items():
        out = tmp_path / f"{name}.mp4"
        understudy.animate(photo, out, **plain, **more)
        pictures[name] = frames_of(out)[-1].image.astype(int)
    rest = understudy.animate(photo, tmp_path / "rest.png", expression="neutral", **GIVEN)
    still = read_image(rest.output).astype(int)
    far = {name: np.abs(image - still).mean() for name, image in pictures.items()}
    assert far["nothing"] < 1.5  # what encoding loses
    assert far["head kept"] > 1.2 * far["nothing"]
    assert np.abs(pictures["as it is"] - pictures["head kept"]).mean() > 0.5


def test_frames_without_a_face_hold_the_last_expression(photo: Path, tmp_path: Path) -> None:
    images = [frame.image for frame in actors.frames_of("B_testB", 24)]
    for gone in range(10, 14):
        images[gone] = np.full_like(images[gone], 90)
    driving = with_sound(tmp_path / "gap.mp4", images)
    result = understudy.animate(photo, tmp_path / "out.mp4", driving=driving, watermark=False, crf=0, **GIVEN)
    assert (result.frames, result.held) == (24, 4)
    assert any("no face in 4 of 24 frames" in said for said in result.warnings)
    shown = [frame.image.astype(int) for frame in frames_of(result.output)]
    assert all(np.abs(shown[i] - shown[9]).max() <= 2 for i in range(10, 14))
    assert np.abs(shown[14] - shown[9]).max() > 2


def test_a_driving_picture_gives_its_expression(photo: Path, tmp_path: Path) -> None:
    frames = actors.frames_of("B_testB", 31)
    write_image(tmp_path / "b.png", frames[30].image)
    result = understudy.animate(photo, tmp_path / "out.jpg", driving=tmp_path / "b.png", **GIVEN)
    assert result.frames == 1
    assert read_image(result.output).shape == (256, 256, 3)


def test_numbered_images_and_an_odd_size(photo: Path, driving: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "A.png", read_image(photo)[:371, :333])
    understudy.read_expression(driving, tmp_path / "c.json")
    short = edited(tmp_path / "s.json", tmp_path / "c.json", lambda c: c.update(frames=c["frames"][:3]))
    understudy.animate(tmp_path / "A.png", tmp_path / "f" / "%03d.png", driving=short)
    images = [read_image(path) for path in sorted((tmp_path / "f").glob("*.png"))]
    assert [image.shape for image in images] == [(370, 332, 3)] * 3


def photo_of(kind: str, folder: Path, image: Image) -> Path:
    """A photo of some kind, of an actor's picture."""
    path = folder / f"{kind}.png"
    if kind == "grey":
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    elif kind == "alpha":
        alpha = np.full(image.shape[:2], 255, np.uint8)
        alpha[:30] = 0
        cv2.imwrite(str(path), np.dstack([image[..., ::-1], alpha]))
    elif kind == "deep":
        cv2.imwrite(str(path), image[..., ::-1].astype(np.uint16) * 257)
    elif kind == "turned":
        path = path.with_suffix(".jpg")
        done, data = cv2.imencode(".jpg", np.rot90(image)[..., ::-1])
        assert done
        exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
        segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif
        path.write_bytes(data.tobytes()[:2] + segment + data.tobytes()[2:])
    elif kind == "drawing":
        write_image(path, np.asarray(cv2.stylization(image, sigma_s=40, sigma_r=0.4), np.uint8))
    elif kind == "hat and glasses":
        image = image.copy()
        cv2.rectangle(image, (100, 40), (290, 110), (60, 20, 20), cv2.FILLED)
        for x in (160, 230):
            cv2.circle(image, (x, 165), 26, (20, 20, 20), 4)
        write_image(path, image)
    elif kind == "large":
        path = path.with_suffix(".jpg")
        large = cv2.resize(image, (4000, 4000), interpolation=cv2.INTER_CUBIC)
        write_image(
            path, np.asarray(cv2.copyMakeBorder(large, 0, 0, 1000, 1000, cv2.BORDER_REPLICATE), np.uint8)
        )
    return path


@pytest.mark.parametrize("kind", ["grey", "alpha", "deep", "turned", "drawing", "hat and glasses", "large"])
def test_photos_of_all_kinds(kind: str, photo: Path, tmp_path: Path) -> None:
    path = photo_of(kind, tmp_path, read_image(photo))
    out = tmp_path / "out.png"
    result = understudy.animate(path, out, expression="jaw_open=0.9", identity="A")
    before, after = read_image(path), read_image(out)
    assert before.shape == after.shape
    assert (result.width_px, result.height_px) == ((6000, 4000) if kind == "large" else (384, 384))
    changed = np.abs(before.astype(int) - after).max(axis=-1)
    assert changed.max() > 40
    assert changed[: changed.shape[0] // 20].max() == 0
    if kind == "grey":
        assert np.ptp(after.astype(int), axis=-1).max() <= 2


def test_two_people_in_a_photo(photo: Path, tmp_path: Path) -> None:
    other = actors.frames_of("B_testB", 1)[0].image
    small = np.asarray(cv2.resize(other, (300, 300), interpolation=cv2.INTER_AREA), np.uint8)
    small = cv2.copyMakeBorder(small, 42, 42, 0, 0, cv2.BORDER_REPLICATE)
    write_image(tmp_path / "A.png", np.hstack([read_image(photo), small]))
    before = read_image(tmp_path / "A.png").astype(int)
    moved = {}
    for person in (1, 2):
        out = tmp_path / f"{person}.png"
        result = understudy.animate(
            tmp_path / "A.png", out, expression="jaw_open=0.9", photo_person=person, identity="AB"[person - 1]
        )
        moved[person] = np.abs(read_image(out) - before).max(axis=(0, 2))
        assert any("2 faces; the largest" in said for said in result.warnings) is (person == 1)
    assert moved[1][:384].max() > 60 > 3 > moved[1][450:].max()
    assert moved[2][:300].max() < 3 < 60 < moved[2][384:].max()
    with pytest.raises(UnderstudyError, match=r"shows 2 faces, so there is no person 3: .* 1 to 2"):
        understudy.animate(tmp_path / "A.png", tmp_path / "o.png", expression="smile=1", photo_person=3)


def test_a_turned_and_a_small_face_are_told(tmp_path: Path) -> None:
    yaw = np.abs(actors.curves("A_train", "A")["yaw"])
    frame = actors.frames_of("A_train", int(yaw.argmax()) + 1)[-1].image
    small = cv2.copyMakeBorder(
        cv2.resize(frame, (100, 100), interpolation=cv2.INTER_AREA), 80, 80, 80, 80, cv2.BORDER_REPLICATE
    )
    write_image(tmp_path / "A.png", np.asarray(small, np.uint8))
    result = understudy.animate(tmp_path / "A.png", tmp_path / "o.png", expression="smile=1")
    assert any("px high" in said for said in result.warnings)


BAD = {
    "no face": ({"photo": "empty picture.png"}, "no face was found in .*give a photo"),
    "text": ({"photo": "text.jpg"}, "not an image that can be decoded"),
    "text as footage": ({"photo": "text.txt", "out": "o.mp4"}, "text.txt"),
    "empty": ({"photo": "empty.png"}, "not an image|is empty"),
    "not there": ({"photo": "gone.png"}, r"gone\.png cannot be read"),
    "no folder": ({"out": "gone/o.mp4", "expression": None, "driving": "driving"}, "gone does not exist"),
    "a picture as video": ({"out": "o.mp4"}, "one expression makes a picture"),
    "video as picture": (
        {"driving": "driving", "expression": None},
        "o.png is one picture, and .* 40 frames",
    ),
    "neither": ({"expression": None}, "neither a driving nor an expression"),
    "both": ({"driving": "driving"}, "both are given"),
    "driver without face": (
        {"driving": "empty picture.png", "expression": None, "out": "o.mp4"},
        "no face was found in .*empty picture",
    ),
    "driver not there": ({"driving": "gone.mp4", "expression": None, "out": "o.mp4"}, "gone.mp4"),
    "no curves": ({"driving": "text.json", "expression": None, "out": "o.mp4"}, "is no expression file"),
    "no such person": (
        {"driving": "driving", "person": 3, "expression": None, "out": "o.mp4"},
        "there is no person 3",
    ),
    "strength": ({"strength": 3}, "the strength is 3: give 0 to 2"),
    "size": ({"size": 10}, "a longest side of 10 px"),
    "word": ({"expression": "smirk=1"}, "there is no expression 'smirk'"),
    "itself": ({"out": "photo"}, "is read and would be overwritten"),
    "format": ({"out": "o.gif"}, "one expression makes a picture"),
    "label": ({"label": " "}, "the label is"),
    "codec of a picture": ({"codec": "hevc"}, "codec or a quality .* is one picture"),
    "quality of a picture": ({"crf": 20}, "codec or a quality .* is one picture"),
    "turned and kept": ({"expression": "yaw=20", "keep_pose": True}, "turns the head, and its pose"),
    "person of nothing": ({"person": 2}, "a person of the driving is named"),
    "nobody": ({"identity": "a\nb"}, "is nobody's name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_one_line(
    case: str, photo: Path, driving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it leaves nothing behind, no record of consent either."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    write_image(tmp_path / "empty picture.png", np.full((200, 200, 3), 128, np.uint8))
    for name in ("text.jpg", "text.txt", "text.json"):
        (tmp_path / name).write_text("no picture")
    (tmp_path / "empty.png").touch()
    before = sorted(tmp_path.rglob("*"))
    given, said = BAD[case]
    known = {"photo": photo, "driving": driving}
    agreed = {"identity": "A", "consent": "rendered"}
    asked: dict = {"photo": photo, "out": "o.png", "expression": "smile=1"} | agreed | given
    for name in ("photo", "out", "driving"):
        if isinstance(value := asked.get(name), str):
            asked[name] = known.get(value, tmp_path / value)
    with pytest.raises(UnderstudyError, match=said) as raised:
        understudy.animate(**asked)
    assert "\n" not in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_interrupted_run_leaves_no_video_and_is_gone_on_with(
    photo: Path, driving: Path, made: AnimateResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    out, written = tmp_path / "out.mp4", animate_output.write_frame

    def failing(writer, frame) -> None:
        if frame.index == 25:
            raise KeyboardInterrupt
        written(writer, frame)

    monkeypatch.setattr(animate_output, "write_frame", failing)
    with pytest.raises(KeyboardInterrupt):
        understudy.animate(photo, out, driving=driving, **GIVEN)
    monkeypatch.setattr(animate_output, "write_frame", written)
    assert not out.exists()
    said: list[str] = []
    result = understudy.animate(
        photo, out, driving=driving, **GIVEN, on_event=lambda event: said.append(str(event))
    )
    assert any("goes on at frame 25" in event for event in said)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    assert (result.frames, result.animated) == (FRAMES, FRAMES)
    for one, other in zip(frames_of(out), frames_of(made.output), strict=True):
        assert one.time_s == other.time_s
        assert np.abs(one.image.astype(int) - other.image).mean() < 2


def test_without_consent_nothing_is_done(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    out = tmp_path / "out.png"
    with pytest.raises(ConsentError, match="no record that the face of A may be used"):
        understudy.animate(photo, out, expression="smile=1")
    with pytest.raises(ConsentError, match="no record that the face of Zoë may be used"):
        understudy.animate(photo, out, expression="smile=1", identity="Zoë")
    assert not list(tmp_path.iterdir())
    understudy.animate(photo, out, expression="smile=1", identity="Zoë", consent="rendered")
    understudy.animate(photo, out, expression="smile=1", identity="Zoë")  # nothing more is asked
    with pytest.raises(ConsentError, match="another consent of Zoë is on record"):
        understudy.animate(photo, out, expression="smile=1", identity="Zoë", consent="self")


def test_a_files_name_is_nobodys_word(
    photo: Path, facesets: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of A whose face is B's: the photo is named A, and A's face is not that one."""
    from understudy.workflows.consent_choice import Given
    from understudy.workflows.identities import AddConfig, add

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    for name, faceset in (("A", facesets[0]), ("real A", facesets[1])):  # the first shows B
        add(AddConfig(name=name, given=Given(kind="rendered"), faceset=faceset))
    out = tmp_path / "out.png"
    with pytest.raises(ConsentError, match=r"a record of A, and this face is not like theirs: .*--identity"):
        understudy.animate(photo, out, expression="smile=1")
    assert not out.exists()
    said = understudy.animate(photo, out, expression="smile=1", identity="A").warnings
    assert any("not like those that the record of A" in one for one in said)
    assert understudy.animate(photo, out, expression="smile=1", identity="real A").warnings == []


def test_a_new_record_knows_the_face_by_one_picture(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    understudy.animate(photo, tmp_path / "o.png", expression="smile=1", consent="rendered")
    found = find_record("A")
    assert found is not None
    assert found.record.face is not None
    assert (found.record.face.pictures, found.record.face.faceset) == (1, sha256_of(photo))
    for clip, is_same in (("A_testA", True), ("B_train", False)):
        other = tmp_path / clip / "A.png"
        other.parent.mkdir()
        write_image(other, actors.frames_of(clip, 1)[0].image)
        asked = {"out": tmp_path / "p.png", "expression": "smile=1"}
        if is_same:
            assert understudy.animate(other, **asked).warnings == []
        else:
            with pytest.raises(ConsentError, match="this face is not like theirs"):
                understudy.animate(other, **asked)
            (said,) = understudy.animate(other, **asked, identity="A").warnings
            assert "of one person below 0.5" in said


def test_a_head_that_turns_far_is_told(photo: Path, tmp_path: Path) -> None:
    for yaw, warned in ((20, False), (38, True)):
        out = tmp_path / f"{yaw}.png"
        result = understudy.animate(photo, out, expression=f"yaw={yaw}", identity="A")
        assert any("turns by up to" in warning for warning in result.warnings) == warned
