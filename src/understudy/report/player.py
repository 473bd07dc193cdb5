"""The player: clips side by side on one clock, and two of them in one picture.

A page that shows it needs "player.css" and "player.js", and `player_data` as its data. Clips are
embedded as WebP sequences and drawn on canvases: whether a browser plays H.264 depends on how it was
built, and two videos never step frame by frame together.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

from understudy.report.clips import Clip
from understudy.report.plots import colour_of

SPEEDS = (0.1, 0.25, 0.5, 1, 2)


def stage(clips: Sequence[Clip], notes: Sequence[str] = ()) -> str:
    """Two clips in one picture, all clips beside it, and the bar that moves everything on the page.

    Args:
        clips: what plays; see `Clip`.
        notes: what to say below, plain text.
    """
    if not clips:
        return ""
    panels = f'<div class="panels">{_panels(clips)}</div>'
    compared = compare(pairs_of(clips))
    alone = "" if compared else " alone"
    hints = "".join(f'<p class="hint">{escape(note)}</p>' for note in notes)
    views = list(dict.fromkeys(clip.view for clip in clips))
    return (
        f'<section class="stage{alone}" aria-label="Clips">{compared}<div>{panels}{hints}</div></section>'
        f"{transport(views)}"
        # what the playhead stands on while the stage is scrolled away
        '<div class="dock" aria-hidden="true"><canvas></canvas><canvas></canvas></div>'
    )


def transport(views: Sequence[str]) -> str:
    """The bar that moves every clip and chart on the page, with a switch where there are several views."""
    view_switch = _switch("views", "View", [("view", view, view.capitalize()) for view in views])
    return (
        f'<div class="transport" role="group" aria-label="Player">{_BUTTONS}'
        '<input type="range" class="scrub" min="0" max="0" value="0" step="1" aria-label="Frame">'
        f'<span class="time"></span>{_speed()}{view_switch if len(views) > 1 else ""}</div>'
        "<noscript><p>The clips play with JavaScript, which is switched off here.</p></noscript>"
    )


def compare(pairs: Sequence[tuple[str, str]]) -> str:
    """Two clips in one picture, parted by a line that the reader moves."""
    if not pairs:
        return ""
    names = [("pair", str(i), f"{left} | {right}") for i, (left, right) in enumerate(pairs)]
    switch = _switch("pairs", "Clips to compare", names) if len(pairs) > 1 else ""
    return (
        '<div class="compare"><div class="wipe">'
        '<canvas width="256" height="256"></canvas><span class="tag left"></span>'
        '<span class="tag right"></span><span class="divider"></span>'
        '<input type="range" min="0" max="100" value="50" '
        'aria-label="Where the left clip ends and the right one begins"></div>'
        f'<div class="below"><p class="hint">Drag the line, also while it plays.</p>{switch}</div></div>'
    )


def _panels(clips: Sequence[Clip]) -> str:
    first_of = {clip.name: clip for clip in reversed(clips)}
    lead = "output" if "output" in first_of else clips[-1].name
    names = dict.fromkeys(clip.name for clip in clips)
    return "".join(_panel(first_of[name], is_lead=name == lead) for name in names)


def pairs_of(clips: Sequence[Clip]) -> list[tuple[str, str]]:
    """Names of the clips that are compared: those in step, each with the next."""
    names = list(dict.fromkeys(clip.name for clip in clips if clip.in_step))
    return list(pairwise(names))


def player_data(clips: Sequence[Clip]) -> dict[str, Any]:
    """What the player's script reads: every clip with its times and frames.

    Raises:
        ValueError: two clips of one view share a name.
    """
    seen = [(clip.view, clip.name) for clip in clips]
    if len(set(seen)) != len(seen):
        raise ValueError(f"two clips of one view share a name: {seen}")
    # one origin for all that share the clock: an output that starts late must be seen to start late
    origin = next((clip.times_s[0] for clip in clips if clip.in_step), 0.0)
    return {
        "origin": origin,
        "views": list(dict.fromkeys(clip.view for clip in clips)),
        "pairs": pairs_of(clips),
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


def _panel(clip: Clip, *, is_lead: bool) -> str:
    name = escape(clip.name)
    return (
        f'<figure class="panel {colour_of(clip.name, 0)}{" lead" if is_lead else ""}" data-clip="{name}">'
        f'<canvas width="{clip.width_px}" height="{clip.height_px}" role="img" aria-label="{name}"></canvas>'
        f"<figcaption>{name} <small>{escape(clip.remark)}</small></figcaption></figure>"
    )


def _switch(css: str, label: str, options: Sequence[tuple[str, str, str]]) -> str:
    buttons = "".join(
        f'<button type="button" data-{key}="{escape(value)}" aria-pressed="false">{escape(text)}</button>'
        for key, value, text in options
    )
    return f'<div class="switch {css}" role="group" aria-label="{label}">{buttons}</div>'


def _speed() -> str:
    options = "".join(
        f'<option value="{speed}"{" selected" if speed == 1 else ""}>{speed} &times;</option>'
        for speed in SPEEDS
    )
    return f'<label class="speed"><select aria-label="Speed">{options}</select></label>'


_BUTTONS = (
    '<div class="buttons"><button type="button" class="icon play" aria-label="Play"><svg viewBox="0 0 20 20">'
    '<path class="play-shape" d="M6 3.5v13l11-6.5z"/>'
    '<path class="pause-shape" d="M5 3.5h3.5v13H5zM11.5 3.5H15v13h-3.5z"/>'
    "</svg></button>"
    '<button type="button" class="icon back" aria-label="One frame back"><svg viewBox="0 0 20 20">'
    '<path d="M5 4h2v12H5zM16 4v12L8 10z"/></svg></button>'
    '<button type="button" class="icon forth" aria-label="One frame on"><svg viewBox="0 0 20 20">'
    '<path d="M13 4h2v12h-2zM4 4v12l8-6z"/></svg></button></div>'
)
