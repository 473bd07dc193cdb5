"""What this processor is good at, and settings that training is faster with."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import torch

from understudy.core.allocator import keep_freed_memory


def has_fast_bf16() -> bool:
    """Whether this processor computes bfloat16 in hardware."""
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
    is freed: handing megabytes back and asking for them again costs a tenth of a step.
    """
    keep_freed_memory()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
