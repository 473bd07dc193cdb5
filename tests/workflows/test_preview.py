"""Some frames of a conversion as pictures: they are what the whole conversion gives, and each way differs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import understudy
from understudy.core.errors import ConfigError
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.report import contact_sheet
from understudy.training.model import Model
from understudy.workflows import preview
from understudy.workflows.convert_output import WARM_UP_FRAMES


def frame_of(path: Path, index: int) -> np.ndarray:
    with VideoReader(path, start_index=index) as reader:
        return next(iter(reader)).image.astype(np.int16)


def test_a_frame_is_what_the_conversion_gives(
    clips: dict[str, Path], model: Path, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    asked = {"faces": [facesets[1]], "colour": "lab"}
    # a picture has no mark
    understudy.convert(clips["target"], model, tmp_path / "all.mp4", crf=0, watermark=False, **asked)
    result = understudy.convert(clips["target"], model, tmp_path / "one.png", frame=[30], **asked)
    assert (result.output, result.frames, result.swapped) == (tmp_path / "one.png", 1, 1)
    one, whole = read_image(tmp_path / "one.png").astype(np.int16), frame_of(tmp_path / "all.mp4", 30)
    target = frame_of(clips["target"], 30)
    assert np.abs(one - target)[150:260, 150:240].mean() > 5
    assert np.abs(one - whole).mean() < 0.3
    assert (
        np.abs(one - frame_of(tmp_path / "all.mp4", 34))[150:260, 150:240].mean() > 0.5
    )  # it is told from others


@pytest.fixture(scope="module")
def grainy(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The target, ever grainier, and its faces: what is measured of one frame is not that of those before."""
    path, random = tmp_path_factory.mktemp("grainy") / "target.mp4", np.random.default_rng(3)
    with VideoReader(clips["target"]) as reader, VideoWriter(path, like=reader.info, crf=4) as writer:
        for frame in reader:
            grain = random.normal(0, 0.5 * frame.index, (*frame.image.shape[:2], 1))
            writer.write(replace(frame, image=np.clip(frame.image + grain, 0, 255).astype(np.uint8)))
    understudy.extract(path, path.with_name("target"))
    return path, path.with_name("target")


@pytest.mark.parametrize("texture", [False, True])
def test_a_frame_is_to_the_pixel_what_the_conversion_gives(
    grainy: tuple[Path, Path], model: Path, tmp_path: Path, *, texture: bool
) -> None:
    asked = {"faces": [grainy[1]], "colour": "lab", "texture": texture}
    # a picture has no mark
    understudy.convert(grainy[0], model, tmp_path / "all" / "%d.png", watermark=False, **asked)
    for frame in (0, 20, 46):  # from the last, 40 frames before are looked at
        understudy.convert(grainy[0], model, tmp_path / "one.png", frame=frame, **asked)
        whole = read_image(tmp_path / "all" / f"{frame}.png").astype(np.int16)
        assert np.abs(read_image(tmp_path / "one.png") - whole).max() <= 1, frame


def test_a_time_is_the_frame_shown_then(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    with VideoReader(clips["target"]) as reader:
        times = [frame.time_s - reader.info.start_pts * frame.time_base for frame in reader]
    asked = [30, float(times[30])]
    for name, at in zip("ab", asked, strict=True):
        understudy.convert(clips["target"], model, tmp_path / f"{name}.png", frame=[at], colour="lab")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), read_image(tmp_path / "b.png"))


