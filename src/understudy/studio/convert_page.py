"""Frames of a conversion under several choices side by side, and the worst frames of what was made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cv2
import numpy as np
from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent
from understudy.core.types import Image
from understudy.faces.face import FaceSquare
from understudy.studio.context import StudioContext
from understudy.studio.openings import Openings
from understudy.studio.pages import page
from understudy.studio.pictures import data_uri, jpeg
from understudy.studio.swaps import swap_of, swaps_of
from understudy.studio.trainings import train_on
from understudy.studio.worst_pages import list_of, lists_of, picture_of
from understudy.workflows.choices import AUTO, BLENDS, COLOURS
from understudy.workflows.consent import agreed_earlier

if TYPE_CHECKING:
    from understudy.workflows.preview_live import Choice, Finished, LivePreview

_FACE_PX, _FACE_SIDES = 480, 1.6
_RANGE_PX = 320
_MOST_CHOICES = 4
_REACH = 12  # frames before and after, of a short range


class Swap(BaseModel):
    """Which swap; the first where empty."""

    swap: str = ""
    again: bool = False


class Wish(BaseModel):
    """A choice; see `workflows.preview_live.Choice`."""

    colour: str = Field(AUTO, max_length=40)
    blend: str = Field("light", max_length=40)
    strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    occlusion: bool = True
    texture: bool = False

    def choice(self) -> Choice:
        """The same for the workflow."""
        from understudy.workflows.preview_live import Choice

        return Choice(**self.model_dump())


class Wanted(BaseModel):
    """A frame, and how it is finished."""

    swap: str = ""
    frame: int = Field(ge=0, le=1 << 40)
    choices: list[Wish] = Field(min_length=1, max_length=_MOST_CHOICES)
    view: Literal["face", "frame"] = "face"


class Focus(BaseModel):
    """A list of worst frames to train on."""

    swap: str = ""
    list: str


def router(context: StudioContext) -> APIRouter:
    """Routes of the page."""
    openings: Openings[LivePreview] = Openings()
    routes = APIRouter(lifespan=openings.while_it_runs)

    @routes.get("/convert")
    def convert() -> FileResponse:
        """The page."""
        return page("convert.html")

    @routes.post("/api/convert/open")
    def open_it(asked: Swap) -> dict[str, Any]:
        """Open the model and the footage, or say how far that is."""
        folder = swap_of(context, asked.swap)
        if folder is None:
            return {"state": "none", "said": ""}

        def opener(on_event: OnEvent) -> LivePreview:
            from understudy.workflows.preview_live import LivePreview, conversion_of  # slow to import

            return LivePreview(conversion_of(folder), on_event)

        return openings.state(folder, opener, again=asked.again)

    @routes.post("/api/convert/about")
    def about(asked: Swap) -> dict[str, Any]:
        """What is converted, what can be chosen from, and the lists of worst frames."""
        folder = _folder(context, asked.swap)
        with openings.using(folder) as preview:
            told = {
                "source": preview.source,
                "target": preview.target,
                "footage": preview.conversion.target.name,
                "frames": preview.frames,
                "rate_hz": preview.rate_hz,
            }
        return {
            **told,
            "colours": [AUTO, *COLOURS],
            "blends": list(BLENDS),
            "most": _MOST_CHOICES,
            "swaps": {short: path.name for short, path in swaps_of(context).items()},
            "swap": context.know(folder),
            "worst": lists_of(context, folder),
        }

    _add_frames(routes, context, openings)
    _add_worst(routes, context)
    return routes


def _add_frames(routes: APIRouter, context: StudioContext, openings: Openings[LivePreview]) -> None:
    """Routes of frames under choices."""

    @routes.post("/api/convert/frame")
    def frame(wanted: Wanted) -> dict[str, Any]:
        """One frame under each choice."""
        with openings.using(_folder(context, wanted.swap)) as preview:
            agreed_earlier(preview.source, "face")  # it may have been taken back since the page was opened
            made = [preview.finished(wanted.frame, wish.choice())[0] for wish in wanted.choices]
        first = made[0]
        return {
            "frame": first.index,
            "time_s": round(first.time_s, 3),
            "replaced": bool(first.faces),
            "before": data_uri(_seen(first, first.before, wanted.view, _FACE_PX, is_drawn=False)),
            "results": [
                {
                    "picture": data_uri(_seen(one, one.after, wanted.view, _FACE_PX)),
                    "colours": ", ".join(one.colours.values()),
                    "ms": round(1000 * one.seconds),
                }
                for one in made
            ],
        }

    @routes.post("/api/convert/range")
    def short_range(wanted: Wanted) -> dict[str, Any]:
        """The frames around one under each choice, small, to be played."""
        with openings.using(_folder(context, wanted.swap)) as preview:
            made = [preview.finished(wanted.frame, wish.choice(), _REACH) for wish in wanted.choices]
            rate_hz = preview.rate_hz
        view = wanted.view
        return {
            "rate_hz": rate_hz,
            "before": [data_uri(_seen(one, one.before, view, _RANGE_PX, is_drawn=False)) for one in made[0]],
            "results": [[data_uri(_seen(one, one.after, view, _RANGE_PX)) for one in way] for way in made],
        }


def _add_worst(routes: APIRouter, context: StudioContext) -> None:
    """Routes of the worst frames."""

    @routes.get("/api/convert/worst/{short}/{number}")
    def worst_picture(short: str, number: int) -> FileResponse:
        """A face of a list, before and after."""
        return FileResponse(picture_of(context, short, max(0, number)), media_type="image/jpeg")

    @routes.post("/api/convert/train")
    def train(focus: Focus) -> dict[str, Any]:
        """Let the model learn from the faces of a list: now, where it is trained just then, else queued."""
        folder = _folder(context, focus.swap)
        return train_on(context, folder, list_of(context, focus.list))


def _folder(context: StudioContext, swap: str) -> Path:
    folder = swap_of(context, swap)
    if folder is None:
        raise ConfigError("there is no swap yet", "begin one on the start page")
    return folder


def _seen(one: Finished, image: Image, view: str, size_px: int, *, is_drawn: bool = True) -> bytes:
    """The part of a frame that is shown, as a JPEG."""
    if view == "face" and one.faces:
        image = _around(image, one.faces[0], size_px)
    return jpeg(image, is_drawn=is_drawn, longest_px=1280 if size_px == _FACE_PX else size_px)


def _around(image: Image, square: FaceSquare, size_px: int) -> Image:
    """The square around a face, moved so far that it lies in the frame."""
    height, width = image.shape[:2]
    side = int(min(_FACE_SIDES * square.side_px, width, height))
    x0 = round(min(max(square.x_px - side / 2, 0), width - side))
    y0 = round(min(max(square.y_px - side / 2, 0), height - side))
    part = image[y0 : y0 + side, x0 : x0 + side]
    way = cv2.INTER_AREA if side > size_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (size_px, size_px), interpolation=way), np.uint8)
