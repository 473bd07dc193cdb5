"""Voice models on disk: as they were, and never trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from made_voices import NAMES, some_speech, untrained_model
from understudy.core import weights_file
from understudy.core.errors import ModelError
from understudy.nets.voice import VoiceNet, VoiceNetConfig, parameters_of
from understudy.speech.speaker import speaker_stats
from understudy.speech.voice_model import StatsEntry, load_voice, save_voice


def test_there_and_back(tmp_path: Path) -> None:
    model = load_voice(untrained_model(tmp_path / "m"))
    assert model.index.names == list(NAMES)
    stats, again = speaker_stats([some_speech("Anna")]), model.index.speakers[0].stats.stats()
    torch.testing.assert_close(torch.tensor(again.mean), torch.tensor(stats.mean))
    assert again.log_f0_mean == stats.log_f0_mean
    other = load_voice(untrained_model(tmp_path / "n"))
    for name, value in model.net.state_dict().items():
        assert torch.equal(value, other.net.state_dict()[name])


def test_creak_is_kept_and_models_from_before_it_have_none(tmp_path: Path) -> None:
    folder = untrained_model(tmp_path / "m")
    index = folder / "voice.json"
    said = json.loads(index.read_text())
    for place, depth in enumerate((0.7, 0.8)):
        stats = replace(speaker_stats([some_speech("Anna")]), creaked=0.04, creak_depth=depth)
        said["speakers"][place]["stats"] = StatsEntry.of(stats).model_dump()
    index.write_text(json.dumps(said))
    known = [one.stats.stats() for one in load_voice(folder).index.speakers]
    assert [(one.creaked, one.creak_depth) for one in known] == [(0.04, 0.7), (0.04, 0.8)]
    for one in said["speakers"]:
        del one["stats"]["creaked"], one["stats"]["creak_depth"]
    index.write_text(json.dumps(said))
    assert {one.stats.stats().creaked for one in load_voice(folder).index.speakers} == {0.0}


def test_a_save_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = untrained_model(tmp_path / "m")
    model = load_voice(folder)
    with torch.no_grad():
        next(iter(model.net.parameters())).add_(1)
    written: list[Path] = []

    def fails_at_the_second(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == 2:
            raise OSError("gone")
        path.write_bytes(data)

    monkeypatch.setattr(weights_file, "write_atomically", fails_at_the_second)
    with pytest.raises(OSError, match="gone"):
        save_voice(folder, model.net, model.index)
    monkeypatch.undo()
    assert load_voice(folder).index.weights_sha256 == model.index.weights_sha256
    save_voice(folder, model.net, model.index)
    assert load_voice(folder).index.weights_sha256 != model.index.weights_sha256
    assert len(list(folder.glob("*.safetensors"))) == 1


def _with_less_noise(said: dict) -> dict:
    for one in said["speakers"]:
        one["stats"]["noise"] = one["stats"]["noise"][:2]
    return said


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"format": 2},
        lambda said: said | {"width": 10**9},
        lambda said: said | {"width": 17},
        lambda said: said | {"weights_sha256": "0" * 64},
        lambda said: said | {"weights_sha256": "../../etc/passwd"},
        lambda said: said | {"speakers": said["speakers"][:1] * 2},
        lambda said: {"speakers": []},
        lambda said: said | {"more": 1},
        lambda said: said | {"coefficients": 30},
        _with_less_noise,
    ],
)
def test_an_index_that_was_changed_is_refused(tmp_path: Path, change) -> None:
    folder = untrained_model(tmp_path / "m")
    index = folder / "voice.json"
    index.write_text(json.dumps(change(json.loads(index.read_text()))))
    with pytest.raises(ModelError):
        load_voice(folder)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    folder = untrained_model(tmp_path / "m")
    model = load_voice(folder)
    with torch.no_grad():
        next(iter(model.net.parameters())).fill_(float("nan"))
    save_voice(folder, model.net, model.index)
    with pytest.raises(ModelError, match="numbers that are none"):
        load_voice(folder)


def test_damaged_weights_and_no_model(tmp_path: Path) -> None:
    folder = untrained_model(tmp_path / "m")
    (weights,) = folder.glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(ModelError, match="damaged"):
        load_voice(folder)
    with pytest.raises(ModelError, match="no voice model"):
        load_voice(tmp_path)


@pytest.mark.parametrize("sizes", [(60, 16, 8, 1), (20, 5, 7, 0), (60, 96, 48, 2)])
def test_sizes_are_known_before_there_is_a_network(sizes: tuple[int, int, int, int]) -> None:
    config = VoiceNetConfig(**dict(zip(("coefficients", "width", "code", "blocks"), sizes, strict=True)))
    for speakers in (1, 3):
        net = VoiceNet(config, [str(one) for one in range(speakers)])
        assert parameters_of(config, speakers) == sum(one.numel() for one in net.parameters())


def test_a_large_claim_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With these sizes a network would take 6 GB."""
    folder = untrained_model(tmp_path / "m")
    index = folder / "voice.json"
    said = json.loads(index.read_text()) | {"width": 1024, "code": 1024, "blocks": 32}
    index.write_text(json.dumps(said))

    def made(*_: object) -> None:
        raise AssertionError("a network was made")

    monkeypatch.setattr("understudy.speech.voice_model.VoiceNet", made)
    with pytest.raises(ModelError, match="does not fit"):
        load_voice(folder)
