"""Commands as processes of their own that import nothing: each is forked from one that has done so before.

A test that kills a command twenty times would otherwise spend most of its time on importing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess

_WORKFLOWS = "understudy.workflows"


def start_forked(arguments: list[str], **constants: float) -> BaseProcess:
    """Start `understudy ARGUMENTS`, silent, in its own session; `kill` it or `join` it.

    Args:
        arguments: of the command line.
        constants: what else a workflow's constant is, as `module__NAME=value`.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["understudy.cli.main", f"{_WORKFLOWS}.extract", f"{_WORKFLOWS}.train"])
    threads = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported: sums are put together in one way
    forkserver.ensure_running()
    if threads is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = threads
    process = context.Process(target=_command, args=(arguments, constants))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """The exit code of a process that is waited for."""
    process.join()
    return process.exitcode


def _command(arguments: list[str], constants: Mapping[str, float]) -> None:
    os.setsid()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    for path, value in constants.items():
        module, name = path.split("__")
        assert hasattr(import_module(f"{_WORKFLOWS}.{module}"), name)
        setattr(import_module(f"{_WORKFLOWS}.{module}"), name, value)
    sys.argv = ["understudy", *arguments]
    import_module("understudy.cli.main").main()
