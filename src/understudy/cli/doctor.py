"""`understudy doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform

if TYPE_CHECKING:
    from understudy.core.events import OnEvent
    from understudy.workflows.doctor import DoctorResult


def doctor(json: Json = False, debug: Debug = False) -> None:
    """Say what this machine can do, and what is missing."""

    def work(on_event: OnEvent) -> DoctorResult:
        from understudy.workflows import doctor as workflow

        return workflow.run(on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: DoctorResult) -> None:
    packages = (f"{name} {found or 'absent'}" for name, found in result.packages.items())
    present = sum(row.state == "present" for row in result.weights)
    bf16 = "native bf16" if result.bf16 else "no native bf16"
    memory = [f"{number(mb and mb / 1e3, 1)} GB" for mb in (result.memory_mb, result.memory_free_mb)]
    print_rows(
        [
            ("understudy", result.understudy),
            ("system", f"{result.system}, Python {result.python}"),
            ("packages", ", ".join(packages)),
            ("CPU", f"{result.cpu_cores} cores, {result.cpu}, {bf16}"),
            ("memory", f"{memory[0]}, {memory[1]} free"),
            ("GPU", ", ".join(result.gpus) or "none; none is needed"),
            ("cache", f"{result.cache}, {number(result.disk_free_mb / 1e3, 1)} GB free"),
            ("weights", f"{present} of {len(result.weights)} here"),
            *((f"missing {i}", f"{m.what}: {m.next_step}") for i, m in enumerate(result.missing, 1)),
            *([] if result.missing else [("missing", "nothing")]),
        ]
    )
