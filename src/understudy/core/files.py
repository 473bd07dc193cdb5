"""Files that are either whole under their final name or not there, and what the process has used."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import sys
import time
from collections.abc import Generator
from pathlib import Path

from understudy.core.errors import UnderstudyError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_RUN = secrets.token_hex(4)
_ABANDONED_S = 24 * 3600.0  # untouched for so long, a file of a process that cannot be asked is left over


def next_step_for(error: OSError) -> str:
    """What a user can do about a failed file operation, one line."""
    if error.errno in _FULL:
        return "the disk is full: free some space and run the same command again"
    if error.errno in _FORBIDDEN:
        return "choose a folder that you may write to"
    if error.errno == errno.ENOTDIR:
        return "a part of the path is a file, not a folder: choose another path"
    if error.errno == errno.ENAMETOOLONG:
        return "choose a shorter name"
    return "check that the disk is there and healthy, then run the same command again"


@contextlib.contextmanager
def written_aside(path: Path) -> Generator[Path]:
    """Lend a path beside `path` to write to; it takes the final name when the block ends well.

    The file is fsync'd before and its folder after the rename, so that a power cut leaves the old
    file or the new one. The folder is created where missing. When the block raises, what was written
    is removed and `path` is as it was. What killed processes left beside it is removed at the start.

    Args:
        path: the final name.

    Yields:
        A path in the same folder with the same suffix, not yet existing.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
    """
    aside = path.with_name(f".{path.stem}.{_owner()}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        yield aside
        replace_atomically(aside, path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        # after the rename nothing lies there; a disk that fails here must not hide the first error
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def lent_again(aside: Path) -> Path:
    """A second path like one that `written_aside` lends, for a changed copy of what lies there.

    Whoever writes to it renames it to `aside` or removes it; what killed processes leave is removed likewise.
    """
    ending = f".part{aside.suffix}"
    return aside.with_name(f"{aside.name.removesuffix(ending)}s{ending}")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file so that no reader, at no moment, sees half of it.

    Args:
        path: the final name; its folder is created where missing.
        data: the content.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full; `path` is as it was.
    """
    with written_aside(path) as aside:
        aside.write_bytes(data)


def check_writable(path: Path) -> None:
    """Find out before long work whether a file can be written at the end of it; nothing is left behind.

    Args:
        path: the file's name; its folder is created where missing.

    Raises:
        UnderstudyError: it is a folder, or its folder cannot be written to.
    """
    if path.is_dir():
        raise UnderstudyError(f"{path} is a folder", "name a file to write")
    aside = path.with_name(f".{path.stem}.{_owner()}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise _cannot_write(path, error) from error


def replace_atomically(written: Path, path: Path) -> None:
    """Give a finished file its final name, durably.

    Args:
        written: a closed file on the same file system as `path`.
        path: the final name; a file there is replaced.

    Raises:
        UnderstudyError: the rename failed; `written` still lies where it was.
    """
    try:
        sync(written)
        written.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error


def sync(path: Path) -> None:
    """Wait until a closed file's content is on the disk; raises OSError."""
    # Windows flushes only through a descriptor open for writing
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk; raises OSError."""
    if sys.platform == "win32":  # renames are durable there and a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's content, 64 lower-case hex digits.

    Raises:
        UnderstudyError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnderstudyError(
            f"cannot read {path} ({error.strerror})", "check the path and its permissions"
        ) from error


def cache_folder() -> Path:
    """The user's folder for what can be made or fetched again; it need not exist yet."""
    return _users_folder("XDG_CACHE_HOME", mac="Library/Caches", others=".cache")


def data_folder() -> Path:
    """The user's folder for what cannot be made again; it need not exist yet."""
    return _users_folder("XDG_DATA_HOME", mac="Library/Application Support", others=".local/share")


def _users_folder(variable: str, *, mac: str, others: str) -> Path:
    if configured := os.environ.get(variable):
        return Path(configured) / "understudy"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "understudy"
    return Path.home() / (mac if sys.platform == "darwin" else others) / "understudy"


def peak_rss_mb() -> float:
    """The most memory this process has held so far, in MB (1e6 bytes); 0 where the system keeps no count."""
    status = Path("/proc/self/status")
    if status.exists():
        # not getrusage: on Linux its figure starts at what the parent held when it started this process
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return 0.0
    import resource  # absent on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (peak if sys.platform == "darwin" else peak * 1024) / 1e6


def _owner() -> str:
    """Whose file it is: host, process, and this run of Python, as a process number is given out again."""
    host = hashlib.sha256(platform.node().encode()).hexdigest()[:4]
    return f"{host}-{os.getpid()}-{_RUN}"


def _remove_leftovers(path: Path) -> None:
    """Remove what killed writers of the same target left; raises OSError where the folder is not there."""
    pattern = re.compile(
        rf"\.{re.escape(path.stem)}\.(\w+)-(\d+)-(\w+)-\w+\.part{re.escape(path.suffix)}", re.ASCII
    )
    for sibling in path.parent.iterdir():
        match = pattern.fullmatch(sibling.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            if _is_left(*match.groups(), age_s=time.time() - sibling.stat().st_mtime):
                sibling.unlink()


def _is_left(host: str, pid: str, run: str, *, age_s: float) -> bool:
    if f"{host}-{pid}-{run}" == _owner():
        return False
    # what runs on other hosts that share the folder cannot be seen, and Windows has no harmless question
    if host != _owner().split("-")[0] or sys.platform == "win32":
        return age_s > _ABANDONED_S
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it runs, and is another user's
        pass
    return False


def _cannot_write(path: Path, error: OSError) -> UnderstudyError:
    return UnderstudyError(f"cannot write {path} ({error.strerror or error})", next_step_for(error))
