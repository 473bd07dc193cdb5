"""How a swap is done, in eight steps, on the production's own pictures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from understudy.core.errors import UnderstudyError
from understudy.core.events import OnEvent
from understudy.studio.context import StudioContext
from understudy.studio.openings import Openings
from understudy.studio.pages import page
from understudy.studio.pictures import shown
from understudy.studio.swaps import queued, swap_of, swaps_of

if TYPE_CHECKING:
    from understudy.workflows.explain import Explanation

_MOST_DIRECTIONS = 32
_Off = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]


class Asked(BaseModel):
    """Which swap; the first where empty."""

    swap: str = ""
    again: bool = False


class AskedFace(BaseModel):
    """Which face of which swap; the one that suits best where None. Another seed bends it otherwise."""

    swap: str = ""
    face: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0, le=1 << 31)


class Changed(BaseModel):
    """A face, and how far its code is moved along each direction, in standard deviations."""

    swap: str = ""
    face: int = Field(ge=0)
    offsets: list[_Off] = Field(max_length=_MOST_DIRECTIONS)


def router(context: StudioContext) -> APIRouter:
    """Routes of the page."""
    openings: Openings[Explanation] = Openings()
    routes = APIRouter(lifespan=openings.while_it_runs)

    @routes.get("/explain")
    def explain() -> FileResponse:
        """The page."""
        return page("explain.html")

    @routes.post("/api/explain/open")
    def open_it(asked: Asked) -> dict[str, Any]:
        """Open a swap, or say how far that is."""
        folder = swap_of(context, asked.swap)

        def opener(on_event: OnEvent) -> Explanation:
            from understudy.workflows.explain import Explanation  # slow to import
            from understudy.workflows.explain_material import ExplainConfig

            explanation = Explanation(ExplainConfig.of_production(folder), on_event)
            assert explanation.directions is not None  # worked out now, not when a slider is moved
            return explanation

        return openings.state(folder, opener, again=asked.again)

    @routes.post("/api/explain/about")
    def about(asked: Asked) -> dict[str, Any]:
        """Whose pictures are shown, and what drew them."""
        from understudy.studio.explain_steps import told_of

        folder = swap_of(context, asked.swap)
        with openings.using(folder) as explanation:
            told = told_of(explanation)
        names = {short: path.name for short, path in swaps_of(context).items()}
        current = context.know(folder) if folder else ""
        return told | {"swaps": names, "swap": current}

    _add_faces(routes, context, openings)
    return routes


def _add_faces(routes: APIRouter, context: StudioContext, openings: Openings[Explanation]) -> None:
    """Routes of what is shown of a face."""

    @routes.post("/api/explain/steps")
    def steps(asked: AskedFace) -> dict[str, Any]:
        """Every step's pictures and figures."""
        from understudy.studio.explain_steps import steps_of

        with openings.using(swap_of(context, asked.swap)) as explanation:
            face = _face(explanation, asked.face)
            return {"face": face, **steps_of(explanation, face, asked.seed)}

    @routes.post("/api/explain/bend")
    def bend(asked: AskedFace) -> dict[str, Any]:
        """The fifth step, bent otherwise."""
        from understudy.studio.explain_steps import undone_shown

        with openings.using(swap_of(context, asked.swap)) as explanation:
            return undone_shown(explanation, _face(explanation, asked.face), asked.seed)

    @routes.post("/api/explain/teach")
    def teach(asked: Asked) -> dict[str, int]:
        """Train a model on the two people that are shown, by the queue."""
        from understudy.studio.explain_steps import training_command

        folder = swap_of(context, asked.swap)
        with openings.using(folder) as explanation:
            command = training_command(explanation)
        return {"job": queued(context, "Learn these two", command)}

    @routes.post("/api/explain/draw")
    def draw(changed: Changed) -> dict[str, Any]:
        """Both people, drawn from a code that was changed."""
        started = time.perf_counter()
        with openings.using(swap_of(context, changed.swap)) as explanation:
            own, other = explanation.draw(_face(explanation, changed.face), changed.offsets)
        pictures = {name: shown(image, is_drawn=True) for name, image in (("own", own), ("other", other))}
        return {**pictures, "ms": round(1000 * (time.perf_counter() - started), 1)}


def _face(explanation: Explanation, asked: int | None) -> int:
    if asked is None:
        return explanation.best
    if asked >= explanation.faces:
        raise UnderstudyError(f"there is no face {asked}", "reload the page")
    return asked
