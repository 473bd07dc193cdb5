"""Whether the faces of a step can be shared as is asked for."""

from __future__ import annotations

from understudy.core.errors import ConfigError
from understudy.nets.presets import PRESETS
from understudy.workflows.configs import TrainConfig


def check_sharing(config: TrainConfig, processes: int) -> None:
    """Raise where several processes, or several batches a step, cannot work.

    Args:
        config: the settings, of a known preset.
        processes: that share each step.

    Raises:
        ConfigError: which setting, and what would do.
    """
    if config.devices is not None and config.devices < 1:
        raise ConfigError(f"{config.devices} devices are asked for", "give 1 or more")
    if config.accumulate < 1:
        raise ConfigError(f"{config.accumulate} batches a step are asked for", "give 1 or more")
    if processes > 1 and config.device not in ("auto", "cpu"):
        raise ConfigError(
            f"several processes share the cores of processors, not {config.device}",
            "leave out either the device or the processes",
        )
    batch = config.batch or PRESETS[config.preset].batch
    if batch % processes:
        near = max(1, round(batch / processes)) * processes
        raise ConfigError(
            f"{batch} faces a person and step cannot be shared evenly by {processes} processes",
            f"give --batch {near}, or another multiple of {processes}",
        )
