"""How well lips follow speech: learnt from 20 clips of a person, driven by what was not learnt.

    python benchmarks/lipsync.py --data ../shared --work build/lipsync

Real talking footage (GRID, talker s1): the mouth opening that is drawn, read back from the video,
against the real mouth of the clip that the speech is of: held-out clips of the same person, and of others.
Silence, what is not the mouth, the lag between sound and picture, and whether sound that was moved in what is
learnt from is found.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from machine import about

from understudy.core.events import Notice, ignore
from understudy.faces.openings import all_normalised, expressions_of
from understudy.faces.pose import fit_poses
from understudy.media.footage import open_footage
from understudy.media.probe import stream_spans
from understudy.media.sound import read_sound
from understudy.media.sound_writer import write_sound
from understudy.speech.lips import lag_of, mouth_while
from understudy.speech.lips_training import at_times
from understudy.speech.log_mel import RATE_HZ
from understudy.workflows import lipsync as workflow
from understudy.workflows.lipsync_config import LipsyncConfig
from understudy.workflows.lipsync_learn import Learnt, Talking, _recordings, learn_lips, read_all_talking

RESULT = Path(__file__).parent / "results" / "lipsync.json"
HELD_OUT = slice(5, None, 6)  # of 24 clips in alphabetical order 4
LEFT_OUT_TOGETHER = 2  # clips of a speaker whose other clips are learnt from
OTHERS = {"grid_s31": 8, "grid_s26": 8}  # clips of other people, all that there are
RENDERED_OTHERS = 2  # of each, that are drawn
SHUT = 0.02  # distances between the eyes: lips that are nearer together than that are shut
_MOST_LAG = 6  # frames
_MOVED_S = (-0.2, -0.12, 0.12, 0.2)


def read_talking(path: Path) -> Talking:
    """Whoever is seen most in a clip, and its sound."""
    (talking,) = read_all_talking([path], ignore)
    return talking


def opening(talking: Talking) -> np.ndarray:
    """(n,) how far lips are apart in each frame, in distances between the eyes; NaN where no face is seen."""
    points = talking.clip.landmarks_px
    seen = np.isfinite(points).all(axis=(1, 2))
    out = np.full(len(points), np.nan)
    out[seen] = expressions_of(all_normalised(points[seen], fit_poses(points[seen])))[:, 0]
    return out


def follows(found: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Correlation of two curves frame by frame, and at what lag it is highest, in frames."""
    count = min(len(found), len(real))
    found, real = found[:count], real[:count]
    by_lag = {lag: _r(*_lagged(found, real, lag)) for lag in range(-_MOST_LAG, _MOST_LAG + 1)}
    return {"r": round(by_lag[0], 3), "lag_frames": max(by_lag, key=lambda lag: by_lag[lag])}


def _lagged(found: np.ndarray, real: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    return (found[lag:], real[: len(real) - lag]) if lag >= 0 else (found[:lag], real[-lag:])


def _r(a: np.ndarray, b: np.ndarray) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[known], b[known])[0, 1])


def said(learnt: Learnt, talking: Talking) -> np.ndarray:
    """(n,) how far lips are to be apart, at the times of the frames of the speech's own video."""
    return at_times(mouth_while(learnt.nets, talking.rows), talking.clip.times_s)[:, -1]


