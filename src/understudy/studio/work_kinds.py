"""How a kind of work is described: what it asks, its command, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from understudy.core.identity_record import Use

What = Literal["footage", "sound", "name", "text", "number", "choice", "voice", "tick"]
MOST_MINUTES = 7 * 24 * 60.0
Words = Mapping[str, str]  # what was given, by the field's name, as people would say it


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing that is asked.

    Args:
        name: in the order that a page sends.
        what: of files "footage" and "sound", else how it is typed or chosen; a "voice" is one of a model.
        label: what the page calls it.
        note: what the page says of it.
        option: of the command line; "" where it stands alone behind all options.
        several: whether more than one file may be given, and folders.
        required: whether it must be given.
        instead_of: name of another field, in whose place it is given: one of both must be.
        named_after: of a name: the files that somebody is called after until another name is typed.
        usual: what the page begins with.
        low: of a number.
        high: of a number.
        is_whole: whether a number has no fraction.
        choices: what can be chosen; none where the page asks for them.
        before: what the job's page calls this file beside the result; "" where it is not shown.
    """

    name: str
    what: What
    label: str
    note: str = ""
    option: str = ""
    several: bool = False
    required: bool = False
    instead_of: str = ""
    named_after: str = ""
    usual: str = ""
    low: float = 0.0
    high: float = 1e7
    is_whole: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Fields that belong together.

    Args:
        title: above them.
        note: below the title.
        fields: shown.
        more_title: of what is folded away.
        more: fields that are.
    """

    title: str
    fields: tuple[Field, ...]
    note: str = ""
    more_title: str = "More settings"
    more: tuple[Field, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of work.

    Args:
        command: of `understudy`.
        tab: what it is called where one is chosen.
        title: of the page.
        lede: below it.
        panels: what is asked; consent comes before the last one.
        person: name of the field that says whose face or voice is put in.
        use: what they must have agreed to.
        make: what the button says.
        called: the job, of what was given.
        folder: what its folder is called.
        out: the file or folder that comes out, within that folder.
        has_production: whether the command works in a production of its own: the job's folder.
    """

    command: tuple[str, ...]
    tab: str
    title: str
    lede: str
    panels: tuple[Panel, ...]
    person: str
    use: Use
    make: str
    called: Callable[[Words], str]
    folder: Callable[[Words], str]
    out: Callable[[Words], str]
    has_production: bool = False

    @property
    def fields(self) -> list[Field]:
        """All that is asked, in the page's order."""
        return [one for panel in self.panels for one in (*panel.fields, *panel.more)]
