"""Numbered images as output: the footage's pixels, depth, alpha and numbers; stopped and gone on with."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from clips import make_clip, picture
from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media import sequence_files
from understudy.media.footage import open_footage
from understudy.media.images import read_image
from understudy.media.reader import VideoReader
from understudy.media.sequence import SequenceWriter
from understudy.media.sequence_files import SequenceFiles

PQ, HLG = (9, 9, 16, 1), (9, 9, 18, 1)
DEEP = {"codec": "libx265", "pixel_format": "yuv444p10le"}


def written(target: Path, out: Path, *, coded: bool = True, **options: object) -> list[str]:
    """Pass frames through, as conversion does with those that show nobody."""
    with open_footage(target) as source, SequenceWriter(out, like=source.info, **options) as writer:
        for frame in source.partial() if coded else source:
            if coded:
                writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[union-attr]
            else:
                writer.write(frame)  # type: ignore[arg-type]
    return writer.warnings


def stored(path: Path) -> np.ndarray:
    """RGB or RGBA as it lies in the file."""
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, *([3] if pixels.shape[2] == 4 else [])]]


@pytest.mark.parametrize("coded", [True, False])
@pytest.mark.parametrize("rotation_deg", [0, 90])
def test_images_are_the_frames(tmp_path: Path, coded: bool, rotation_deg: int) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=30, rotation_deg=rotation_deg)
    assert written(target, tmp_path / "out ü" / "f_%04d.png", coded=coded) == []
    files = sorted((tmp_path / "out ü").iterdir())
    assert [file.name for file in files] == [f"f_{index:04d}.png" for index in range(30)]
    with VideoReader(target) as reader:
        for file, frame in zip(files, reader, strict=True):
            assert np.array_equal(stored(file), frame.image)


def test_other_types(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=2)
    for suffix, most in ((".tif", 0), (".jpg", 1.5)):
        written(target, tmp_path / suffix / f"%d{suffix}")
        with VideoReader(target) as reader:
            for frame in reader:
                read = read_image(tmp_path / suffix / f"{frame.index}{suffix}")
                assert np.abs(read.astype(int) - frame.image).mean() <= most


def signal_of(ycbcr: np.ndarray) -> np.ndarray:
    """R'G'B' in [0, 1] of 10-bit BT.2020 numbers of limited range, by the definition in BT.2020."""
    y = (ycbcr[..., 0] / 4 - 16) / 219
    cb, cr = ((ycbcr[..., channel] / 4 - 128) / 224 for channel in (1, 2))
    red, blue = y + 1.4746 * cr, y + 1.8814 * cb
    green = (y - 0.2627 * red - 0.0593 * blue) / 0.6780
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 1)


@pytest.mark.parametrize("tags", [PQ, HLG])
def test_deep_footage_keeps_its_numbers(tmp_path: Path, tags: tuple[int, ...]) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=8, tags=tags, rotation_deg=90, **DEEP)
    assert written(target, tmp_path / "out" / "%03d.png") == []
    with av.open(str(target)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            planes = [np.frombuffer(memoryview(p), np.uint16).reshape(p.height, -1) for p in frame.planes]
            coded = signal_of(np.stack([plane[:, : frame.width] for plane in planes], axis=-1))
            pixels = stored(tmp_path / "out" / f"{index:03d}.png")
            assert pixels.dtype == np.uint16
            assert np.abs(pixels - np.rot90(coded, -1) * 65535).max() < 2
    # what FFmpeg takes it for
    with av.open(str(tmp_path / "out" / "000.png")) as container:
        first = next(container.decode(video=0))
    assert first.format.name == "rgb48be"
    assert (first.color_primaries, first.color_trc) == tags[1:3]


def test_deep_footage_of_sdr_from_rgb(tmp_path: Path) -> None:
    """Where a frame is only known as RGB, e.g. because its size changed, it looks the same."""
    target = make_clip(tmp_path / "a.mp4", frames=8, tags=(1, 1, 1, 1), **DEEP)
    written(target, tmp_path / "x" / "%d.png", coded=False)
    written(target, tmp_path / "y" / "%d.png")
    one, other = (stored(tmp_path / name / "0.png").astype(int) for name in "xy")
    assert np.abs(one - other).max() <= 257
    assert b"cICP" not in (tmp_path / "x" / "0.png").read_bytes()


@pytest.mark.parametrize("tags", [PQ, HLG])
def test_hdr_from_rgb_is_hdr(tmp_path: Path, tags: tuple[int, ...]) -> None:
    grey = np.full((64, 96, 3), 90, np.uint8)
    target = make_clip(tmp_path / "a.mp4", frames=8, tags=tags, image=grey, **DEEP)
    written(target, tmp_path / "x" / "%d.png", coded=False)
    written(target, tmp_path / "y" / "%d.png")
    one, other = (stored(tmp_path / name / "0.png").astype(int) for name in "xy")
    assert np.abs(one - other).max() <= 3 * 257


def image_folder(folder: Path, *, deep: bool = True) -> Path:
    """Three RGBA images, shot_1001.png and so on, with a gap; one corner is half transparent, one wholly."""
    folder.mkdir()
    for number in (1001, 1002, 1005):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 65536, (20, 30, 4)).astype(np.uint16)
        pixels[..., 3] = 65535
        pixels[:5, :5, 3], pixels[-5:, -5:, 3] = 40000, 0
        data = cv2.imencode(".png", pixels if deep else (pixels >> 8).astype(np.uint8))[1].tobytes()
        chunk = b"pHYs" + struct.pack(">IIB", 1, 2, 0)
        data = data[:33] + struct.pack(">I", 9) + chunk + struct.pack(">I", cv2_crc(chunk)) + data[33:]
        (folder / f"shot_{number}.png").write_bytes(data)
    return folder


