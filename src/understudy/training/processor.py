"""Which processor or GPU trains, what it is good at, and settings that training is faster with."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import torch

from understudy.core.allocator import keep_freed_memory
from understudy.core.errors import ConfigError

CPU = torch.device("cpu")


def find_device(name: str) -> torch.device:
    """The device of a name.

    Args:
        name: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.

    Raises:
        ConfigError: there is none of that name.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "cpu" or (name == "auto" and not count):
        return CPU
    kind, _, number = name.partition(":")
    if (kind, number) != ("auto", "") and not (kind == "cuda" and (number.isdecimal() or name == "cuda")):
        raise ConfigError(f"unknown device {name!r}", "use auto, cpu, cuda or cuda:1 and so on")
    if not count:
        raise ConfigError(
            "no CUDA device is to be seen",
            "use the device cpu, or install the driver and a build of torch for CUDA",
        )
    if int(number or 0) >= count:
        raise ConfigError(f"there is no device {name!r}", f"the last one is cuda:{count - 1}")
    return torch.device("cuda", int(number or 0))


def has_fast_bf16(device: torch.device = CPU) -> bool:
    """Whether a device computes bfloat16 in hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return any(
        bool(capabilities.get(name, False)) for name in ("avx512_bf16", "amx_bf16", "amx_tile", "arm_bf16")
    )


def usable_cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def tuned() -> Generator[None]:
    """Settings for many steps with pictures of the same size.

    Numbers next to zero count as zero: processors are slow at them. And the C library keeps memory that
    is freed: handing megabytes back and asking for them again costs a tenth of a step. A GPU's library tries
    several ways to compute each convolution, once.
    """
    keep_freed_memory()
    torch.set_flush_denormal(True)
    before, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, True
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.backends.cudnn.benchmark = before
