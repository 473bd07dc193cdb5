"""A coverage as a picture or a page."""

from __future__ import annotations

from pathlib import Path

from understudy.core.files import write_atomically
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import read_upright
from understudy.media.images import write_image
from understudy.report.clips import encode_picture
from understudy.report.coverage_map import CoverageMap
from understudy.report.coverage_page import CoveragePage, GapShown, render_coverage
from understudy.report.coverage_picture import coverage_picture
from understudy.report.drawing import image_of, svg_of
from understudy.workflows.coverage_result import PAGE, CoverageResult, Example, GapFound

_EXAMPLE_PX = 220


def write_coverage(path: Path, result: CoverageResult, found: CoverageMap, names: tuple[str, str]) -> None:
    """Write what was found, in the format of the path's suffix.

    Args:
        path: .html, .svg or .png.
        result: what was found.
        found: the counts of faces.
        names: the identities of source and target.

    Raises:
        MediaError: the crop of an example cannot be read.
        UnderstudyError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == PAGE:
        write_atomically(path, render_coverage(_page(result, found, names)).encode())
    elif suffix == ".svg":
        write_atomically(path, svg_of(coverage_picture(found)).encode())
    else:
        write_image(path, image_of(coverage_picture(found)))


def concerns(gap: GapFound) -> str:
    """How much of the target needs it and where that is seen."""
    share = 100 * gap.share
    percent = f"{share:.0f} %" if share >= 1 else "under 1 %"
    return f"{percent} of the target's faces do it, as {_places(gap.examples)}"


def clock(time_s: float) -> str:
    """A time as a player shows it, with hundredths: "1:04.20", "1:02:03.50"."""
    hundredths = round(time_s * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 100:02d}.{rest % 100:02d}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def _places(examples: list[Example]) -> str:
    """Times by file: "at 0:01.20 and 0:07.04 of a.mp4, at 0:00.10 of b.mp4"."""
    by_file: dict[str, list[str]] = {}
    for example in examples:
        by_file.setdefault(example.footage.name, []).append(clock(example.time_s))
    return ", ".join(f"at {' and '.join(times)} of {name}" for name, times in by_file.items())


def _page(result: CoverageResult, found: CoverageMap, names: tuple[str, str]) -> CoveragePage:
    source, target = names
    pictures = _pictures(result)
    return CoveragePage(
        title=f"What {source} lacks for {target}",
        summary=(
            f"{result.source_faces:,} faces of {source}, {result.target_faces:,} of {target}. "
            f"{100 * result.covered_share:.0f} % of the target's faces lack nothing."
        ),
        gaps=[
            GapShown(
                sentence=gap.sentence,
                concerns=concerns(gap),
                examples=[(_caption(example), pictures[example.face]) for example in gap.examples],
            )
            for gap in result.gaps
        ],
        found=found,
        warnings=result.warnings,
    )


def _caption(example: Example) -> str:
    return f"{example.footage.name} {clock(example.time_s)}"


def _pictures(result: CoverageResult) -> dict[int, bytes]:
    """The upright faces of all examples, encoded, by id."""
    ids = sorted({example.face for gap in result.gaps for example in gap.examples})
    with Faceset.open(result.target) as faceset:
        faces = faceset.faces_by_id(ids)
    return {face.id: encode_picture(read_upright(face, _EXAMPLE_PX)) for face in faces}
