"""`understudy identity add`, `list`, `show` and `revoke`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.output import Row, print_rows, print_table, to_error_stream
from understudy.cli.perform import Debug, Json, perform
from understudy.core.errors import ConsentError
from understudy.core.events import OnEvent
from understudy.workflows.consent_choice import checked_uses, one_given

if TYPE_CHECKING:
    from understudy.workflows.identities import Identities, Identity

app = typer.Typer(
    help="Records of whose face and voice may be used, who agreed, and to what.", no_args_is_help=True
)


def _day(text: str) -> date:
    """A day as ISO 8601 has it; typer.BadParameter where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write it as YYYY-MM-DD, e.g. 2027-12-31") from error


Name = Annotated[str, typer.Argument(metavar="NAME", help="The person, as facesets and models name them.")]


@app.command()
def add(
    name: Name,
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|self|rendered|public-domain:WHY",
            help="What shows the agreement, e.g. a signed release; or the word for one of the next three.",
        ),
    ] = None,
    oneself: Annotated[bool, typer.Option("--self", help="It is you.")] = False,
    rendered: Annotated[bool, typer.Option("--rendered", help="Nobody who exists.")] = False,
    public_domain: Annotated[
        str | None, typer.Option(metavar="WHY", help="Nobody has to agree; say why.")
    ] = None,
    used: Annotated[
        list[str] | None,
        typer.Option(
            "--for", metavar="USE", help="face or voice; give it twice for both.", show_default="face"
        ),
    ] = None,
    granted_by: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who agreed, where it is not the person.")
    ] = None,
    scope: Annotated[str | None, typer.Option(help="What it may be used for, in words.")] = None,
    until: Annotated[
        date | None, typer.Option(metavar="YYYY-MM-DD", parser=_day, help="Last day of it.")
    ] = None,
    faceset: Annotated[
        Path | None, typer.Option(help="Faces of the person: others' are told from them later.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of an earlier record, which is kept aside.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Record that somebody's face or voice may be used; give one of the first four options.

    The file itself is not copied, its SHA-256 is noted.
    """
    ways: dict[str, Any] = {"consent": consent, "oneself": oneself}
    ways |= {"rendered": rendered, "public_domain": public_domain}
    uses = used or ["face"]
    _check(ways, uses)

    def work(on_event: OnEvent) -> Identity:
        from understudy import add_identity as api

        del on_event
        return api(
            name,
            **ways,
            used=uses,
            granted_by=granted_by,
            scope=scope,
            until=until,
            faceset=faceset,
            replace=replace,
        )

    perform(work, _show, as_json=json, debug=debug)


@app.command("list")
def list_(json: Json = False, debug: Debug = False) -> None:
    """List everybody there is a record of, and whether the evidence is still what it was."""

    def work(on_event: OnEvent) -> Identities:
        from understudy import list_identities as api

        del on_event
        return api()

    perform(work, _show_all, as_json=json, debug=debug)


@app.command()
def show(name: Name, json: Json = False, debug: Debug = False) -> None:
    """Show one record, and whether its evidence is still what it was."""

    def work(on_event: OnEvent) -> Identity:
        from understudy import show_identity as api

        del on_event
        return api(name)

    perform(work, _show, as_json=json, debug=debug)


@app.command()
def revoke(
    name: Name,
    why: Annotated[str | None, typer.Option(help="In words.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Note that an agreement was taken back: nothing more is made with it."""

    def work(on_event: OnEvent) -> Identity:
        from understudy import revoke_identity as api

        del on_event
        return api(name, why=why)

    perform(work, _show, as_json=json, debug=debug)


def _check(ways: dict[str, Any], used: list[str]) -> None:
    """Refuse what nobody can record, as wrong usage.

    Raises:
        typer.BadParameter: none of the ways was taken, or several, or a use is unknown.
    """
    try:
        one_given(**ways)
    except ConsentError as error:
        raise typer.BadParameter(f"{error.what}; {error.next_step}") from error
    try:
        checked_uses(used)
    except ConsentError as error:
        raise typer.BadParameter(f"{error.what}; {error.next_step}", param_hint="--for") from error


def _show(identity: Identity) -> None:
    for note in identity.notes:
        to_error_stream(f"note: {note}")
    rows: list[tuple[str, str | None]] = [
        ("name", identity.name),
        ("state", identity.state),
        ("kind", identity.kind),
        ("granted by", identity.granted_by),
        ("recorded", identity.recorded),
        ("for", ", ".join(identity.uses)),
        ("scope", identity.scope),
        ("until", identity.until),
        ("why", identity.why),
        ("revoked on", identity.revoked_on),
        ("revoked why", identity.revoked_why),
        ("evidence", _evidence(identity)),
        ("its sha256", identity.evidence_sha256),
        ("face", "known" if identity.has_face else "not known: others' faces cannot be told from it"),
        ("sha256", identity.sha256),
        ("record", str(identity.path)),
    ]
    shown: list[Row] = [(name, value) for name, value in rows if value]
    print_rows(shown)


def _evidence(identity: Identity) -> str | None:
    if identity.evidence is None or identity.evidence_state is None:
        return identity.evidence
    return f"{identity.evidence} ({identity.evidence_state})"


def _show_all(result: Identities) -> None:
    for message in result.warnings:
        to_error_stream(f"warning: {message}")
    print_table(
        ("name", "state", "kind", "for", "until", "granted by", "recorded", "evidence"),
        [
            (
                one.name,
                one.state,
                one.kind,
                ", ".join(one.uses),
                one.until or "-",
                one.granted_by or "-",
                one.recorded[:10],
                one.evidence_state or "-",
            )
            for one in result.identities
        ],
    )
