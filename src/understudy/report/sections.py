"""The parts of the report page, each data in and HTML out; every text is escaped here."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from understudy.core.types import Image
from understudy.report.clips import encode_jpeg, fit_within
from understudy.report.plots import Line, colour_of, line_chart

PREVIEW_SIDE_PX = 1280
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Args:
        name: what was measured.
        value: a number, a text, or None where it could not be measured.
        unit: "%", "dB", "ms"; empty for a plain number.
        good_when: the line that it should reach, e.g. "at least 0.7"; may be empty.
        is_good: whether it does; None where there is no such line.
        explanation: one sentence for a reader who is new to it.
    """

    name: str
    value: float | str | None
    unit: str = ""
    good_when: str = ""
    is_good: bool | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPoint:
    """One validation during training.

    Args:
        step: optimizer steps so far.
        seconds: training time so far.
        loss: training loss, None where not known.
        ssim: in-mask SSIM of each identity's held-out faces, -1 .. 1.
    """

    step: int
    seconds: float
    loss: float | None = None
    ssim: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeries:
    """A figure over the frames, for one or more clips.

    Args:
        name: what was measured, e.g. "mouth opening".
        times_s: presentation times on the target's clock, rising.
        values: for each name ("target", "output") as many values as times; None where not measured.
        unit: unit of the values, may be empty.
    """

    name: str
    times_s: Sequence[float]
    values: Mapping[str, Sequence[float | None]]
    unit: str = ""


def warnings(messages: Sequence[str]) -> str:
    """What the reader should know about this run."""
    if not messages:
        return ""
    items = "".join(f"<li>{escape(message)}</li>" for message in messages)
    return f'<div class="warnings" role="note"><ul>{items}</ul></div>'


def figures(rows: Sequence[Figure]) -> str:
    """What was measured, what it means and where good begins."""
    if not rows:
        return ""
    items = "".join(_figure(row) for row in rows)
    return f'<section><h2>Measured</h2><ul class="figures">{items}</ul></section>'


def side_by_side(*parts: str) -> str:
    """Put what there is of two sections into one row."""
    there = [part for part in parts if part]
    alone = " alone" if len(there) == 1 else ""
    return f'<div class="pair{alone}">{"".join(there)}</div>' if there else ""


def frame_charts(series: Sequence[FrameSeries], *, seeks: bool) -> str:
    """One chart a figure; with `seeks` a click moves the player there."""
    charts = [
        line_chart(
            one.name,
            [
                Line(name=name, x=one.times_s, y=values, colour=colour_of(name, i))
                for i, (name, values) in enumerate(one.values.items())
            ],
            "seconds",
            one.unit,
            seeks=seeks,
        )
        for one in series
    ]
    lede = '<p class="lede">Click on a curve to go to that moment.</p>' if seeks else ""
    return _charts("Frame by frame", lede, charts)


def training(history: Sequence[TrainingPoint], mean_face_ssim: Mapping[str, float]) -> str:
    """How the model learned: SSIM on held-out faces of each identity, and the loss."""
    if not history:
        return ""
    in_minutes = history[-1].seconds >= 120
    x = [point.seconds / (60 if in_minutes else 1) for point in history]
    identities = dict.fromkeys(name for point in history for name in point.ssim)
    lines: list[Line] = []
    for i, name in enumerate(identities):
        y = [point.ssim.get(name) for point in history]
        lines.append(Line(name=name, x=x, y=y, colour=f"c{i % 6}"))
        if name in mean_face_ssim and len(x) > 1:
            floor = [mean_face_ssim[name]] * 2
            lines.append(
                Line(name=f"{name}, mean face", x=[x[0], x[-1]], y=floor, colour=f"c{i % 6}", dashed=True)
            )
    x_label = "minutes" if in_minutes else "seconds"
    loss = Line(name="loss", x=x, y=[point.loss for point in history], colour="c5")
    lede = (
        f"{history[-1].step:,} steps. Faces held out of training, redrawn from their code; "
        "the dotted lines are what one constant mean face reaches."
    )
    charts = [
        line_chart("Likeness of held-out faces", lines, x_label, "SSIM, 1 is identical"),
        line_chart("Training loss", [loss], x_label, ""),
    ]
    return _charts("Training", f'<p class="lede">{lede}</p>', charts)


def previews(pictures: Sequence[tuple[str, Image]], max_bytes: int) -> str:
    """Captioned pictures; those that no longer fit into `max_bytes` of JPEG are shown smaller."""
    if not pictures:
        return ""
    share = max_bytes // len(pictures)
    items = "".join(_preview(caption, image, share) for caption, image in pictures)
    return f'<section><h2>Previews</h2><div class="previews">{items}</div></section>'


def settings(values: Mapping[str, object]) -> str:
    """What the run was made with, folded away."""
    if not values:
        return ""
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>"
        for name, value in values.items()
    )
    return f"<details><summary>Settings</summary><table>{rows}</table></details>"


def format_value(value: float | str | None) -> str:
    """Write a number with three significant digits, and what is not a number as it is."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return NOT_MEASURED
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    if value and abs(value) < 0.001:
        return f"{value:.2g}"
    decimals = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    return f"{value:.{decimals}f}"


def _charts(title: str, lede: str, charts: Sequence[str]) -> str:
    drawn = "".join(charts)
    return f'<section><h2>{title}</h2>{lede}<div class="charts">{drawn}</div></section>' if drawn else ""


def _figure(row: Figure) -> str:
    mark = ""
    if row.is_good is not None:
        mark = (
            '<span class="mark good">✓</span> ' if row.is_good else '<span class="mark bad">✗ missed</span> '
        )
    text = format_value(row.value)
    missing = text == NOT_MEASURED
    unit = f" <small>{escape(row.unit)}</small>" if row.unit and not missing else ""
    return (
        f'<li><span class="name">{escape(row.name)}</span>'
        f'<span class="value{" none" if missing else ""}">{escape(text)}{unit}</span>'
        f'<span class="why">{escape(row.explanation)}</span>'
        f'<span class="good-when">{mark}{escape(row.good_when)}</span></li>'
    )


def _preview(caption: str, image: Image, max_bytes: int) -> str:
    side_px = PREVIEW_SIDE_PX
    small = fit_within(image, side_px)
    data = encode_jpeg(small, 88)
    while len(data) > max_bytes and side_px > 128:
        side_px = side_px * 3 // 4
        small = fit_within(image, side_px)
        data = encode_jpeg(small, 85)
    text = escape(caption)
    return (
        f'<figure><img width="{small.shape[1]}" height="{small.shape[0]}" alt="{text}" '
        f'src="data:image/jpeg;base64,{base64.b64encode(data).decode()}"><figcaption>{text}</figcaption></figure>'
    )
