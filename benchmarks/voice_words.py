"""How many words a recogniser gets wrong in real, made again and converted speech of the GRID corpus.

Its sentences have six words by a grammar that the recogniser is given, so that it is reliable.

python benchmarks/voice_words.py --data ../shared --work /tmp/voices --pair grid_s1 grid_s31
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from pocketsphinx import Decoder, get_model_path
from voice import converted_files, frames_of, kept_or_trained

from understudy.media.sound import Samples, read_sound
from understudy.speech.frames import RATE_HZ
from understudy.speech.world import WorldVocoder

LEARNT = 14  # sentences; the others are held out
_RATE_HZ = 16_000
_GRAMMAR = """#JSGF V1.0;
grammar grid;
public <s> = <command> <colour> <preposition> <letter> <digit> <adverb>;
<command> = bin | lay | place | set;
<colour> = blue | green | red | white;
<preposition> = at | by | in | with;
<letter> = a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p | q | r | s | t | u | v | x | y | z;
<digit> = zero | one | two | three | four | five | six | seven | eight | nine;
<adverb> = again | now | please | soon;
"""


def said_in(path: Path) -> list[str]:
    """Words of a clip, by the file beside it."""
    lines = path.with_suffix(".align").read_text().split("\n")
    return [
        word for word in (line.split()[-1] for line in lines if line.strip()) if word not in ("sil", "sp")
    ]


class Recogniser:
    """Writes down sentences of the grammar."""

    def __init__(self, work: Path) -> None:
        """Load the model that comes with pocketsphinx."""
        grammar = work / "grid.gram"
        grammar.write_text(_GRAMMAR)
        self._decoder = Decoder(
            hmm=get_model_path("en-us/en-us"),
            dict=get_model_path("en-us/cmudict-en-us.dict"),
            jsgf=str(grammar),
            loglevel="FATAL",
        )

    def words(self, sound: Samples) -> list[str]:
        """What it understands.

        Args:
            sound: (n,) at `RATE_HZ`.
        """
        small = soxr.resample(sound, RATE_HZ, _RATE_HZ)
        small = small * (0.3 / max(1e-6, float(np.abs(small).max())))
        self._decoder.start_utt()
        self._decoder.process_raw((small * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr.split() if found else []


def wrong_words(found: list[str], said: list[str]) -> int:
    """Words to change, add or leave out: the distance of Levenshtein."""
    row = list(range(len(said) + 1))
    for i, word in enumerate(found, 1):
        before, row[0] = row[0], i
        for j, wanted in enumerate(said, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != wanted))
    return row[-1]


def measure(args: argparse.Namespace, source: str, target: str) -> dict[str, Any]:
    """Error rates of sentences of `source` that were held out."""
    work = args.work / f"{source}_{target}"
    clips = {name: sorted((args.data / "data/video" / name).glob("*.mpg")) for name in (source, target)}
    learnt = [[frames_of(one, args.work) for one in clips[name][:LEARNT]] for name in clips]
    model, _, wall_s, cpu_s = kept_or_trained([source, target], learnt, args, work)
    held = clips[source][LEARNT:]
    recogniser = Recogniser(work)
    wrong = {"real": 0, "made_again": 0}
    words = 0
    made = {vivid: converted_files(held, model, target, work, vivid)["files"] for vivid in args.vivid}
    wrong |= {f"converted_vivid_{vivid:g}": 0 for vivid in args.vivid}
    for number, path in enumerate(held):
        said = said_in(path)
        words += len(said)
        sound, _ = read_sound(path, RATE_HZ)
        vocoder = WorldVocoder()
        wrong["real"] += wrong_words(recogniser.words(sound), said)
        again = vocoder.synthesise(vocoder.analyse(sound), len(sound))
        wrong["made_again"] += wrong_words(recogniser.words(again), said)
        for vivid, files in made.items():
            found = recogniser.words(read_sound(files[number], RATE_HZ)[0])
            wrong[f"converted_vivid_{vivid:g}"] += wrong_words(found, said)
    return {
        "source": source,
        "target": target,
        "steps": args.steps,
        "train_wall_s": wall_s and round(wall_s, 1),
        "train_cpu_s": cpu_s and round(cpu_s, 1),
        "learnt_from_s": {one.name: round(one.speech_s, 1) for one in model.index.speakers},
        "words": words,
        "wrong": wrong,
    }


def main() -> None:
    """Measure the pairs that are asked for, and print them as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pair", nargs=2, action="append", required=True, metavar=("SOURCE", "TARGET"))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vivid", type=float, nargs="+", default=[0.0])
    parser.add_argument("--keep", action="store_true", help="use models trained earlier in the work folder")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    args = parser.parse_args()
    found = [measure(args, source, target) for source, target in args.pair]
    kinds = found[0]["wrong"]
    words = sum(one["words"] for one in found)
    rates = {kind: round(sum(one["wrong"][kind] for one in found) / words, 4) for kind in kinds}
    said = json.dumps({"word_error_rate": rates, "words": words, "pairs": found}, indent=1)
    print(said)
    if args.out is not None:
        args.out.write_text(said + "\n")


if __name__ == "__main__":
    main()
