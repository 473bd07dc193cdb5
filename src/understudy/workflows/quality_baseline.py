"""An earlier result of the benchmark of quality, and what has changed since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from understudy.core.errors import ConfigError
from understudy.measure.regression import Change, judge, seed_noise
from understudy.workflows.quality_result import (
    HIGHER_IS_BETTER,
    BySeed,
    QualityConfig,
    QualityRun,
    figures_of,
)


def changes_since(before: BySeed, now: BySeed) -> dict[str, dict[str, Change]]:
    """What the baseline knows of the pairs that were run now, held against each other."""
    known = {
        pair: {name: [v for v in values if v is not None] for name, values in figures.items()}
        for pair, figures in before.items()
    }
    changes: dict[str, dict[str, Change]] = {}
    for pair in now:
        for name, values in known.get(pair, {}).items():
            noise = seed_noise([figures[name] for figures in known.values() if name in figures])
            changes.setdefault(pair, {})[name] = judge(
                values, now[pair].get(name, [None]), noise, higher_is_better=HIGHER_IS_BETTER[name]
            )
    return changes


def read_baseline(path: Path, config: QualityConfig) -> BySeed:
    """The figures of an earlier run's JSON file.

    Raises:
        ConfigError: it cannot be read, is none, or was made with other settings.
    """
    try:
        stored = json.loads(path.read_text("utf-8"))
        settings = {name: stored[name] for name in ("preset", "start", "steps", "minutes")}
        runs = [
            QualityRun(
                pair=str(one["pair"]),
                seed=int(one["seed"]),
                figures={name: cast("float | None", one["figures"].get(name)) for name in HIGHER_IS_BETTER},
                steps=0,
                steps_per_s=0.0,
                seconds=0.0,
            )
            for one in stored["runs"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no result of this benchmark ({error})", "give the file that --out wrote"
        ) from error
    for name, value in _settings(config).items():
        if settings[name] != value:
            raise ConfigError(
                f"{path} was made with {name} {settings[name]}, this run has {value}",
                "run with the baseline's settings, or make a baseline with these",
            )
    return figures_of(runs)


def _settings(config: QualityConfig) -> dict[str, str | float | None]:
    """What must be the same for two runs to be compared."""
    return {
        "preset": config.preset,
        "start": config.start,
        "steps": None if config.minutes else config.steps,
        "minutes": config.minutes,
    }
