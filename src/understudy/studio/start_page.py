"""The start page: what goes in, and the queue of what is made."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from understudy.studio.context import StudioContext
from understudy.studio.pages import page


def router(context: StudioContext) -> APIRouter:
    """Routes of the start page."""
    routes = APIRouter()

    @routes.get("/")
    def start() -> FileResponse:
        """The page."""
        return page("start.html")

    @routes.get("/api/start/facesets")
    def facesets() -> list[dict[str, str]]:
        """What can be reviewed."""
        top = context.production.parent
        return [
            {"id": short, "name": str(path.relative_to(top) if path.is_relative_to(top) else path)}
            for short, path in context.facesets().items()
        ]

    return routes
