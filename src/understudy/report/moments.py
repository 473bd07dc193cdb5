"""Strips of single frames, each of which leads to its place in the player."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One frame of the footage, shown as the target's face beside the output's.

    Args:
        frame: number of the frame in the footage, from 0.
        time_s: its presentation time on the target's clock.
        reason: why it is shown.
        target: WebP file of the target's face.
        output: WebP file of the output's, of the same size.
    """

    frame: int
    time_s: float
    reason: str
    target: bytes
    output: bytes


def strip(title: str, lede: str, moments: Sequence[Moment]) -> str:
    """A row of moments; a click on one moves the player to it.

    Args:
        title: heading, plain text.
        lede: how they were chosen, plain text, may be empty.
        moments: in the order of the row.
    """
    if not moments:
        return ""
    words = f'<p class="lede">{escape(lede)}</p>' if lede else ""
    tiles = "".join(f"<li>{_tile(moment)}</li>" for moment in moments)
    return f'<section class="moments"><h2>{escape(title)}</h2>{words}<ul class="strip">{tiles}</ul></section>'


def _tile(moment: Moment) -> str:
    return (
        f'<button type="button" class="moment" data-go="{moment.time_s:.6f}"><span class="faces">'
        f"{_picture('target', moment.target)}{_picture('output', moment.output)}</span>"
        f'<span class="reason">{escape(moment.reason)}</span>'
        f'<span class="where">frame {moment.frame + 1} \u00b7 {moment.time_s:.2f} s</span></button>'
    )


def _picture(name: str, data: bytes) -> str:
    return f'<img alt="{name}" src="data:image/webp;base64,{base64.b64encode(data).decode()}">'
