"""Whether torchrun, or a cluster, has started several processes of this command."""

from __future__ import annotations

import os
from dataclasses import dataclass

from understudy.core.errors import ConfigError

_SAYS = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """One process among those that were started together.

    Args:
        rank: its number; 0 leads.
        size: how many there are.
        size_here: how many of them on this machine.
    """

    rank: int
    size: int
    size_here: int


def started_together(devices: int | None) -> Started | None:
    """What the environment says; None for a process of its own.

    Args:
        devices: how many are asked for; None leaves it to the environment, 1 does not look at it.

    Raises:
        ConfigError: the environment says another number.
    """
    if devices == 1 or not all(name in os.environ for name in _SAYS):
        return None
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if size == 1:
        return None
    if devices not in (None, size):
        raise ConfigError(
            f"{size} processes were started together, but {devices} devices are asked for",
            "leave out --devices under torchrun, or start the command without it",
        )
    return Started(rank=rank, size=size, size_here=int(os.environ.get("LOCAL_WORLD_SIZE", size)))


def follows(devices: int | None) -> bool:
    """Whether another process speaks for this one.

    Args:
        devices: see `started_together`.
    """
    try:
        started = started_together(devices)
    except ConfigError:  # said by each, as none of them leads
        return False
    return started is not None and started.rank > 0
