import contextlib
import hashlib
import io
import multiprocessing
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile.small import cheaply
from understudy.core.errors import UnderstudyError, WeightsError
from understudy.core.events import Event
from understudy.faces import weights
from understudy.faces.weights_catalogue import CATALOGUE, Package, WeightsFile
from understudy.faces.weights_download import extract
from understudy.workflows.weights import check_weights, list_weights, pull_weights

CONTENT = {"one.tflite": b"first" * 1000, "two.tflite": b"second" * 1000}
METADATA = b"Metadata-Version: 2.1\nName: fake-weights\nVersion: 1.0\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(folder: Path, content: dict[str, bytes] = CONTENT) -> Path:
    path = folder / "fake_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in content.items():
            wheel.writestr(f"fake_weights/{name}", data)
        wheel.writestr("fake_weights-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("fake_weights-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("fake_weights-1.0.dist-info/RECORD", b"")
    return path


def make_sdist(folder: Path, content: dict[str, bytes] = CONTENT) -> Path:
    path = folder / "fake_weights-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as sdist:
        for name, data in content.items():
            member = tarfile.TarInfo(f"fake_weights/{name}")
            member.size = len(data)
            sdist.addfile(member, io.BytesIO(data))
    return path


def entries(archive: Path | None = None) -> list[WeightsFile]:
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest() if archive else "0" * 64
    package = Package(name="fake-weights", version="1.0", kind="wheel", sha256=sha256, megabytes=0.1)
    return [
        WeightsFile(
            name=name,
            licence="CC0-1.0",
            package=package,
            member=f"fake_weights/{name}",
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        for name, data in CONTENT.items()
    ]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index that is a folder with the fake wheel, a catalogue of it, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("UNDERSTUDY_WEIGHTS", raising=False)
    wheel = make_wheel(folder)
    monkeypatch.setattr(weights, "CATALOGUE", {file.name: file for file in entries(wheel)})
    monkeypatch.setattr("understudy.workflows.weights.CATALOGUE", weights.CATALOGUE)
    return folder


def test_the_catalogue_is_pinned() -> None:
    assert len(CATALOGUE) == 4
    for name, file in CATALOGUE.items():
        assert name == file.name == Path(file.member).name
        assert len(file.sha256) == len(file.package.sha256) == 64
        assert file.licence in ("Apache-2.0", "CC0-1.0")
    starts = {file.sha256[:16] for file in CATALOGUE.values()}
    assert starts == {
        "bbff11cebd1eb27a",
        "2c3728e6da56f21e",
        "e06a804e0144f992",
        "55533b28a95800a5",
    }


@pytest.mark.parametrize("make", [make_wheel, make_sdist])
def test_takes_just_the_wanted_files_out(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    extract(make(tmp_path), entries()[:1], tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["one.tflite"]
    assert (tmp_path / "out" / "one.tflite").read_bytes() == CONTENT["one.tflite"]


@pytest.mark.parametrize("make", [make_wheel, make_sdist])
def test_another_file_than_is_pinned_is_not_stored(
    tmp_path: Path, make: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    archive = make(tmp_path, {"one.tflite": b"forged"})
    with pytest.raises(WeightsError, match=r"one\.tflite") as caught:
        extract(archive, entries()[:1], tmp_path / "out")
    assert entries()[0].sha256 in str(caught.value)
    assert hashlib.sha256(b"forged").hexdigest() in str(caught.value)
    assert not (tmp_path / "out" / "one.tflite").exists()
    with pytest.raises(WeightsError, match=r"has no fake_weights/two\.tflite"):
        extract(archive, entries()[1:], tmp_path / "out")


@pytest.mark.parametrize("make", [make_wheel, make_sdist])
def test_a_damaged_archive_is_an_error(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    archive = make(tmp_path)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(WeightsError, match="damaged"):
        extract(archive, entries(), tmp_path / "out")


def test_first_use_fetches_the_whole_package_and_says_so(index: Path) -> None:
    events: list[Event] = []
    path = weights.weights_path("one.tflite", events.append)
    assert path.read_bytes() == CONTENT["one.tflite"]
    assert "fake-weights 1.0" in str(events[0])
    count = len(events)
    make_wheel(index).unlink()  # from here on there is nothing to fetch from
    assert weights.weights_path("two.tflite", events.append).read_bytes() == CONTENT["two.tflite"]
    assert weights.weights_path("one.tflite", events.append) == path
    assert len(events) == count
    with pytest.raises(ValueError, match=r"one\.tflite"):
        weights.weights_path("three.tflite")


def test_a_package_with_another_digest_is_refused_by_pip(index: Path) -> None:
    make_wheel(index, {**CONTENT, "extra": b"code that nobody has seen"})
    with pytest.raises(WeightsError, match="HASH"):
        weights.weights_path("one.tflite")
    assert not (weights.weights_folder() / "one.tflite").exists()


def test_no_network_says_how_to_do_without(index: Path) -> None:
    next(index.iterdir()).unlink()
    with pytest.raises(WeightsError, match="cannot download fake-weights") as caught:
        weights.weights_path("one.tflite")
    assert "understudy weights pull" in caught.value.next_step
    assert "UNDERSTUDY_WEIGHTS" in caught.value.next_step


def test_no_pip_says_how_to_do_without(index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('/usr/bin/python: No module named pip')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(WeightsError, match="No module named pip"):
        weights.weights_path("one.tflite")


@pytest.mark.usefixtures("index")
def test_a_corrupt_file_is_an_error_and_pull_replaces_it() -> None:
    path = weights.weights_path("one.tflite")
    path.write_bytes(b"first" * 999)
    with pytest.raises(WeightsError) as caught:
        weights.weights_path("one.tflite")
    for part in (str(path), entries()[0].sha256, hashlib.sha256(b"first" * 999).hexdigest()):
        assert part in str(caught.value)
    assert [row.state for row in list_weights()] == ["wrong", "present"]
    with pytest.raises(WeightsError, match="wrong"):
        check_weights()
    assert [row.state for row in pull_weights()] == ["present", "present"]
    assert [row.bytes for row in check_weights()] == [len(data) for data in CONTENT.values()]


@pytest.mark.usefixtures("index")
def test_a_folder_of_the_user_is_read_and_never_fetched_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "meine Gewichte"
    folder.mkdir()
    monkeypatch.setenv("UNDERSTUDY_WEIGHTS", str(folder))
    with pytest.raises(WeightsError, match=r"one\.tflite is not in .*meine Gewichte"):
        weights.weights_path("one.tflite")
    (folder / "one.tflite").write_bytes(CONTENT["one.tflite"])
    assert weights.weights_path("one.tflite") == folder / "one.tflite"
    assert [row.state for row in list_weights()] == ["present", "absent"]


def _pull(folder: Path, archive: Path) -> None:
    for _ in range(20):
        extract(archive, entries(), folder)


def test_processes_at_once_do_no_harm(tmp_path: Path) -> None:
    archive, folder = make_wheel(tmp_path), tmp_path / "out"
    extract(archive, entries(), folder)
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_pull, args=(folder, archive)) for _ in range(2)]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        assert [weights.state_of(file, folder) for file in entries()] == ["present", "present"]
        others[0].join(0.01)
    assert [other.exitcode for other in others] == [0, 0]
    assert len(list(folder.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnderstudyError, match="cannot write"):
        extract(make_wheel(tmp_path), entries(), tmp_path / "file" / "weights")


def bomb(folder: Path) -> Path:
    """A wheel whose wanted files unpack to a gigabyte each."""
    path = folder / "fake_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name in CONTENT:
            with wheel.open(f"fake_weights/{name}", "w") as file:
                for _ in range(128):
                    file.write(bytes(1 << 20))
    return path


def tar_bomb(folder: Path) -> Path:
    return make_sdist(folder, {name: bytes(1 << 27) for name in CONTENT})


def links(folder: Path) -> Path:
    """An sdist whose wanted files are links to a file outside, and one that would be written there."""
    path = folder / "fake_weights-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as sdist:
        for name in CONTENT:
            member = tarfile.TarInfo(f"fake_weights/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            sdist.addfile(member)
        outside = tarfile.TarInfo("../../outside")
        outside.size = 1
        sdist.addfile(outside, io.BytesIO(b"x"))
    return path


def of_many_members(folder: Path) -> Path:
    return make_sdist(folder, {f"{number}": b"" for number in range(20_000)} | CONTENT)


@pytest.mark.parametrize("make", [bomb, tar_bomb, links, of_many_members])
def test_an_archive_made_to_do_harm_is_refused_at_little_cost(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    archive = make(tmp_path)
    with cheaply(), pytest.raises(WeightsError, match=r"pinned|has no|larger than any package"):
        extract(archive, entries(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path.parent.parent / "outside").exists()


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_changed_byte_in_an_archives_directory_is_an_error(tmp_path: Path, at: int) -> None:
    archive = make_wheel(tmp_path)
    data = bytearray(archive.read_bytes())
    place = data.rindex(b"PK\1\2") + at
    data[place] ^= 0xFF
    archive.write_bytes(data)
    with contextlib.suppress(WeightsError):  # what is not looked at may be anything
        extract(archive, entries(), tmp_path / "out")
