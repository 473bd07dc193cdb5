import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.core import files
from understudy.core.errors import UnderstudyError


def test_writes_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "neu er" / "größe.bin"
    files.write_atomically(path, b"one")
    files.write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["größe.bin"]
    ordinary = path.with_name("ordinary")
    ordinary.write_bytes(b"")
    assert path.stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_failed_write_keeps_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    path = tmp_path / "model.bin"
    files.write_atomically(path, b"old")

    def fail(descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UnderstudyError, match=r"model\.bin") as caught:
        files.write_atomically(path, b"new")
    assert ("free some space" if error == errno.ENOSPC else "may write to") in caught.value.next_step
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.bin"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    full = Path("/dev/full")

    def fill() -> None:
        with files.written_aside(tmp_path / "a") as aside:
            aside.touch()
            full.write_bytes(b"x" * 100_000)

    with pytest.raises(UnderstudyError, match="free some space"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_writer_passes_and_removes_what_was_written(tmp_path: Path) -> None:
    def write() -> None:
        with files.written_aside(tmp_path / "clip.mp4") as aside:
            assert aside.suffix == ".mp4"
            aside.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnderstudyError, match="cannot write"):
        files.write_atomically(tmp_path / "file" / "below", b"")


def test_a_kill_while_writing_never_shows_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "big"
    files.write_atomically(path, b"a" * 3_000_000)
    code = (
        "import sys; from pathlib import Path; from understudy.core.files import write_atomically\n"
        "print('go', flush=True)\n"
        "while True:\n"
        "    for letter in (b'a', b'b'): write_atomically(Path(sys.argv[1]), letter * 3_000_000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(40):
            data = path.read_bytes()
            assert len(data) == 3_000_000
            assert len(set(data)) == 1
        writer.kill()
    assert len(path.read_bytes()) == 3_000_000


def test_sha256_is_that_of_the_content(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(data)
    assert files.sha256_of_file(tmp_path / "a") == hashlib.sha256(data).hexdigest()
    with pytest.raises(UnderstudyError, match="absent"):
        files.sha256_of_file(tmp_path / "absent")


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path / "understudy"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(sys, "platform", "linux")
    assert files.cache_folder() == Path.home() / ".cache" / "understudy"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert files.cache_folder() == Path.home() / "Library" / "Caches" / "understudy"


def test_peak_memory_is_this_process_own_and_grows_with_use() -> None:
    code = (
        "from understudy.core.files import peak_rss_mb\n"
        "before = peak_rss_mb(); block = b'x' * 80_000_000; print(before, peak_rss_mb())"
    )
    ballast = b"y" * 150_000_000  # a child must not report what its parent held
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before, after = map(float, said.split())
    assert len(ballast)
    assert 5 < before < 100
    assert after - before == pytest.approx(80, abs=5)


_WRITE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from understudy.core.files import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_bytes(b"half")
    print(aside.name, flush=True)
    time.sleep(60)
"""


def killed_writer(path: Path) -> str:
    """Name of what a process that was killed while it wrote has left."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        name = writer.stdout.readline().strip()
        writer.kill()
    return name


def test_what_killed_writers_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "clip [1].mp4"
    left = [killed_writer(path), killed_writer(path)]
    assert sorted(p.name for p in tmp_path.iterdir()) == [left[1]]  # the second removed the first's
    other = killed_writer(tmp_path / "clip [1] 2.mp4")
    files.write_atomically(path, b"whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([other, path.name])


def test_what_is_being_written_elsewhere_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        name = writer.stdout.readline().strip()
        with files.written_aside(path) as mine:
            mine.write_bytes(b"mine")
            files.write_atomically(path, b"mine too")
            assert mine.exists()
        assert (tmp_path / name).exists()
        writer.kill()
    assert path.read_bytes() == b"mine"


def test_own_number_from_an_earlier_run_and_old_files_of_other_hosts_are_left_over(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with files.written_aside(path) as aside:
        aside.write_bytes(b"")
        host, pid, run, token = aside.name.removeprefix(".clip.").removesuffix(".part.mp4").split("-")
    recycled = tmp_path / f".clip.{host}-{pid}-{run[::-1]}x-{token}.part.mp4"
    young, old = (tmp_path / f".clip.zzzz-1-{age}-{token}.part.mp4" for age in ("young", "old"))
    for left in (recycled, young, old):
        left.write_bytes(b"")
    os.utime(old, (0, 0))
    files.write_atomically(path, b"")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([young.name, path.name])
