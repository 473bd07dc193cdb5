"""What pages show of jobs, out of their logs, their commands and what lies in their folders."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.api.provenance import verify
from understudy.core.errors import UnderstudyError
from understudy.studio.choose import FOOTAGE, SOUND
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.job_kinds import can_learn_longer, kind_of
from understudy.studio.job_log import JobLog
from understudy.studio.job_process import EVENTS
from understudy.studio.job_store import Job
from understudy.studio.order import said_of
from understudy.studio.trainings import model_trained_by
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of
from understudy.workflows.training_look import TrainingLook, look, look_stamp

_OUT = "out"
_PICTURES = FOOTAGE - SOUND


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A file that a job's page shows.

    Args:
        path: it.
        caption: what the page calls it.
        medium: "video", "picture" or "sound".
    """

    path: Path
    caption: str
    medium: str


class JobViews:
    """What is shown of jobs; logs and looks are kept in memory, so that each line is read once."""

    def __init__(self, context: StudioContext) -> None:
        """Nothing is read yet."""
        self.context, self.queue = context, context.queue
        self._logs: dict[int, JobLog] = {}
        self._looks: dict[Path, tuple[object, TrainingLook]] = {}
        self._verified: dict[tuple[Path, int], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def get(self, number: int) -> Job:
        """A job; raises UnknownError where there is none of that number."""
        job = self.queue.store.get(number)
        if job is None:
            raise UnknownError(f"there is no job {number}", "go back to the start page")
        return job

    def model(self, job: Job) -> Path:
        """The folder of the model of faces that a job trains or uses, whether it is there or not."""
        return model_trained_by(self.context, job) or model_of(self.queue.folder_of(job))

    def training(self, job: Job) -> TrainingLook:
        """What is known of its training; the model's index is read again only where it has changed."""
        model = self.model(job)
        stamp = look_stamp(model)
        with self._lock:
            known = self._looks.get(model)
        if known is None or known[0] != stamp:
            known = (stamp, look(model))
            with self._lock:
                self._looks[model] = known
        return known[1]

    def output(self, job: Job) -> Shown | None:
        """What came out, if it lies where the job puts it."""
        said = said_of(job.arguments, _OUT)
        path = Path(said) if said is not None else self.queue.folder_of(job) / "swap.mp4"
        if job.result is None or not path.is_file() or path.is_symlink():
            return None
        medium = _medium(path)
        return None if medium is None else Shown(path=path, caption="Result", medium=medium)

    def before(self, job: Job) -> list[Shown]:
        """What it was made from, as far as a browser may be given it."""
        kind = kind_of(job.arguments)
        found: list[Shown] = []
        for field in kind.fields if kind is not None else ():
            said = said_of(job.arguments, field.option) if field.before else None
            medium = _medium(Path(said)) if said is not None else None
            if said is not None and medium is not None and Path(said).is_file():
                medium = "sound" if field.what == "sound" else medium
                found.append(Shown(path=Path(said), caption=field.before, medium=medium))
        return found

    def brief(self, job: Job) -> dict[str, Any]:
        """What the queue shows of a job."""
        log = self._log(job)
        stage = log.stages.get(log.current) if log.current is not None else None
        previews, output = self.training(job).previews, self.output(job)
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
            "output": None if output is None else output.medium,
        }

    def whole(self, job: Job) -> dict[str, Any]:
        """What the job's page shows."""
        log, folder = self._log(job), self.model(job).parent
        facesets = {role: faceset_of(folder, role) for role in (SOURCE, TARGET)}
        known = {path: short for short, path in self.context.facesets().items()}
        output = self.output(job)
        return self.brief(job) | {
            "now": time.time(),
            "last_at": log.last_at,
            "runs": log.runs,
            "current": log.current,
            "stages": [dataclasses.asdict(stage) for stage in log.stages.values()],
            "notices": log.notices,
            "points": log.points,
            "training": dataclasses.asdict(self.training(job)),
            "facesets": {role: known[path] for role, path in facesets.items() if path in known},
            "result": job.result,
            "folder": str(self.queue.folder_of(job)),
            "file": None if output is None else output.path.name,
            "before": [{"caption": one.caption, "medium": one.medium} for one in self.before(job)],
            "trains": model_trained_by(self.context, job) is not None,
            "learns_longer": can_learn_longer(job.arguments),
        }

    def verified(self, job: Job) -> dict[str, Any]:
        """What came out says of itself.

        Raises:
            UnderstudyError: nothing came out yet.
        """
        path = self.made(job).path
        key = (path, path.stat().st_mtime_ns)
        if key not in self._verified:
            found = verify(path)
            shown = ("verdict", "summary", "manifest", "reasons", "made_by", "roles", "consent")
            self._verified[key] = {name: getattr(found, name) for name in shown}
        return self._verified[key]

    def made(self, job: Job) -> Shown:
        """What came out.

        Raises:
            UnderstudyError: nothing yet.
        """
        output = self.output(job)
        if output is None:
            raise UnderstudyError("nothing came out yet", "wait until the job is done")
        return output

    def _log(self, job: Job) -> JobLog:
        with self._lock:
            log = self._logs.setdefault(job.id, JobLog(self.queue.job_folder(job) / EVENTS))
            log.read()
            return log.as_now()  # two pages may ask at a time


def _medium(path: Path) -> str | None:
    """How a file is shown, by its name; None where a browser is to be given none such: no page, no script."""
    suffix = path.suffix.lower()
    if suffix in SOUND - FOOTAGE:
        return "sound"
    if suffix not in FOOTAGE:
        return None
    return "picture" if suffix in _PICTURES else "video"
