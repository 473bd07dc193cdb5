"""A photo whose face is given expressions by sliders, live, and what is kept of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from understudy.core.errors import UnderstudyError
from understudy.core.events import OnEvent
from understudy.studio.choose import allowed
from understudy.studio.consents import ConsentTold, agree, check_holds
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.openings import Openings
from understudy.studio.pages import page
from understudy.studio.pictures import jpeg
from understudy.studio.swaps import queued

if TYPE_CHECKING:
    from understudy.workflows.expression_live import LivePhoto

FOLDER = "expressions"  # of the production, for what is kept
_SUFFIXES = {"picture": ".jpg", "clip": ".mp4", "file": ".json"}
_QUALITY = 88

_Value = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
_Values = Annotated[dict[str, _Value], Field(max_length=100)]
_Path = Annotated[str, Field(max_length=4096)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class Chosen(BaseModel):
    """A photo, who is in it, and why their face may be used where there is no record yet."""

    photo: _Path
    name: _Name
    consent: ConsentTold | None = None
    again: bool = False


class Shown(BaseModel):
    """What the photo's face is to do; see `workflows.expression_live.LivePhoto.drawn`."""

    photo: _Path
    name: _Name
    values: _Values = {}


class Kept(Shown):
    """The same, to be written."""

    what: Literal["picture", "clip", "file"]


class Driven(BaseModel):
    """A recording that moves the photo's face."""

    photo: _Path
    name: _Name
    driving: _Path


def router(context: StudioContext) -> APIRouter:
    """Routes of the page."""
    openings: Openings[LivePhoto] = Openings()
    routes = APIRouter(lifespan=openings.while_it_runs)

    @routes.get("/expression")
    def expression() -> FileResponse:
        """The page."""
        return page("expression.html")

    @routes.post("/api/expression/open")
    def open_it(chosen: Chosen) -> dict[str, Any]:
        """Record the consent where it is told, find the face, or say how far that is."""
        photo, name = allowed(context, chosen.photo), chosen.name.strip()

        def opener(on_event: OnEvent) -> LivePhoto:
            from understudy.workflows.expression_live import LivePhoto  # slow to import

            agree(context, name, chosen.consent)
            return LivePhoto(photo, name, on_event)

        return openings.state((photo, name), opener, again=chosen.again)

    @routes.post("/api/expression/about")
    def about(shown: Shown) -> dict[str, Any]:
        """What can be changed."""
        with openings.using(_key(context, shown)) as live:
            height, width = live.image.shape[:2]
            sliders = [
                {"name": one.name, "part": one.part, "low": one.low, "high": one.high, "value": one.value}
                for one in live.sliders
            ]
            return {"width": width, "height": height, "sliders": sliders, "warnings": live.warnings}

    @routes.post("/api/expression/draw")
    def draw(shown: Shown) -> Response:
        """The photo with these values, as a JPEG."""
        check_holds(shown.name.strip())  # it may have been taken back since the page was opened
        with openings.using(_key(context, shown)) as live:
            image = live.drawn(shown.values)
        return Response(jpeg(image, is_drawn=True, quality=_QUALITY), media_type="image/jpeg")

    _add_keeping(routes, context, openings)
    return routes


def _add_keeping(routes: APIRouter, context: StudioContext, openings: Openings[LivePhoto]) -> None:
    """Routes of what is written."""

    @routes.post("/api/expression/keep")
    def keep(kept: Kept) -> dict[str, str]:
        """Write a picture, a clip or the expression alone into the production."""
        check_holds(kept.name.strip())
        with openings.using(_key(context, kept)) as live:
            out = _free(context, Path(kept.photo).stem, _SUFFIXES[kept.what])
            if kept.what == "picture":
                live.save_picture(kept.values, out)
            elif kept.what == "clip":
                live.save_clip(kept.values, out)
            else:
                live.save_expression(kept.values, out)
        return {"name": out.name, "url": f"/api/expression/kept/{context.know(out)}", "path": str(out)}

    @routes.get("/api/expression/kept/{short}")
    def kept_file(short: str) -> FileResponse:
        """What was written."""
        path = context.known(short)
        if path.parent != context.production / FOLDER or not path.is_file() or path.is_symlink():
            raise UnknownError("nothing that was kept here is called so", "reload the page")
        return FileResponse(path, filename=path.name)

    @routes.post("/api/expression/drive")
    def drive(driven: Driven) -> dict[str, int]:
        """Let a recording move the photo's face, by the queue."""
        photo, driving = (allowed(context, path) for path in (driven.photo, driven.driving))
        agree(context, driven.name.strip(), None)
        out = _free(context, photo.stem, ".mp4")
        options = [f"--driving={driving}", f"--out={out}", f"--identity={driven.name.strip()}"]
        name = f"{driven.name.strip()} moved by {driving.name}"
        return {"job": queued(context, name, ["animate", *options, "--", str(photo)])}


def _key(context: StudioContext, shown: Shown) -> tuple[Path, str]:
    return allowed(context, shown.photo), shown.name.strip()


def _free(context: StudioContext, stem: str, suffix: str) -> Path:
    """A name in the folder of what is kept, which is made; nothing has it, and no job is to write it."""
    folder = context.production / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnderstudyError(
            f"cannot make {folder} ({error.strerror})", "choose another production"
        ) from error
    plain = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[:60] or "photo"
    number, promised = 1, {argument for job in context.queue.store.all() for argument in job.arguments}

    def is_taken(path: Path) -> bool:
        return path.exists() or f"--out={path}" in promised

    while any(is_taken(folder / f"{plain}_{number}{one}") for one in (*_SUFFIXES.values(), suffix)):
        number += 1
    return folder / f"{plain}_{number}{suffix}"
