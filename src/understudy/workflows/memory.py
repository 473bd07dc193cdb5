"""Whether a training run fits into memory, told before it starts; and what to do when it did not."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from understudy.core.errors import ConfigError
from understudy.nets.counts import counts_of
from understudy.nets.presets import PRESETS
from understudy.training.division import Division
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
_BYTES_A_WAITING_PIXEL = 32  # of the pictures of a part of a step whose turn has not come


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How a step is spread over processes and time.

    Args:
        processes: on this machine; each holds the model and all faces.
        accumulate: parts that come one after another.
    """

    processes: int = 1
    accumulate: int = 1

    @classmethod
    def of(cls, division: Division | None) -> Spread:
        """That of a step divided so, by processes of this machine; None for one that is not."""
        if division is None:
            return cls()
        return cls(processes=division.size, accumulate=division.accumulate)


_AT_ONCE = Spread()


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


def needed_bytes(model: Model, faces: list[int], batch: int, spread: Spread = _AT_ONCE) -> int:
    """About how much memory training takes.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step; of a step in parts, of each.
        spread: over processes and time.
    """
    return _in_all(model.preset_name, faces, batch, spread, bf16=model.bf16)


def _in_all(preset_name: str, faces: list[int], batch: int, spread: Spread, *, bf16: bool) -> int:
    size_px = PRESETS[preset_name].size_px
    held = sum(min(count, MAX_FACES) for count in faces) * sample_bytes(size_px)
    each = training_bytes(preset_name, len(faces), 0, bf16=bf16) + held
    return spread.processes * each + batch * _bytes_a_row(preset_name, len(faces), spread, bf16=bf16)


def _bytes_a_row(preset_name: str, identities: int, spread: Spread, *, bf16: bool) -> int:
    """What one more face of everybody takes."""
    waiting = (spread.accumulate - 1) * _BYTES_A_WAITING_PIXEL * PRESETS[preset_name].size_px ** 2
    return identities * (_bytes_a_face(preset_name, bf16=bf16) + waiting)


def must_be_mapped(
    model: Model, faces: list[int], batch: int, available: int | None, spread: Spread = _AT_ONCE
) -> bool:
    """Whether training fits only where its faces are mapped from a file; see `check_memory`."""
    if available is None or spread.processes > 1:  # each would have a file of its own
        return False
    needed, without = (needed_bytes(model, counts, batch, spread) for counts in (faces, [0] * len(faces)))
    return without <= available < needed


def check_memory(
    model: Model, faces: list[int], batch: int, available: int | None, spread: Spread = _AT_ONCE
) -> None:
    """Raise where training would not fit, with the setting that does.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step; of a step in parts, of each.
        available: bytes that can be taken; None checks nothing.
        spread: over processes and time.

    Raises:
        ConfigError: it does not fit.
    """
    needed = needed_bytes(model, faces, batch, spread)
    if available is None or needed <= available:
        return
    raise ConfigError(
        f"training needs about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are free",
        _what_fits(model, faces, batch, available, spread),
    )


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out, the machine's or a GPU's."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # the processor's allocator has no type of its own
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@contextmanager
def advised(model: Model, faces: list[int], batch: int, division: Division | None) -> Generator[None]:
    """Say what to do where memory runs out in spite of `check_memory`.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step; of a step in parts, of each.
        division: how steps are divided.

    Raises:
        ConfigError: memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        raise out_of_memory(
            model, faces, batch, available_bytes(model.device), Spread.of(division)
        ) from error


def out_of_memory(
    model: Model, faces: list[int], batch: int, available: int | None, spread: Spread = _AT_ONCE
) -> ConfigError:
    """What to say when memory ran out in spite of `check_memory`: other programs took it.

    Args:
        model: the networks.
        faces: how many an identity has.
        batch: faces an identity and step; of a step in parts, of each.
        available: bytes that can be taken now; None where unknown.
        spread: over processes and time.
    """
    # what it was foreseen to need was too little, so the advice is below the batch that failed
    advice = _what_fits(model, faces, batch, available if available is not None else 0, spread)
    return ConfigError(f"memory ran out with {batch} faces a person and step", advice)


def _what_fits(model: Model, faces: list[int], batch: int, available: int, spread: Spread) -> str:
    """The next step: the largest batch that fits, a smaller preset, or another machine."""
    spare = available - needed_bytes(model, faces, 0, spread)
    fits = spare // _bytes_a_row(model.preset_name, len(faces), spread, bf16=model.bf16)
    fits = min(fits, batch - 1) // spread.processes * spread.processes
    if fits >= 1:
        return f"--batch {fits} fits"
    if spread.processes > 1:
        return "use fewer processes: each holds the model and all faces"
    smaller = _smaller_preset(model, faces, available)
    if smaller is not None:
        return f"use the preset {smaller}, or a machine with more memory"
    return "close other programs, or use a machine with more memory"


def _smaller_preset(model: Model, faces: list[int], available: int) -> str | None:
    """The largest preset below the model's that fits; None where none does."""
    names = list(PRESETS)  # the smallest is first
    for name in reversed(names[: names.index(model.preset_name)]):
        needed = _in_all(name, faces, PRESETS[name].batch, _AT_ONCE, bf16=model.bf16)
        if name != "classic" and needed <= available:
            return name
    return None
