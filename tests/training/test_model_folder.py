import hashlib
import io
import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from limits import enlarge, small_disk
from understudy.core.errors import ModelError, UnderstudyError
from understudy.nets.presets import PRESETS, Preset
from understudy.training import model_folder
from understudy.training.adam import AdamW
from understudy.training.model import Model
from understudy.training.model_folder import (
    best_of,
    find_generation,
    holds_model,
    load_model,
    load_optimizer,
    save_best,
    save_index,
    save_model,
)
from understudy.training.model_index import FORMAT, Best, IdentityEntry, ModelIndex

IDENTITIES = [IdentityEntry(name=name, faceset_digest="0", faces=20) for name in ("Ann B.", "Bob")]
KILL_POINTS = 9  # three files are written, each is then moved aside and moved up


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def micro(monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture of six numbers."""
    preset = Preset(
        size_px=8,
        coverage=1.0,
        code=1,
        batch=1,
        learning_rate=0.1,
        betas=(0.9, 0.99),
        expression_weight=0.0,
        consistency_weight=0.0,
        has_base=False,
        encoder=lambda: nn.Linear(1, 1),
        decoder=lambda: nn.Linear(1, 1),
    )
    monkeypatch.setitem(PRESETS, "micro", preset)


def made(step: int) -> tuple[Model, AdamW, ModelIndex]:
    """A model all of whose numbers, the optimizer's too, tell its step."""
    model = Model("micro", [entry.name for entry in IDENTITIES], bf16=False)
    optimizer = AdamW([list(model.parameters())], lr=0.1, betas=(0.9, 0.999), weight_decay=0.01)
    for parameter in model.parameters():
        parameter.data.fill_(step)
        parameter.grad = torch.full_like(parameter, 10.0 * step)
    optimizer.step()
    for parameter in model.parameters():
        parameter.data.fill_(step)
    return model, optimizer, ModelIndex(preset="micro", identities=IDENTITIES, step=step, seed=7)


def save(folder: Path, step: int) -> None:
    save_model(folder, *made(step))


def save_until_killed(folder: Path, step: int, operations: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Save, but die before the file operation after so many; whether the save was finished."""
    left = operations
    write, replace = model_folder.write_atomically, model_folder.replace_atomically

    def count_down() -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    def counted_write(path: Path, data: bytes) -> None:
        count_down()
        write(path, data)

    def counted_replace(written: Path, path: Path) -> None:
        count_down()
        replace(written, path)

    with monkeypatch.context() as patch:
        patch.setattr(model_folder, "write_atomically", counted_write)
        patch.setattr(model_folder, "replace_atomically", counted_replace)
        try:
            save(folder, step)
        except Killed:
            return False
    return True


def whole_step(folder: Path) -> int:
    """Load, make sure that every part is of one generation, and say of which."""
    loaded = load_model(folder, bf16=False)
    step = loaded.index.step
    assert loaded.warnings == []
    assert all((parameter == step).all() for parameter in loaded.model.parameters())
    optimizer = AdamW([list(loaded.model.parameters())], lr=0.1, betas=(0.9, 0.999), weight_decay=0.01)
    assert load_optimizer(folder, optimizer, loaded.index)
    state = optimizer.state[next(iter(loaded.model.parameters()))]
    torch.testing.assert_close(state["exp_avg"], torch.full((1, 1), 0.1 * 10 * step))
    return step


def test_a_model_comes_back_as_it_went(tmp_path: Path) -> None:
    model, optimizer, index = made(3)
    index.history.append({"step": 3, "ssim Bob": 0.5})
    saved = save_model(tmp_path / "m", model, optimizer, index)
    loaded = load_model(tmp_path / "m", bf16=False)
    assert loaded.index == saved
    assert loaded.index.history == index.history
    assert loaded.model.identities == ("Ann B.", "Bob")
    for (name, value), (other, again) in zip(
        model.state_dict().items(), loaded.model.state_dict().items(), strict=True
    ):
        assert name == other
        assert torch.equal(value, again)
    assert whole_step(tmp_path / "m") == 3


def test_the_last_save_counts_and_the_one_before_is_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save(tmp_path, step)
    assert whole_step(tmp_path) == 3
    for name in ("model.json", "weights.safetensors", "optimizer.pt"):
        previous = tmp_path / f"{Path(name).stem}.previous{Path(name).suffix}"
        previous.replace(tmp_path / name)
    assert whole_step(tmp_path) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.json", "optimizer.pt", "weights.safetensors"]


def killed_folders(
    before: Path, step: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, Path]]:
    """Copies of a folder in which the next save was killed after 0, 1, ... operations."""
    operations, finished = 0, False
    while not finished:
        folder = scratch / f"{step}-{operations}"
        if before.exists():
            shutil.copytree(before, folder)
        finished = save_until_killed(folder, step, operations, monkeypatch)
        yield operations, folder
        operations += 1


def test_a_kill_between_any_two_operations_leaves_the_old_or_the_new_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "m", 1)
    save(tmp_path / "m", 2)
    steps = [whole_step(folder) for _, folder in killed_folders(tmp_path / "m", 3, tmp_path, monkeypatch)]
    assert len(steps) == KILL_POINTS + 1
    assert set(steps) == {2, 3}
    assert steps == sorted(steps)


def test_a_kill_in_the_first_save_leaves_a_model_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    for _, folder in killed_folders(tmp_path / "none", 1, tmp_path, monkeypatch):
        held.append(holds_model(folder))
        if held[-1]:
            assert whole_step(folder) == 1
        else:
            with pytest.raises(ModelError, match="holds no model"):
                load_model(folder, bf16=False)
            save(folder, 5)  # and nothing is in the way of another start
            assert whole_step(folder) == 5
    assert held == sorted(held)
    assert held[-1]


def test_kill_after_kill_after_kill_leaves_a_whole_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "m", 1)
    for first, once in killed_folders(tmp_path / "m", 2, tmp_path, monkeypatch):
        kept = whole_step(once)
        for second, twice in killed_folders(once, 3, tmp_path / f"after {first}", monkeypatch):
            assert whole_step(twice) >= kept
            if first != 5:  # all thousand take long; here weights and index are of different saves
                continue
            for _, thrice in killed_folders(twice, 4, tmp_path / f"after {first} {second}", monkeypatch):
                assert whole_step(thrice) >= kept


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "gone", "noise"])
def test_damage_goes_back_one_save_and_says_so(tmp_path: Path, name: str, damage: str) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / name
    if damage == "gone":
        path.unlink()
    else:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"\x07" * len(data))
    loaded = load_model(tmp_path, bf16=False)
    assert loaded.index.step == 1
    assert all((parameter == 1).all() for parameter in loaded.model.parameters())
    if (name, damage) != ("model.json", "gone"):  # as if the last save had never been
        (warning,) = loaded.warnings
        assert "went back to step 1" in warning
    save(tmp_path, 3)
    assert whole_step(tmp_path) == 3


def test_with_nothing_whole_the_error_says_what_is_wrong(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"weights of step 1 are missing or damaged.*train it again"):
        load_model(tmp_path, bf16=False)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"preset": "tomorrow's"},
        {"format": FORMAT + 1, "people": [], "identities": None, "step": "many"},  # nothing else need fit
    ],
)
def test_a_folder_of_another_version_is_told_from_a_damaged_one(
    tmp_path: Path, change: dict[str, object]
) -> None:
    save(tmp_path, 1)
    index = json.loads((tmp_path / "model.json").read_text()) | change
    (tmp_path / "model.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="another version"):
        find_generation(tmp_path)


def test_weights_of_another_architecture_are_an_error_with_a_next_step(tmp_path: Path) -> None:
    save(tmp_path, 1)
    index = json.loads((tmp_path / "model.json").read_text())
    index["identities"].append({"name": "Eve", "faceset_digest": "0", "faces": 20})
    (tmp_path / "model.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="does not fit"):
        load_model(tmp_path, bf16=False)


def plant(folder: Path, data: bytes) -> ModelIndex:
    """Put something else in the optimizer's place, with the digest that the index then names."""
    (folder / "optimizer.pt").write_bytes(data)
    index = json.loads((folder / "model.json").read_text())
    index["optimizer_sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "model.json").write_text(json.dumps(index))
    return load_model(folder, bf16=False).index


class Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, (f"__import__('pathlib').Path({str(self.path)!r}).touch()",)


@pytest.mark.parametrize("wrapped", [True, False])
def test_code_in_the_optimizers_place_is_not_run(tmp_path: Path, wrapped: bool) -> None:
    save(tmp_path / "m", 1)
    trace = tmp_path / "was run"
    if wrapped:
        buffer = io.BytesIO()
        torch.save({"state": Malicious(trace)}, buffer)
        data = buffer.getvalue()
    else:
        data = pickle.dumps(Malicious(trace), protocol=2)
    index = plant(tmp_path / "m", data)
    _, optimizer, _ = made(1)
    with pytest.raises(ModelError, match=r"optimizer\.pt.*delete it"):
        load_optimizer(tmp_path / "m", optimizer, index)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"hello", {"state": {}, "param_groups": []}, [1, 2], torch.ones(3)])
def test_something_else_in_the_optimizers_place_is_an_error(tmp_path: Path, content: object) -> None:
    save(tmp_path, 1)
    buffer = io.BytesIO()
    if isinstance(content, bytes):
        buffer.write(content)
    else:
        torch.save(content, buffer)
    index = plant(tmp_path, buffer.getvalue())
    _, optimizer, _ = made(1)
    with pytest.raises(ModelError, match="delete it"):
        load_optimizer(tmp_path, optimizer, index)


def test_an_optimizer_of_one_group_is_read_into_groups(tmp_path: Path) -> None:
    """Versions before knew no rate of the encoder's own."""
    model, optimizer, index = made(4)
    for number, parameter in enumerate(model.parameters()):
        optimizer.state[parameter]["exp_avg"].fill_(number)
    index = save_model(tmp_path, model, optimizer, index)
    parameters = list(model.parameters())
    grouped = torch.optim.AdamW([{"params": parameters[:2]}, {"params": parameters[2:]}], lr=0.1)
    assert load_optimizer(tmp_path, grouped, index)
    assert [float(grouped.state[p]["exp_avg"].mean()) for p in parameters] == list(range(len(parameters)))
    more = torch.nn.Parameter(torch.zeros(1))  # what was learnt there and is none of ours, and the reverse
    for others in (parameters[2:-1], [*parameters[2:], more]):
        unlike = torch.optim.AdamW([{"params": parameters[:2]}, {"params": others}], lr=0.1)
        with pytest.raises(ModelError, match="delete it"):
            load_optimizer(tmp_path, unlike, index)


def test_averages_in_an_optimizer_of_before_are_passed_over(tmp_path: Path) -> None:
    model, _, index = made(4)
    parameters, average = list(model.parameters()), torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([*parameters, average], lr=0.1)
    for number, parameter in enumerate(parameters):
        parameter.grad = torch.full_like(parameter, 10.0 * number)
    optimizer.step()
    index = save_model(tmp_path, model, optimizer, index)
    grouped = torch.optim.AdamW([{"params": parameters[:2]}, {"params": parameters[2:]}], lr=0.1)
    assert load_optimizer(tmp_path, grouped, index)
    for number, parameter in enumerate(parameters):
        assert float(grouped.state[parameter]["exp_avg"].mean()) == pytest.approx(number)


def test_when_somebody_joined_is_known_of_a_loaded_model(tmp_path: Path) -> None:
    model, optimizer, index = made(9)
    index.identities = [IDENTITIES[0], IDENTITIES[1].model_copy(update={"first_step": 7})]
    save_model(tmp_path, model, optimizer, index)
    assert load_model(tmp_path, bf16=False).model.first_steps == [0, 7]


def test_what_is_saved_is_of_this_versions_format(tmp_path: Path) -> None:
    model, optimizer, index = made(1)
    saved = save_model(tmp_path, model, optimizer, index.model_copy(update={"format": 1}))
    assert load_model(tmp_path, bf16=False).index.format == FORMAT
    save_index(tmp_path, saved)
    assert load_model(tmp_path, bf16=False).index.format == FORMAT


def test_a_missing_or_older_optimizer_is_told(tmp_path: Path) -> None:
    save(tmp_path, 1)
    index = load_model(tmp_path, bf16=False).index
    _, optimizer, _ = made(1)
    (tmp_path / "optimizer.pt").write_bytes(b"of another save")
    assert not load_optimizer(tmp_path, optimizer, index)
    (tmp_path / "optimizer.pt").unlink()
    assert not load_optimizer(tmp_path, optimizer, index)


def test_no_weights_are_pickled(tmp_path: Path) -> None:
    save(tmp_path, 1)
    header_length = int.from_bytes((tmp_path / "weights.safetensors").read_bytes()[:8], "little")
    header = json.loads((tmp_path / "weights.safetensors").read_bytes()[8 : 8 + header_length])
    assert "encoder.weight" in header


def test_as_many_generations_are_kept_as_the_constant_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_folder, "GENERATIONS_KEPT", 3)
    for step in (1, 2, 3, 4, 5):
        save(tmp_path, step)
    assert len(list(tmp_path.iterdir())) == 9
    for step in (5, 4, 3):
        assert load_model(tmp_path, bf16=False).index.step == step
        newest = min(tmp_path.glob("weights*"), key=lambda path: (len(path.name), path.name))
        newest.unlink()
    with pytest.raises(ModelError, match="no save that is whole"):
        load_model(tmp_path, bf16=False)


