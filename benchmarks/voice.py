"""How well voices are converted: real speakers, sentences held out, everything measured on written sound.

python benchmarks/voice.py --data ../shared --work /tmp/voices --pair VCC2SF2 VCC2TM1
python benchmarks/voice.py --data ../shared --work /tmp/voices --pair female male --folds 5

With folds every recording is held out once, from a model that has not learnt from it, and pitch is that of
them all: a few recordings of a reader are not pitched as the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from voice_measures import Rows, SpeakerClassifier, distortion_db, log_pitch, pitch_off, spoken_rows

from understudy.media.sound import read_sound
from understudy.media.sound_writer import write_sound
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames
from understudy.speech.listening import Listener, levelled, listened
from understudy.speech.remembered import RememberingVocoder
from understudy.speech.speaker import REGISTER, SpeakerStats, holds_speech, in_register, speaker_stats
from understudy.speech.training_rows import rows_of_speaker
from understudy.speech.voice_convert import change_for, spoken
from understudy.speech.voice_model import (
    SpeakerEntry,
    StatsEntry,
    VoiceIndex,
    VoiceModel,
    holds_voice,
    load_voice,
    save_voice,
)
from understudy.speech.voice_training import VoiceTrainingConfig, train_voice
from understudy.speech.world import WorldVocoder

LEARNT, HELD_OUT = 25, 10  # sentences


def frames_of(path: Path, work: Path) -> SpeechFrames:
    """A real recording taken apart, kept in `work`."""
    kept = work / "frames" / f"{path.parent.name}_{path.stem}.npz"
    if not kept.exists():
        frames = taken_apart(path)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, f0=frames.f0_hz, cepstrum=frames.cepstrum, noise=frames.aperiodicity)
    with np.load(kept) as file:
        return SpeechFrames(f0_hz=file["f0"], cepstrum=file["cepstrum"], aperiodicity=file["noise"])


def taken_apart(path: Path, up_to_hz: float | None = None) -> SpeechFrames:
    """A file taken apart; above `up_to_hz` nothing counts, found out where None."""
    listener = Listener(vocoder=WorldVocoder(), up_to_hz=up_to_hz)
    return levelled([listener.hear(read_sound(path, RATE_HZ)[0])])[0][0]


def recordings_of(
    data: Path, speaker: str, fold: int | None = None, folds: int = 1
) -> tuple[list[Path], list[Path]]:
    """Files to learn from and files held out; of a fold every so manieth."""
    if speaker.startswith("VCC2"):
        files = sorted((data / "data/speech/vcc2018_eval" / speaker).glob("*.flac"))
        return files[:LEARNT], files[LEARNT : LEARNT + HELD_OUT]
    files = sorted((data / "data/speech/librispeech" / speaker / "train").glob("*.flac"))
    if fold is not None:
        return [one for i, one in enumerate(files) if i % folds != fold], files[fold::folds]
    held = max(2, len(files) // 5)
    return files[:-held], files[-held:]


def kept_or_trained(
    names: list[str], learnt: list[list[SpeechFrames]], args: argparse.Namespace, work: Path
) -> tuple[VoiceModel, list[SpeakerStats], float | None, float | None]:
    """As `trained`; with `--keep` a model that lies in `work` already, whose time is not known."""
    back = work.with_name("_".join(reversed(names)))  # the same two, the other way round
    if args.keep and not holds_voice(work / "model") and holds_voice(back / "model"):
        work = back
    if args.keep and holds_voice(work / "model"):
        stats = [speaker_stats(some) for some in learnt]
        model = load_voice(work / "model")
        for name, known, some in zip(names, stats, learnt, strict=True):
            entry = model.index.speakers[model.index.names.index(name)]
            entry.speech_s, entry.stats = speech_s(some), StatsEntry.of(known)
        return model, stats, None, None
    return trained(names, learnt, args, work)


def speech_s(recordings: list[SpeechFrames]) -> float:
    """Seconds of speech in them."""
    return float(sum(holds_speech(one).sum() for one in recordings) * HOP_S)


def trained(
    names: list[str], learnt: list[list[SpeechFrames]], args: argparse.Namespace, work: Path
) -> tuple[VoiceModel, list[SpeakerStats], float, float]:
    """A model of two speakers; the wall and the processor's seconds that it took."""
    stats = [speaker_stats(some) for some in learnt]
    rows = [rows_of_speaker(some, known) for some, known in zip(learnt, stats, strict=True)]
    wall, cpu = time.monotonic(), time.process_time()
    made = train_voice(rows, names, VoiceTrainingConfig(steps=args.steps, seed=args.seed), _told)
    seconds = time.monotonic() - wall, time.process_time() - cpu
    sizes = made.net.config
    index = VoiceIndex(
        coefficients=sizes.coefficients,
        width=sizes.width,
        code=sizes.code,
        blocks=sizes.blocks,
        speakers=[
            SpeakerEntry(name=name, digest="", speech_s=speech_s(some), stats=StatsEntry.of(known))
            for name, known, some in zip(names, stats, learnt, strict=True)
        ],
        steps=made.steps,
    )
    index = save_voice(work / "model", made.net, index)
    return VoiceModel(net=made.net, index=index), stats, *seconds


