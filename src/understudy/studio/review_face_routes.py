"""What the review page asks about one face."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from understudy.core.errors import ConfigError
from understudy.faces.finder import load_landmarker
from understudy.faces.landmark import MeshNetwork
from understudy.faces.stored_crop import read_upright
from understudy.media.images import encode_jpeg
from understudy.studio.context import UnknownError
from understudy.studio.reviews import Reviews
from understudy.workflows import review_face

_CROP_PX = 240
_FRAME_QUALITY = 90
_DATA_URL = "data:image/png;base64,"


class Place(BaseModel):
    """Where a face is: its landmarks, or a box to look for it in; frame pixels."""

    landmarks: Annotated[list[tuple[float, float]], Field(max_length=468)] = []
    box: tuple[float, float, float, float] | None = None


class Mask(BaseModel):
    """What is hidden: a data URL with a PNG as large as the crop."""

    png: Annotated[str, Field(max_length=8_000_000)]


def face_routes(reviews: Reviews) -> APIRouter:
    """Routes of one face."""
    routes = APIRouter(prefix="/api/review/{short}/face/{face}")

    @cache
    def landmarker() -> MeshNetwork:
        return load_landmarker()

    @routes.get("")
    def face(short: str, face: int) -> dict[str, object]:
        """What is drawn over its picture."""
        return review_face.about(reviews.of(short), face)

    @routes.get("/crop")
    def crop(short: str, face: int) -> Response:
        """The upright face."""
        picture = encode_jpeg(read_upright(reviews.of(short).stored(face), _CROP_PX), 90)
        return Response(picture, media_type="image/jpeg")

    @routes.get("/frame")
    def frame(short: str, face: int) -> dict[str, object]:
        """Its frame, or its crop and why it is no more than that."""
        view = review_face.view(reviews.of(short), face)
        picture = base64.b64encode(encode_jpeg(view.picture, _FRAME_QUALITY)).decode()
        return {
            "picture": f"data:image/jpeg;base64,{picture}",
            "picture_from_frame": view.picture_from_frame.tolist(),
            "trouble": view.trouble,
        }

    @routes.get("/mask")
    def mask(short: str, face: int) -> FileResponse:
        """The mask that was drawn on its crop."""
        path = review_face.mask_file(reviews.of(short), face)
        if path is None or path.is_symlink() or not path.is_file():
            raise UnknownError("this face has no mask", "reload the page")
        return FileResponse(path, media_type="image/png")

    @routes.post("/place")
    def place(short: str, face: int, place: Place) -> dict[str, object]:
        """Correct its landmarks, or look for it in a box."""
        review = reviews.of(short)
        if place.box is None:
            return asdict(review_face.set_landmarks(review, face, place.landmarks))
        return asdict(review_face.find_in_box(review, face, place.box, landmarker()))

    @routes.post("/mask")
    def draw(short: str, face: int, mask: Mask) -> dict[str, object]:
        """Say what of it is hidden."""
        try:
            png = base64.b64decode(mask.png.removeprefix(_DATA_URL), validate=True)
        except binascii.Error as error:
            raise ConfigError("this is no mask of the face", "reload the page") from error
        return asdict(review_face.draw_mask(reviews.of(short), face, png))

    return routes
