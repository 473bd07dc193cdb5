"""The page of a coverage: what to film, with pictures of the target, and the maps."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from understudy.report import facts
from understudy.report.coverage_map import CoverageMap, coverage_section
from understudy.report.shell import render_shell

SIDES = "Left and right are the picture's, as the person behind the camera sees them."


@dataclass(frozen=True, slots=True, kw_only=True)
class GapShown:
    """Something to film.

    Args:
        sentence: what, plain text.
        concerns: how much of the target needs it, plain text.
        examples: caption and WebP file of the target's face in a frame that shows it.
    """

    sentence: str
    concerns: str
    examples: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePage:
    """What the page shows.

    Args:
        title: heading, plain text.
        summary: a sentence below it, plain text.
        gaps: what to film, that which matters most first.
        found: the counts of faces.
        warnings: what the reader should know.
    """

    title: str
    summary: str
    gaps: Sequence[GapShown]
    found: CoverageMap
    warnings: Sequence[str] = ()


def render_coverage(page: CoveragePage) -> str:
    """Make the page, one HTML file that needs nothing beside it."""
    parts = (facts.warnings(page.warnings), _gaps(page.gaps), coverage_section(page.found))
    return render_shell(
        page.title,
        "\n".join(part for part in parts if part),
        summary=page.summary,
        notice="",
        styles=("charts.css", "report.css", "coverage.css"),
    )


def _gaps(gaps: Sequence[GapShown]) -> str:
    if not gaps:
        return '<section><h2>What to film</h2><p class="lede">Nothing: the source shows it all.</p></section>'
    items = "".join(
        f'<li><p class="sentence">{escape(gap.sentence)}</p><p class="concerns">{escape(gap.concerns)}</p>'
        f'<ul class="examples">{"".join(_example(*example) for example in gap.examples)}</ul></li>'
        for gap in gaps
    )
    return (
        f'<section><h2>What to film</h2><p class="lede">The pictures show the target doing it. {SIDES}</p>'
        f'<ol class="gaps">{items}</ol></section>'
    )


def _example(caption: str, picture: bytes) -> str:
    text = escape(caption)
    return (
        f'<li><figure><img alt="" src="data:image/webp;base64,{base64.b64encode(picture).decode()}">'
        f"<figcaption>{text}</figcaption></figure></li>"
    )
