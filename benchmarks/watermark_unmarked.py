"""How often a watermark is seen where there is none."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from understudy.faces.finder import FaceFinder
from understudy.media.footage import expand_footage, open_footage
from understudy.provenance.watermark_detect import View, detection_in, evidence_in, left_over_in
from understudy.provenance.watermark_pattern import PUBLIC_KEY, pattern
from understudy.provenance.watermark_read import CLOCKS, chance, luma_seen, pilot_scores
from understudy.workflows.verify_watermark import view_of

P_VALUES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
STRETCH_S = 2


def unmarked(finder: FaceFinder, paths: Sequence[Path], most: int, keys: int) -> dict[str, Any]:
    """How often unmarked faces reach p-values, by the public key and by others."""
    others = [pattern.__wrapped__(PUBLIC_KEY + bytes([key % 256, key // 256])) for key in range(keys)]
    frames, finds, by_others = 0, [], []
    for stretch in unmarked_stretches(finder, paths):
        if not (runs := left_over_in(stretch)):
            continue
        frames += len(stretch)
        finds.append(detection_in(runs, pattern()))
        seen = luma_seen(evidence_in(runs, pattern()))
        by_others += [float(pilot_scores(waves, seen).max()) for waves in others]
        if len(finds) % 10 == 0:
            print(
                "unmarked",
                frames,
                min(each.p_value for each in finds),
                max(by_others),
                file=sys.stderr,
                flush=True,
            )
        if frames >= most:
            break
    least = np.array([each.p_value for each in finds])
    chances = np.array([chance(each, math.log(CLOCKS)) for each in by_others])
    return {
        "frames": frames,
        "stretches": len(finds),
        "found": sum(each.found for each in finds),
        "payloads": sum(each.payload is not None for each in finds),
        "least_p_value": float(least.min()),
        "highest_score": max(each.score for each in finds),
        "share_with_p_value": {f"{p:g}": float((least <= p).mean()) for p in P_VALUES},
        "other_keys": {
            "looks": len(by_others),
            "scores": len(by_others) * CLOCKS,
            "highest_score": max(by_others),
            "share_with_p_value": {f"{p:g}": float((chances <= p).mean()) for p in P_VALUES},
        },
    }


def unmarked_stretches(finder: FaceFinder, paths: Sequence[Path]) -> Iterator[list[View]]:
    """Two seconds of one face each, of all footage there is."""
    for path in expand_footage(paths):
        tracks: dict[int, list[View]] = {}
        with open_footage(path) as footage:
            for frame, faces in finder.stream(footage):
                for face in faces:
                    track = tracks.setdefault(face.track, [])
                    track.append(view_of(face, frame.image, float(frame.time_s)))
                    if track[-1].time_s - track[0].time_s >= STRETCH_S:
                        yield tracks.pop(face.track)
        yield from tracks.values()