def cv2_crc(data: bytes) -> int:
    """CRC-32 bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_images_that_nobody_changed_are_the_same_files(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in")
    assert written(folder, tmp_path / "out" / "%d.png", coded=False) == []
    for number in (1001, 1002, 1005):
        assert (tmp_path / "out" / f"{number}.png").read_bytes() == (
            folder / f"shot_{number}.png"
        ).read_bytes()


@pytest.mark.parametrize("deep", [True, False])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_images_keep_depth_and_alpha_where_somebody_drew(tmp_path: Path, deep: bool, suffix: str) -> None:
    folder = image_folder(tmp_path / "in", deep=deep)
    with open_footage(folder) as source, SequenceWriter(tmp_path / f"%d{suffix}", like=source.info) as writer:
        shown = []
        for frame in source:
            image = frame.image.copy()
            image[3:12, 3:12] = image[3:12, 3:12] // 2 + 60
            shown.append(image)
            writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=image))
    for number, image in zip((1001, 1002, 1005), shown, strict=True):
        before, after = stored(folder / f"shot_{number}.png"), stored(tmp_path / f"{number}{suffix}")
        assert after.dtype == before.dtype
        assert np.array_equal(after[..., 3], before[..., 3])
        touched = np.zeros((20, 30), bool)
        touched[3:12, 3:12] = True
        assert np.array_equal(after[~touched], before[~touched])
        assert not np.array_equal(after, before)
        opaque = touched & (before[..., 3] == before[..., 3].max())
        read = read_image(tmp_path / f"{number}{suffix}").astype(int)
        assert np.abs(read - image)[opaque].max() <= 1
        veiled = touched & ~opaque
        # light that shows through cannot be taken away
        assert np.abs(read - image)[veiled].mean() < 12
        if suffix == ".png":
            assert b"pHYs" in (tmp_path / f"{number}.png").read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_opaque_images_keep_grain_below_8_bits(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "5.png").write_bytes(cv2.imencode(".png", pixels[..., ::-1])[1].tobytes())
    with open_footage(tmp_path / "in") as source:
        (frame,) = source
        image = np.clip(frame.image.astype(int) + 3, 0, 255).astype(np.uint8)
        image[:10] = frame.image[:10]
        with SequenceWriter(tmp_path / f"%d{suffix}", like=source.info) as writer:
            writer.write(Frame(index=0, pts=0, time_base=Fraction(1, 25), image=image))
    change = stored(tmp_path / f"5{suffix}").astype(int) - pixels
    assert not change[:10].any()
    inside = (frame.image[10:] < 252) & (pixels[10:] < 64000)
    assert set(change[10:][inside]) == {3 * 257}


def test_images_without_alpha_say_that_it_is_gone(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in")
    (told,) = written(folder, tmp_path / "out" / "%d.jpg", coded=False)
    assert told == "in is transparent in places, %d.jpg is not"


def test_one_image(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in")
    written(folder / "shot_1002.png", tmp_path / "out.png", coded=False)
    assert (tmp_path / "out.png").read_bytes() == (folder / "shot_1002.png").read_bytes()


def test_what_images_lack_is_told(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", time_base=Fraction(1, 1000), pts=[0, 40, 70, 200], audio=("aac",))
    assert written(target, tmp_path / "x" / "%d.png") == [
        "%d.png does not have all that a.mp4 has: not its audio stream",
        "a.mp4 has a variable rate, and images have no times",
    ]
    hdr = make_clip(tmp_path / "b.mp4", frames=8, tags=PQ, **DEEP)
    assert [told.split(":")[0] for told in written(hdr, tmp_path / "y" / "%d.jpg")] == [
        "b.mp4 is HDR",
        "b.mp4 has 10 bits a colour, %d.jpg has 8",
    ]
    (told,) = written(hdr, tmp_path / "z" / "%d.tif")
    assert "cannot say so" in told
    ntsc = make_clip(tmp_path / "c.mkv", rate_hz=Fraction(24000, 1001), time_base=Fraction(1, 1000))
    assert written(ntsc, tmp_path / "w" / "%d.png") == []  # rounded to milliseconds is not variable


def test_images_say_what_was_done_to_them(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=1)
    for suffix in (".png", ".jpg"):
        out = tmp_path / suffix
        written(target, out / f"%d{suffix}", metadata={"comment": "swapped ä"})
        with av.open(str(out / f"0{suffix}")) as container:
            first = next(container.decode(video=0))
        assert first.width == 96  # FFmpeg reads it
        assert "swapped ä".encode() in (out / f"0{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out/%06d.exr", "cannot write images of type .exr"),
        ("out/frame.png", "one name for many frames.*frame_%06d.png"),
        ("out/%s.png", "where the frames' numbers go: say .*out/%06d.png"),
        ("out/shot_%6d_v2.png", "say .*out/shot_%06d_v2.png"),
        ("out/shot.####.png", "say .*out/shot.%06d.png"),
        ("out/{frame:04d}.png", "say .*out/%06d.png"),
        ("out/*.png", "say .*out/%06d.png"),
        ("out/$F4.tif", "say .*out/%06d.tif"),
        ("out/100% Franz.png", "one name for many frames.*100% Franz_%06d.png"),
        ("no/where/%06d.png", "folder .*no does not exist"),
        ("out/*/%06d.png", "pattern in the name of a folder"),
        ("there/%d.png", "2 files are there already .*7.png the first"),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str, said: str) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=2)
    (tmp_path / "there").mkdir()
    for number in (7, 12):
        (tmp_path / "there" / f"{number}.png").write_bytes(b"")
    with VideoReader(target) as reader, pytest.raises(MediaError, match=said) as caught:
        SequenceWriter(tmp_path / name, like=reader.info)
    assert caught.value.next_step
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "there"]


def test_the_folder_of_the_footage_is_refused(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in")
    with open_footage(folder) as source, pytest.raises(MediaError, match="the footage itself"):
        SequenceWriter(folder / "%d.png", like=source.info)


def go_on(target: Path, out: Path, *, stop: int | None = None, key: str = "a") -> int:
    """Write what is missing; fail before a frame. Where it began."""
    with VideoReader(target) as reader:
        writer = SequenceWriter(out, like=reader.info, key=key)
        first = writer.next_frame
        try:
            with writer:
                for frame in reader:
                    if frame.index == stop:
                        raise KeyboardInterrupt
                    if frame.index >= first:
                        writer.notes["seen"] = frame.index
                        writer.write(frame)
        except KeyboardInterrupt:
            pass
    return first


def test_what_was_stopped_goes_on(tmp_path: Path) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=60), tmp_path / "out" / "%d.png"
    assert go_on(target, out, stop=30) == 0
    assert [path.name for path in out.parent.iterdir()] == ["%d.png.parts"]
    assert go_on(target, out, stop=40) == 30
    with VideoReader(target) as reader:
        writer = SequenceWriter(out, like=reader.info, key="a")
        assert writer.notes == {"seen": 39}
        writer.discard()
    assert go_on(target, out) == 40
    assert len(list(out.parent.iterdir())) == 60
    with VideoReader(target) as reader:
        for frame in reader:
            assert np.array_equal(stored(out.parent / f"{frame.index}.png"), frame.image)


@pytest.mark.parametrize("harm", ["other key", "image gone", "state broken"])
def test_what_is_of_something_else_or_damaged_is_not_used(tmp_path: Path, harm: str) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=40), tmp_path / "%d.png"
    go_on(target, out, stop=30)
    if harm == "image gone":
        (tmp_path / "%d.png.parts" / "3.png").unlink()
    if harm == "state broken":
        (tmp_path / "%d.png.parts" / "parts.json").write_text("{")
    key = "b" if harm == "other key" else "a"
    with VideoReader(target) as reader:
        writer = SequenceWriter(out, like=reader.info, key=key)
        told = "; ".join(writer.warnings)
        writer.discard()
    said = {"other key": "made from another target, model, setting", "image gone": "%d.png are missing"}
    assert said.get(harm, "") in told
    assert go_on(target, out, key=key) == 0
    assert len(list(tmp_path.glob("*.png"))) == 40
    assert not (tmp_path / "%d.png.parts").exists()


def test_a_kill_while_names_are_given_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=12), tmp_path / "out" / "%02d.png"
    replace, moved = Path.replace, []

    def fail_at_the_fifth(self: Path, other: Path) -> Path:
        if self.suffix == ".png" and other.parent == out.parent:
            moved.append(other)
            if len(moved) == 5:
                raise OSError(28, "No space left on device")
        return replace(self, other)

    monkeypatch.setattr(Path, "replace", fail_at_the_fifth)
    with pytest.raises(MediaError, match="No space left"):
        go_on(target, out)
    monkeypatch.undo()
    assert go_on(target, out) == 12
    assert sorted(path.name for path in out.parent.iterdir()) == [f"{index:02d}.png" for index in range(12)]


def test_nothing_has_its_name_before_the_end_and_nothing_is_left_of_nothing(tmp_path: Path) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=5), tmp_path / "out" / "%d.png"
    with VideoReader(target) as reader:
        with pytest.raises(MediaError, match="no frame to write"):
            SequenceWriter(out, like=reader.info).close()
        assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
        with SequenceWriter(out, like=reader.info) as writer:
            for frame in reader:
                writer.write(frame)
                assert not list(out.parent.glob("*.png"))
    assert len(list(out.parent.iterdir())) == 5


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=30)
    whole = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "7.png":
            raise OSError(28, "No space left on device")
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(MediaError, match=r"%d.png \(No space left.*the disk is full"):
        go_on(target, tmp_path / "%d.png")
    monkeypatch.undo()
    assert go_on(target, tmp_path / "%d.png") == 0


def test_frames_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=2)
    with VideoReader(target) as reader:
        writer = SequenceWriter(tmp_path / "%d.png", like=reader.info)
        frame = Frame(index=0, pts=0, time_base=Fraction(1, 25), image=picture(0, 96, 64))
        writer.write(frame)
        with pytest.raises(ValueError, match="order"):
            writer.write(frame)
        with pytest.raises(ValueError, match="need pictures in yuv420p"):
            writer.write_coded(av.VideoFrame(96, 64, "rgb24"), Fraction(1))
        with pytest.raises(ValueError, match="does not fit"):
            writer.write_coded(av.VideoFrame(32, 64, "yuv420p"), Fraction(1))
        writer.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_files_are_finished_before_they_get_their_names(tmp_path: Path) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=12), tmp_path / "out" / "%d.png"
    seen: list[list[str]] = []

    def finish(files: Sequence[Path]) -> None:
        assert all(file.is_file() and file.parent.name == "%d.png.parts" for file in files)
        seen.append([file.name for file in files])
        if len(seen) == 1:
            raise MediaError("it cannot be finished")

    with pytest.raises(MediaError, match="cannot be finished"):
        written(target, out, key="k", finish=finish)
    assert [file.name for file in out.parent.iterdir()] == ["%d.png.parts"]
    with (
        open_footage(target) as source,
        SequenceWriter(out, like=source.info, key="k", finish=finish) as writer,
    ):
        assert writer.next_frame == 12
    names = [f"{index}.png" for index in range(12)]  # in the order of their numbers
    assert seen == [names, names]
    assert sorted(file.name for file in out.parent.iterdir()) == sorted(names)


def test_one_picture_is_finished_too(tmp_path: Path) -> None:
    target = tmp_path / "in.png"
    cv2.imwrite(str(target), picture(1, 32, 24))
    seen: list[Sequence[Path]] = []
    written(target, tmp_path / "out [1].png", coded=False, finish=seen.append)
    assert [[file.name for file in files] for files in seen] == [["out [1].png"]]


def test_an_interrupt_while_files_are_synced_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "f" / "%d.png"
    files, synced = SequenceFiles(out, "a"), []

    def interrupted(path: Path) -> None:
        synced.append(path)
        if len(synced) == 5:
            raise KeyboardInterrupt

    for number in range(12):
        files.write(number, b"x")
    with monkeypatch.context() as patch:
        patch.setattr(sequence_files, "sync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.save(12)
    files.save(12)  # as whoever leaves does
    files.discard()
    again = SequenceFiles(out, "a")
    assert again.next_frame == 12
    again.discard()
