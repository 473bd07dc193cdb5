"""Run a workflow for a command: draw its events, print its result, end with the right exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar, cast

import typer

from understudy.cli.errors import FAILED, report_failure, report_interruption
from understudy.cli.output import jsonable, print_json
from understudy.cli.progress import drawn_events
from understudy.core.errors import ProcessLost
from understudy.core.events import OnEvent, ignore

Result = TypeVar("Result")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where a failure comes from.")]


def perform(
    work: Callable[[OnEvent], Result],
    show: Callable[[Result], None],
    *,
    as_json: bool,
    debug: bool,
    interrupted: Callable[[Result], bool] = lambda _: False,
) -> None:
    """Do a command's work.

    Args:
        work: runs the workflow; what is slow to import is imported in here.
        show: prints a result for people.
        as_json: print the result as JSON instead.
        debug: show the traceback of a failure.
        interrupted: whether a result is that of work that was stopped early.

    Raises:
        typer.Exit: the work failed or was interrupted.
    """
    try:
        with drawn_events() as on_event:
            result = work(on_event)
    except KeyboardInterrupt:
        raise typer.Exit(report_interruption(as_json=as_json)) from None
    except (typer.TyperException, BrokenPipeError):
        raise
    except Exception as error:  # the outermost border: every failure is told in one line
        raise typer.Exit(report_failure(error, as_json=as_json, debug=debug)) from error
    if as_json:
        print_json(cast("dict[str, object]", jsonable(result)))
    else:
        show(result)
    if interrupted(result):
        raise typer.Exit(report_interruption(as_json=False))


def perform_in_silence(work: Callable[[OnEvent], object], *, debug: bool) -> None:
    """Do the work of a process that another one speaks for; only its own failure is told.

    Args:
        work: runs the workflow.
        debug: show the traceback of a failure.

    Raises:
        typer.Exit: the work failed.
    """
    try:
        work(ignore)
    except ProcessLost as error:
        raise typer.Exit(FAILED) from error
    except Exception as error:  # as above
        raise typer.Exit(report_failure(error, as_json=False, debug=debug)) from error
