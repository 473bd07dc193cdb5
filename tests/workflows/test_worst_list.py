"""The worst frames on disk: what is written, its pictures, and what is said of files that are none."""

from __future__ import annotations

import csv
import json
import os
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import ConfigError, UnderstudyError
from understudy.core.events import Event, Notice, Written
from understudy.measure.frame_quality import FrameQuality
from understudy.media.footage import sha256_of
from understudy.workflows.worst_list import CHOSEN, check_worst, read_worst, store_worst, write_worst

FRAMES = 30
BAD = {7: 40.0, 20: 90.0}


@pytest.fixture(scope="module")
def swap(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Target and output: frames that say their number, the target in red, the output in green."""
    folder = tmp_path_factory.mktemp("swap")
    for channel, name in ((2, "target"), (1, "output")):
        (folder / name).mkdir()
        for i in range(FRAMES):
            image = np.zeros((80, 100, 3), np.uint8)
            image[30:60, 50:80, channel] = 8 * i
            cv2.imwrite(str(folder / name / f"{i:03d}.png"), image)
    return folder / "target", folder / "output"


def qualities(bad: dict[int, float] = BAD) -> list[FrameQuality]:
    return [
        FrameQuality(
            frame_index=i,
            time_s=Fraction(i, 25),
            face_px=(65.0, 45.0, 20.0, 0.0),
            figures={"seam": bad.get(i, 1.0 + 0.1 * (i % 3)), "flicker": 0.5},
        )
        for i in range(FRAMES)
    ]


def test_what_is_written_is_read_again_with_a_picture_of_each(
    swap: tuple[Path, Path], tmp_path: Path
) -> None:
    target, output = swap
    made = write_worst(
        tmp_path / "worst",
        qualities(),
        target=target,
        output=output,
        marks=None,
        model=tmp_path / "m",
        count=2,
    )
    assert read_worst(tmp_path / "worst" / "worst.json") == read_worst(tmp_path / "worst") == made
    said = json.loads((tmp_path / "worst" / "worst.json").read_text())
    assert [one["frame"] for one in said["frames"]] == [20, 7]
    assert (said["video"], said["target"], said["model"]) == (str(output), str(target), str(tmp_path / "m"))
    assert said["target_sha256"] == sha256_of(target)
    first = said["frames"][0]
    assert (first["time_s"], first["reason"], first["figures"]) == (
        0.8,
        "seam",
        {"seam": 90.0, "flicker": 0.5},
    )
    for one in said["frames"]:
        picture = cv2.imread(str(tmp_path / "worst" / one["picture"]))[..., ::-1]
        assert picture.shape == (256, 512, 3)
        # the face square's middle: the target left, the output right, of the frame that the list names
        np.testing.assert_allclose(picture[128, 128], [8 * one["frame"], 0, 0], atol=6)
        np.testing.assert_allclose(picture[128, 384], [0, 8 * one["frame"], 0], atol=6)
        # 1.6 squares of 20 px: of a side of 32 px, 30 are coloured
        share = (picture[:, :256, 0] > 4 * one["frame"]).mean()
        assert share == pytest.approx((30 / 32) ** 2, abs=0.02)


def test_the_figures_of_all_frames_are_a_table(swap: tuple[Path, Path], tmp_path: Path) -> None:
    known = qualities()
    del known[4].figures["flicker"]
    write_worst(tmp_path, known[::-1], target=swap[0], output=swap[1], marks=None)
    with (tmp_path / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == list(range(FRAMES))
    assert [float(row["seam"]) for row in rows] == pytest.approx([one.figures["seam"] for one in known])
    assert [row["flicker"] for row in rows[3:6]] == ["0.50000", "", "0.50000"]
    assert max(rows, key=lambda row: float(row["badness"]))["frame"] == "20"
    assert (rows[20]["reason"], rows[3]["time_s"]) == ("seam", "0.120000")


def test_what_came_out_worst_is_said_with_the_next_step(swap: tuple[Path, Path], tmp_path: Path) -> None:
    said: list[Event] = []
    for known in (qualities(), [one for one in qualities({}) if one.frame_index % 3 == 0]):
        store_worst(tmp_path, known, target=swap[0], output=swap[1], marks=None, on_event=said.append)
    told = [event for event in said if isinstance(event, Notice)]
    assert told[0].message.startswith("frames 20 (seam), 7 (seam) came out worst; ")
    assert f"--model MODEL --resume --minutes 3 --focus {tmp_path / 'worst.json'}`" in told[0].message
    assert told[1].message == "no frame came out worse than the others"
    assert not any(event.is_warning for event in told)
    assert [event for event in said if isinstance(event, Written)] == 2 * [
        Written(path=tmp_path, what="worst frames")
    ]


def test_a_new_list_replaces_an_older_one_and_its_pictures(swap: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").touch()
    for bad in ({3: 50.0}, {25: 50.0}):
        write_worst(tmp_path, qualities(bad), target=swap[0], output=swap[1], marks=None, count=1)
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine.jpg",
        "frame_000025.jpg",
        "worst.json",
        "frames.csv",
    }


def test_an_output_that_ends_early_and_a_swap_without_bad_frames(
    swap: tuple[Path, Path], tmp_path: Path
) -> None:
    usual = [quality for quality in qualities({}) if quality.frame_index % 3 == 0]
    assert write_worst(tmp_path / "a", usual, target=swap[0], output=swap[1], marks=None).frames == []
    assert write_worst(tmp_path / "b", [], target=swap[0], output=swap[1], marks=None).frames == []


def test_a_digest_says_which_frames_of_which_footage(swap: tuple[Path, Path], tmp_path: Path) -> None:
    made = write_worst(tmp_path, qualities(), target=swap[0], output=swap[1], marks=None)
    assert read_worst(tmp_path).digest() == made.digest()
    assert made.model_copy(update={"video": "elsewhere.mp4"}).digest() == made.digest()
    chosen = made.frames[0].model_copy(update={"reason": CHOSEN})
    for change in (
        {"target_sha256": "0" * 64},
        {"frames": made.frames[:1]},
        {"frames": [chosen, *made.frames[1:]]},
    ):
        assert made.model_copy(update=change).digest() != made.digest()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read .*worst.json .No such file"),
        ("no json", "is no list of worst frames .invalid json"),
        ("{}", "is no list of worst frames .video: field required"),
        ('{"kind": "other"}', "is no list of worst frames .kind"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "worst.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=said) as raised:
        read_worst(file)
    assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_written_to(swap: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnderstudyError, match="cannot write"):
        write_worst(tmp_path / "file", qualities(), target=swap[0], output=swap[1], marks=None)


def test_a_file_where_a_folder_is_meant_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "worst.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"worst\.json is a file.*--worst"):
        check_worst(tmp_path / "worst.json")
    check_worst(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize(
    "change",
    [
        {"frame": 10**400},
        {"frame": -1},
        {"time_s": float("nan")},
        {"face_px": [0.0, 0.0, float("inf"), 0.0]},
        {"figures": {"identity": 1e300}},
        {"badness": float("-inf")},
        {"\x1b[31m" + "x" * 5000: 1},
    ],
)
def test_numbers_that_no_frame_has_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    frame = {"frame": 3, "time_s": 0.1, "face_px": [9.0, 9.0, 8.0, 0.1], "figures": {"identity": 0.4}}
    frame |= {"badness": 2.5, "reason": "identity", "picture": "frame_000003.jpg"}
    listed = {"video": "o.mp4", "target": "t.mp4", "target_sha256": "c" * 64, "model": None}
    (tmp_path / "worst.json").write_text(json.dumps(listed | {"frames": [frame]}))
    assert read_worst(tmp_path).frames[0].frame == 3
    (tmp_path / "worst.json").write_text(json.dumps(listed | {"frames": [frame | change]}))
    with pytest.raises(ConfigError, match="is no list of worst frames") as caught:
        read_worst(tmp_path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 800


def test_a_list_that_is_no_plain_file_or_endless_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "worst.json")
    with pytest.raises(ConfigError, match="no plain file"):
        read_worst(tmp_path)
    (tmp_path / "worst.json").unlink()
    (tmp_path / "worst.json").write_text("[" * (1 << 20))
    with pytest.raises(ConfigError, match="is no list of worst frames"):
        read_worst(tmp_path)
    (tmp_path / "worst.json").write_text(" " * (17 << 20))
    with pytest.raises(ConfigError, match="more than 16 MB"):
        read_worst(tmp_path)
