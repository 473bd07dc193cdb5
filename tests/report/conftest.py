"""A synthetic report, opened in a real browser."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from understudy.core.types import Image
from understudy.report.clips import Clip, encode_clip, encode_picture
from understudy.report.coverage_map import CoverageMap, Grid, NamedStrip
from understudy.report.curves import FrameSeries
from understudy.report.figures import Figure
from understudy.report.moments import Moment
from understudy.report.page import ReportData
from understudy.report.training import TrainingPoint

NASTY = "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">&"


def plain_frames(rgb: tuple[int, int, int], count: int, start_s: float = 0.0, side_px: int = 96):
    """Frames of one colour that gets brighter by one level a frame, at 10 frames a second."""
    for i in range(count):
        image = np.empty((side_px, side_px, 3), np.uint8)
        image[:] = np.clip(np.array(rgb) + i, 0, 255)
        yield start_s + i / 10, image


def clip(name: str, rgb: tuple[int, int, int], count: int = 20, **options: object) -> Clip:
    return encode_clip(name, plain_frames(rgb, count), 96, **options)  # type: ignore[arg-type]


@pytest.fixture
def picture() -> Image:
    return np.random.default_rng(0).integers(0, 255, (120, 200, 3), np.uint8)


def moment(frame: int, reason: str) -> Moment:
    """A still of a frame that `clip` plays."""
    stills = [encode_picture(np.full((64, 64, 3), level, np.uint8)) for level in (90, 160)]
    return Moment(frame=frame, time_s=frame / 10, reason=reason, target=stills[0], output=stills[1])


def grid(rows: int, columns: int) -> Grid:
    """A grid whose last cell the source lacks."""
    target = [[1] * columns for _ in range(rows)]
    source = [[3] * columns for _ in range(rows)]
    source[-1][-1] = 0
    return Grid(
        x_edges=[10.0 * i for i in range(columns + 1)],
        y_edges=[10.0 * i for i in range(rows + 1)],
        source=source,
        target=target,
        missing=[[count == 0 for count in row] for row in source],
        missing_share=1 / (rows * columns),
    )


@pytest.fixture
def full(picture: Image) -> ReportData:
    """Every part of a report filled, with hostile text wherever text goes."""
    times_s = [i / 10 for i in range(20)]
    return ReportData(
        title=f"A trial {NASTY}",
        summary=NASTY,
        clips=[
            clip("source", (200, 20, 20), 7, in_step=False),
            clip("target", (20, 20, 200)),
            clip("output", (20, 200, 20)),
            clip("source", (90, 90, 20), 7, in_step=False, view=f"whole {NASTY}"),
            clip("target", (20, 90, 90), view=f"whole {NASTY}"),
            clip("output", (90, 20, 90), view=f"whole {NASTY}"),
        ],
        figures=[
            Figure(name=NASTY, value=0.83, unit=NASTY, good_when=NASTY, is_good=True, explanation=NASTY),
            Figure(name="eye opening", value=NASTY, is_good=False),
            Figure(name="flicker", value=None, unit="levels"),
        ],
        history=[
            TrainingPoint(step=i * 100, seconds=i * 10.0, loss=1 / (i + 1), ssim={NASTY: 0.5 + i / 50})
            for i in range(12)
        ],
        mean_face_ssim={NASTY: 0.6},
        previews=[(NASTY, picture)],
        series=[
            FrameSeries(
                name=f"mouth {NASTY}",
                times_s=times_s,
                values={"target": times_s, NASTY: [None, *times_s[1:]]},
                unit=NASTY,
                explanation=NASTY,
            )
        ],
        worst=[moment(13, NASTY), moment(4, "mouth shut while the target's is open")],
        best=[moment(9, "best in gaze")],
        ranking=NASTY,
        coverage=CoverageMap(
            pose=grid(4, 12),
            strips=[NamedStrip(name=NASTY, unit=NASTY, grid=grid(1, n)) for n in (9, 7, 1)],
        ),
        settings={NASTY: NASTY, "facesets": [NASTY, "b" * 90]},
        provenance={NASTY: NASTY, "output": "a" * 120},
        origin=NASTY,
        notes=[NASTY],
        notice=f"This output is synthetic. {NASTY}",
        warnings=[NASTY],
    )


@dataclass
class Opened:
    """A page in the browser and all that it complained about or asked for."""

    page: object
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])


@pytest.fixture
def open_page(browser):
    """Open a file at a width, with everything that a user would not see recorded."""
    pages = []

    def opened(path: Path, width: int = 1280, ready: str = "body.ready", **options) -> Opened:
        page = browser.new_page(viewport={"width": width, "height": 800}, **options)
        page.set_default_timeout(20_000)
        pages.append(page)
        result = Opened(page)
        page.on("console", lambda message: result.complaints.append(message.text))
        page.on("pageerror", lambda error: result.complaints.append(str(error)))
        page.on("request", lambda request: result.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(ready, timeout=60_000)
        return result

    yield opened
    for page in pages:
        page.close()
