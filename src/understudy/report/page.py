"""The report page: everything that a swap showed, in one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.report import sections
from understudy.report.clips import Clip, cut_to_budget
from understudy.report.player import compare, pairs_of, player, player_data
from understudy.report.sections import Figure, FrameSeries, TrainingPoint
from understudy.report.shell import NOTICE, render_shell

# base64 makes four bytes of three: 4.6 MB of JPEG, 0.8 MB of previews and the rest stay under 8 MB
MAX_CLIP_BYTES = 4_600_000
MAX_PREVIEW_BYTES = 800_000


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
    clips, kept_s = cut_to_budget(data.clips, MAX_CLIP_BYTES)
    warnings = list(data.warnings)
    if kept_s is not None:
        warnings.append(
            f"The player shows the first {kept_s:.1f} s, so that this page stays small. The video is whole."
        )
    return render_shell(
        data.title,
        _body(data, clips, warnings),
        player_data(clips),
        summary=data.summary,
        notice=data.notice,
        footer=data.provenance,
        styles=("player.css", "charts.css", "report.css"),
        scripts=("player.js",),
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
            player(clips),
            sections.side_by_side(compare(pairs_of(clips)), sections.figures(data.figures)),
            sections.frame_charts(data.series, seeks=bool(clips)),
            sections.training(data.history, data.mean_face_ssim),
            sections.previews(data.previews, MAX_PREVIEW_BYTES),
            sections.settings(data.settings),
        )
        if part
    )
