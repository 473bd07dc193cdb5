"""The start page: what goes in, and the queue of what is made."""

from __future__ import annotations

import dataclasses
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Body, Header, Request
from fastapi.responses import FileResponse, Response

from understudy.core.errors import MediaError
from understudy.media.footage import open_footage
from understudy.studio import choose
from understudy.studio.context import StudioContext
from understudy.studio.order import SwapOrder, place_order, record_of
from understudy.studio.pages import page
from understudy.workflows.thumbnail import thumbnail_of

Path_ = Annotated[str, Body(embed=True, max_length=4096)]
Name = Annotated[str, Body(embed=True, max_length=200)]


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

    @routes.get("/api/start/presets")
    def presets() -> list[dict[str, object]]:
        """Networks to choose from."""
        from understudy.nets.presets import PRESETS  # brings torch

        return [
            {"name": name, "size_px": one.size_px, "purpose": one.purpose} for name, one in PRESETS.items()
        ]

    @routes.post("/api/start/record")
    def record(name: Name) -> dict[str, object] | None:
        """What is recorded of somebody."""
        found = record_of(name) if name.strip() else None
        if found is None:
            return None
        return {"name": found.name, "state": found.state, "kind": found.kind, "recorded": found.recorded}

    @routes.post("/api/start/order")
    def order(told: SwapOrder) -> dict[str, int]:
        """Put a swap into the queue."""
        return {"id": place_order(context, told)}

    _add_choosing(routes, context)
    return routes


def _add_choosing(routes: APIRouter, context: StudioContext) -> None:
    """Routes by which files are chosen, sent and looked at."""

    @routes.post("/api/start/places")
    def places() -> list[dict[str, str]]:
        """Where choosing may begin."""
        return [{"name": one.name, "path": str(one.path)} for one in choose.places(context)]

    @routes.post("/api/start/folder")
    def folder(path: Path_, kind: Annotated[str, Body(embed=True)] = "footage") -> dict[str, object]:
        """What lies in a folder."""
        suffixes = choose.FOOTAGE if kind == "footage" else None
        return dataclasses.asdict(choose.listing(context, path, suffixes))

    @routes.post("/api/start/footage")
    def footage(path: Path_) -> dict[str, object]:
        """What footage is, and an id for its picture."""
        real = choose.allowed(context, path)
        with open_footage(real) as opened:
            info = opened.info
        return {
            "id": context.know(real),
            "path": str(real),
            "name": real.name,
            "width_px": info.width_px,
            "height_px": info.height_px,
            "seconds": None if info.duration_s is None else float(info.duration_s),
            "fps": None if info.average_rate_hz is None else float(info.average_rate_hz),
        }

    @routes.get("/api/start/footage/{short}/picture")
    def picture(short: str) -> Response:
        """A small picture of footage."""
        jpeg = thumbnail_of(choose.allowed(context, context.known(short)))
        if jpeg is None:
            raise MediaError("nothing of it can be decoded", "choose other footage")
        return Response(jpeg, media_type="image/jpeg")

    @routes.post("/api/start/upload/{kind}")
    async def upload(
        request: Request, kind: str, x_name: Annotated[str, Header(max_length=1000)]
    ) -> dict[str, str]:
        """Keep a file that the page sends as the body; its name comes in a header, percent-encoded."""
        wanted = "footage" if kind == "footage" else "evidence"
        kept = await choose.keep(context, unquote(x_name), wanted, request.stream())
        return {"path": str(kept)}
