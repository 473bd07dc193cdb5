"""Routes of the files that jobs are made from and have made; a request says numbers, never a path."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from understudy.studio.context import UnknownError
from understudy.studio.job_views import JobViews, Shown
from understudy.workflows.sound_look import sound_picture
from understudy.workflows.training_look import preview_path


def add_files(routes: APIRouter, jobs: JobViews) -> None:
    """Add the routes."""

    @routes.get("/api/jobs/{number}/previews/{step}")
    def preview(number: int, step: int) -> FileResponse:
        """What the model drew after so many steps."""
        job = jobs.get(number)
        if step not in jobs.training(job).previews:
            raise UnknownError(f"there is no picture of step {step}", "reload the page")
        return FileResponse(preview_path(jobs.model(job), step), media_type="image/jpeg")

    @routes.get("/api/jobs/{number}/output")
    def output(number: int) -> FileResponse:
        """What came out, whole or any range of it."""
        return FileResponse(jobs.made(jobs.get(number)).path)

    @routes.get("/api/jobs/{number}/output/sound")
    def output_sound(number: int) -> Response:
        """What it sounds like, as a picture."""
        return _sound(jobs.made(jobs.get(number)))

    @routes.get("/api/jobs/{number}/before/{index}")
    def before(number: int, index: int) -> FileResponse:
        """What it was made from, to watch or hear beside it."""
        return FileResponse(_before(jobs, number, index).path)

    @routes.get("/api/jobs/{number}/before/{index}/sound")
    def before_sound(number: int, index: int) -> Response:
        """What that sounds like, as a picture."""
        return _sound(_before(jobs, number, index))

    @routes.get("/api/jobs/{number}/verified")
    def verified(number: int) -> dict[str, Any]:
        """What came out says of itself."""
        return jobs.verified(jobs.get(number))


def _before(jobs: JobViews, number: int, index: int) -> Shown:
    found = jobs.before(jobs.get(number))
    if not 0 <= index < len(found):
        raise UnknownError("what this was made from is not known, or no more where it was", "put it back")
    return found[index]


def _sound(shown: Shown) -> Response:
    return Response(sound_picture(shown.path), media_type="image/png")
