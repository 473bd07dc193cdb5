"""Where converted frames go: numbered images, masks, and images as the target."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.compositing.paste import Window
from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Event, Notice
from understudy.media import parts
from understudy.media.any_writer import AnyWriter
from understudy.media.images import read_image
from understudy.media.partial import PartialFrame
from understudy.media.probe import presentation_times
from understudy.media.reader import VideoReader
from understudy.workflows import convert, convert_compose, convert_output, swap
from understudy.workflows.composed import Composed
from understudy.workflows.configs import ConvertConfig, SwapConfig
from understudy.workflows.convert_draw import DrawnFrame

FRAMES = 48


def stored(path: Path) -> np.ndarray:
    """As it lies in the file, BGR or BGRA."""
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


def shown(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.image for frame in reader]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".c2pa")


@pytest.fixture(scope="module")
def config(clips: dict[str, Path], facesets: tuple[Path, Path], model: Path) -> ConvertConfig:
    return ConvertConfig(target=clips["target"], model=model, out=Path("out.mp4"), faces=(facesets[1],))


@pytest.fixture(scope="module")
def made(config: ConvertConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with f/%03d.png and their m/%03d.png."""
    folder = tmp_path_factory.mktemp("made")
    out, matte = folder / "f" / "%03d.png", folder / "m" / "%03d.png"
    result = convert.run(replace(config, out=out, matte=matte, strength=0.5))
    assert (result.output, result.matte, result.frames, result.swapped) == (out, matte, FRAMES, FRAMES)
    return folder