def test_a_grid_shows_each_way_and_draws_each_face_once(
    clips: dict[str, Path], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    draw = Model.draw

    def counting(self: Model, crops: np.ndarray, *args: object, **more: object) -> object:
        drawn.append(len(crops))
        return draw(self, crops, *args, **more)

    blocks: list[contact_sheet.SheetBlock] = []

    def keep(given: list[contact_sheet.SheetBlock]) -> np.ndarray:
        blocks.extend(given)
        return contact_sheet.contact_sheet(given)

    monkeypatch.setattr(Model, "draw", counting)
    monkeypatch.setattr(preview, "contact_sheet", keep)
    understudy.convert(clips["target"], model, frame=[20, 24], grid=tmp_path / "grid.png", occlusion=False)
    # frames 4 to 40, those before and after for their colours
    assert sum(drawn) == 37
    assert [block.title.split(",")[0] for block in blocks] == ["frame 20", "frame 24"]
    assert len(blocks[0].after) == 20
    tiles = [tile.astype(np.int16) for tile in blocks[0].after.values()]
    apart = [np.abs(one - other).max() for i, one in enumerate(tiles) for other in tiles[:i]]
    assert min(apart) > 0
    assert all(np.abs(tile - blocks[0].before).mean() > 1 for tile in tiles)
    assert [caption.endswith("(auto)") for caption in blocks[0].captions.values()] == [True]
    sheet = read_image(tmp_path / "grid.png")
    assert sheet.shape[1] > 6 * contact_sheet.TILE_PX


def test_a_grid_shows_the_ways_that_are_named(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    config = {"frame": [0], "colour": "lab,none", "blend": "poisson"}
    understudy.convert(clips["target"], model, grid=tmp_path / "some.png", **config)
    rows = 2  # the second for the whole frame alone
    assert read_image(tmp_path / "some.png").shape == (34 + rows * 260, 8 + 3 * 240, 3)


def test_images_are_shown_like_a_video(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with VideoReader(clips["target"]) as reader:
        for frame in reader:
            if frame.index < 12:
                write_image(tmp_path / "in" / f"{frame.index:03d}.png", frame.image)
    asked = {"frame": [5], "colour": "lab"}
    understudy.convert(tmp_path / "in", model, tmp_path / "one.png", **asked)
    change = np.abs(read_image(tmp_path / "one.png").astype(int) - read_image(tmp_path / "in" / "005.png"))
    assert change[150:260, 150:240].mean() > 5
    assert change[:40].max() == 0
    understudy.convert(tmp_path / "in", model, grid=tmp_path / "grid.png", **asked)
    assert read_image(tmp_path / "grid.png").shape[1] == 8 + 2 * 240


def test_frames_that_are_far_apart_do_not_draw_what_lies_between() -> None:
    far = 2 * WARM_UP_FRAMES
    assert preview._runs([3, 4, 4 + far, 5 + 2 * far]) == [[3, 4, 4 + far], [5 + 2 * far]]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"grid": "a.png"}, "a grid shows some frames"),
        ({"out": "a.png", "frame": [1, 2]}, "2 frames do not go into one picture"),
        ({"out": "a.png", "grid": "b.png", "frame": [1]}, "both an output and a grid"),
        ({"frame": [1]}, "no output is named"),
        ({"out": "a.mp4", "frame": [1]}, "is no picture"),
        ({"out": "a.png", "frame": [1], "matte": "m.mp4"}, "has no matte"),
        ({"out": "a.png", "frame": [-1]}, "--frame is -1: frames are counted from 0"),
        ({"out": "a.png", "frame": [48]}, r"--frame 48 is beyond.*48 frames, the last at 1\.88 s.*0 to 47"),
        ({"out": "a.png", "frame": [99.0]}, "--frame 99 s is beyond the end.*it has 48 frames"),
        ({"out": "a.png", "frame": [1], "colour": "labb"}, "no colour 'labb'"),
    ],
)
def test_what_cannot_be_shown_is_told(
    asked: dict,
    said: str,
    clips: dict[str, Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        understudy.convert(clips["target"], model, **asked)
    assert not list(tmp_path.iterdir())


def test_a_frame_says_what_it_is(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    out = tmp_path / "still.png"
    understudy.convert(clips["target"], model, out, frame=3)
    told = understudy.verify(out)
    assert told.verdict == "intact"
    assert [entry["identity"] for entry in told.consent] == ["source"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["still.png"]


def test_footage_is_not_overwritten(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        write_image(folder / f"{number}.png", np.full((64, 64, 3), 40 * number, np.uint8))
    before = (folder / "1.png").read_bytes()
    with pytest.raises(ConfigError, match="part of the target"):
        understudy.convert(folder, model, folder / "1.png", frame=1)
    with pytest.raises(ConfigError, match="part of the target"):
        understudy.convert(folder / "1.png", model, folder / "1.png", frame=0)
    assert (folder / "1.png").read_bytes() == before


@pytest.mark.parametrize("more", [{"codec": "hevc"}, {"crf": 12}])
def test_what_a_picture_has_not_is_refused(
    clips: dict[str, Path], model: Path, tmp_path: Path, more: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match="no codec"):
        understudy.convert(clips["target"], model, tmp_path / "a.png", frame=1, **more)  # type: ignore[arg-type]


def test_a_preview_has_no_numbers(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one picture"):
        understudy.convert(clips["target"], model, tmp_path / "some" / "%02d.png", frame=1)
    assert not (tmp_path / "some").exists()


def test_runs_stay_short_where_they_can_be_cut() -> None:
    runs = preview._runs(list(range(0, 3000, 2 * WARM_UP_FRAMES)))
    assert max(run[-1] - run[0] for run in runs) <= 200 + 2 * WARM_UP_FRAMES
    assert all(after[0] - before[-1] > WARM_UP_FRAMES for before, after in pairwise(runs))
    assert len(preview._runs(list(range(0, 3000, 30)))) == 1
