"""What this machine can do for Understudy, and what is missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from understudy.core.events import OnEvent, Progress, ignore
from understudy.core.files import cache_folder
from understudy.faces.weights import weights_folder
from understudy.workflows.weights import WeightsRow, list_weights

ENOUGH_MEMORY_MB = 3000  # a swap with the preset "tiny" peaks below it
ENOUGH_DISK_MB = 1000  # weights, their download, and a production of a few minutes


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Something that stands in the way, and what to do about it."""

    what: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class DoctorResult:
    """What was found.

    Args:
        system: operating system and processor architecture.
        python: version of the interpreter.
        understudy: version of this package.
        packages: each dependency's version, None where it is not installed.
        cpu: the processor's vector instructions that torch uses.
        cpu_cores: that this process may use.
        memory_mb: of the machine, 1e6 bytes; None where the system does not say.
        memory_free_mb: that can be had without swapping.
        bf16: whether the processor computes in bfloat16 natively, which makes training faster.
        gpus: names; training takes the first of CUDA, all else is computed on the CPU.
        cache: folder of what can be fetched again.
        disk_free_mb: on the disk of that folder.
        weights: each pretrained file and whether it is here.
        missing: what stands in the way; empty where all is well.
    """

    system: str
    python: str
    understudy: str
    packages: dict[str, str | None]
    cpu: str
    cpu_cores: int
    memory_mb: float | None
    memory_free_mb: float | None
    bf16: bool
    gpus: list[str]
    cache: Path
    disk_free_mb: float
    weights: list[WeightsRow]
    missing: list[Missing]


def run(on_event: OnEvent = ignore) -> DoctorResult:
    """Look at everything that a swap needs; nothing is changed or fetched.

    Raises:
        UnderstudyError: a weights file cannot be read.
    """
    on_event(Progress(stage="look around", done=0, total=2, unit="parts"))
    packages = _packages()
    cpu, bf16, gpus = _torch()
    on_event(Progress(stage="look around", done=1, total=2, unit="parts"))
    weights = list_weights()
    memory_mb, free_mb = _memory_mb()
    disk_mb = _disk_free_mb(cache_folder())
    on_event(Progress(stage="look around", done=2, total=2, unit="parts"))
    return DoctorResult(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        understudy=version("understudy"),
        packages=packages,
        cpu=cpu,
        cpu_cores=_cores(),
        memory_mb=memory_mb,
        memory_free_mb=free_mb,
        bf16=bf16,
        gpus=gpus,
        cache=cache_folder(),
        disk_free_mb=disk_mb,
        weights=weights,
        missing=[
            *_missing_packages(packages),
            *_missing_room(free_mb, disk_mb),
            *_missing_weights(weights),
        ],
    )


def _packages() -> dict[str, str | None]:
    """The versions of what this package requires to run, as its metadata says."""
    found: dict[str, str | None] = {}
    for requirement in requires("understudy") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _torch() -> tuple[str, bool, list[str]]:
    """Vector instructions, native bfloat16, and the names of GPUs."""
    try:
        import torch
    except ImportError:
        return "unknown", False, []
    from understudy.training.processor import has_fast_bf16

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        gpus.append("Apple MPS")
    return torch.backends.cpu.get_cpu_capability(), has_fast_bf16(), gpus


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_mb() -> tuple[float | None, float | None]:
    """Memory in all and what is free of it."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        known = {name: int(rows[name].split()[0]) * 1024 / 1e6 for name in ("MemTotal", "MemAvailable")}
        return known["MemTotal"], known["MemAvailable"]
    if sys.platform == "win32" or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None, None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6, None


def _disk_free_mb(folder: Path) -> float:
    """Free space where the folder is, or will be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    return shutil.disk_usage(there).free / 1e6


def _missing_packages(packages: dict[str, str | None]) -> list[Missing]:
    return [
        Missing(what=f"the package {name} is not installed", next_step="install understudy again")
        for name, found in packages.items()
        if found is None
    ]


def _missing_room(memory_free_mb: float | None, disk_free_mb: float) -> list[Missing]:
    missing: list[Missing] = []
    if memory_free_mb is not None and memory_free_mb < ENOUGH_MEMORY_MB:
        missing.append(
            Missing(
                what=f"{memory_free_mb:.0f} MB of memory are free, {ENOUGH_MEMORY_MB} are needed",
                next_step="close other programs, or use a smaller batch",
            )
        )
    if disk_free_mb < ENOUGH_DISK_MB:
        missing.append(
            Missing(
                what=f"{disk_free_mb:.0f} MB are free on the disk of {cache_folder()}",
                next_step=f"free some, {ENOUGH_DISK_MB} MB are needed",
            )
        )
    return missing


def _missing_weights(rows: list[WeightsRow]) -> list[Missing]:
    where = weights_folder()
    return [
        Missing(what=f"{row.name} is {row.state} in {where}", next_step="run `understudy weights pull`")
        for row in rows
        if row.state != "present"
    ]