def test_images_are_the_target_where_the_matte_is_black(config: ConvertConfig, made: Path) -> None:
    names = [f"{index:03d}.png" for index in range(FRAMES)]
    assert files_in(made) == ["f", "m"]
    assert files_in(made / "f") == files_in(made / "m") == names
    for name, before in zip(names, shown(config.target), strict=True):
        after, matte = read_image(made / "f" / name).astype(int), stored(made / "m" / name)
        assert matte.ndim == 2
        assert matte.max() == 128  # half of the face is shown
        assert 0.03 < (matte > 0).mean() < 0.25
        changed = np.abs(after - before).max(axis=2)
        # a weight below half a level is black, too: it changes what is stored by one at most
        assert changed[matte == 0].max() <= 2
        reached = cv2.dilate((matte > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert not changed[~reached].any()
        assert changed[matte > 100].mean() > 3


def test_the_matte_is_how_much_is_new(config: ConvertConfig, made: Path, tmp_path: Path) -> None:
    """Oracle: whole and half strength differ by what the matte says, as both are mixes with the target."""
    convert.run(replace(config, out=tmp_path / "%03d.png"))
    for index, before in list(enumerate(shown(config.target)))[::12]:
        half, full = (read_image(at / f"{index:03d}.png").astype(float) for at in (made / "f", tmp_path))
        matte = stored(made / "m" / f"{index:03d}.png")[..., None] / 255  # of half strength
        whole = np.maximum(2 * matte, 1e-3)
        drawn = before + (full - before) / whole  # unmixed from the whole
        wanted = before + matte * (drawn - before)
        inside = matte[..., 0] > 0.2
        assert np.abs(half - wanted)[inside].mean() < 1


@pytest.mark.parametrize("blend", ["light", "feather", "pyramid"])
def test_a_matte_video_is_in_step(
    config: ConvertConfig, made: Path, tmp_path: Path, blend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, matte = tmp_path / "out.mp4", tmp_path / "matte.mov"
    result = convert.run(replace(config, out=out, matte=matte, blend=blend, strength=0.5))
    assert not any("matte.mov" in warning for warning in result.warnings)
    assert presentation_times(matte) == presentation_times(out) == presentation_times(config.target)
    for index, image in enumerate(shown(matte)):
        still = stored(made / "m" / f"{index:03d}.png").astype(int)
        assert np.abs(image[..., 1] - still).max() < 8
    assert files_in(tmp_path) == ["matte.mov", "out.mp4"]


def interrupted_at(number: int, patch: pytest.MonkeyPatch) -> None:
    write = convert_output.write_frame

    def failing(writer: AnyWriter, frame: PartialFrame) -> None:
        if frame.index == number:
            raise KeyboardInterrupt
        write(writer, frame)

    patch.setattr(convert_output, "write_frame", failing)


@pytest.mark.parametrize("lost", ["", "frames", "masks"])
@pytest.mark.parametrize("kind", ["images", "videos"])
def test_frames_and_masks_go_on_together(
    config: ConvertConfig, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lost: str
) -> None:
    """Also where one of them is further behind, as after a power cut."""
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    names = {"images": ("f/%03d.png", "m/%03d.png"), "videos": ("f.mp4", "m.mp4")}[kind]
    out, matte = (tmp_path / name for name in names)
    config = replace(config, out=out, matte=matte, strength=0.5)
    with monkeypatch.context() as patch:
        interrupted_at(30, patch)
        with pytest.raises(KeyboardInterrupt):
            convert.run(config)
    assert not out.exists()
    if lost:
        path = {"frames": out, "masks": matte}[lost]
        shutil.rmtree(path.with_name(path.name + ".parts"))
    said: list[str] = []

    def hear(event: Event) -> None:
        said.extend([event.message] if isinstance(event, Notice) else [])

    result = convert.run(config, hear)
    assert any("goes on at frame 30" in message for message in said) == (not lost)
    assert (result.frames, result.swapped) == (FRAMES, FRAMES)
    if kind == "videos":
        assert presentation_times(out) == presentation_times(matte) == presentation_times(config.target)
        assert files_in(tmp_path) == ["f.mp4", "m.mp4"]
        return
    assert files_in(out.parent) == files_in(matte.parent) == files_in(made / "f")
    for name in files_in(made / "f"):
        for folder in "fm":
            one, other = (stored(at / folder / name).astype(int) for at in (tmp_path, made))
            assert np.abs(one - other).mean() < 0.3  # colours are averaged over what was seen since


def deep_images(folder: Path, pictures: Sequence[np.ndarray]) -> list[Path]:
    """shot_1001.png and so on: 16 bits with grain below the 8th, and a transparent corner."""
    folder.mkdir()
    rng, files = np.random.default_rng(0), list[Path]()
    for number, picture in enumerate(pictures, start=1001):
        deep = picture[..., ::-1].astype(np.uint16) * 257
        deep = np.clip(deep.astype(int) + rng.integers(-90, 90, deep.shape), 0, 65535).astype(np.uint16)
        alpha = np.full((*deep.shape[:2], 1), 65535, np.uint16)
        alpha[:20, :20] = 20000
        files.append(folder / f"shot_{number}.png")
        files[-1].write_bytes(cv2.imencode(".png", np.concatenate([deep, alpha], axis=2))[1].tobytes())
    return files


@pytest.fixture(scope="module")
def stills(config: ConvertConfig, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    pictures = shown(config.target)[:8]
    pictures[5] = np.full_like(pictures[5], 70)  # nobody
    return deep_images(tmp_path_factory.mktemp("stills") / "in", pictures)


@pytest.mark.parametrize("how", ["folder", "pattern"])
def test_images_from_images_keep_depth_and_alpha(
    config: ConvertConfig, stills: list[Path], tmp_path: Path, how: str
) -> None:
    folder = stills[0].parent
    target = folder if how == "folder" else folder / "shot_%04d.png"
    out, matte = tmp_path / "out" / "swapped.%06d.png", tmp_path / "m" / "%d.png"
    result = convert.run(replace(config, target=target, out=out, matte=matte, faces=()))
    assert (result.frames, result.swapped) == (8, 7)
    assert files_in(out.parent) == [f"swapped.{number:06d}.png" for number in range(1001, 1009)]
    assert files_in(matte.parent) == [f"{number}.png" for number in range(1001, 1009)]
    for number, file in enumerate(stills, start=1001):
        before, after = stored(file), stored(out.parent / f"swapped.{number:06d}.png")
        assert after.dtype == np.uint16
        assert np.array_equal(before[..., 3], after[..., 3])
        weight = stored(matte.parent / f"{number}.png")
        reached = cv2.dilate((weight > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert np.array_equal(before[~reached], after[~reached])
        if number == 1006:
            assert not weight.any()
            assert (out.parent / f"swapped.{number:06d}.png").read_bytes() == file.read_bytes()
        else:
            change = np.abs(after[..., :3].astype(int) - before[..., :3])
            assert change[weight == 255].mean() > 3 * 257


def test_a_video_and_one_image_from_images(config: ConvertConfig, stills: list[Path], tmp_path: Path) -> None:
    result = convert.run(replace(config, target=stills[0].parent, out=tmp_path / "o.mp4", faces=()))
    assert (result.frames, result.swapped) == (8, 7)
    assert presentation_times(tmp_path / "o.mp4") == [Fraction(index, 25) for index in range(8)]
    result = convert.run(replace(config, target=stills[0], out=tmp_path / "o.tif", faces=()))
    assert (result.frames, result.swapped) == (1, 1)
    assert stored(tmp_path / "o.tif").dtype == np.uint16
    assert files_in(tmp_path) == ["o.mp4", "o.tif"]


def test_an_image_that_cannot_be_read_is_told_and_numbers_stay(
    config: ConvertConfig, stills: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 2)
    folder = tmp_path / "in"
    shutil.copytree(stills[0].parent, folder)
    (folder / "shot_1002.png").write_bytes(b"no image")
    asked = replace(config, target=folder, out=tmp_path / "o.mp4", matte=tmp_path / "%d.png", faces=())
    with monkeypatch.context() as patch:
        interrupted_at(6, patch)
        with pytest.raises(KeyboardInterrupt):
            convert.run(asked)
    result = convert.run(asked)
    assert (result.frames, result.swapped) == (7, 6)
    assert any("shot_1002.png" in warning for warning in result.warnings)
    assert presentation_times(tmp_path / "o.mp4") == [Fraction(index, 25) for index in (0, 2, 3, 4, 5, 6, 7)]
    assert [name for name in files_in(tmp_path) if name.endswith("png")] == [
        f"{number}.png" for number in (1001, *range(1003, 1009))
    ]


def test_images_of_several_sizes_are_no_video(
    config: ConvertConfig, stills: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(stills[0].parent, folder)
    small = cv2.resize(stored(folder / "shot_1003.png"), (300, 320))
    (folder / "shot_1003.png").write_bytes(cv2.imencode(".png", small)[1].tobytes())
    asked = replace(config, target=folder, faces=())
    with pytest.raises(MediaError, match=r"frame 2 of .* is 300 x 320 px.*images"):
        convert.run(replace(asked, out=tmp_path / "o.mp4"))
    assert convert.run(replace(asked, out=tmp_path / "o%d.png", matte=tmp_path / "m%d.png")).frames == 8
    assert stored(tmp_path / "m1003.png").shape == (320, 300)


def test_names_that_cannot_be_are_refused_before_the_work(config: ConvertConfig, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "7.png").write_bytes(b"")
    cases = [
        ("folder.mp4", None, "is a folder"),
        ("o.png", None, "one name for many frames"),
        ("there/%d.png", None, "7.png.*frames of two takes"),
        ("no/where/%d.png", None, "does not exist"),
        ("o.exr", None, r"cannot write \.exr"),
        ("o.mp4", "o.mp4", "output's name"),
        ("o.mp4", "there/../o.mp4", "output's name"),
        ("%d.png", "%06d.png", "files of .* would be taken for"),
        ("o.mp4", "folder.mp4", "is a folder"),
        ("o.mp4", "m.gif", r"cannot write \.gif"),
        ("o.mp4", "there/%d.png", "frames of two takes"),
        ("o.mp4", str(config.target), "input too"),
    ]
    for out, matte, said in cases:
        given = replace(config, out=tmp_path / out, matte=tmp_path / matte if matte else None, model=tmp_path)
        with pytest.raises(MediaError, match=said) as caught:  # the model is not even looked for
            convert.run(given)
        assert caught.value.next_step
    assert files_in(tmp_path) == ["folder.mp4", "there"]


def test_a_swap_writes_images_and_a_matte(clips: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out" / "%04d.png"
    config = SwapConfig(source=(clips["source"],), target=clips["target"], out=out, steps=1)
    result = swap.run(replace(config, matte=tmp_path / "m.mp4"))
    assert (result.output, result.matte) == (out, tmp_path / "m.mp4")
    assert files_in(tmp_path) == ["m.mp4", "out", "out.production"]
    assert len(files_in(out.parent)) == FRAMES
    with pytest.raises(MediaError, match="frames of two takes"):
        swap.run(config)


def test_a_swap_keeps_out_of_its_footage(clips: dict[str, Path], stills: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    shutil.copytree(stills[0].parent, folder)
    config = SwapConfig(source=(folder,), target=clips["target"], out=folder / "%d.png", steps=1)
    with pytest.raises(ConfigError, match="is the folder of"):
        swap.run(config)
    with pytest.raises(ConfigError, match="is the folder of"):
        swap.run(replace(config, out=tmp_path / "o.mp4", matte=folder / "%d.png"))
    assert len(files_in(folder)) == 8


def test_faces_cover_each_other_in_a_matte() -> None:
    """Oracle: of a black picture onto which white is mixed twice."""
    rng = np.random.default_rng(0)
    matte, white = np.zeros((30, 40), np.float32), np.zeros((30, 40))
    for box in ((2, 3, 22, 23), (10, 8, 38, 28)):
        window = Window(*box)
        weight = rng.random((window.y1 - window.y0, window.x1 - window.x0), dtype=np.float32)
        convert_compose._cover(matte, window, weight)
        convert_compose._cover(None, window, weight)
        for y, x in np.ndindex(weight.shape):
            before = white[window.y0 + y, window.x0 + x]
            white[window.y0 + y, window.x0 + x] = weight[y, x] * 1 + (1 - weight[y, x]) * before
    np.testing.assert_allclose(matte, white, atol=1e-6)


def test_without_a_matte_nothing_is_gathered(
    config: ConvertConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray | None] = []
    composed = convert_compose.Composer.of

    def spy(self: convert_compose.Composer, frames: Iterable[DrawnFrame]) -> Iterator[Composed]:
        for each in composed(self, frames):
            seen.append(each.matte)
            yield each

    monkeypatch.setattr(convert_compose.Composer, "of", spy)
    assert convert.run(replace(config, out=tmp_path / "o.mp4")).matte is None
    assert seen == [None] * FRAMES
    convert.run(replace(config, out=tmp_path / "o.mp4", matte=tmp_path / "m.mp4"))
    assert all(each is not None and each.max() == 1 for each in seen[FRAMES:])
