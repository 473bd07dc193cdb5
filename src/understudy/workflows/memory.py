"""Whether a training run fits into memory, told before it starts."""

from __future__ import annotations

import os
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.training.model import Model
from understudy.training.samples import MAX_FACES, sample_bytes

_PROGRAM_BYTES = 450_000_000  # Python, torch and the face networks
_BYTES_A_PARAMETER = 36  # weight, gradient, two moments; and the copies that a save makes
_BYTES_A_FACE_IN_BATCH = 4_500_000  # activations; measured, both presets alike


def available_bytes() -> int | None:
    """Memory that this process can have in all: what it holds and what is free, None where unknown.

    A container's own limit counts where it is lower.
    """
    try:
        meminfo = Path("/proc/meminfo").read_text().splitlines()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        free = next(int(line.split()[1]) * 1024 for line in meminfo if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None
    return resident + min([free, *_container_free()])


def _container_free() -> list[int]:
    """What a control group still allows, as one number; none where there is no limit."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        return [max(0, limit - int((group / "memory.current").read_text()))]
    except (OSError, ValueError):  # no such group, or "max"
        return []


def needed_bytes(model: Model, faces: list[int], batch: int) -> int:
    """About how much memory training takes.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step.
    """
    parameters = sum(p.numel() for p in model.parameters())
    held = sum(min(count, MAX_FACES) for count in faces) * sample_bytes(model.preset.size_px)
    drawn = len(faces) * batch * _BYTES_A_FACE_IN_BATCH
    return _PROGRAM_BYTES + parameters * _BYTES_A_PARAMETER + held + drawn


def check_memory(model: Model, faces: list[int], batch: int, available: int | None) -> None:
    """Raise where training would not fit, with the setting that does.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step.
        available: bytes that can be taken; None checks nothing.

    Raises:
        ConfigError: it does not fit.
    """
    needed = needed_bytes(model, faces, batch)
    if available is None or needed <= available:
        return
    spare = available - needed_bytes(model, faces, 0)
    fits = spare // (len(faces) * _BYTES_A_FACE_IN_BATCH)
    step = f"--batch {fits} fits" if fits >= 1 else "use the preset tiny, or a machine with more memory"
    if fits < 1 and model.preset_name == "tiny":
        step = "close other programs, or use a machine with more memory"
    raise ConfigError(
        f"training needs about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are free", step
    )
