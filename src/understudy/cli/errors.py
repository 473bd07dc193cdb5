"""Exit codes, and how a failure is told: one line what failed, one line what to do."""

from __future__ import annotations

import sys
import traceback

from understudy.cli.output import print_json, to_error_stream
from understudy.core.errors import UnderstudyError
from understudy.core.files import next_step_for

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

_STOPPED = "interrupted"
_KEPT = "what was finished is kept: the same command goes on from there, or begins anew where nothing was"


def explain(error: BaseException) -> tuple[str, str]:
    """What failed and what to do about it, one line each."""
    if isinstance(error, UnderstudyError):
        return _one_line(error.what), _one_line(error.next_step)
    if isinstance(error, OSError):
        name = f" {error.filename}" if error.filename else ""
        return _one_line(f"{error.strerror or error}{name}"), next_step_for(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory", "close other programs, or use a smaller batch"
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _one_line(f"unexpected failure, {what}"), "see where with --debug, and report it"


def report_failure(error: Exception, *, as_json: bool, debug: bool) -> int:
    """Tell a failure on standard error, and as an object on standard output where JSON is wanted.

    Returns:
        The exit code, `FAILED`.
    """
    what, next_step = explain(error)
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    to_error_stream(f"error: {what}")
    if next_step:
        to_error_stream(f"next: {next_step}")
    if as_json:
        print_json({"error": what, "next_step": next_step})
    return FAILED


def report_wrong_usage(message: str, command: str, *, as_json: bool) -> int:
    """Tell wrong usage; returns the exit code, `WRONG_USAGE`."""
    to_error_stream(f"usage error: {_one_line(message)}")
    to_error_stream(f"next: {command} --help")
    if as_json:
        print_json({"error": _one_line(message), "next_step": f"{command} --help"})
    return WRONG_USAGE


def report_interruption(*, as_json: bool) -> int:
    """Say that what was done is kept; returns the exit code, `INTERRUPTED`.

    Args:
        as_json: there is no result to print, so print this as the one object.
    """
    to_error_stream(f"{_STOPPED}; {_KEPT}")
    if as_json:
        print_json({"error": _STOPPED, "next_step": _KEPT})
    return INTERRUPTED


def _one_line(text: str) -> str:
    return " ".join(text.split())
