"""`understudy export`: what it asks for and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.workflows import export
from understudy.workflows.export_result import ExportConfig, ExportedFile, ExportResult

from .conftest import Run


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "give --onnx FOLDER, --dfm FILE.dfm or both"),
        (("--onnx", "o", "--source", "anna"), "--source and --target-identity go with --dfm"),
    ],
)
def test_wrong_usage(run: Run, args: tuple[str, ...], said: str) -> None:
    ran = run("export", "model", *args)
    assert ran.code == 2
    assert said in ran.err


def test_a_folder_without_a_model(run: Run, tmp_path: Path) -> None:
    ran = run("export", tmp_path, "--dfm", tmp_path / "a.dfm", "--json")
    assert ran.code == 1
    assert str(tmp_path) in ran.json["error"]
    assert "train one first" in ran.json["next_step"]


def test_options_become_the_config_and_the_result_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ExportConfig] = []
    file = ExportedFile(path=Path("a.dfm"), holds="swap to anna", size_bytes=31_500_000, difference=6e-8)
    result = ExportResult(
        model=Path("m"), files=[file], largest_difference=6e-8, seconds=1.0, peak_rss_mb=1.0, warnings=[]
    )

    def run_(config: ExportConfig, on_event: object) -> ExportResult:
        asked.append(config)
        return result

    monkeypatch.setattr(export, "run", run_)
    args = ("export", "m", "--dfm", "a.dfm", "--source", "anna", "--target-identity", "bert")
    ran = run(*args)
    assert asked == [ExportConfig(model=Path("m"), dfm=Path("a.dfm"), source="anna", target_identity="bert")]
    assert "a.dfm, 31.5 MB" in ran.out
    assert "6e-08" in ran.out
    assert run(*args, "--json").json["files"][0]["size_bytes"] == 31_500_000
