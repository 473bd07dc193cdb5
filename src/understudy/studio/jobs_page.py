"""The queue, and the page of a job: how far it is, its training as it goes, and what came out."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import FileResponse

from understudy.api.provenance import verify
from understudy.core.errors import ConfigError, UnderstudyError
from understudy.studio.choose import FOOTAGE
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.job_log import JobLog
from understudy.studio.job_process import EVENTS
from understudy.studio.job_store import Job
from understudy.studio.order import with_minutes
from understudy.studio.pages import page
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of
from understudy.workflows.training_look import look, preview_path

Minutes = Annotated[float, Body(embed=True, gt=0, le=7 * 24 * 60.0)]


class _Jobs:
    """What is shown of jobs; logs are kept in memory, so that each line is read once."""

    def __init__(self, context: StudioContext) -> None:
        self.context, self.queue = context, context.queue
        self._logs: dict[int, JobLog] = {}
        self._lock = threading.Lock()
        self.verified: dict[tuple[Path, int], dict[str, Any]] = {}

    def get(self, number: int) -> Job:
        job = self.queue.store.get(number)
        if job is None:
            raise UnknownError(f"there is no job {number}", "go back to the start page")
        return job

    def model(self, job: Job) -> Path:
        said = _said(job, "--model")
        return model_of(self.queue.folder_of(job)) if said is None else Path(said)

    def output(self, job: Job) -> Path | None:
        """The video that came out, if it lies where the job puts it."""
        path = self.queue.folder_of(job) / "swap.mp4"
        if job.arguments[:1] != ["swap"]:  # as another page has asked for
            path = Path(_said(job, "--out") or path)
        return path if job.result is not None and path.is_file() and not path.is_symlink() else None

    def brief(self, job: Job) -> dict[str, Any]:
        """What the queue shows of a job."""
        log = self._log(job)
        stage = log.stages.get(log.current) if log.current is not None else None
        previews = look(self.model(job)).previews
        return {
            "id": job.id,
            "name": job.name,
            "state": job.state,
            "added": job.added,
            "seconds": sum(one.seconds for one in log.stages.values()),
            "stage": None if stage is None else dataclasses.asdict(stage),
            "error": job.error,
            "next_step": job.next_step,
            "preview": previews[-1] if previews else None,
            "has_output": self.output(job) is not None,
        }

    def whole(self, job: Job) -> dict[str, Any]:
        """What the job's page shows."""
        log, folder = self._log(job), self.model(job).parent
        facesets = {role: faceset_of(folder, role) for role in (SOURCE, TARGET)}
        known = {path: short for short, path in self.context.facesets().items()}
        return self.brief(job) | {
            "now": time.time(),
            "last_at": log.last_at,
            "runs": log.runs,
            "current": log.current,
            "stages": [dataclasses.asdict(stage) for stage in log.stages.values()],
            "notices": log.notices,
            "points": log.points,
            "training": dataclasses.asdict(look(self.model(job))),
            "facesets": {role: known[path] for role, path in facesets.items() if path in known},
            "result": job.result,
            "folder": str(self.queue.folder_of(job)),
        }

    def _log(self, job: Job) -> JobLog:
        with self._lock:
            log = self._logs.setdefault(job.id, JobLog(self.queue.job_folder(job) / EVENTS))
            log.read()
            return log


def router(context: StudioContext) -> APIRouter:
    """Routes of the queue and of a job's page."""
    routes, jobs = APIRouter(), _Jobs(context)

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
        if job.arguments[:1] not in (["swap"], ["train"]):
            raise ConfigError(f"{job.name}: nothing of this is trained", "begin a swap on the start page")
        return {"changed": context.queue.go_on(job.id, with_minutes(job.arguments, minutes))}

    @routes.post("/api/jobs/{number}/forget")
    def forget(number: int) -> dict[str, bool]:
        """Take it out of the queue; its files stay."""
        return {"changed": context.queue.store.remove(jobs.get(number).id)}

    _add_files(routes, jobs)
    return routes


def _add_files(routes: APIRouter, jobs: _Jobs) -> None:
    """Routes of what jobs have made; a request says a number, never a path."""

    @routes.get("/api/jobs/{number}/previews/{step}")
    def preview(number: int, step: int) -> FileResponse:
        """What the model drew at a step."""
        model = jobs.model(jobs.get(number))
        if step not in look(model).previews:
            raise UnknownError(f"there is no picture of step {step}", "reload the page")
        return FileResponse(preview_path(model, step), media_type="image/jpeg")

    @routes.get("/api/jobs/{number}/output")
    def output(number: int) -> FileResponse:
        """The video, whole or any range of it."""
        return FileResponse(_output(jobs, number), media_type="video/mp4", filename=None)

    @routes.get("/api/jobs/{number}/target")
    def target(number: int) -> FileResponse:
        """The footage that it was made from, to watch beside it."""
        said = _said(jobs.get(number), "--target")
        if said is None:
            raise UnknownError("this job is no swap: it changes no video", "watch what it has made")
        path = Path(said)
        if path.suffix.lower() not in FOOTAGE:  # a browser is to be given no page and no script
            raise UnknownError(f"{path.name} is no video and no picture, by its name", "choose other footage")
        if not path.is_file():
            raise UnknownError(f"{path.name} is no more where it was", "put it back")
        return FileResponse(path)

    @routes.get("/api/jobs/{number}/verified")
    def verified(number: int) -> dict[str, Any]:
        """What the video says of itself."""
        path = _output(jobs, number)
        key = (path, path.stat().st_mtime_ns)
        if key not in jobs.verified:
            found = verify(path)
            jobs.verified[key] = {
                "verdict": found.verdict,
                "summary": found.summary,
                "manifest": found.manifest,
                "reasons": found.reasons,
                "made_by": found.made_by,
                "roles": found.roles,
                "consent": found.consent,
            }
        return jobs.verified[key]


def _said(job: Job, option: str) -> str | None:
    """What a job's command says of an option, None where it says nothing."""
    found = (one.partition("=") for one in job.arguments)
    return next((value for name, _, value in found if name == option), None)


def _output(jobs: _Jobs, number: int) -> Path:
    path = jobs.output(jobs.get(number))
    if path is None:
        raise UnderstudyError("there is no video yet", "wait until the job is done")
    return path
