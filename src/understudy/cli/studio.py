"""`understudy studio` and `understudy review`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.errors import INTERRUPTED, report_failure
from understudy.cli.output import print_json, to_error_stream
from understudy.cli.perform import Debug
from understudy.core.events import Event, Notice, OnEvent

Port = Annotated[
    int | None,
    typer.Option(
        min=1, max=65535, help="Where it listens.", show_default="8420, or a free one where that is taken"
    ),
]
Host = Annotated[
    str, typer.Option(help="Address to listen on; others can reach it only if you name another one.")
]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")]
Json = Annotated[bool, typer.Option("--json", help="Print the address as one JSON object.")]

_AT = "the studio is at "


def studio(
    production: Annotated[
        Path, typer.Argument(help="Folder of the production, made where it is missing.")
    ] = Path("studio"),
    port: Port = None,
    host: Host = "127.0.0.1",
    browser: Browser = True,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Open the web studio: choose footage, see the work done, watch the result.

    It runs until Ctrl-C. Work that is going on then is saved, and gone on with next time.
    """

    def work(on_event: OnEvent) -> None:
        from understudy import open_studio as api

        api(production, port=port, host=host, browser=browser, on_event=on_event)

    _serve(work, as_json=json, debug=debug)


def review(
    faceset: Annotated[Path, typer.Argument(help="Folder with the faces of one person.")],
    port: Port = None,
    host: Host = "127.0.0.1",
    browser: Browser = True,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Look through the faces of a faceset in the browser: throw out wrong ones, draw what hides them.

    It runs until Ctrl-C. Each change is saved as it is made.
    """

    def work(on_event: OnEvent) -> None:
        from understudy import open_review as api

        api(faceset, port=port, host=host, browser=browser, on_event=on_event)

    _serve(work, as_json=json, debug=debug)


def _serve(work: Callable[[OnEvent], None], *, as_json: bool, debug: bool) -> None:
    """Like `perform`, but the address is told at the start, and to be interrupted is the usual end."""

    def on_event(event: Event) -> None:
        if not isinstance(event, Notice):
            return
        if event.is_warning:
            to_error_stream(f"warning: {event.message}")
        elif as_json and event.message.startswith(_AT):
            print_json({"url": event.message.removeprefix(_AT)})
        else:
            to_error_stream(f"{event.message} (Ctrl-C ends it)")

    try:
        work(on_event)
    except KeyboardInterrupt:
        to_error_stream("the studio has ended; what was done is kept")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:  # the outermost border: every failure is told in one line
        raise typer.Exit(report_failure(error, as_json=as_json, debug=debug)) from error
