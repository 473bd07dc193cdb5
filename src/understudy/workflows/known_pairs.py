"""The pairs that quality is measured on: rendered actors with a known truth, and real footage."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from understudy.core.errors import ConfigError

REAL_FOOTAGE = Path("../shared/data")  # beside the project's own folder, where it is there
_PUBLISHED = "public-domain:published under a free licence; used to measure, not shown"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A source, a target and, of rendered actors, the truth.

    Args:
        name: short, without spaces.
        source: footage of who is put in.
        target: footage that is changed.
        target_footage: more of the person in the target, to learn from only.
        truth: footage of the source doing what the target does, frame for frame.
        person: who is put in, as their record is called.
        replaced: who is in the target.
        consent: why their face may be used.
    """

    name: str
    source: tuple[Path, ...]
    target: Path
    target_footage: tuple[Path, ...] = ()
    truth: Path | None = None
    person: str
    replaced: str
    consent: str


@contextmanager
def rendered_pairs() -> Generator[list[Pair]]:
    """The pairs of built-in actors, while their clips lie in files."""
    with ExitStack() as stack:

        def clip(name: str) -> Path:
            return stack.enter_context(as_file(files("understudy") / "assets" / "demo" / f"{name}.mp4"))

        yield [
            Pair(
                name=f"rendered_{source}_into_{target}",
                source=(clip(f"{source}_train"),),
                target=clip(f"{target}_test{target}"),
                target_footage=(clip(f"{target}_train"),),
                truth=clip(f"{source}h{target}_test{target}"),
                person=f"built-in actor {source}",
                replaced=f"built-in actor {target}",
                consent="rendered",
            )
            for source, target in (("B", "A"), ("A", "B"))
        ]


def real_pairs(data: Path) -> list[Pair]:
    """The pairs of real footage below a folder; none where it is not there."""
    if not data.is_dir():
        return []
    expressive = data / "video" / "expressive"
    s1, s31 = (tuple(sorted((data / "video" / f"grid_{name}").glob("*.mpg"))) for name in ("s1", "s31"))
    return [
        Pair(
            name="d13_into_d9",
            source=(expressive / "d13.mp4",),
            target=expressive / "d9.mp4",
            person="d13",
            replaced="d9",
            consent=_PUBLISHED,
        ),
        Pair(
            name="s31_into_s1",
            source=s31,
            target=s1[0] if s1 else data / "video" / "grid_s1",
            target_footage=s1[1:9],
            person="GRID s31",
            replaced="GRID s1",
            consent=_PUBLISHED,
        ),
    ]


def check_pair(pair: Pair) -> None:
    """Raise before any work where a pair's footage is not there.

    Raises:
        ConfigError: what is missing.
    """
    missing = [path for path in (*pair.source, pair.target) if not path.is_file()]
    if missing or not pair.source:
        raise ConfigError(
            f"the footage of {pair.name} is not complete", "name another --data, or a --pair that is there"
        )
