"""Every blend and way to match colours, on actors whose true swap is known: results/compositing.json.

python benchmarks/compositing.py --work FOLDER

One model is trained for each direction of the built-in actors; then the same model, the same faces and the
same footage are composited in every way. The truth is the source's face rendered under the target's hair and
light. Flicker is the output's less the target's own, which stands beside it.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from machine import about

from understudy.compositing.blend import BLENDS
from understudy.compositing.colour.methods import COLOUR_METHODS
from understudy.faces.faceset import Faceset
from understudy.measure.flicker import FlickerMeter
from understudy.media.footage import sha256_of
from understudy.media.reader import VideoReader
from understudy.workflows import convert, evaluate, extract, train
from understudy.workflows.configs import ConvertConfig, ExtractConfig, TrainConfig
from understudy.workflows.consent import note_person
from understudy.workflows.evaluate_result import EvaluateConfig
from understudy.workflows.known_pairs import Pair, rendered_pairs

RESULTS = Path(__file__).parent / "results"
STEPS = 1200
FIGURES = ("truth_ssim", "truth_psnr", "seam", "flicker", "own_flicker", "identity")


def main() -> None:
    """Write one row a way, and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--colour", action="append", default=[])
    parser.add_argument("--blend", action="append", default=[])
    args = parser.parse_args()
    machine = about()
    ways = list(product(args.colour or ("auto", *COLOUR_METHODS), args.blend or BLENDS))
    with rendered_pairs() as pairs:
        found = [measured(pair, args.work / pair.name, ways) for pair in pairs]
    rows = [
        {"colour": colour, "blend": blend}
        | {name: round(mean(each[way][name] for each in found), 4) for name in FIGURES}
        for way, (colour, blend) in enumerate(ways)
    ]
    result = {"machine": machine, "steps": STEPS, "rows": rows}
    (RESULTS / "compositing.json").write_text(json.dumps(result, indent=1) + "\n")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


def measured(pair: Pair, work: Path, ways: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Figures of each way, of one model."""
    faces = {"source": pair.source, "target": (pair.target, *pair.target_footage)}
    for name, footage in faces.items():
        extract.run(ExtractConfig(footage=footage, faceset=work / f"{name}.faceset", identity=name))
    facesets = (work / "source.faceset", work / "target.faceset")
    note_person(facesets[0], pair.person)
    config = TrainConfig(facesets=facesets, model=work / "model", steps=STEPS, consent=pair.consent)
    if train.finished_result(config) is None:
        train.run(config)
    return [figures(pair, work, colour, blend) for colour, blend in ways]


def figures(pair: Pair, work: Path, colour: str, blend: str) -> dict[str, Any]:
    """Of one conversion."""
    out = work / f"{colour}_{blend}.mp4"
    target = work / "target.faceset"
    convert.run(
        ConvertConfig(
            target=pair.target,
            model=work / "model",
            out=out,
            faces=(target,),
            colour=colour,
            blend=blend,
            consent=pair.consent,
            people={"source": pair.person},
        )
    )
    result = evaluate.run(
        EvaluateConfig(output=out, target=pair.target, source=work / "source.faceset", truth=pair.truth)
    )
    assert result.truth is not None
    assert result.identity is not None
    return {
        "truth_ssim": result.truth["ssim"],
        "truth_psnr": result.truth["psnr"],
        "seam": result.seam,
        "flicker": result.flicker,
        "own_flicker": own_flicker(pair, target),
        "identity": result.identity["nearer_to_source"],
    }


@cache
def own_flicker(pair: Pair, faceset: Path) -> float:
    """Of the target, in grey levels: what an output that never changes has less than it."""
    with Faceset.open(faceset) as stored:
        digest = sha256_of(pair.target)
        (source,) = (each.state.id for each in stored.sources() if each.record.sha256 == digest)
        faces = {face.frame_index: face.face for face in stored.faces() if face.source_id == source}
    meter = FlickerMeter()
    with VideoReader(pair.target) as reader:
        found = [
            meter.update(np.zeros_like(frame.image), frame.image, faces.get(frame.index)) for frame in reader
        ]
    return -mean(value for value in found if value is not None)


if __name__ == "__main__":
    main()
