"""The report page: everything that a swap showed, in one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.report import facts, training
from understudy.report.clips import Clip, cut_to_budget
from understudy.report.coverage_map import CoverageMap, coverage_section
from understudy.report.curves import FrameSeries, frame_charts
from understudy.report.figures import Figure, figures
from understudy.report.moments import Moment, strip
from understudy.report.player import player_data, stage
from understudy.report.shell import NOTICE, Finish, as_it_is, render_shell
from understudy.report.training import TrainingPoint

# base64 makes four bytes of three: 4.9 MB of clips, 0.5 MB of previews and the rest stay under 8 MB
MAX_CLIP_BYTES = 4_900_000
MAX_PREVIEW_BYTES = 500_000


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """What a report shows; every part but the title may be left out.

    Args:
        title: heading of the page.
        summary: one or two sentences below it.
        clips: what plays, in the order of the panels; the same names may come again in another view.
            Clips with `in_step` are compared pairwise in this order, so put target before output
            before truth.
        spared: spans of the clips' clock, first and last second, that stay whatever has to go.
        figures: what was measured, in order.
        worst: frames that came out worst, worst first.
        best: frames that came out best.
        ranking: how they were chosen.
        series: figures over the frames, on the target's clock.
        coverage: what of the target's faces the source covers.
        history: the training curve, rising in time.
        mean_face_ssim: in-mask SSIM of each identity's constant mean face, the line to beat.
        previews: caption and (h, w, 3) RGB uint8 picture.
        settings: name and value of what the run was made with.
        provenance: name and value of which files these are and what made them.
        notice: what a reader must know before anything else.
        origin: where the material comes from, its licences and consent.
        notes: what the player does not show.
        warnings: what the reader should know about this run.
        finish_picture: makes of the WebP file of a preview what the page holds.
    """

    title: str
    summary: str = ""
    clips: Sequence[Clip] = ()
    spared: Sequence[tuple[float, float]] = ()
    figures: Sequence[Figure] = ()
    worst: Sequence[Moment] = ()
    best: Sequence[Moment] = ()
    ranking: str = ""
    series: Sequence[FrameSeries] = ()
    coverage: CoverageMap | None = None
    history: Sequence[TrainingPoint] = ()
    mean_face_ssim: Mapping[str, float] = field(default_factory=dict[str, float])
    previews: Sequence[tuple[str, Image]] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    provenance: Mapping[str, object] = field(default_factory=dict[str, object])
    notice: str = NOTICE
    origin: str = ""
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    finish_picture: Finish = as_it_is


def render(data: ReportData) -> str:
    """Make the page.

    Args:
        data: what to show. Clips over `MAX_CLIP_BYTES` are cut at a common time and the page says so.

    Returns:
        The HTML, at most about 8 MB.

    Raises:
        ValueError: two clips of one view share a name.
    """
    clips, kept_s = cut_to_budget(data.clips, MAX_CLIP_BYTES, data.spared)
    notes = list(data.notes)
    if kept_s is not None:
        also = " and the moments below" if data.spared else ""
        notes.append(
            f"The player holds the first {kept_s:.1f} s{also}, so that this page stays small. "
            "The video is whole."
        )
    return render_shell(
        data.title,
        _body(data, clips, notes),
        player_data(clips),
        summary=data.summary,
        notice=data.notice,
        footer=data.origin,
        styles=("player.css", "charts.css", "report.css"),
        scripts=("player.js",),
    )


def write_report(path: Path, data: ReportData, finish: Finish = as_it_is) -> None:
    """Write the page to `path`, whole or not at all.

    Args:
        path: the file.
        data: what the page shows.
        finish: makes of the finished page what is written.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
        ValueError: as in `render`.
    """
    write_atomically(path, finish(render(data).encode()))


def _body(data: ReportData, clips: Sequence[Clip], notes: Sequence[str]) -> str:
    return "\n".join(
        part
        for part in (
            facts.warnings(data.warnings),
            stage(clips, notes),
            figures(data.figures),
            strip("Worst frames", data.ranking, data.worst),
            strip("Best frames", "", data.best),
            frame_charts(data.series, seeks=bool(clips)),
            coverage_section(data.coverage),
            training.training(data.history, data.mean_face_ssim),
            training.previews(data.previews, MAX_PREVIEW_BYTES, data.finish_picture),
            facts.facts("Settings", data.settings),
            facts.facts("Where it comes from", data.provenance),
        )
        if part
    )
