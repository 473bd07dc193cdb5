"""The whole chain in one go: it runs, goes on where it was, and fails before the work."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError, ConsentError, MediaError
from understudy.core.identity_folder import find_record, store_record
from understudy.core.identity_record import IdentityRecord
from understudy.media.footage import sha256_of
from understudy.media.probe import presentation_times
from understudy.training.model_folder import find_generation
from understudy.workflows import convert, demo, swap, train, verify
from understudy.workflows.configs import ConvertConfig, SwapConfig, TrainConfig
from understudy.workflows.consent import person_in
from understudy.workflows.demo import DemoConfig
from understudy.workflows.verify_result import VerifyConfig


def test_one_command_from_footage_to_video(clips: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    config = SwapConfig(source=(clips["source"],), target=clips["target"], out=out, steps=3)
    first = swap.run(config)
    assert (first.frames, first.swapped) == (48, 48)
    assert presentation_times(out) == presentation_times(clips["target"])
    assert first.production == tmp_path / "out.mp4.production"
    assert first.train is not None
    assert first.train.steps == 3
    assert sorted(first.extract) == ["source", "target"]
    # run again: faces are there already, and the model is finished
    out.unlink()
    second = swap.run(replace(config, worst=tmp_path / "worst"))
    assert out.exists()
    told = verify.run(VerifyConfig(file=out))
    assert told.verdict == "intact"
    inputs = {entry["title"]: (entry["relation"], entry["sha256"]) for entry in told.made_from}
    assert inputs["source.mp4"] == ("inputTo", sha256_of(clips["source"]))
    assert inputs["target.mp4"] == ("parentOf", sha256_of(clips["target"]))
    assert len((tmp_path / "worst" / "frames.csv").read_text().splitlines()) == 49
    assert second.train is not None
    assert second.train.steps == 3
    assert second.train.validation == first.train.validation
    assert second.extract["source"].seconds < first.extract["source"].seconds
    # another time trains it further
    third = swap.run(replace(config, steps=2))
    assert third.train is not None
    assert third.train.steps == 5
    index = json.loads((first.production / "model" / "model.json").read_text())
    assert [entry["name"] for entry in index["identities"]] == ["source", "target"]
    assert index["identities"][0]["consent"]["identity"] == "source"  # as the footage is called


def test_a_swaps_source_goes_by_the_name_that_is_said(clips: dict[str, Path], tmp_path: Path) -> None:
    config = SwapConfig(
        source=(clips["source"],),
        target=clips["target"],
        out=tmp_path / "out.mp4",
        steps=1,
        source_name="anna",
    )
    production = swap.run(config).production
    assert person_in(production / "source.faceset") == "anna"
    # who trains or converts with what the swap has left is asked for the same record
    found = find_record("anna")
    assert found is not None
    revoked = IdentityRecord.model_validate(found.record.model_dump() | {"revoked": {"on": date.today()}})
    store_record(revoked)
    facesets = (production / "source.faceset", production / "target.faceset")
    try:
        with pytest.raises(ConsentError, match="anna took back"):
            train.run(TrainConfig(facesets=facesets, model=tmp_path / "m", steps=1))
        with pytest.raises(ConsentError, match="anna took back"):
            convert.run(ConvertConfig(target=clips["target"], model=production / "model", out=config.out))
    finally:
        store_record(found.record)
    with pytest.raises(ConfigError, match=r"source\.faceset holds faces of anna, not of bert"):
        swap.run(replace(config, source_name="bert"))


def test_another_person_is_not_mixed_in(clips: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    swap.run(SwapConfig(source=(clips["source"],), target=clips["target"], out=out, steps=1))
    other = SwapConfig(source=(clips["target"],), target=clips["source"], out=out, steps=1)
    with pytest.raises(ConfigError, match=r"source.faceset was made from other footage \(source.mp4\)"):
        swap.run(other)


def test_a_stopped_swap_goes_on(clips: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    config = SwapConfig(source=(clips["source"],), target=clips["target"], out=out, steps=20)

    def interrupt(event: object) -> None:
        if getattr(event, "stage", "") == "train":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swap.run(config, interrupt)
    assert not out.exists()
    again = swap.run(config)
    assert again.train is not None
    assert again.train.steps == 20  # some of them before the interruption
    steps = [entry["step"] for entry in again.train.history]  # a slow machine validates in between, too
    assert steps == sorted(steps)
    assert steps[-1] == 20
    assert steps[0] < 20
    assert out.exists()


def test_what_cannot_work_fails_before_the_work(clips: dict[str, Path], tmp_path: Path) -> None:
    source, target = clips["source"], clips["target"]
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all")
    none, out = tmp_path / "none.mp4", tmp_path / "a.mp4"
    cases = [
        (SwapConfig(source=(source,), target=target, out=target), ConfigError, "one of the inputs"),
        (
            SwapConfig(source=(source,), target=target, out=tmp_path / "a.txt"),
            MediaError,
            r"cannot write \.txt",
        ),
        (
            SwapConfig(source=(source,), target=target, out=tmp_path / "no" / "a.mp4"),
            MediaError,
            "does not exist",
        ),
        (
            SwapConfig(source=(none,), target=target, out=tmp_path / "a.mp4"),
            MediaError,
            "none",
        ),
        (SwapConfig(source=(source,), target=text, out=out), MediaError, "notes"),
        (
            SwapConfig(source=(source,), target=target, out=out, losses={"l1": 0, "ssim": 0}),
            ConfigError,
            "no loss of the picture is left",
        ),
        (SwapConfig(source=(source,), target=tmp_path, out=out), MediaError, "is a folder"),
        (SwapConfig(source=(source,), target=target, out=out, cert=text), ConfigError, "without --key"),
    ]
    for config, kind, message in cases:
        with pytest.raises(kind, match=message):
            swap.run(config)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.mp4"]


def test_the_demo_measures_itself(tmp_path: Path) -> None:
    result = demo.run(DemoConfig(out=tmp_path / "demo", steps=3))
    assert result.frames == result.swapped == 100
    evaluation = result.evaluation
    assert evaluation.identity["nearer_to_source"] is not None
    assert evaluation.truth["ssim_gain"] is not None
    assert evaluation.sync_ms == 0
    correlations = evaluation.expression["r"]
    assert isinstance(correlations, dict)
    # the base alone carries the expression over, before anything was learnt of these two
    assert (correlations["mouth_open"] or 0) > 0.4
    # nobody is asked: it is known that nobody exists
    (source, target) = find_generation(tmp_path / "demo" / "production" / "model").index.identities
    assert (source.name, target.name) == ("built-in actor B", "built-in actor A")
    assert source.consent is not None
    assert (source.consent.identity, source.consent.kind) == ("built-in actor B", "rendered")
    for written in (result.output, result.report):
        told = verify.run(VerifyConfig(file=written))
        assert (told.verdict, told.consent[0]["kind"]) == ("intact", "rendered")
    page = result.report.read_text()
    assert "mouth opening" in page
    assert "synthetic" in page
