"""The start page: what goes in, and the queue of what is made."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Body, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response

from understudy.core.errors import ConfigError, MediaError, UnderstudyError
from understudy.media.footage import open_footage
from understudy.studio import choose
from understudy.studio.consents import record_of
from understudy.studio.context import StudioContext
from understudy.studio.job_kinds import KINDS
from understudy.studio.order import Order, place_order
from understudy.studio.pages import page
from understudy.studio.voices import voices_of
from understudy.workflows.sound_look import look_at_sound, sound_picture
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
        shown = ("name", "state", "kind", "recorded", "uses")
        return {name: getattr(found, name) for name in shown}

    @routes.get("/api/start/kinds")
    def kinds() -> dict[str, dict[str, Any]]:
        """What can be ordered, and what each kind asks."""
        shown = ("tab", "title", "lede", "person", "use", "make")
        return {
            key: {name: getattr(kind, name) for name in shown}
            | {"panels": [dataclasses.asdict(panel) for panel in kind.panels]}
            for key, kind in KINDS.items()
        }

    @routes.get("/api/start/voices")
    def voices() -> list[dict[str, str]]:
        """Voices to choose from."""
        return [
            {"key": one.key, "name": one.name, "person": one.person, "model": one.model.parent.name}
            for one in voices_of(context)
        ]

    @routes.post("/api/start/order")
    def order(told: Order) -> dict[str, int]:
        """Put work into the queue."""
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
        return dataclasses.asdict(choose.listing(context, path, choose.KINDS.get(kind)))

    @routes.post("/api/start/footage")
    def footage(path: Path_) -> dict[str, object]:
        """What footage is, and the address of its picture."""
        return _looked_at(context, choose.allowed(context, path), "footage")

    @routes.post("/api/start/sound")
    def sound(path: Path_) -> dict[str, object]:
        """What a recording is, or a folder of them, and the address of its picture."""
        return _looked_at(context, choose.allowed(context, path), "sound")

    @routes.get("/api/start/footage/{short}/picture")
    def picture(short: str) -> Response:
        """A small picture of footage."""
        jpeg = thumbnail_of(choose.allowed(context, context.known(short)))
        if jpeg is None:
            raise MediaError("nothing of it can be decoded", "choose other footage")
        return Response(jpeg, media_type="image/jpeg")

    @routes.get("/api/start/sound/{short}/picture")
    def shape(short: str) -> Response:
        """How loud a recording is over its time, and what is heard in it."""
        return Response(sound_picture(choose.allowed(context, context.known(short))), media_type="image/png")

    @routes.post("/api/start/upload/{kind}")
    async def upload(
        request: Request, kind: str, x_name: Annotated[str, Header(max_length=1000)]
    ) -> dict[str, str]:
        """Keep a file that the page sends as the body; its name comes in a header, percent-encoded."""
        if kind not in choose.KINDS:
            raise ConfigError(f"nothing here takes {kind[:40]!r}", "reload the page")
        kept = await choose.keep(context, unquote(x_name), kind, request.stream())
        if kind != "evidence":
            try:
                await run_in_threadpool(_looked_at, context, kept, kind)
            except UnderstudyError:
                kept.unlink(missing_ok=True)  # what is of no use takes no room
                raise
        return {"path": str(kept)}


def _looked_at(context: StudioContext, path: Path, kind: str) -> dict[str, object]:
    """What a page shows of a file.

    Raises:
        MediaError: it is not what its name says.
    """
    shown: dict[str, object] = {"path": str(path), "name": path.name}
    short = context.know(path)
    if kind == "sound":
        heard = look_at_sound(path)
        has_picture = heard.files == 1 and not path.is_dir()
        shown |= {"picture": f"/api/start/sound/{short}/picture" if has_picture else None}
        return shown | {"seconds": heard.seconds, "files": heard.files, "rate_hz": heard.rate_hz}
    with open_footage(path) as opened:
        info = opened.info
    return shown | {
        "picture": f"/api/start/footage/{short}/picture",
        "width_px": info.width_px,
        "height_px": info.height_px,
        "seconds": None if info.duration_s is None else float(info.duration_s),
        "fps": None if info.average_rate_hz is None else float(info.average_rate_hz),
    }
