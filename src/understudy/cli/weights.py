"""`understudy weights list`, `pull` and `check`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from understudy.cli.output import print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.weights import WeightsRow

app = typer.Typer(help="Pretrained weights on this machine.", no_args_is_help=True)


@app.command("list")
def list_(json: Json = False, debug: Debug = False) -> None:
    """List the weights, their licences, and whether they are here."""

    def work(on_event: OnEvent) -> list[WeightsRow]:
        from understudy.workflows.weights import list_weights

        del on_event
        return list_weights()

    _perform(work, as_json=json, debug=debug)


@app.command()
def pull(json: Json = False, debug: Debug = False) -> None:
    """Fetch the weights that are absent or wrong."""

    def work(on_event: OnEvent) -> list[WeightsRow]:
        from understudy.workflows.weights import pull_weights

        return pull_weights(on_event)

    _perform(work, as_json=json, debug=debug)


@app.command()
def check(json: Json = False, debug: Debug = False) -> None:
    """Fail where a file is absent or is not the pinned one."""

    def work(on_event: OnEvent) -> list[WeightsRow]:
        from understudy.workflows.weights import check_weights

        del on_event
        return check_weights()

    _perform(work, as_json=json, debug=debug)


def _perform(work: Callable[[OnEvent], list[WeightsRow]], *, as_json: bool, debug: bool) -> None:
    # the one object of `--json` needs a name for the list
    perform(lambda on_event: {"weights": work(on_event)}, _show, as_json=as_json, debug=debug)


def _show(result: dict[str, list[WeightsRow]]) -> None:
    print_table(
        ("file", "state", "MB", "licence", "from", "path"),
        [
            (row.name, row.state, f"{row.bytes / 1e6:.1f}", row.licence, row.package, str(row.path.parent))
            for row in result["weights"]
        ],
    )
