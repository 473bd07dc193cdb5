"""How long it takes from the command to the end of the first step of training: results/train_start.json.

python benchmarks/train_start.py FACESET FACESET
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import about

RESULTS = Path(__file__).parent / "results"
ROUNDS = 5

# the command as a user gives it, but that it says when its first step has ended
_CHILD = """
import sys, time
from understudy.training import loop
step = loop.Trainer.step
def told(*given):
    loss = step(*given)
    float(loss)
    print(time.time(), flush=True)
    return loss
loop.Trainer.step = told
from understudy.cli.main import main
main()
"""


def main() -> None:
    """Start training again and again, each time in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facesets", nargs=2, type=Path)
    parser.add_argument("--preset", action="append", default=[])
    args = parser.parse_args()
    runs = {
        preset: [first_step_s(args.facesets, preset) for _ in range(ROUNDS)]
        for preset in args.preset or ["tiny"]
    }
    result = {"machine": about(), "seconds_to_the_first_step": runs}
    (RESULTS / "train_start.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def first_step_s(facesets: list[Path], preset: str) -> float:
    """Seconds from before the process starts to the end of its first step."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _CHILD, "train", *map(str, facesets), "--preset", preset]
        started = time.time()
        said = subprocess.run(
            [*command, "--model", f"{folder}/model", "--steps", "1"],
            check=True,
            capture_output=True,
            text=True,
        )
    return float(said.stdout.split()[0]) - started


if __name__ == "__main__":
    main()