def summed(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> dict[str, Any]:
    """Means of r over clips, and how many have their lag within a frame."""
    return {
        key: {
            "mean_r": round(float(np.mean([row[key]["r"] for row in rows if key in row])), 3),
            "lag_within_a_frame": sum(abs(row[key]["lag_frames"]) <= 1 for row in rows if key in row),
            "of": sum(key in row for row in rows),
        }
        for key in keys
    }


class Bench:
    """What is learnt once and used for all figures."""

    def __init__(self, data: Path, work: Path) -> None:
        """Read all clips, and learn."""
        self.video, self.work = data / "data" / "video", work
        clips = sorted((self.video / "grid_s1").glob("*.mpg"))
        self.held_out = clips[HELD_OUT]
        self.learn = [path for path in clips if path not in self.held_out]
        self.talking = {path: read_talking(path) for path in clips}
        started = time.monotonic(), time.process_time()
        self.learnt: Learnt = learn_lips([self.talking[path] for path in self.learn], 0, ignore)
        self.learning = {
            "clips": len(self.learn),
            "talking_s": round(self.learnt.talking_s, 1),
            "r_not_learnt_from": round(self.learnt.r, 3),
            "seconds": round(time.monotonic() - started[0], 1),
            "cpu_seconds": round(time.process_time() - started[1], 1),
        }

    def predicted(self, talking: Talking) -> np.ndarray:
        """(n,) how far lips are to be apart, at the times of the frames of the speech's own video."""
        return said(self.learnt, talking)

    def drawn(
        self, footage: Path, speech: Path, name: str, learnt: Learnt | None = None
    ) -> tuple[Path, dict[str, Any]]:
        """Make a video by the command's own workflow, with what was learnt already; lossless."""
        out = self.work / f"{name}.mp4"
        out.unlink(missing_ok=True)
        config = LipsyncConfig(
            footage=footage,
            speech=speech,
            out=out,
            learn=tuple(self.learn),
            crf=0,
            identity="s1",
            consent="self",
            watermark=False,
        )
        kept = workflow._learnt
        workflow._learnt = lambda *_: learnt or self.learnt
        try:
            result = workflow.run(config, lambda event: print(event) if isinstance(event, Notice) else None)
        finally:
            workflow._learnt = kept
        return out, {"frames": result.frames, "fps": result.fps}

    def read_back(self, out: Path) -> np.ndarray:
        """(n,) how far lips are apart in a written video."""
        return opening(read_talking(out))


def of_own_speech(bench: Bench) -> dict[str, Any]:
    """A held-out clip's speech into the next one's picture, against the mouth that said it."""
    rows: list[dict[str, Any]] = []
    for number, path in enumerate(bench.held_out):
        real = opening(bench.talking[path])
        footage = bench.held_out[(number + 1) % len(bench.held_out)]
        out, speed = bench.drawn(footage, path, f"{footage.stem}_says_{path.stem}")
        found = bench.read_back(out)
        rows.append(
            {
                "speech": path.stem,
                "footage": footage.stem,
                "predicted": follows(bench.predicted(bench.talking[path]), real),
                "read_back": follows(found, real),
                "footages_own_mouth": follows(found, opening(bench.talking[footage])),
                "untouched": untouched(bench, footage, out),
                "sound_offset_ms": sound_offset_ms(out, path),
                **speed,
            }
        )
    return {"clips": rows, **summed(rows, ("predicted", "read_back", "footages_own_mouth"))}


def of_others(bench: Bench) -> dict[str, Any]:
    """Other people's speech, against the mouths of its own videos."""
    found: dict[str, Any] = {}
    for person, count in OTHERS.items():
        rows: list[dict[str, Any]] = []
        for number, path in enumerate(sorted((bench.video / person).glob("*.mpg"))[:count]):
            talking = read_talking(path)
            real = opening(talking)
            row: dict[str, Any] = {"speech": path.stem, "predicted": follows(bench.predicted(talking), real)}
            if number < RENDERED_OTHERS:
                footage = bench.held_out[number]
                out, _ = bench.drawn(footage, path, f"{footage.stem}_says_{path.stem}")
                row |= {"footage": footage.stem, "read_back": follows(bench.read_back(out), real)}
            rows.append(row)
        found[person] = {"clips": rows, **summed(rows, ("predicted", "read_back"))}
    return found


def of_speakers(bench: Bench) -> dict[str, Any]:
    """Other people's speech, learnt, too, from those clips of theirs that are not left out."""
    found: dict[str, Any] = {}
    own = [bench.talking[path] for path in bench.learn]
    for person, count in OTHERS.items():
        clips = [read_talking(path) for path in sorted((bench.video / person).glob("*.mpg"))[:count]]
        rows: list[dict[str, Any]] = []
        still: list[float] = []
        for start in range(0, count, LEFT_OUT_TOGETHER):
            out = clips[start : start + LEFT_OUT_TOGETHER]
            kept = clips[:start] + clips[start + LEFT_OUT_TOGETHER :]
            learnt = learn_lips(own, 0, ignore, speaker=kept)
            for talking in out:
                path, real = talking.path, opening(talking)
                row: dict[str, Any] = {"speech": path.stem, "predicted": follows(said(learnt, talking), real)}
                if len(rows) < RENDERED_OTHERS:
                    footage = bench.held_out[len(rows)]
                    made, _ = bench.drawn(footage, path, f"{footage.stem}_also_says_{path.stem}", learnt)
                    row |= {"footage": footage.stem, "read_back": follows(bench.read_back(made), real)}
                rows.append(row)
            still += [
                follows(said(learnt, bench.talking[path]), opening(bench.talking[path]))["r"]
                for path in bench.held_out
            ]
        found[person] = {
            "clips": rows,
            **summed(rows, ("predicted", "read_back")),
            "own_speech_r": round(fmean(still), 3),
        }
    return found


def of_silence(bench: Bench) -> dict[str, Any]:
    """Silence, digital and of a room, drawn into footage of somebody who talks."""
    random = np.random.default_rng(0)
    found: dict[str, Any] = {}
    for name, level in (("digital", 0.0), ("room", 2e-3)):
        sound = (level * random.normal(size=3 * RATE_HZ)).astype(np.float32)
        path = bench.work / f"{name}.wav"
        write_sound(path, [sound], RATE_HZ)
        out, _ = bench.drawn(bench.held_out[0], path, f"{name}_silence")
        gaps = bench.read_back(out)
        before = opening(bench.talking[bench.held_out[0]])
        found[name] = {
            "shut": round(float(np.mean(gaps < SHUT)), 3),
            "shut_in_footage": round(float(np.mean(before < SHUT)), 3),
            "widest": round(float(np.nanmax(gaps)), 3),
        }
    return found


def untouched(bench: Bench, footage: Path, out: Path) -> dict[str, Any]:
    """Largest difference above the nose and beyond the lower face, in the decoded lossless output."""
    talking = bench.talking[footage]
    most_far, most_above, changed = 0, 0, list[float]()
    with open_footage(footage) as before, open_footage(out) as after:
        for number, (a, b) in enumerate(zip(before, after, strict=False)):
            points = talking.clip.landmarks_px[number, :, :2]
            apart = np.abs(a.image.astype(int) - b.image).max(axis=-1)
            nose, chin = points[2], points[152]
            y, x = np.mgrid[: apart.shape[0], : apart.shape[1]]
            down = (chin - nose) / np.linalg.norm(chin - nose)
            height = (x - nose[0]) * down[0] + (y - nose[1]) * down[1]
            reach = 1.7 * np.linalg.norm(chin - nose)
            far = np.hypot(x - points[[13, 14], 0].mean(), y - points[[13, 14], 1].mean()) > reach
            most_far = max(most_far, int(apart[far].max()))
            most_above = max(most_above, int(apart[height < -0.05 * np.linalg.norm(chin - nose)].max()))
            changed.append(float((apart > 0).mean()))
    return {
        "above_the_nose": most_above,
        "beyond_the_lower_face": most_far,
        "share_changed": round(max(changed), 3),
    }


def sound_offset_ms(out: Path, speech: Path) -> float:
    """How much later the output's sound is than the speech's, by their correlation."""
    (a, _), (b, _) = (read_sound(path, 48_000) for path in (out, speech))
    count = 1 << (len(a) + len(b)).bit_length()
    match = np.fft.irfft(np.fft.rfft(a, count) * np.conj(np.fft.rfft(b, count)))
    shift = int(match.argmax())
    shift -= count if shift > count // 2 else 0
    spans = stream_spans(out)
    start = float(spans["audio"][0] - spans["video"][0])
    return round(1000 * (shift / 48_000 + start), 2)


def of_moved_sound(bench: Bench) -> dict[str, Any]:
    """What is said of sound that was moved in all that is learnt from."""
    recordings = _recordings([bench.talking[path] for path in bench.learn])
    found = {}
    for moved_s in (0.0, *_MOVED_S):
        moved = [replace(one, times_s=one.times_s - moved_s) for one in recordings]
        found[f"{1000 * moved_s:+.0f} ms"] = round(1000 * lag_of(moved)[0], 1)
    return found


def main() -> None:
    """Print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder beside the project")
    parser.add_argument("--work", type=Path, required=True, help="where videos are written")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--only", nargs="+", help="parts to measure anew; the others stay as stored")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    os.environ["UNDERSTUDY_IDENTITIES"] = str(args.work / "identities")
    bench = Bench(args.data, args.work)
    result: dict[str, Any] = json.loads(args.out.read_text()) if args.only else {}
    result |= {"learning": bench.learning, "shut_below": SHUT}
    parts = {
        "own_speech": of_own_speech,
        "silence": of_silence,
        "others": of_others,
        "speakers": of_speakers,
        "moved_sound": of_moved_sound,
    }
    for name, measure in parts.items():
        if args.only and name not in args.only:
            continue
        result[name] = {"about": about(), **measure(bench)}
        args.out.write_text(json.dumps(result, indent=2) + "\n")
        print(json.dumps({name: result[name]}), flush=True)


if __name__ == "__main__":
    main()
