"""The page that compares outputs: a video wall in step, a table with intervals, who wins when, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from understudy.core.files import write_atomically
from understudy.report.clips import Clip, cut_to_budget
from understudy.report.curves import MOST_POINTS, thinned
from understudy.report.player import player_data, transport
from understudy.report.plots import Line, line_chart
from understudy.report.shell import NOTICE, Finish, as_it_is, render_shell

MAX_CLIP_BYTES = 9_000_000  # base64 makes 12 MB of them: up to eight clips play, each in two views
_BAND_PX = 1000  # width of a band in its own units; it is stretched to the page


@dataclass(frozen=True, slots=True, kw_only=True)
class WallCell:
    """One output's figure.

    Args:
        value: as it is read, "-" where it was not measured.
        interval: its 95 % interval as it is read, may be empty.
        is_winner: whether it is best by more than chance.
        is_ranked: whether it takes part; a video in which nothing was swapped does not.
    """

    value: str
    interval: str = ""
    is_winner: bool = False
    is_ranked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WallFigure:
    """One figure of all outputs.

    Args:
        name: what was measured.
        unit: may be empty.
        better: "higher" or "lower".
        explanation: a few words for a reader who is new to it.
        cells: one an output.
        verdict: who is best, in words.
        shares: output to the share of frames, 0 to 1, in which it alone is best; None where not known.
        stretches: output, first and last second in which it is clearly the best.
    """

    name: str
    unit: str
    better: str
    explanation: str
    cells: Mapping[str, WallCell]
    verdict: str
    shares: Mapping[str, float | None]
    stretches: Sequence[tuple[str, float, float]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WallCurve:
    """A figure over the frames: one line an output, and the target's where it has one.

    Args:
        name: what was measured.
        unit: may be empty.
        values: output, or "target", to one value a time of the page; None where not known.
    """

    name: str
    unit: str
    values: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, kw_only=True)
class WallData:
    """What the page shows.

    Args:
        title: heading.
        summary: a sentence below it.
        outputs: two to six labels; their order is that of columns and colours.
        clips: of "target", of each output and perhaps of "truth", in one or more views, all in step.
        figures: the table, and the bands of who wins when.
        times_s: times of the measured frames on the target's clock, rising.
        curves: what is drawn over the frames.
        spared: spans of the clips' clock, first and last second, that stay whatever has to go.
        warnings: what the reader should know about this comparison.
    """

    title: str
    summary: str
    outputs: Sequence[str]
    clips: Sequence[Clip]
    figures: Sequence[WallFigure]
    times_s: Sequence[float]
    curves: Sequence[WallCurve]
    spared: Sequence[tuple[float, float]] = ()
    warnings: Sequence[str] = ()


def render_wall(data: WallData) -> str:
    """Make the page.

    Args:
        data: what to show. Clips over `MAX_CLIP_BYTES` are cut at a common time and the page says so.

    Returns:
        The HTML.

    Raises:
        ValueError: two clips of one view share a name.
    """
    clips, kept_s = cut_to_budget(data.clips, MAX_CLIP_BYTES, data.spared)
    warnings = list(data.warnings)
    if kept_s is not None:
        also = " and the moments of clear leads" if data.spared else ""
        warnings.append(f"The wall shows the first {kept_s:.1f} s{also}, so that this page stays small.")
    colours = {label: f"w{i}" for i, label in enumerate(data.outputs)}
    body = (
        _wall(clips, colours),
        _warnings(warnings),
        _table(data, colours),
        _bands(data, colours),
        _curves(data, colours),
        _METHOD,
    )
    return render_shell(
        data.title,
        "\n".join(part for part in body if part),
        _clock_of_target(player_data(clips)),
        summary=data.summary,
        notice=NOTICE,
        styles=("player.css", "charts.css", "wall.css"),
        scripts=("player.js",),
    )


def write_wall(path: Path, data: WallData, finish: Finish = as_it_is) -> None:
    """Write the page to `path`, whole or not at all.

    Args:
        path: the file.
        data: what the page shows.
        finish: makes of the finished page what is written.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
        ValueError: as in `render_wall`.
    """
    write_atomically(path, finish(render_wall(data).encode()))


def _clock_of_target(data: dict[str, Any]) -> dict[str, Any]:
    # the player steps on the last clip of a view, and no output may be longer than the target
    return data | {"clips": sorted(data["clips"], key=lambda clip: clip["name"] == "target")}


def _wall(clips: Sequence[Clip], colours: Mapping[str, str]) -> str:
    first_of = {clip.name: clip for clip in reversed(clips)}
    names = list(dict.fromkeys(clip.name for clip in clips))
    panels = "".join(_panel(first_of[name], colours.get(name)) for name in names)
    views = list(dict.fromkeys(clip.view for clip in clips))
    return (
        '<section class="stage" aria-label="Video wall">'
        f'<div class="panels wall n{len(names)}">{panels}</div></section>{transport(views)}'
    )


def _panel(clip: Clip, colour: str | None) -> str:
    name, remark = escape(clip.name), f"<small>{escape(clip.remark)}</small>" if clip.remark else ""
    return (
        f'<figure class="panel {colour or f"c-{name}"}" data-clip="{name}">'
        f'<canvas width="{clip.width_px}" height="{clip.height_px}" role="img" aria-label="{name}"></canvas>'
        f"<figcaption>{name} {remark}</figcaption></figure>"
    )


def _warnings(messages: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(message)}</li>" for message in messages)
    return f'<div class="warnings" role="note"><ul>{items}</ul></div>' if items else ""


def _table(data: WallData, colours: Mapping[str, str]) -> str:
    heads = "".join(
        f'<th scope="col"><span class="dot-label {colours[label]}">{escape(label)}</span></th>'
        for label in data.outputs
    )
    rows = "".join(_row(figure, data.outputs) for figure in data.figures)
    return (
        '<section><h2>Who is best in what</h2><p class="lede">The mean over the frames, with its 95 % '
        "confidence interval below. ★ is best, by more than chance on the same frames.</p>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table class="standings"><thead>'
        f'<tr><th scope="col">figure</th>{heads}<th scope="col">best</th></tr></thead><tbody>{rows}</tbody>'
        "</table></div></section>"
    )


def _row(figure: WallFigure, outputs: Sequence[str]) -> str:
    unit = f" ({figure.unit})" if figure.unit else ""
    cells = "".join(_cell(figure.cells[label]) for label in outputs)
    return (
        f'<tr><th scope="row">{escape(figure.name + unit)} <em>{escape(figure.better)} is better</em>'
        f"<small>{escape(figure.explanation)}</small></th>{cells}<td>{escape(figure.verdict)}</td></tr>"
    )


def _cell(cell: WallCell) -> str:
    kind = "winner" if cell.is_winner else "" if cell.is_ranked else "unranked"
    star = '<span class="star" aria-label="best">★</span> ' if cell.is_winner else ""
    remark = cell.interval if cell.is_ranked else "not swapped"
    return f'<td class="{kind}">{star}{escape(cell.value)}<small>{escape(remark)}</small></td>'


def _bands(data: WallData, colours: Mapping[str, str]) -> str:
    if len(data.times_s) < 2:
        return ""
    legend = "".join(
        f'<li><span class="dot-label {colours[label]}">{escape(label)}</span></li>' for label in data.outputs
    )
    rows = "".join(_band(figure, data, colours) for figure in data.figures)
    return (
        '<section><h2>Who wins when</h2><p class="lede">Coloured where one output is clearly better than all '
        "others, looked at half a second at a time; empty where none is. Right: the share of frames in which "
        "each alone is best. Click to go to that moment.</p>"
        f'<ul class="legend">{legend}</ul><div class="bands">{rows}</div></section>'
    )


def _band(figure: WallFigure, data: WallData, colours: Mapping[str, str]) -> str:
    start, end = data.times_s[0], data.times_s[-1]
    scale = _BAND_PX / (end - start)
    rects = "".join(
        f'<rect class="{colours[label]}" x="{(first - start) * scale:.1f}" y="0" '
        f'width="{max((last - first) * scale, 2):.1f}" height="20"><title>{escape(label)}: {first:.1f} to '
        f"{last:.1f} s</title></rect>"
        for label, first, last in figure.stretches
    )
    shares = "".join(
        f'<span class="share {colours[label]}" title="{escape(label)}">{_percent(share)}</span>'
        for label, share in figure.shares.items()
    )
    return (
        f'<div class="band"><span class="name">{escape(figure.name)}</span>'
        f'<svg viewBox="0 0 {_BAND_PX} 20" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(figure.name)} over time" data-seek data-t0="{start:.6g}" data-t1="{end:.6g}" '
        f'data-x0="0" data-x1="{_BAND_PX}">{rects}<line class="playhead" y1="0" y2="20"/></svg>'
        f'<span class="shares">{shares}</span></div>'
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _curves(data: WallData, colours: Mapping[str, str]) -> str:
    charts = "".join(
        line_chart(
            curve.name,
            [_line(name, data.times_s, values, colours.get(name)) for name, values in curve.values.items()],
            "seconds",
            curve.unit,
            seeks=True,
        )
        for curve in data.curves
    )
    lede = '<p class="lede">Click on a curve to go to that moment.</p>'
    return (
        f'<section><h2>Frame by frame</h2>{lede}<div class="charts">{charts}</div></section>'
        if charts
        else ""
    )


def _line(name: str, times_s: Sequence[float], values: Sequence[float | None], colour: str | None) -> Line:
    x, y = thinned(times_s, values, MOST_POINTS)
    return Line(name=name, x=x, y=y, colour=colour or "c-target", dashed=colour is None)


_METHOD = (
    "<details><summary>How the intervals are made</summary><p>Frames next to each other are alike, so they "
    "do not count as independent measurements. The intervals come from 2,000 resamples of whole blocks of "
    "consecutive frames (circular block bootstrap), each block as long as the figure's autocorrelation "
    "lasts. Whether one output is better than another is decided on their differences frame by frame, "
    "because the same frames are hard for both. The intervals are not corrected for the number of figures: "
    "of twenty comparisons of equals, one will look like a win.</p></details>"
)
