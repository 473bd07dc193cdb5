"""The files that pages are made of: they lie in the package, and nothing else is served."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import FileResponse

WEB = Path(__file__).with_name("web")


def page(name: str) -> FileResponse:
    """A page's HTML.

    Args:
        name: of a file of the package, as code names it; never one that a request has named.
    """
    return FileResponse(WEB / name, media_type="text/html; charset=utf-8")
