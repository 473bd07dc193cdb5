"""The queue, and the page of a job: how far it is, its training as it goes, and what came out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import FileResponse

from understudy.core.errors import ConfigError
from understudy.studio.context import StudioContext
from understudy.studio.job_files import add_files
from understudy.studio.job_kinds import can_learn_longer
from understudy.studio.job_views import JobViews
from understudy.studio.order import with_minutes
from understudy.studio.pages import page
from understudy.studio.trainings import changed
from understudy.workflows.training_orders import NO_FOCUS, TrainingOrder

Minutes = Annotated[float, Body(embed=True, gt=0, le=7 * 24 * 60.0)]


def router(context: StudioContext) -> APIRouter:
    """Routes of the queue and of a job's page."""
    routes, jobs = APIRouter(), JobViews(context)

    @routes.get("/jobs/{number}")
    def job_page(number: int) -> FileResponse:
        """The page."""
        jobs.get(number)
        return page("job.html")

    @routes.get("/api/jobs")
    def queue() -> list[dict[str, Any]]:
        """Every job, in short."""
        return [jobs.brief(job) for job in context.queue.store.all()]

    @routes.get("/api/jobs/{number}")
    def whole(number: int) -> dict[str, Any]:
        """All of a job."""
        return jobs.whole(jobs.get(number))

    @routes.post("/api/jobs/{number}/stop")
    def stop(number: int) -> dict[str, bool]:
        """Stop it, its work is kept."""
        return {"changed": context.queue.stop(jobs.get(number).id)}

    @routes.post("/api/jobs/{number}/go-on")
    def go_on(number: int) -> dict[str, bool]:
        """Let it go on."""
        return {"changed": context.queue.go_on(jobs.get(number).id)}

    @routes.post("/api/jobs/{number}/more")
    def more(number: int, minutes: Minutes) -> dict[str, bool]:
        """Train it further, and make the video anew."""
        job = jobs.get(number)
        if not can_learn_longer(job.arguments):
            raise ConfigError(f"{job.name}: nothing of this is trained", "begin a swap on the start page")
        return {"changed": context.queue.go_on(job.id, with_minutes(job.arguments, minutes))}

    @routes.post("/api/jobs/{number}/adjust")
    def adjust(number: int, order: TrainingOrder) -> dict[str, bool]:
        """Change its training while it runs."""
        job = jobs.get(number)
        if order.focus not in (None, NO_FOCUS):
            raise ConfigError("faces are chosen where they are seen", "choose them in Review or Preview")
        return {"changed": job.state == "running" and changed(jobs.model(job), order)}

    @routes.post("/api/jobs/{number}/forget")
    def forget(number: int) -> dict[str, bool]:
        """Take it out of the queue; its files stay."""
        return {"changed": context.queue.store.remove(jobs.get(number).id)}

    add_files(routes, jobs)
    return routes
