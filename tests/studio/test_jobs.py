"""The queue with real commands: quick ones that end well, end badly, or are killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from understudy.core.errors import UnderstudyError
from understudy.studio import job_process
from understudy.studio.job_log import JobLog
from understudy.studio.job_queue import JobQueue
from understudy.studio.job_store import Job, JobStore
from understudy.studio.order import with_minutes

from .waiting import until

LISTS = ["identity", "list"]
FAILS = ["identity", "show", "nobody at all"]
WAITS = ["studio", "none", "--no-browser"]  # until it is interrupted
needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such locks")


def _at_rest(queue: JobQueue) -> list[Job] | None:
    jobs = queue.store.all()
    return jobs if all(job.state in ("done", "failed", "stopped") for job in jobs) else None


def _runs(queue: JobQueue, number: int) -> Job | None:
    """The job, once its command says something; that is wiped off, as others say it at their end."""
    job = queue.store.get(number)
    assert job is not None
    path = queue.job_folder(job) / "said.json"
    if job.state != "running" or not path.exists() or not path.stat().st_size:
        return None
    path.write_bytes(b"")
    return job


def _deaths(queue: JobQueue, number: int) -> int:
    job = queue.store.get(number)
    assert job is not None
    return 3 if job.state == "failed" else job.deaths


def test_jobs_are_done_one_after_the_other_and_one_that_fails_says_why(tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        for name, arguments in {"one": LISTS, "two": FAILS, "three": LISTS}.items():
            queue.add(name, name, arguments)
        one, two, three = until(lambda: _at_rest(queue))
    assert (one.state, two.state, three.state) == ("done", "failed", "done")
    assert one.result is not None
    assert "identities" in one.result
    assert "nobody at all" in (two.error or "")
    assert two.next_step
    assert one.started < one.ended <= two.started < two.ended <= three.started  # type: ignore[operator]


@needs_locks
def test_who_opens_the_queue_next_takes_over_what_runs(tmp_path: Path) -> None:
    first, second = JobQueue(tmp_path), JobQueue(tmp_path)
    number = first.add("waits", "waits", WAITS)
    with second:
        job = until(lambda: _runs(second, number))
        assert job.pid is not None
        first.look()  # it may not: the other one has jobs done
        assert first.store.get(number) == job
        process = job_process._own.pop(job.pid)  # as another process, which did not start it, would see it
        assert job_process.is_running(None, second.job_folder(job))
        assert second.stop(number)
        until(lambda: _at_rest(second))
        process.wait()
    assert [job.state for job in second.store.all()] == ["stopped"]
    assert not job_process.is_running(None, second.job_folder(job))


@needs_locks
def test_what_is_killed_again_and_again_fails_but_not_at_once(tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        number = queue.add("waits", "waits", WAITS)
        for death in (1, 2, 3):
            job = until(lambda: _runs(queue, number))
            os.kill(job.pid or 0, signal.SIGKILL)
            until(lambda death=death: _deaths(queue, number) == death)
        (job,) = until(lambda: _at_rest(queue))
        assert (job.state, "again and again" in (job.error or "")) == ("failed", True)
        assert queue.go_on(number)
        assert queue.stop(number)
        until(lambda: _at_rest(queue))


@needs_locks
def test_a_queue_that_is_left_interrupts_what_runs_and_it_waits(tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        number = queue.add("waits", "waits", WAITS)
        job = until(lambda: _runs(queue, number))
        assert not queue.store.remove(number), "what runs is not forgotten"
    (job,) = queue.store.all()
    assert job.state == "waiting"
    assert not job_process.is_running(job.pid, queue.job_folder(job))
    assert queue.stop(number)
    assert queue.store.remove(number)
    assert queue.store.all() == []


def test_a_job_that_waits_stops_at_once(tmp_path: Path) -> None:
    queue = JobQueue(tmp_path)
    number = queue.add("one", "one", LISTS)
    assert queue.stop(number)
    assert not queue.stop(number), "it is stopped already"
    assert queue.go_on(number)
    assert not queue.go_on(number), "it waits already"
    queue.store.change(number, state="done")
    assert not queue.go_on(number), "what is done is only done again by another command"
    assert queue.go_on(number, ["other"])
    job = queue.store.get(number)
    assert job is not None
    assert (job.state, job.arguments) == ("waiting", ["other"])


def test_what_is_stopped_while_it_is_started_does_not_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, start = JobQueue(tmp_path), job_process.start
    number = queue.add("waits", "waits", WAITS)

    def stopped_meanwhile(arguments: list[str], folder: Path) -> int | None:
        assert queue.stop(number)
        return start(arguments, folder)

    monkeypatch.setattr(job_process, "start", stopped_meanwhile)
    queue.look()
    until(lambda: queue.look() or _at_rest(queue))
    (job,) = queue.store.all()
    assert job.state == "stopped"
    until(
        lambda: not any(job_process.is_running(pid, queue.job_folder(job)) for pid in job_process._own.copy())
    )
    assert queue._lock is not None
    queue._lock.close()


def test_a_job_that_cannot_be_started_does_not_end_the_queue(tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        queue.add("odd", "odd", ["identity", "show", "zero \0 byte"])
        queue.add("next", "next", LISTS)
        odd, after = until(lambda: _at_rest(queue))
    assert (odd.state, after.state) == ("failed", "done")
    assert "cannot be started" in (odd.error or "")


def test_looking_at_a_queue_makes_nothing(tmp_path: Path) -> None:
    queue = JobQueue(tmp_path / "none")
    queue.look()
    assert queue.store.all() == []
    assert not queue.stop(1)
    assert not queue.store.remove(1)
    assert not (tmp_path / "none").exists()


def test_a_damaged_queue_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "studio.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(UnderstudyError, match=r"studio\.sqlite"):
        JobStore(tmp_path).all()


def test_two_jobs_never_share_a_folder(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.add("one", "same", LISTS)
    with pytest.raises(UnderstudyError):
        store.add("two", "same", LISTS)
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_another_time_takes_the_place_of_minutes_and_steps() -> None:
    before = ["swap", "--minutes=5", "--steps=3", "--target=a"]
    assert with_minutes(before, 2.5) == ["swap", "--target=a", "--minutes=2.5"]


def _lines(*events: dict[str, object]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def _progress(stage: str, at: float, done: float, **figures: float) -> dict[str, object]:
    named = {"held-out SSIM" if name == "ssim" else name: value for name, value in figures.items()}
    event = {"event": "progress", "at": at, "stage": stage, "done": done, "total": 10, "unit": "frames"}
    return event | {"figures": named}


def test_a_log_counts_the_time_of_each_stage_over_all_runs(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JobLog(path)
    log.read()
    assert log.stages == {}
    first = _lines(
        {"event": "started", "at": 100.0},
        _progress("extract a", 103, 5),
        {"event": "notice", "at": 103.5, "message": "few faces", "is_warning": True},
        _progress("extract a", 105, 10),
        _progress("train", 109, 1, step=1, loss=0.5),
    )
    path.write_text(first + "Traceback: no event\n" + '{"event": "progress", "at": 1')
    log.read()
    assert [(stage.name, stage.seconds) for stage in log.stages.values()] == [("extract a", 5), ("train", 4)]
    assert (log.current, log.runs, [one["message"] for one in log.notices]) == ("train", 1, ["few faces"])
    # the line that was cut is broken, and the next run, hours later, does not count the time between
    with path.open("a") as file:
        file.write(
            "\n"
            + _lines(
                {"event": "started", "at": 9000.0}, _progress("train", 9002, 3, step=9, loss=0.4, ssim=0.8)
            )
        )
    log.read()
    assert (log.stages["train"].seconds, log.stages["train"].done, log.runs, log.notices) == (6, 3, 2, [])
    assert log.points == [{"step": 1, "loss": 0.5}, {"step": 9, "loss": 0.4, "ssim": 0.8}]


def test_a_log_that_is_looked_at_does_not_change_under_the_eyes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JobLog(path)
    path.write_text(_lines(_progress("train", 1, 1, step=1, loss=0.5)))
    log.read()
    seen = log.as_now()
    path.write_text(
        path.read_text() + _lines(_progress("train", 3, 2, step=2, loss=0.4), _progress("c", 4, 1))
    )
    log.read()
    assert list(log.stages) == ["train", "c"]
    assert [(one.name, one.done, one.seconds) for one in seen.stages.values()] == [("train", 1, 0)]
    assert (len(seen.points), len(log.points)) == (1, 2)


def test_a_long_training_keeps_a_few_hundred_points_of_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(_lines(*(_progress("train", n, n, step=n, loss=1 / (n + 1)) for n in range(5000))))
    log = JobLog(path)
    log.read()
    steps = [point["step"] for point in log.points]
    assert 150 < len(steps) <= 401
    assert steps == sorted(steps)
    assert steps[0] < 100
    assert steps[-1] > 4900
    gaps = {b - a for a, b in pairwise(steps)}
    assert max(gaps) <= 2 * min(gaps) + 16


def test_progress_is_written_as_lines_of_json_where_that_is_asked_for(monkeypatch, capfd) -> None:
    from understudy.cli.progress import drawn_events
    from understudy.core.events import Notice, Progress, Written

    monkeypatch.setenv("UNDERSTUDY_PROGRESS", "json")
    before = time.time()
    with drawn_events() as on_event:
        for done in (0, 1, 2, 10):
            on_event(
                Progress(stage="train", done=done, total=10, unit="steps", figures={"loss": float("nan")})
            )
        on_event(Notice(message="few\x1b faces"))
        on_event(Written(path=Path("a.mp4"), what="video"))
    said = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [one["event"] for one in said] == ["progress", "progress", "notice", "written"]
    assert [one["done"] for one in said[:2]] == [0, 10], "what comes soon after is left out, but not the end"
    assert said[0]["figures"] == {"loss": None}
    assert said[2]["message"] == "few\ufffd faces"
    assert all(before <= one["at"] <= time.time() for one in said)
