"""Whether a training run fits into memory, told before it starts; and what to do when it did not."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from understudy.core.errors import ConfigError
from understudy.nets.counts import counts_of
from understudy.nets.presets import PRESETS
from understudy.training.model import Model
from understudy.training.processor import CPU, has_fast_bf16
from understudy.training.samples import MAX_FACES, sample_bytes

_PROGRAM_BYTES = 450_000_000  # Python, torch and the face networks
_BYTES_A_PARAMETER = 36  # weight, gradient, two moments; and the copies that a save makes
_BYTES_AN_AVERAGED_ONE = 12  # of presets that keep averaged weights; and the copies that a save makes
# of a face in a batch, measured as the growth of the peak from batch 1 or 2 to 16 of `tiny` and `standard`:
# the pictures and their loss, and what the networks keep for the way back, which bfloat16 nearly halves
_BYTES_A_PIXEL = 150
_SAVED_IN_BF16 = 0.6


def available_bytes(device: torch.device = CPU) -> int | None:
    """Memory that this process can have in all: what it holds and what is free, None where unknown.

    A container's own limit counts where it is lower.

    Args:
        device: where training computes; of a GPU its own memory.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device)
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


def training_bytes(preset_name: str, identities: int, batch: int, *, bf16: bool) -> int:
    """About how much memory training takes beside the facesets.

    Args:
        preset_name: key of `PRESETS`.
        identities: how many are trained.
        batch: faces an identity and step.
        bf16: whether the networks are computed in bfloat16.
    """
    preset, counts = PRESETS[preset_name], counts_of(preset_name)
    parameters = counts.encoder + identities * counts.decoder
    each = _BYTES_A_PARAMETER + (_BYTES_AN_AVERAGED_ONE if preset.average else 0)
    drawn = identities * batch * _bytes_a_face(preset_name, bf16=bf16)
    return _PROGRAM_BYTES + parameters * each + drawn


def _bytes_a_face(preset_name: str, *, bf16: bool) -> int:
    """What one more face in a batch takes."""
    saved = counts_of(preset_name).saved_bytes * (_SAVED_IN_BF16 if bf16 else 1)
    return int(saved) + _BYTES_A_PIXEL * PRESETS[preset_name].size_px ** 2


def batch_for(preset_name: str, identities: int, device: torch.device) -> int:
    """Faces an identity and step, where nobody says how many.

    Args:
        preset_name: key of `PRESETS`.
        identities: how many are trained.
        device: where. On a GPU more faces cost hardly more time, so it is as many as fit of a good number.
    """
    preset = PRESETS[preset_name]
    if device.type == "cpu":
        return preset.batch
    batch, bf16 = preset.gpu_batch, has_fast_bf16(device)
    # of the memory that it has, not of what is free: a run that is stopped goes on with the same number
    most = torch.cuda.get_device_properties(device).total_memory / 2
    while batch > preset.batch and training_bytes(preset_name, identities, batch, bf16=bf16) > most:
        batch //= 2
    return batch


def needed_bytes(model: Model, faces: list[int], batch: int) -> int:
    """About how much memory training takes.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step.
    """
    return _in_all(model.preset_name, faces, batch, bf16=model.bf16)


def _in_all(preset_name: str, faces: list[int], batch: int, *, bf16: bool) -> int:
    held = sum(min(count, MAX_FACES) for count in faces) * sample_bytes(PRESETS[preset_name].size_px)
    return training_bytes(preset_name, len(faces), batch, bf16=bf16) + held


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
    raise ConfigError(
        f"training needs about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are free",
        _what_fits(model, faces, batch, available),
    )


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out, the machine's or a GPU's."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # the processor's allocator has no type of its own
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def out_of_memory(model: Model, faces: list[int], batch: int, available: int | None) -> ConfigError:
    """What to say when memory ran out in spite of `check_memory`: other programs took it.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step.
        available: bytes that can be taken now; None where unknown.
    """
    # what it was foreseen to need was too little, so the advice is below the batch that failed
    advice = _what_fits(model, faces, batch, available if available is not None else 0)
    return ConfigError(f"memory ran out with {batch} faces a person and step", advice)


def _what_fits(model: Model, faces: list[int], batch: int, available: int) -> str:
    """The next step: the largest batch that fits, a smaller preset, or another machine."""
    spare = available - needed_bytes(model, faces, 0)
    fits = spare // (len(faces) * _bytes_a_face(model.preset_name, bf16=model.bf16))
    fits = min(fits, batch - 1)
    if fits >= 1:
        return f"--batch {fits} fits"
    smaller = _smaller_preset(model, faces, available)
    if smaller is not None:
        return f"use the preset {smaller}, or a machine with more memory"
    return "close other programs, or use a machine with more memory"


def _smaller_preset(model: Model, faces: list[int], available: int) -> str | None:
    """The largest preset below the model's that fits; None where none does."""
    names = list(PRESETS)  # the smallest is first
    for name in reversed(names[: names.index(model.preset_name)]):
        batch = PRESETS[name].batch
        if name != "classic" and _in_all(name, faces, batch, bf16=model.bf16) <= available:
            return name
    return None
