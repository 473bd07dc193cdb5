"""The frame of every page: one HTML file with styles, scripts and data inside, which asks for nothing.

Scripts and styles are pinned by digest in a content security policy that also forbids every request.
So nothing on a page may carry a `style` or an `on...` attribute: browsers would ignore it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

from understudy.media.xmp import DIGITAL_SOURCE_TYPE, PICTURE_NOTICE

NOTICE = (
    "The output on this page is synthetic: one person's face was drawn on another person's performance, "
    "and what it shows did not happen. Share it only with the consent of both people, and say what it is."
)

Finish = Callable[[bytes], bytes]  # a finished file to one that says more


def as_it_is(data: bytes) -> bytes:
    """A `Finish` that adds nothing."""
    return data


# for who reads no manifests, as pictures have it in their tags
_MARKS = (
    f'<meta name="description" content="{PICTURE_NOTICE}">\n'
    f'<meta name="Iptc4xmpExt:DigitalSourceType" content="{DIGITAL_SOURCE_TYPE}">\n'
)


def render_shell(
    title: str,
    body: str,
    data: Mapping[str, Any] | None = None,
    *,
    summary: str = "",
    notice: str = NOTICE,
    footer: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
) -> str:
    """Make a page that stands alone.

    Args:
        title: heading, and the name of the browser's tab; plain text.
        body: HTML of the main part, escaped already.
        data: what the scripts read, as JSON, from the element with the id "report-data".
        summary: a sentence below the heading; plain text.
        notice: what a reader must know before anything else, beside the word "synthetic"; plain text.
        footer: a last word, such as where the material comes from; plain text.
        styles: names of files in `assets`, in order; "shell.css" comes before them.
        scripts: names of files in `assets`, in order.

    Returns:
        The HTML.
    """
    style = "\n".join(_asset(name) for name in ("shell.css", *styles))
    code = [_asset(name) for name in scripts]
    embedded = f'<script type="application/json" id="report-data">{_json(data)}</script>' if data else ""
    return Template(_asset("shell.html")).substitute(
        title=escape(title),
        summary=f'<p class="summary">{escape(summary)}</p>' if summary else "",
        notice=_notice(notice),
        marks=_MARKS if notice else "",
        body=body,
        footer=f"<p>{escape(footer)}</p>" if footer else "",
        style=style,
        style_hash=_csp_digest(style),
        scripts="\n".join([embedded, *(f"<script>{text}</script>" for text in code)]),
        script_hashes=" ".join(f"'{_csp_digest(text)}'" for text in code) or "'none'",
    )


def _notice(text: str) -> str:
    return f'<p class="notice"><span class="badge">Synthetic</span> {escape(text)}</p>' if text else ""


def _json(data: Mapping[str, Any]) -> str:
    # "<" alone can end a script element or open a comment in it
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _csp_digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (resources.files("understudy.report") / "assets" / name).read_text("utf-8")
