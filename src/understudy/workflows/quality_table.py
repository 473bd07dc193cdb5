"""A quality benchmark as a table that is committed beside its JSON."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.workflows.quality_result import HIGHER_IS_BETTER, QualityResult, figures_of

_MARKS = {"better": " (better)", "worse": " (WORSE)", "same": "", "unknown": ""}
_LOST = "not measured"


def rows(result: QualityResult) -> list[list[str]]:
    """A header, then a row a figure: its name, and one value a pair.

    Of several seeds the mean, and half of how far they lie apart; a figure that has moved since the
    baseline by more than seeds move it is marked.
    """
    gathered = figures_of(result.runs)
    table = [["figure", *gathered]]
    for name, up in HIGHER_IS_BETTER.items():
        cells: list[str] = []
        for pair, figures in gathered.items():
            change = result.changes.get(pair, {}).get(name)
            cell = _cell(figures.get(name, [])) or (_LOST if change else "")
            cells.append(cell + (_MARKS[change.judgement] if change else ""))
        if any(cells):
            table.append([f"{name} {'↑' if up else '↓'}", *cells])
    seconds = [[run.seconds for run in result.runs if run.pair == pair] for pair in gathered]
    table.append(["seconds a run", *(f"{sum(some) / len(some):.0f}" for some in seconds)])
    return table


def markdown(result: QualityResult, heading: str) -> str:
    """The table with a line above it that says what was measured."""
    length = f"{result.minutes:g} minutes" if result.minutes else f"{result.steps} steps"
    seeds = sorted({run.seed for run in result.runs})
    lines = [
        f"{heading}: preset {result.preset} from {result.start}, {length} a pair, seeds "
        f"{', '.join(map(str, seeds))}. Mean of the seeds ± half of how far they lie apart.",
        "",
    ]
    header, *body = rows(result)
    lines.append(f"| {' | '.join(header)} |")
    lines.append(f"|{' --- |' * len(header)}")
    lines += [f"| {' | '.join(row)} |" for row in body]
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean, apart = sum(known) / len(known), max(known) - min(known)
    lost = f" ({len(values) - len(known)} of {len(values)} {_LOST})" if len(known) < len(values) else ""
    return (f"{mean:.4f}" if len(values) == 1 else f"{mean:.4f} ± {apart / 2:.4f}") + lost