def _told(step: int, done: float, losses: dict[str, float]) -> None:
    del done
    if step % 100 == 0:
        print(step, {name: round(value, 2) for name, value in losses.items()}, flush=True)


def converted_files(
    files: list[Path], model: VoiceModel, name: str, work: Path, vivid: float
) -> dict[str, Any]:
    """Convert files to WAV; returns their paths, seconds of speech and of processor."""
    out: list[Path] = []
    up_to_hz: list[float] = []
    length, cpu = 0.0, time.process_time()
    for path in files:
        sound, _ = read_sound(path, RATE_HZ)
        vocoder = RememberingVocoder(WorldVocoder())
        heard = listened([sound], WorldVocoder(careful=False), short=vocoder)
        assert heard is not None
        change = change_for(model, name, heard, vivid=vivid)
        made = spoken([sound], vocoder, model, change)
        out.append(work / "converted" / f"{path.parent.name}_{path.stem}_as_{name}_{vivid:g}.wav")
        out[-1].parent.mkdir(parents=True, exist_ok=True)
        write_sound(out[-1], made, RATE_HZ)
        length += len(sound) / RATE_HZ
        up_to_hz.append(heard.up_to_hz)
    return {"files": out, "up_to_hz": up_to_hz, "length_s": length, "cpu_s": time.process_time() - cpu}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What was measured of recordings held out."""

    found: dict[str, Any]
    made: dict[float, list[SpeechFrames]]
    real: list[SpeechFrames]
    taken: dict[float, list[bool]]


def measure(args: argparse.Namespace, source: str, target: str) -> dict[str, Any]:
    """All figures of one pair: `source` is changed, `target` is imitated."""
    if not args.folds:
        one = measured(args, source, target, args.work / f"{source}_{target}", None)
        return one.found
    folds = [
        measured(args, source, target, args.work / f"fold_{fold}" / f"{source}_{target}", fold)
        for fold in range(args.folds)
    ]
    real = log_pitch([frames for one in folds for frames in one.real])
    found: dict[str, Any] = {"source": source, "target": target, "steps": args.steps, "folds": args.folds}
    for vivid in args.vivid:
        made = log_pitch([frames for one in folds for frames in one.made[vivid]])
        taken = [is_taken for one in folds for is_taken in one.taken[vivid]]
        figures = {"recordings": len(taken), "taken_for_target": round(float(np.mean(taken)), 3)}
        found[f"vivid_{vivid:g}"] = figures | _pitch_figures(made, {"": real})
    return found | {"each_fold": [one.found for one in folds]}


def measured(args: argparse.Namespace, source: str, target: str, work: Path, fold: int | None) -> Held:
    """Figures of the recordings that one model has not learnt from."""
    files = {name: recordings_of(args.data, name, fold, args.folds) for name in (source, target)}
    learnt = {name: [frames_of(one, args.work) for one in files[name][0]] for name in files}
    held = {name: [frames_of(one, args.work) for one in files[name][1]] for name in files}
    model, stats, wall_s, cpu_s = kept_or_trained([source, target], list(learnt.values()), args, work)
    found: dict[str, Any] = {"source": source, "target": target, "steps": args.steps}
    if wall_s is not None and cpu_s is not None:
        found |= {"train_wall_s": round(wall_s, 1), "train_cpu_s": round(cpu_s, 1)}
    found["learnt_from_s"] = {one.name: round(one.speech_s, 1) for one in model.index.speakers}
    classifier = SpeakerClassifier(learnt)
    found["classifier_on_held_out_real"] = float(np.mean(_taken(classifier, held[target], target)))
    real_pitch, all_pitch = log_pitch(held[target]), log_pitch([*learnt[target], *held[target]])
    # what the same speaker's sentences are apart: those held out and those learnt from
    found["f0_melody_spread_of_held_out_off_learnt"] = round(
        float(in_register(real_pitch).std() / stats[1].log_f0_std - 1), 3
    )
    made, taken = dict[float, list[SpeechFrames]](), dict[float, list[bool]]()
    for vivid in args.vivid:
        files_made = converted_files(files[source][1], model, target, work, vivid)
        both = zip(files_made["files"], files_made["up_to_hz"], strict=True)
        made[vivid] = [taken_apart(one, limit) for one, limit in both]
        taken[vivid] = _taken(classifier, made[vivid], target)
        figures = {
            "real_time_factor_cpu": round(files_made["cpu_s"] / files_made["length_s"], 3),
            "taken_for_target": float(np.mean(taken[vivid])),
        }
        figures |= _pitch_figures(log_pitch(made[vivid]), {"": real_pitch, "_all": all_pitch})
        if source.startswith("VCC2"):
            figures |= _distortions(held, made[vivid], source, target, stats)
        found[f"vivid_{vivid:g}"] = figures
    return Held(found=found, made=made, real=held[target], taken=taken)


def _pitch_figures(pitch: Rows, real: dict[str, Rows]) -> dict[str, float]:
    """Mean and spread beside each of `real`: of all rows with pitch, and of those that are not creaked."""
    figures: dict[str, float] = {}
    for name, rows in real.items():
        for kind, some in (("", pitch_off(pitch, rows)), ("_melody", _melody_off(pitch, rows))):
            figures |= {
                f"f0{kind}_mean_off{name}": round(some[0], 3),
                f"f0{kind}_spread_off{name}": round(some[1], 3),
            }
        middle = float(np.median(rows)) - REGISTER
        figures[f"creaked_real{name}"] = round(float((rows < middle).mean()), 3)
        figures[f"creaked{name}"] = round(float((pitch < middle).mean()), 3)
    return figures


def _melody_off(pitch: Rows, real: Rows) -> tuple[float, float]:
    return pitch_off(in_register(pitch), in_register(real))


def _distortions(
    held: dict[str, list[SpeechFrames]],
    made: list[SpeechFrames],
    source: str,
    target: str,
    stats: list[SpeakerStats],
) -> dict[str, float]:
    """Of the same sentences, against the target's own."""
    real = [spoken_rows(one) for one in held[target]]
    plain = [spoken_rows(one) for one in held[source]]
    one, other = stats
    moved = [(rows - one.mean[1:25]) / one.std[1:25] * other.std[1:25] + other.mean[1:25] for rows in plain]

    def mean(some: list[Any]) -> float:
        return float(np.mean([distortion_db(a, b) for a, b in zip(some, real, strict=True)]))

    unconverted, matched, converted = mean(plain), mean(moved), mean([spoken_rows(one) for one in made])
    return {
        "mcd_unconverted_db": round(unconverted, 3),
        "mcd_mean_and_variance_db": round(matched, 3),
        "mcd_converted_db": round(converted, 3),
        "mean_and_variance_lower": round(1 - matched / unconverted, 4),
        "converted_lower": round(1 - converted / unconverted, 4),
    }


def _taken(classifier: SpeakerClassifier, recordings: list[SpeechFrames], name: str) -> list[bool]:
    return [classifier.speaker_of(one) == name for one in recordings]


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
    parser.add_argument("--folds", type=int, default=0, help="models, each without another part; not of VCC2")
    parser.add_argument("--keep", action="store_true", help="use models trained earlier in the work folder")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    args = parser.parse_args()
    if args.folds and any(name.startswith("VCC2") for pair in args.pair for name in pair):
        parser.error("sentences of VCC 2018 are held out as the others were: without --folds")
    found = []
    for source, target in args.pair:
        found.append(measure(args, source, target))
        print(json.dumps(found[-1], indent=1), flush=True)
        if args.out is not None:
            args.out.write_text(json.dumps({"cpus": os.cpu_count(), "pairs": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
