"""What converting costs beside its networks, against a plain transcode: results/convert_speed.json.

python benchmarks/convert_speed.py TARGET MODEL --faces FACESET

The transcode decodes and encodes the same video with the same settings, and changes nothing. Both are run in
turns, each in a process of its own, twice, of which the second counts: what is loaded once is not a frame's
cost. So is a conversion that draws with no network: its faces are the
target's own, cut out and put back through all the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from machine import about

RESULTS = Path(__file__).parent / "results"
ROUNDS = 3
KINDS = ["transcoded", "without_networks", "converted", "searched"]

_CHILD = """
import json, resource, sys, tempfile, time
from pathlib import Path
import numpy as np
import understudy.workflows.convert as convert
import understudy.workflows.convert_frames as convert_frames
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.training.model import Model
from understudy.workflows.configs import ConvertConfig
from understudy.media.any_writer import write_frame
from understudy.workflows.threads import frames_ahead
from understudy.core.prefetch import prefetch
kind, target, model, faces = sys.argv[1:5]
networks = 0.0
def timed(self, crops, *names, **others):
    global networks
    started = time.perf_counter()
    drawn = plain(self, crops, *names, **others)
    networks += time.perf_counter() - started
    return drawn
def own(self, crops, *names, **others):
    return crops.astype(np.float32) / np.float32(255), np.ones(crops.shape[:3], np.float32)
plain, Model.draw = Model.draw, {"converted": timed, "without_networks": own}.get(kind)
device = convert_frames.find_device("auto")
fast = convert_frames.has_fast_bf16(device)
loaded = None if kind == "transcoded" else convert_frames.load_model(Path(model), bf16=fast)
convert_frames.load_model = lambda *given, **named: loaded
def run(out):
    if kind == "transcoded":
        frames = 0
        with VideoReader(Path(target)) as reader, VideoWriter(out, like=reader.info, native=True) as writer:
            for frame in prefetch(reader.partial(), depth=frames_ahead(reader.info)):
                write_frame(writer, frame)
                frames += 1
        return frames
    stored = tuple(Path(name) for name in [faces] if name)
    return convert.run(ConvertConfig(target=Path(target), model=Path(model), out=out, faces=stored)).frames
with tempfile.TemporaryDirectory() as folder:
    for turn in range(2):
        networks, started, before = 0.0, time.perf_counter(), time.process_time()
        frames = run(Path(folder) / f"{turn}.mp4")
print(json.dumps({
    "frames": frames,
    "wall_ms": 1e3 * (time.perf_counter() - started) / frames,
    "cpu_ms": 1e3 * (time.process_time() - before) / frames,
    "networks_wall_ms": 1e3 * networks / frames,
    "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
}))
"""


def main() -> None:
    """Measure in turns, and write the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--result", type=Path, default=RESULTS / "convert_speed.json")
    args = parser.parse_args()
    kinds = ["transcoded", *(kind for kind in args.kinds if kind != "transcoded")]
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(args.rounds):
        for kind in kinds:
            faces = "" if kind == "searched" else str(args.faces)
            given = ["converted" if kind == "searched" else kind, str(args.target), str(args.model), faces]
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, *given],
                check=True,
                capture_output=True,
                text=True,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # as the command does
            )
            runs[kind].append(json.loads(done.stdout))
    figures = {
        kind: {name: round(median(run[name] for run in found), 2) for name in found[0]}
        for kind, found in runs.items()
    }
    plain = figures["transcoded"]
    ratios = {
        f"{kind}_to_transcoded": {
            name: round(figures[kind][name] / plain[name], 2) for name in ("wall_ms", "cpu_ms")
        }
        for kind in kinds[1:]
    }
    rates = {kind: round(1e3 / found["wall_ms"], 1) for kind, found in figures.items()}
    result = {"machine": about(), "medians": figures, "ratios": ratios, "frames_per_s": rates}
    args.result.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
