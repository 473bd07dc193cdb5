"""What forms ask is what commands take."""

from __future__ import annotations

import pytest
import typer

from understudy.cli.main import app
from understudy.studio.job_kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_of_a_form_is_one_of_its_command(kind: str) -> None:
    command = typer.main.get_command(app)
    for word in KINDS[kind].command:
        command = command.commands[word]  # type: ignore[attr-defined]
    known = {option for one in command.params for option in one.opts}
    asked = [field.option for panel in KINDS[kind].panels for field in (*panel.fields, *panel.more)]
    assert any(asked)
    assert {f"--{option}" for option in asked if option} <= known
