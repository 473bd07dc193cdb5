"""Whether sound that is said in another voice stays in step with the picture.

    understudy swap --source S31 --target S1.mpg --out swapped.mp4 --steps 40 --voice voices --production prod
    python benchmarks/av_offset.py --data ../shared --work build/av --model prod/model --voice voices

Real talking footage (GRID, talker s1) is converted with `--voice`, into MP4 (AAC) and Matroska (FLAC). By
how much the new sound is later than the target's: the lag at which the envelopes of their energy match best,
to a fraction of a millisecond, both on the clock of their own pictures. Files are decoded as players do it:
what an encoder puts before the first sample that counts is cut off as the container says, and times of the
container count. Further targets are made of the first clip: with AAC, whose first packet lies before 0; with
sound that begins 0.3 s after the picture; and with pictures that begin at 1.2 s.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from machine import about
from numpy.typing import NDArray

import understudy
from understudy.core.types import Frame
from understudy.media.footage import open_footage
from understudy.media.info import OtherSound
from understudy.media.opening import open_container
from understudy.media.sound import SoundReader, read_sound
from understudy.media.sound_writer import write_sound
from understudy.media.writer import VideoWriter

RESULT = Path(__file__).parent / "results" / "av_offset.json"
CLIPS = ("bbas2p", "lgal9s", "pgbe3s")
RATE_HZ, STEP_S = 48_000, 0.001
_SMOOTH_S, _QUIET_DB, _REACH_S = 0.01, 45.0, 0.25

Floats = NDArray[np.float64]


def heard(path: Path) -> Floats:
    """(n,) level in dB each `STEP_S` from the first picture on; what is quiet is all alike."""
    reader = SoundReader(path=path, rate_hz=RATE_HZ, is_timed=True)
    sound = np.concatenate(list(reader)).astype(np.float64)
    with open_footage(path) as footage:
        first_s = float(next(iter(footage)).time_s)
    late = round((reader.start_s - first_s) * RATE_HZ)
    sound = np.pad(sound, (late, 0)) if late > 0 else sound[-late:]
    width = round(_SMOOTH_S * RATE_HZ)
    power = np.convolve(sound**2, np.hanning(width) / np.hanning(width).sum(), "same")
    power = power[:: round(STEP_S * RATE_HZ)]
    return 10 * np.log10(np.maximum(power / power.max(), 10 ** (-_QUIET_DB / 10)))


def later_ms(sound: Floats, than: Floats) -> tuple[float, float]:
    """By how many milliseconds one envelope is later than another, and how well they go together then."""
    count = min(len(sound), len(than))
    reach = round(_REACH_S / STEP_S)
    middle = than[reach : count - reach]
    r = np.array([_r(sound[reach + lag : count - reach + lag], middle) for lag in range(-reach, reach + 1)])
    best = int(r[1:-1].argmax()) + 1
    before, top, after = r[best - 1 : best + 2]
    part = 0.5 * (before - after) / (before - 2 * top + after)
    return round(1000 * STEP_S * (best + part - reach), 2), round(float(top), 3)


def _r(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def first_packet_ms(path: Path) -> float:
    """The time of the first packet of sound: below 0 where it only warms the decoder up."""
    with open_container(path) as container:
        packet = next(container.demux(container.streams.audio[0]))
        return round(1000 * float((packet.pts or 0) * packet.time_base), 2)


def made(clip: Path, out: Path, sound_s: float, picture_s: float) -> Path:
    """A clip with its sound as AAC, both beginning at other times."""
    sound, reader = read_sound(clip, RATE_HZ)
    track = out.with_suffix(".m4a")
    write_sound(track, [sound], RATE_HZ)
    with open_footage(clip) as footage:
        info = footage.info
        start = round(Fraction(picture_s).limit_denominator(1000) / info.time_base)
        shift_s = Fraction(round(sound_s * 1000), 1000)
        like = replace(info, sound=OtherSound(path=track, start_s=shift_s), start_pts=start)
        with VideoWriter(out, like=like) as writer:
            for frame in footage:
                pts = frame.pts - info.start_pts + start
                writer.write(Frame(index=frame.index, pts=pts, time_base=info.time_base, image=frame.image))
    del reader
    track.unlink()
    return out


def targets(video: Path, work: Path) -> dict[str, Callable[[], Path]]:
    """What is converted, by what it is."""
    clips = {f"{name}.mpg": (lambda name=name: video / f"{name}.mpg") for name in CLIPS}
    first = video / f"{CLIPS[0]}.mpg"
    return clips | {
        "AAC": lambda: made(first, work / "aac.mp4", 0.0, 0.0),
        "sound 0.3 s late": lambda: made(first, work / "late.mp4", 0.3, 0.0),
        "picture from 1.2 s": lambda: made(first, work / "picture.mkv", 1.2, 1.2),
    }


def main() -> None:
    """Print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder beside the project")
    parser.add_argument("--work", type=Path, required=True, help="where videos are written")
    parser.add_argument("--model", type=Path, required=True, help="of faces, s1 among them")
    parser.add_argument("--voice", type=Path, required=True, help="voice model")
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for name, make in targets(args.data / "data" / "video" / "grid_s1", args.work).items():
        target = make()
        for suffix in (".mp4", ".mkv"):
            out = args.work / f"{target.stem}_out{suffix}"
            understudy.convert(target, args.model, out, voice=args.voice)
            offset, r = later_ms(heard(out), heard(target))
            row = {"target": name, "output": suffix, "later_ms": offset, "r": r}
            rows.append(row | {"first_packet_ms": first_packet_ms(out)})
            print(json.dumps(rows[-1]), flush=True)
    worst = max(abs(row["later_ms"]) for row in rows)
    result = {"about": about(), "conversions": rows, "largest_ms": worst}
    args.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
