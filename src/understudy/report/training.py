"""How a model learned: curves of its validations, and pictures of what it drew."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from understudy.core.types import Image
from understudy.report.clips import encode_picture, fit_within
from understudy.report.curves import chart_section
from understudy.report.figures import format_value
from understudy.report.plots import Line, line_chart
from understudy.report.shell import Finish, as_it_is

PREVIEW_SIDE_PX = 1280


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


def training(history: Sequence[TrainingPoint], mean_face_ssim: Mapping[str, float]) -> str:
    """How the model learned: SSIM on held-out faces of each identity, and the loss."""
    if not history:
        return ""
    if len(history) == 1:
        return _validated_once(history[0], mean_face_ssim)
    in_minutes = history[-1].seconds >= 120
    x = [point.seconds / (60 if in_minutes else 1) for point in history]
    identities = dict.fromkeys(name for point in history for name in point.ssim)
    lines: list[Line] = []
    for i, name in enumerate(identities):
        y = [point.ssim.get(name) for point in history]
        lines.append(Line(name=name, x=x, y=y, colour=f"c{i % 6}"))
        if name in mean_face_ssim:
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
    return chart_section("Training", f'<p class="lede">{lede}</p>', charts)


def _validated_once(point: TrainingPoint, mean_face_ssim: Mapping[str, float]) -> str:
    """One point is no curve: its figures in a sentence."""
    found = ", ".join(
        f"{name} {ssim:.3f}"
        + (f" (one constant mean face: {mean_face_ssim[name]:.3f})" if name in mean_face_ssim else "")
        for name, ssim in point.ssim.items()
    )
    loss = "" if point.loss is None else f" Loss {format_value(point.loss)}."
    text = f"{point.step:,} steps, validated once. SSIM of faces held out of training: {found}.{loss}"
    return f'<section><h2>Training</h2><p class="lede">{escape(text)}</p></section>'


def previews(pictures: Sequence[tuple[str, Image]], max_bytes: int, finish: Finish = as_it_is) -> str:
    """Captioned pictures; those that no longer fit into `max_bytes` are shown smaller.

    Args:
        pictures: caption and (h, w, 3) RGB uint8.
        max_bytes: what they take together, before `finish` and base64.
        finish: makes of a WebP file what the page holds.
    """
    if not pictures:
        return ""
    share = max_bytes // len(pictures)
    items = "".join(_preview(caption, image, share, finish) for caption, image in pictures)
    return f'<section><h2>Previews</h2><div class="previews">{items}</div></section>'


def _preview(caption: str, image: Image, max_bytes: int, finish: Finish) -> str:
    side_px = PREVIEW_SIDE_PX
    small = fit_within(image, side_px)
    data = encode_picture(small, 82)
    while len(data) > max_bytes and side_px > 128:
        side_px = side_px * 3 // 4
        small = fit_within(image, side_px)
        data = encode_picture(small, 78)
    text, encoded = escape(caption), base64.b64encode(finish(data)).decode()
    return (
        f'<figure><img width="{small.shape[1]}" height="{small.shape[0]}" alt="{text}" '
        f'src="data:image/webp;base64,{encoded}"><figcaption>{text}</figcaption></figure>'
    )
