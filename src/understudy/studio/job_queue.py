"""Does one job after the other, and whatever was interrupted again, until it is done, failed or stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from understudy.core.errors import UnderstudyError
from understudy.studio import job_process
from understudy.studio.job_store import Job, JobStore

JOB_FOLDER = "job"  # within a job's production
_LOCK = ".studio.lock"
_LOOK_EVERY_S = 0.25
_SAVING_S = 60.0  # for a job to save its work when the studio ends
_SOON_S = 60.0
_MOST_DEATHS = 3


class JobQueue:
    """The jobs of a production, and the thread that has them done.

    Of several studios of one production only one has jobs done; all of them show and change the queue.
    Jobs go on where the studio is killed; when it is opened again, it takes them over.

    Args:
        production: its folder.
    """

    def __init__(self, production: Path) -> None:
        """Nothing runs before the block is entered."""
        self.production, self.store = production, JobStore(production)
        self._lock: IO[bytes] | None = None
        self._asked_at: dict[int, float] = {}  # who was asked to stop, and when
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to have jobs done."""
        self._end.clear()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Interrupt what runs: its work is saved, and the next studio goes on with it."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
        if self._lock is not None:
            self._interrupt_all()
            self._lock.close()
            self._lock = None

    def add(self, name: str, folder: str, arguments: Sequence[str], *, once: bool = False) -> int:
        """Add a job; its number. See `JobStore.add`."""
        return self.store.add(name, folder, arguments, once=once)

    def stop(self, number: int) -> bool:
        """Ask a job to stop, its work is kept; whether there was anything to stop."""
        if self.store.change(number, states=("waiting",), state="stopped"):
            return True
        return self.store.change(number, states=("running",), state="stopping")

    def go_on(self, number: int, arguments: Sequence[str] | None = None) -> bool:
        """Let a job wait for its turn again; whether it was at rest.

        Args:
            number: of the job.
            arguments: of another command in its place; else only what was stopped or has failed goes on.
        """
        values: dict[str, Any] = {"state": "waiting", "deaths": 0, "error": None, "next_step": None}
        if arguments is None:
            return self.store.change(number, states=("stopped", "failed"), **values)
        values["arguments"] = list(arguments)
        return self.store.change(number, states=("stopped", "failed", "done"), **values)

    def folder_of(self, job: Job) -> Path:
        """The production of a job."""
        return self.production / job.folder

    def job_folder(self, job: Job) -> Path:
        """Where a job's process says how far it is."""
        return self.folder_of(job) / JOB_FOLDER

    def look(self) -> None:
        """See what became of what runs, and start what is next."""
        jobs = self.store.all()
        if not jobs or not self._may_run():
            return
        for job in jobs:
            if job.state in ("running", "stopping"):
                self._look_at(job)
        jobs = self.store.all()
        if not any(job.state in ("running", "stopping") for job in jobs):
            waiting = next((job for job in jobs if job.state == "waiting"), None)
            if waiting is not None:
                self._start(waiting)

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self.look()
            except (UnderstudyError, OSError) as error:  # a full disk, a folder that went away: tried again
                logging.getLogger(__name__).warning("the queue waits: %s", error)
                self._end.wait(5)
            self._end.wait(_LOOK_EVERY_S)

    def _may_run(self) -> bool:
        """Whether this is the studio that has jobs done."""
        if self._lock is None:
            self._lock = job_process.take_lock(self.production / _LOCK)
        return self._lock is not None

    def _start(self, job: Job) -> None:
        # noted before it is started: a kill in between leaves a job whose process is looked for, not a second
        # one. What is stopped or forgotten at this moment is not begun at all, or is asked to stop next
        begun = {"state": "running", "pid": None, "started": time.time(), "ended": None, "result": None}
        if not self.store.change(job.id, states=("waiting",), **begun):
            return
        try:
            pid = job_process.start(job.arguments, self.job_folder(job))
        except (OSError, ValueError) as error:  # a zero byte in a name, too: it must not end the queue
            self._fail(
                job, f"the job cannot be started ({error})", "check the disk and the folder's permissions"
            )
            return
        if pid is not None:  # where one runs already, it says itself which process it is
            self.store.change(job.id, states=("running", "stopping"), pid=pid)

    def _pid(self, job: Job) -> int | None:
        """A job's process, as was noted or, where its studio was killed before that, as it says itself."""
        return job.pid if job.pid is not None else job_process.own_number(self.job_folder(job))

    def _look_at(self, job: Job) -> None:
        if not job_process.is_running(job.pid, self.job_folder(job)):
            self._asked_at.pop(job.id, None)
            self._settle(job)
        elif job.state == "stopping":
            self._interrupt(job)

    def _interrupt(self, job: Job) -> None:
        """Ask once: to be asked twice means to end without saving."""
        pid = self._pid(job)
        if pid is not None and job.id not in self._asked_at:
            self._asked_at[job.id] = time.time()
            job_process.interrupt(pid)

    def _settle(self, job: Job) -> None:
        """Note how a job has ended."""
        said = job_process.said(self.job_folder(job))
        # a training that was interrupted says how far it came, others that they were
        is_interrupted = said is not None and (
            said.get("error") == "interrupted" or bool(said.get("interrupted"))
        )
        if said is not None and not is_interrupted and "error" not in said:
            self.store.change(job.id, state="done", ended=time.time(), result=said, deaths=0)
        elif said is not None and not is_interrupted:
            self._fail(job, str(said["error"]), str(said.get("next_step") or ""))
        elif job.state == "stopping":
            self.store.change(job.id, state="stopped", ended=time.time())
        elif said is not None:  # by somebody else, as when the machine is shut down
            self.store.change(job.id, state="waiting", ended=time.time())
        else:  # killed, by a power cut or for its memory: the same command goes on
            is_soon = time.time() - (job.started or 0) < _SOON_S
            deaths = job.deaths + 1 if is_soon else 1
            if deaths >= _MOST_DEATHS:
                self._fail(job, "its process was ended again and again", "close other programs, then go on")
            else:
                self.store.change(job.id, state="waiting", ended=time.time(), deaths=deaths)

    def _fail(self, job: Job, what: str, next_step: str) -> None:
        self.store.change(job.id, state="failed", ended=time.time(), error=what, next_step=next_step)

    def _interrupt_all(self) -> None:
        """Interrupt what runs, and wait until it is saved."""
        until = time.monotonic() + _SAVING_S
        running = [job for job in self.store.all() if job.state in ("running", "stopping")]
        for job in running:
            self._interrupt(job)
        for job in running:
            while job_process.is_running(job.pid, self.job_folder(job)) and time.monotonic() < until:
                time.sleep(0.05)
            if not job_process.is_running(job.pid, self.job_folder(job)):
                self._settle(job)
