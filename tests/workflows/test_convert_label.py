"""The label in conversions: of every depth and light, nothing else changes, and it goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import understudy
from clips import make_clip
from made_hdr import HLG, PQ, hdr_of, make_hdr_clip, nits_of_hlg, nits_of_pq
from understudy.compositing.label import label_art, label_boxes
from understudy.core.errors import ConfigError
from understudy.media import parts
from understudy.media.image_picture import ImagePicture
from understudy.media.images import read_image
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.media.reader import VideoReader
from understudy.workflows import convert, convert_output, verify
from understudy.workflows.composed import Box, Composed
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_label import DEFAULT_TEXT, Labeller, text_of
from understudy.workflows.verify_result import VerifyConfig

from .conftest import shortened

FACE = (150, 60, 200, 120)
BOTTOM_LEFT, BOTTOM_RIGHT = (0, 200, 180, 240), (190, 200, 380, 240)


def composed(index: int, *faces: Box, image: ImagePicture | DecodedPicture | None = None) -> Composed:
    picture = image or ImagePicture(np.full((240, 380, 3), 128, np.uint8))
    frame = PartialFrame(index=index, pts=index, time_base=Fraction(1, 25), image=picture)
    return Composed(frame=frame, replaced=(), drawn=faces)


def changed(frame: Composed) -> tuple[int, int, int, int] | None:
    """Around what is no longer grey."""
    rows, columns = np.nonzero((frame.frame.image.whole() != 128).any(axis=2))
    return None if not len(rows) else (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def inside(box: tuple[int, int, int, int] | None, area: Box) -> bool:
    return (
        box is not None
        and box[0] >= area[0]
        and box[1] >= area[1]
        and box[2] <= area[2]
        and box[3] <= area[3]
    )


def test_it_moves_when_a_face_comes_and_stays_then() -> None:
    label = Labeller(DEFAULT_TEXT)
    places: list[tuple[int, int, int, int] | None] = []
    for index, face in enumerate([FACE, FACE, (20, 150, 90, 240), FACE, FACE]):
        frame = composed(index, face)
        label.add(frame)
        places.append(changed(frame))
    assert all(inside(place, BOTTOM_LEFT) for place in places[:2])
    assert all(inside(place, BOTTOM_RIGHT) for place in places[2:])


@pytest.mark.parametrize("is_video", [True, False])
def test_frames_without_a_face_are_left_alone_but_for_two_seconds(is_video: bool) -> None:
    label = Labeller(DEFAULT_TEXT, is_video=is_video)
    shown: list[int] = []
    for index in range(100):
        frame = composed(index, *([FACE] if index in (10, 12) else []))
        label.add(frame)
        if changed(frame):
            shown.append(index)
    assert shown == ([*range(10, 62)] if is_video else [10, 12])


def test_stopped_at_any_frame_it_goes_on_as_if_there_had_been_no_break() -> None:
    faces: list[tuple[Box, ...]] = [(), (FACE,), ((20, 150, 90, 240),), (), (), (FACE,)]
    whole = Labeller(DEFAULT_TEXT)
    wanted = [composed(index, *some) for index, some in enumerate(faces)]
    for frame in wanted:
        whole.add(frame)
    for stop in range(len(faces)):
        first = Labeller(DEFAULT_TEXT)
        for index in range(stop):
            first.add(composed(index, *faces[index]))
        second = Labeller(DEFAULT_TEXT, first.noted())
        for index in range(stop, len(faces)):
            frame = composed(index, *faces[index])
            second.add(frame)
            np.testing.assert_array_equal(frame.frame.image.whole(), wanted[index].frame.image.whole())


@pytest.mark.parametrize(("transfer", "nits_of"), [(PQ, nits_of_pq), (HLG, nits_of_hlg)])
def test_white_in_hdr_is_that_of_titles(transfer: int, nits_of: object, tmp_path: Path) -> None:
    grey = np.full((480, 640, 3), 200, np.uint8)
    path = make_hdr_clip(tmp_path / "hdr.mkv", [hdr_of(grey, transfer, gain=4.0)], transfer)
    with VideoReader(path) as reader:
        (frame,) = list(reader.partial())
        picture = frame.image
        assert isinstance(picture, DecodedPicture)
        before = [np.array(bytes(plane)) for plane in picture.coded.planes]  # type: ignore[union-attr]
        Labeller(DEFAULT_TEXT).add(composed(0, (300, 100, 400, 200), image=picture))
        luma = picture.coded.to_ndarray()[:480]  # type: ignore[union-attr]
    assert len(before) == 3
    art = label_art(DEFAULT_TEXT, 640, 480)
    x0, y0, x1, y1 = label_boxes(art.size, (640, 480), (2, 2))[0]
    label = luma[y0:y1, x0:x1]
    signal = (float(np.median(label[art.text > 0.99])) - 64) / 876
    dark = (float(np.median(label[art.text == 0])) - 64) / 876
    nits = [float(nits_of(np.full((1, 1, 3), one)).max()) for one in (signal, dark)]  # type: ignore[operator]
    assert nits[0] == pytest.approx(203, rel=0.05)
    assert nits[1] < 25
    assert luma[:400].min() == luma[:400].max()


def planes_of(picture: DecodedPicture) -> list[np.ndarray]:
    assert picture.coded is not None
    return [np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, -1) for plane in picture.coded.planes]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv444p"])
def test_all_else_keeps_its_bits(pixel_format: str, tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mkv", frames=1, pixel_format=pixel_format, size_px=(640, 360), codec="ffv1"
    )
    with VideoReader(path) as reader:
        picture = next(iter(reader.partial())).image
        assert isinstance(picture, DecodedPicture)
        before = planes_of(picture)
        Labeller(DEFAULT_TEXT).add(composed(0, (300, 100, 400, 200), image=picture))
        after = planes_of(picture)
    for one, other in zip(before, after, strict=True):
        rows, columns = np.nonzero(one != other)
        assert len(rows)
        assert rows.min() > 0.85 * one.shape[0]
        assert columns.max() < 0.35 * one.shape[1]


@pytest.mark.parametrize("label", ["", "  ", "a\x1b[31m", "x" * 81])
def test_what_nobody_could_read_is_refused(
    label: str, model: Path, clips: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="the label is"):
        understudy.convert(clips["target"], model, tmp_path / "out.mp4", label=label)
    with pytest.raises(ConfigError, match="the label is"):
        understudy.convert(clips["target"], model, tmp_path / "out.png", label=label, frame=1)
    with pytest.raises(ConfigError, match="the label is"):
        understudy.swap(clips["source"], clips["target"], tmp_path / "out.mp4", label=label)
    assert not list(tmp_path.iterdir())


def test_texts() -> None:
    assert [text_of(one) for one in (None, "auto", " Kein\n Mensch ")] == [None, DEFAULT_TEXT, "Kein Mensch"]


@pytest.fixture(scope="module")
def config(clips: dict[str, Path], facesets: tuple[Path, Path], model: Path) -> ConvertConfig:
    return ConvertConfig(
        target=clips["target"],
        model=model,
        out=Path("o.mkv"),
        faces=(facesets[1],),
        codec="ffv1",
        watermark=False,
    )


def test_a_whole_conversion(config: ConvertConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the same without: only the label differs, and the manifest tells of it. Stopped, it goes on."""
    plain = convert.run(replace(config, out=tmp_path / "plain.mkv")).output
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    labelled = replace(config, out=tmp_path / "label.mkv", label="auto")
    write = convert_output.write_frame

    def failing(writer: object, frame: PartialFrame) -> None:
        if frame.index == 25:
            raise KeyboardInterrupt
        write(writer, frame)  # type: ignore[arg-type]

    with monkeypatch.context() as inner:
        inner.setattr(convert_output, "write_frame", failing)
        with pytest.raises(KeyboardInterrupt):
            convert.run(labelled)
    convert.run(labelled)
    boxes: set[tuple[int, int, int, int]] = set()
    with VideoReader(plain) as one, VideoReader(labelled.out) as other:
        for before, after in zip(one, other, strict=True):
            rows, columns = np.nonzero((before.image != after.image).any(axis=2))
            boxes.add((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
            height, width = before.image.shape[:2]
    (box,) = boxes
    assert inside(box, (int(0.04 * width), int(0.8 * height), width // 2 + 20, int(0.96 * height)))
    assert verify.run(VerifyConfig(file=labelled.out)).settings["label"] == DEFAULT_TEXT
    assert verify.run(VerifyConfig(file=plain)).settings["label"] is None


def test_images_and_previews(config: ConvertConfig, tmp_path: Path) -> None:
    target, model = shortened("A_testA", tmp_path / "short.mp4", 6), config.model
    for name, label in (("plain", None), ("label", "Kein Mensch")):
        asked = {"colour": "lab", "label": label, "watermark": False}
        understudy.convert(target, model, tmp_path / f"{name}.png", frame=3, **asked)
        understudy.convert(target, model, tmp_path / name / "%02d.png", **asked)
        grid = tmp_path / f"{name} grid.png"
        understudy.convert(target, model, frame=[3], grid=grid, blend="feather", **asked)
    for file in (".png", "/03.png", " grid.png"):
        one, other = (read_image(Path(f"{tmp_path}/{name}{file}")) for name in ("plain", "label"))
        share = (one != other).any(axis=2).mean()
        assert 0.001 < share < 0.05, file
    assert verify.run(VerifyConfig(file=tmp_path / "label.png")).settings["label"] == "Kein Mensch"


def test_letters_that_the_font_lacks_are_told() -> None:
    assert text_of("Ku\u0308nstlich \U0001d400\U0001d408") == "K\u00fcnstlich AI"
    with pytest.raises(ConfigError, match="its font lacks: \u0915 \U0001f600") as told:
        text_of("face \u0915 \U0001f600")
    assert told.value.next_step == "say it in other letters"