def test_kills_leave_a_whole_save_with_more_generations_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_folder, "GENERATIONS_KEPT", 3)
    for step in (1, 2, 3):
        save(tmp_path / "m", step)
    for first, once in killed_folders(tmp_path / "m", 4, tmp_path, monkeypatch):
        kept = whole_step(once)
        for _, twice in killed_folders(once, 5, tmp_path / f"after {first}", monkeypatch):
            assert whole_step(twice) >= kept


def test_the_best_is_kept_aside_and_can_be_loaded_like_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert best_of(tmp_path, made(1)[2]) is None
    save(tmp_path, 1)
    for step in (2, 3):
        model, _, index = made(step)
        index.best = Best(step=step, ssim=step / 10)
        save_best(tmp_path, model, index)
        assert best_of(tmp_path, index) == index.best
        # the best of other people is none of theirs
        fewer = index.model_copy(update={"identities": IDENTITIES[:1]})
        assert best_of(tmp_path, fewer) is None
        loaded = load_model(tmp_path / "best", bf16=False)
        assert all((parameter == step).all() for parameter in loaded.model.parameters())
    assert sorted(p.name for p in (tmp_path / "best").iterdir()) == ["model.json", "weights.safetensors"]
    assert whole_step(tmp_path) == 1


def test_a_kill_while_the_best_is_kept_leaves_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "save", save_as_best)
    save_as_best(tmp_path / "m", 1)
    steps = []
    for _, folder in killed_folders(tmp_path / "m", 2, tmp_path, monkeypatch):
        loaded = load_model(folder / "best", bf16=False)
        assert all((parameter == loaded.index.step).all() for parameter in loaded.model.parameters())
        steps.append(loaded.index.step)
    assert steps == sorted(steps)
    assert set(steps) == {1, 2}


def save_as_best(folder: Path, step: int) -> None:
    model, _, index = made(step)
    save_best(folder, model, index)


def test_more_can_be_noted_of_a_save(tmp_path: Path) -> None:
    save(tmp_path, 1)
    saved = save_model(tmp_path, *made(2))
    saved.history.append({"step": 2, "ssim Bob": 0.5})
    save_index(tmp_path, saved)
    assert whole_step(tmp_path) == 2
    assert find_generation(tmp_path).index.history == saved.history


@pytest.mark.parametrize("size_kb", [16, 20, 24])
def test_a_full_disk_leaves_what_was_saved_before_and_no_rest(tmp_path: Path, size_kb: int) -> None:
    with small_disk(tmp_path / "disk", 1000) as disk:
        save(disk, 1)
        before = {path.name: path.read_bytes() for path in disk.iterdir()}
        enlarge(disk, size_kb)
        with pytest.raises(UnderstudyError, match="the disk is full: free some space") as caught:
            save(disk, 2)
        assert "\n" not in str(caught.value)
        assert {path.name: path.read_bytes() for path in disk.iterdir()} == before
        assert whole_step(disk) == 1
        enlarge(disk, 1000)
        save(disk, 2)
        assert whole_step(disk) == 2
