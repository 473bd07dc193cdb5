"""How many words a recogniser gets wrong in real, made again and converted speech of the GRID corpus.

Its sentences have six words by a grammar that the recogniser is given, so that it is reliable.

python benchmarks/voice_words.py --data ../shared --work /tmp/v --pair grid_s1 grid_s31 --stranger grid_s26

Sentences of SOURCE that were held out are said as TARGET; those of strangers, whom the model has not heard,
as SOURCE, of whom there is more.
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
from understudy.speech.voice_model import VoiceModel
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


def wrong_of(
    clips: list[Path], model: VoiceModel, name: str, work: Path, recogniser: Recogniser, vivids: list[float]
) -> dict[str, int]:
    """How many words of clips are got wrong: real, taken apart and made again, and said as somebody."""
    made = {vivid: converted_files(clips, model, name, work, vivid)["files"] for vivid in vivids}
    wrong = {"words": 0, "real": 0, "made_again": 0, **{f"converted_vivid_{vivid:g}": 0 for vivid in made}}
    for number, path in enumerate(clips):
        said = said_in(path)
        wrong["words"] += len(said)
        sound, _ = read_sound(path, RATE_HZ)
        vocoder = WorldVocoder()
        wrong["real"] += wrong_words(recogniser.words(sound), said)
        again = vocoder.synthesise(vocoder.analyse(sound), len(sound))
        wrong["made_again"] += wrong_words(recogniser.words(again), said)
        for vivid, files in made.items():
            found = recogniser.words(read_sound(files[number], RATE_HZ)[0])
            wrong[f"converted_vivid_{vivid:g}"] += wrong_words(found, said)
    return wrong


def measure(args: argparse.Namespace, source: str, target: str) -> list[dict[str, Any]]:
    """Errors of sentences of `source` that were held out, and of strangers said as `source`."""
    work = args.work / f"{source}_{target}"
    names = [source, target, *(one for one in args.stranger if one not in (source, target))]
    clips = {name: sorted((args.data / "data/video" / name).glob("*.mpg")) for name in names}
    learnt = [[frames_of(one, args.work) for one in clips[name][:LEARNT]] for name in (source, target)]
    model, _, wall_s, cpu_s = kept_or_trained([source, target], learnt, args, work)
    recogniser = Recogniser(work)
    said = [(source, target, clips[source][LEARNT:]), *((name, source, clips[name]) for name in names[2:])]
    return [
        {
            "source": who,
            "target": whose,
            "model_of": [source, target],
            "steps": args.steps,
            "train_wall_s": wall_s and round(wall_s, 1),
            "train_cpu_s": cpu_s and round(cpu_s, 1),
            "learnt_from_s": {one.name: round(one.speech_s, 1) for one in model.index.speakers},
            "wrong": wrong_of(files, model, whose, work, recogniser, args.vivid),
        }
        for who, whose, files in said
    ]


def main() -> None:
    """Measure the pairs that are asked for, and print them as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pair", nargs=2, action="append", required=True, metavar=("SOURCE", "TARGET"))
    parser.add_argument("--stranger", nargs="+", default=[], help="whose sentences are said as SOURCE, too")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vivid", type=float, nargs="+", default=[0.0])
    parser.add_argument("--keep", action="store_true", help="use models trained earlier in the work folder")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    args = parser.parse_args()
    found = [one for source, target in args.pair for one in measure(args, source, target)]
    words = sum(one["wrong"]["words"] for one in found)
    kinds = [kind for kind in found[0]["wrong"] if kind != "words"]
    rates = {kind: round(sum(one["wrong"][kind] for one in found) / words, 4) for kind in kinds}
    said = json.dumps({"word_error_rate": rates, "words": words, "pairs": found}, indent=1)
    print(said)
    if args.out is not None:
        args.out.write_text(said + "\n")


if __name__ == "__main__":
    main()
