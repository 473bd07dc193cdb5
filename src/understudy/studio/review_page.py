"""The review page: a wall of faces, and what is decided about them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from understudy.core.errors import UnderstudyError
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.pages import page
from understudy.studio.review_face_routes import face_routes
from understudy.studio.reviews import Reviews
from understudy.studio.swaps import is_swap
from understudy.studio.trainings import train_on
from understudy.workflows.chosen_faces import MOST_CHOSEN, write_chosen
from understudy.workflows.review import Changed, Review
from understudy.workflows.review_coverage import compared
from understudy.workflows.review_move import move_out

_FOR_EVER = "private, max-age=31536000, immutable"  # the address changes with what is there
_BINARY = "application/octet-stream"


class Step(BaseModel):
    """One step of a review.

    Args:
        do: what.
        faces: ids, of keep, reject, give and move.
        reason: of reject.
        person: whom the faces show, of give; who is merged into another, of merge.
        into: of merge.
        faceset: id of the one that faces are moved to, of move.
    """

    do: Literal["keep", "reject", "give", "merge", "move", "undo", "redo"]
    faces: Annotated[list[int], Field(max_length=1_000_000)] = []
    reason: str = ""
    person: str = ""
    into: str = ""
    faceset: str = ""


class Chosen(BaseModel):
    """Faces to be trained on, by their ids."""

    faces: Annotated[list[int], Field(min_length=1, max_length=MOST_CHOSEN)]


_STEPS: dict[str, Callable[[Review, Step], Changed]] = {
    "keep": lambda review, step: review.keep(step.faces),
    "reject": lambda review, step: review.reject(step.faces, step.reason),
    "give": lambda review, step: review.give_to(step.faces, step.person),
    "merge": lambda review, step: review.merge(step.person, step.into),
    "undo": lambda review, _: review.undo(),
    "redo": lambda review, _: review.redo(),
}


def router(context: StudioContext) -> APIRouter:
    """Routes of the review page."""
    reviews = Reviews(context)

    @asynccontextmanager
    async def while_it_runs(app: FastAPI) -> AsyncGenerator[None]:
        del app
        reviews.open_all()
        yield
        reviews.close()

    routes = APIRouter(lifespan=while_it_runs)

    @routes.get("/review")
    def review() -> FileResponse:
        """The page; its script reads which faceset it is about."""
        return page("review.html")

    @routes.get("/api/review")
    def facesets() -> list[dict[str, str]]:
        """What can be looked through."""
        return [
            {"id": short, "name": path.name.removesuffix(".faceset"), "folder": path.parent.name}
            for short, path in context.facesets().items()
        ]

    @routes.post("/api/review/{short}/train")
    def train(short: str, chosen: Chosen) -> dict[str, object]:
        """Let the model of the swap that this faceset is of learn from some faces more often."""
        swap = context.faceset(short).parent
        if not is_swap(swap):
            raise UnknownError("these faces are of no swap: nothing is trained with them", "begin a swap")
        return train_on(context, swap, write_chosen(reviews.of(short), chosen.faces, swap))

    for part in (_wall, _steps, face_routes):
        routes.include_router(part(reviews))
    return routes


def _wall(reviews: Reviews) -> APIRouter:
    """What the wall shows."""
    routes = APIRouter()

    @routes.get("/api/review/{short}/faces")
    def faces(short: str) -> Response:
        """All faces; see `review_table.packed`."""
        return Response(reviews.of(short).packed(), media_type=_BINARY)

    @routes.get("/api/review/{short}/thumbnails/{number}/{digest}")
    def thumbnails(short: str, number: int, digest: str) -> Response:
        """Some thumbnails; see `Thumbnails`."""
        made = reviews.of(short).thumbnails
        if not 0 <= number < made.count or made.digest(number) != digest:
            raise UnknownError("the faces were changed by somebody else", "reload the page")
        headers = {"ETag": f'"{digest}"', "Cache-Control": _FOR_EVER}
        return Response(made.pack(number), media_type=_BINARY, headers=headers)

    @routes.get("/api/review/{short}/unlike/{face}")
    def unlike(short: str, face: int) -> Response:
        """How unlike one face each is: float32, little-endian, in the order of the faces."""
        return Response(reviews.of(short).unlike(face).astype("<f4").tobytes(), media_type=_BINARY)

    @routes.get("/api/review/{short}/steps")
    def steps(short: str) -> dict[str, int]:
        """How many steps can be taken back, and done again."""
        undo, redo = reviews.of(short).steps()
        return {"undo": undo, "redo": redo}

    return routes


def _steps(reviews: Reviews) -> APIRouter:
    """What is decided, and what follows from it."""
    routes = APIRouter()

    @routes.post("/api/review/{short}/step")
    def step(short: str, step: Step) -> dict[str, object]:
        """Decide something, or take it back."""
        review = reviews.of(short)
        if step.do == "move":
            changed = move_out(review, step.faces, reviews.of(step.faceset))
        else:
            changed = _STEPS[step.do](review, step)
        # it is decided: what fails now is told beside what has changed, and tried again with the next step
        told: dict[str, object] = {**asdict(changed), "trouble": None}
        try:
            reviews.settle(review)
        except (UnderstudyError, OSError) as error:
            told["trouble"] = f"The other faceset does not follow yet: {error}"
        return told

    @routes.get("/api/review/{short}/history")
    def history(short: str) -> list[dict[str, object]]:
        """The last steps, the newest first."""
        return [asdict(one) for one in reviews.of(short).decisions()]

    @routes.get("/api/review/{source}/coverage/{target}")
    def coverage(source: str, target: str) -> dict[str, object]:
        """What of the target's kept faces the source's cover."""
        if source == target:
            raise UnknownError("both are the same faceset", "choose another one")
        return compared(reviews.of(source), reviews.of(target))

    return routes
