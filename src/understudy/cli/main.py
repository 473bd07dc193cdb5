"""The command line: `understudy COMMAND`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from understudy.cli import (
    adjust,
    animate,
    bench,
    compare,
    convert,
    coverage,
    demo,
    doctor,
    evaluate,
    export,
    expression,
    extract,
    identity,
    import_faces,
    lipsync,
    model,
    studio,
    swap,
    train_animator,
    verify,
    voice,
    weights,
)
from understudy.cli.errors import FAILED, report_failure, report_interruption, report_wrong_usage
from understudy.cli.progress import say_process

app = typer.Typer(
    name="understudy",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=lambda v: _version(v)),
    ] = False,
) -> None:
    """Put one consenting person's face on another's footage.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (work kept).
    """
    del version


app.command()(demo.demo)
app.command()(swap.swap)
app.command()(studio.studio)
app.command()(extract.extract)
app.command("import")(import_faces.import_faces)
app.command()(coverage.coverage)
app.command()(studio.review)
app.command()(model.train)
app.command()(adjust.adjust)
app.command()(convert.convert)
app.command()(animate.animate)
app.command()(train_animator.train_animator)
app.command()(lipsync.lipsync)
app.command()(evaluate.evaluate)
app.command()(compare.compare)
app.command()(export.export)
app.add_typer(expression.app, name="expression")
app.add_typer(voice.app, name="voice")
app.add_typer(identity.app, name="identity")
app.command()(verify.verify)
app.add_typer(weights.app, name="weights")
app.add_typer(bench.app, name="bench")
app.command()(doctor.doctor)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # OpenBLAS, which NumPy brings: products of some hundred points gain nothing by its threads, which keep a
    # core busy while they wait. It reads this once, when NumPy is first imported
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # a process that is asked to end stops like one that was interrupted: its work is saved
    signal.signal(signal.SIGTERM, _interrupt)
    say_process()
    args = sys.argv[1:]
    try:
        code = _run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = report_interruption(as_json="--json" in args)
    except BrokenPipeError:
        code = FAILED
        _drop_standard_output()
    except OSError as error:  # standard output cannot be written, e.g. into a file on a full disk
        code = report_failure(error, as_json=False, debug="--debug" in args)
        _drop_standard_output()
    sys.exit(code)


def _drop_standard_output() -> None:
    """Let nothing fail again when what is still buffered is flushed at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(args: list[str]) -> int:
    try:
        return int(app(args=args, prog_name="understudy", standalone_mode=False) or 0)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "understudy"
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help, printed already
            return error.exit_code
        return report_wrong_usage(error.format_message(), command, as_json="--json" in args)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"understudy {version('understudy')}\n")
        raise typer.Exit
