"""`understudy identity add`, `list`, `show` and `revoke`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from understudy.cli.consent_option import checked_consent
from understudy.cli.output import Row, print_rows, print_table, to_error_stream
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent
from understudy.workflows.consent_choice import Given

if TYPE_CHECKING:
    from understudy.core.identity_record import Use
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
        str | None, typer.Option(metavar="FILE", help="What shows the agreement, e.g. a signed release.")
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
    given = _given(consent, oneself=oneself, rendered=rendered, public_domain=public_domain)
    uses = _uses(used or ["face"])

    def work(on_event: OnEvent) -> Identity:
        from understudy.workflows import identities as workflow

        del on_event
        return workflow.add(
            workflow.AddConfig(
                name=name,
                given=given,
                uses=uses,
                granted_by=granted_by,
                scope=scope,
                until=until,
                faceset=faceset,
                replace=replace,
            )
        )

    perform(work, _show, as_json=json, debug=debug)


@app.command("list")
def list_(json: Json = False, debug: Debug = False) -> None:
    """List everybody there is a record of, and whether the evidence is still what it was."""

    def work(on_event: OnEvent) -> Identities:
        from understudy.workflows import identities as workflow

        del on_event
        return workflow.list_all()

    perform(work, _show_all, as_json=json, debug=debug)


@app.command()
def show(name: Name, json: Json = False, debug: Debug = False) -> None:
    """Show one record, and whether its evidence is still what it was."""

    def work(on_event: OnEvent) -> Identity:
        from understudy.workflows import identities as workflow

        del on_event
        return workflow.show(name)

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
        from understudy.workflows import identities as workflow

        del on_event
        return workflow.revoke(name, why)

    perform(work, _show, as_json=json, debug=debug)


def _given(consent: str | None, *, oneself: bool, rendered: bool, public_domain: str | None) -> Given:
    chosen = [
        *([checked_consent(consent)] if consent is not None else ()),
        *([Given(kind="self")] if oneself else ()),
        *([Given(kind="rendered")] if rendered else ()),
        *([Given(kind="public-domain", why=public_domain)] if public_domain is not None else ()),
    ]
    if len(chosen) != 1:
        raise typer.BadParameter("give one of --consent FILE, --self, --rendered and --public-domain WHY")
    return chosen[0]


def _uses(given: list[str]) -> tuple[Use, ...]:
    known: tuple[Literal["face"], Literal["voice"]] = ("face", "voice")
    for use in given:
        if use not in known:
            raise typer.BadParameter(f"{use!r} is neither face nor voice", param_hint="--for")
    return tuple(cast("Use", use) for use in dict.fromkeys(given))


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
