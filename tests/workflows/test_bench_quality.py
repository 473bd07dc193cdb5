"""The quality benchmark on a short pair: figures, one seed twice, a baseline."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError
from understudy.workflows import bench_quality
from understudy.workflows.bench_quality import run
from understudy.workflows.known_pairs import Pair, real_pairs, rendered_pairs
from understudy.workflows.quality_baseline import changes_since, read_baseline
from understudy.workflows.quality_result import (
    HIGHER_IS_BETTER,
    QualityConfig,
    QualityResult,
    QualityRun,
    figures_of,
)
from understudy.workflows.quality_table import markdown, rows
from workflows.conftest import shortened


@pytest.fixture(scope="module")
def pair(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Pair:
    truth = shortened("BhA_testA", tmp_path_factory.mktemp("truth") / "truth.mp4", 48)
    return Pair(
        name="short",
        source=(clips["source"],),
        target=clips["target"],
        truth=truth,
        person="built-in actor B",
        replaced="built-in actor A",
        consent="rendered",
    )


@pytest.fixture
def only_the_short_pair(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def pairs() -> Generator[list[Pair]]:
        yield [pair]

    monkeypatch.setattr(bench_quality, "rendered_pairs", pairs)
    monkeypatch.setattr(bench_quality, "real_pairs", lambda data: [])


@pytest.mark.usefixtures("only_the_short_pair")
def test_one_seed_gives_the_same_figures_twice_and_another_seed_others(tmp_path: Path) -> None:
    out = tmp_path / "quality.json"
    config = QualityConfig(steps=4, seeds=(0, 1), work=tmp_path / "work", out=out)
    first = run(config)
    assert [(one.pair, one.seed, one.steps) for one in first.runs] == [("short", 0, 4), ("short", 1, 4)]
    figures, other = (one.figures for one in first.runs)
    assert set(figures) == set(HIGHER_IS_BETTER)
    assert all(value is not None for value in figures.values())
    assert figures != other

    again = run(replace(config, seeds=(0,), work=tmp_path / "again", out=None, baseline=out))
    for name, value in again.runs[0].figures.items():
        assert value == pytest.approx(figures[name], abs=1e-4), name
    # two seeds of one pair are too few to know the noise by
    assert {change.judgement for change in again.changes["short"].values()} == {"unknown"}
    assert set(again.changes["short"]) == set(HIGHER_IS_BETTER)

    worse = json.loads(out.read_text())
    for one in worse["runs"]:
        one["figures"]["truth_ssim"] += 0.5
    worse["runs"].append(worse["runs"][0] | {"seed": 2})
    out.write_text(json.dumps(worse))
    changed = run(replace(config, baseline=out, out=None))  # nothing is trained again
    assert changed.changes["short"]["truth_ssim"].judgement == "worse"
    line = next(line for line in markdown(changed, "test").splitlines() if "truth_ssim " in line)
    assert "WORSE" in line

    # other weights are held against the preset's own
    weighed = run(replace(config, seeds=(0,), work=tmp_path / "weighed", baseline=out, losses={"ssim": 0.0}))
    assert weighed.runs[0].figures["heldout_ssim_source"] != figures["heldout_ssim_source"]
    assert json.loads(out.read_text())["losses"] == {"ssim": 0}


@pytest.mark.usefixtures("only_the_short_pair")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": ("nobody",)}, "no pair 'nobody'"),
        ({"data": Path("nowhere")}, "no folder nowhere"),
        ({"baseline": Path(__file__)}, "no result of this benchmark"),
        ({"baseline": Path("nowhere.json")}, "no result of this benchmark"),
        ({"out": Path("nowhere/out.json")}, "no folder nowhere"),
        ({"losses": {"l1": -1.0}}, "weight of l1 is -1"),
    ],
)
def test_what_is_not_there_is_named_before_any_work(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(replace(QualityConfig(steps=1), **change))  # type: ignore[arg-type]


def test_both_rendered_pairs_have_all_their_clips() -> None:
    with rendered_pairs() as pairs:
        assert [pair.name for pair in pairs] == ["rendered_B_into_A", "rendered_A_into_B"]
        for pair in pairs:
            assert pair.truth is not None
            assert all(path.is_file() for path in (*pair.source, pair.target, pair.truth))


def test_real_pairs_are_left_out_or_named_when_incomplete(tmp_path: Path) -> None:
    assert real_pairs(tmp_path / "none") == []
    with pytest.raises(ConfigError, match="d13_into_d9 is not complete"):
        run(QualityConfig(data=tmp_path, pairs=("d13_into_d9",)))


def made(figures: dict[str, float | None], pair: str = "a", seed: int = 0) -> QualityRun:
    every = dict.fromkeys(HIGHER_IS_BETTER, None) | figures
    return QualityRun(pair=pair, seed=seed, figures=every, steps=1, steps_per_s=1, seconds=2)


def test_a_figure_that_is_lost_is_worse() -> None:
    before = figures_of([made({"rms": 0.03 + 0.001 * seed}, seed=seed) for seed in range(3)])
    now = figures_of([made({"rms": 0.03}), made({"rms": None}, seed=1)])
    assert changes_since(before, now)["a"]["rms"].judgement == "worse"
    assert changes_since(before, figures_of([made({})]))["a"]["rms"].judgement == "worse"


def test_a_baseline_with_other_settings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"preset": "tiny", "start": "base", "steps": 7, "minutes": None, "runs": []}))
    assert read_baseline(path, QualityConfig(steps=7)) == {}
    with pytest.raises(ConfigError, match="made with steps 7, this run has 8"):
        read_baseline(path, QualityConfig(steps=8))


def test_the_table_has_a_column_a_pair_and_leaves_out_what_no_pair_has() -> None:
    figures: dict[str, float | None] = {"identity": 1.0, "flicker": -0.5}
    runs = [made(figures), made(figures | {"identity": 0.9}, seed=1), made(figures, pair="b")]
    result = QualityResult(
        preset="tiny", start="base", steps=1, minutes=None, runs=runs, seconds=6, peak_rss_mb=1
    )
    assert rows(result) == [
        ["figure", "a", "b"],
        ["identity ↑", "0.9500 ± 0.0500", "1.0000"],
        ["flicker ↓", "-0.5000 ± 0.0000", "-0.5000"],
        ["seconds a run", "2", "2"],
    ]
