"""The report page: everything that a swap showed, in one HTML file that needs nothing beside it.

Clips are embedded as JPEG sequences and drawn on canvases: whether a browser plays H.264 depends on
how it was built, and two videos never step frame by frame together. Scripts and styles are pinned by
digest in a content security policy that also forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any

from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.report import sections
from understudy.report.clips import Clip, cut_to_budget
from understudy.report.sections import Figure, FrameSeries, TrainingPoint

# base64 makes four bytes of three: 4.6 MB of JPEG, 0.8 MB of previews and the rest stay under 8 MB
MAX_CLIP_BYTES = 4_600_000
MAX_PREVIEW_BYTES = 800_000

NOTICE = (
    "The output on this page is synthetic: one person's face was drawn on another person's performance, "
    "and what it shows did not happen. Share it only with the consent of both people, and say what it is."
)


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """What a report shows; every part but the title may be left out.

    Args:
        title: heading of the page.
        summary: one or two sentences below it.
        clips: what plays, in the order of the panels; the same names may come again in another view.
            Clips with `in_step` are compared pairwise in this order, so put target before output
            before truth.
        figures: what was measured, in order.
        history: the training curve, rising in time.
        mean_face_ssim: in-mask SSIM of each identity's constant mean face, the line to beat.
        previews: caption and (h, w, 3) RGB uint8 picture.
        series: figures over the frames, on the target's clock.
        settings: name and value of what the run was made with.
        notice: what a reader must know before anything else.
        provenance: where the material comes from, its licences and consent.
        warnings: what the reader should know about this run.
    """

    title: str
    summary: str = ""
    clips: Sequence[Clip] = ()
    figures: Sequence[Figure] = ()
    history: Sequence[TrainingPoint] = ()
    mean_face_ssim: Mapping[str, float] = field(default_factory=dict[str, float])
    previews: Sequence[tuple[str, Image]] = ()
    series: Sequence[FrameSeries] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    notice: str = NOTICE
    provenance: str = ""
    warnings: Sequence[str] = ()


def render(data: ReportData) -> str:
    """Make the page.

    Args:
        data: what to show. Clips over `MAX_CLIP_BYTES` are cut at a common time and the page says so.

    Returns:
        The HTML, at most about 8 MB.

    Raises:
        ValueError: two clips of one view share a name.
    """
    seen = [(clip.view, clip.name) for clip in data.clips]
    if len(set(seen)) != len(seen):
        raise ValueError(f"two clips of one view share a name: {seen}")
    clips, kept_s = cut_to_budget(data.clips, MAX_CLIP_BYTES)
    warnings = list(data.warnings)
    if kept_s is not None:
        warnings.append(
            f"The player shows the first {kept_s:.1f} s, so that this page stays small. The video is whole."
        )
    style, script = _asset("report.css"), _asset("report.js")
    summary = f'<p class="summary">{escape(data.summary)}</p>' if data.summary else ""
    return Template(_asset("report.html")).substitute(
        title=escape(data.title),
        summary=summary,
        notice=escape(data.notice),
        provenance=f"<p>{escape(data.provenance)}</p>" if data.provenance else "",
        body=_body(data, clips, warnings),
        data=_embedded(_player_data(clips)),
        style=style,
        script=script,
        style_hash=_csp_digest(style),
        script_hash=_csp_digest(script),
    )


def write_report(path: Path, data: ReportData) -> None:
    """Write the page to `path`, whole or not at all.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
        ValueError: as in `render`.
    """
    write_atomically(path, render(data).encode())


def _body(data: ReportData, clips: Sequence[Clip], warnings: Sequence[str]) -> str:
    return "\n".join(
        part
        for part in (
            sections.warnings(warnings),
            sections.player(clips),
            sections.side_by_side(sections.compare(_pairs(clips)), sections.figures(data.figures)),
            sections.frame_charts(data.series, seeks=bool(clips)),
            sections.training(data.history, data.mean_face_ssim),
            sections.previews(data.previews, MAX_PREVIEW_BYTES),
            sections.settings(data.settings),
        )
        if part
    )


def _pairs(clips: Sequence[Clip]) -> list[tuple[str, str]]:
    names = list(dict.fromkeys(clip.name for clip in clips if clip.in_step))
    return list(pairwise(names))


def _player_data(clips: Sequence[Clip]) -> dict[str, Any]:
    # one origin for all that share the clock: an output that starts late must be seen to start late
    origin = next((clip.times_s[0] for clip in clips if clip.in_step), 0.0)
    return {
        "origin": origin,
        "views": list(dict.fromkeys(clip.view for clip in clips)),
        "pairs": _pairs(clips),
        "clips": [
            {
                "name": clip.name,
                "view": clip.view,
                "in_step": clip.in_step,
                "width": clip.width_px,
                "height": clip.height_px,
                "times": [
                    round(time_s - (origin if clip.in_step else clip.times_s[0]), 6)
                    for time_s in clip.times_s
                ],
                "frames": [base64.b64encode(frame).decode() for frame in clip.frames],
            }
            for clip in clips
        ],
    }


def _embedded(data: dict[str, Any]) -> str:
    # "<" alone can end a script element or open a comment in it
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _csp_digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (resources.files("understudy.report") / "assets" / name).read_text("utf-8")
