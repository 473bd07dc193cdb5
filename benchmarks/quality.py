"""The quality benchmark with what it ran on: results/NAME.json, and the table results/NAME.md.

python benchmarks/quality.py --name quality --seed 0 --seed 1 --seed 2
python benchmarks/quality.py --name s31_into_s1_10_minutes --pair s31_into_s1 --minutes 10

The same as `understudy bench quality`, whose options it takes but for --out.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from machine import about

from understudy.core.events import Event, Notice
from understudy.workflows.bench_quality import run
from understudy.workflows.quality_result import QUALITY_STEPS, QualityConfig
from understudy.workflows.quality_table import markdown

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Write both files and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", required=True)
    parser.add_argument("--steps", type=int, default=QUALITY_STEPS)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--pair", action="append", default=[])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--start", default="base")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    machine = about()
    config = QualityConfig(
        steps=args.steps,
        minutes=args.minutes,
        seeds=tuple(args.seed or (0,)),
        pairs=tuple(args.pair),
        data=args.data,
        start=args.start,
        preset=args.preset,
        baseline=args.baseline,
        work=args.work,
    )
    result = run(config, _tell)
    (RESULTS / f"{args.name}.json").write_text(
        json.dumps({"machine": machine, **asdict(result)}, indent=1) + "\n"
    )
    heading = f"At {machine['commit']} on {machine['cores']} cores of {machine['cpu']}"
    table = markdown(result, heading)
    (RESULTS / f"{args.name}.md").write_text(table)
    print(table)


def _tell(event: Event) -> None:
    if isinstance(event, Notice):
        print(event.message, flush=True)


if __name__ == "__main__":
    main()
