"""Too little memory is told before training, with the setting that fits."""

from __future__ import annotations

import re

import pytest
import torch

from understudy.core.errors import ConfigError
from understudy.nets.presets import PRESETS
from understudy.training.model import Model
from understudy.workflows.memory import (
    Spread,
    available_bytes,
    check_memory,
    must_be_mapped,
    needed_bytes,
    out_of_memory,
    ran_out,
    training_bytes,
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model("tiny", ["a", "b"], bf16=False)


def test_what_fits_is_named_and_does_fit(model: Model) -> None:
    faces = [500, 500]
    available = needed_bytes(model, faces, 12)
    check_memory(model, faces, 12, available)
    with pytest.raises(ConfigError, match=r"needs about .* GB of memory") as caught:
        check_memory(model, faces, 64, available)
    fitting = re.search(r"--batch (\d+) fits", str(caught.value))
    assert fitting is not None
    assert int(fitting[1]) == 12


def test_several_processes_need_more_and_get_advice_that_they_can_share(model: Model) -> None:
    faces, two = [500, 500], Spread(processes=2)
    available = needed_bytes(model, faces, 13, two)
    assert available > needed_bytes(model, faces, 13) + 500_000_000
    with pytest.raises(ConfigError, match="--batch 12 fits"):
        check_memory(model, faces, 64, available, two)
    with pytest.raises(ConfigError, match="use fewer processes"):
        check_memory(model, faces, 64, needed_bytes(model, faces, 64), Spread(processes=8))


def test_parts_that_wait_take_a_little(model: Model) -> None:
    faces, at_once = [500, 500], needed_bytes(model, [500, 500], 4)
    assert at_once < needed_bytes(model, faces, 4, Spread(accumulate=8)) < needed_bytes(model, faces, 32)


def test_faces_are_mapped_where_only_they_do_not_fit(model: Model) -> None:
    faces = [500, 500]
    enough, without = needed_bytes(model, faces, 8), needed_bytes(model, [0, 0], 8)
    assert not must_be_mapped(model, faces, 8, enough)
    assert must_be_mapped(model, faces, 8, enough - 1)
    assert must_be_mapped(model, faces, 8, without)
    assert not must_be_mapped(model, faces, 8, without - 1)  # then it is told that memory is short
    assert not must_be_mapped(model, faces, 8, None)
    shared = Spread(processes=2)
    assert not must_be_mapped(model, faces, 8, needed_bytes(model, faces, 8, shared) - 1, shared)


def test_where_nothing_fits_it_says_so(model: Model) -> None:
    with pytest.raises(ConfigError, match="close other programs"):
        check_memory(model, [4000, 4000], 8, 1_000_000)


def test_this_machine_says_how_much_is_free() -> None:
    free = available_bytes()
    assert free is None or free > 50_000_000
    check_memory(Model("tiny", ["a", "b"], bf16=False), [10**9, 10**9], 8, None)


def test_a_smaller_preset_is_named_where_no_batch_of_this_one_fits() -> None:
    standard = Model("standard", ["a", "b"], bf16=True)
    available = needed_bytes(Model("tiny", ["a", "b"], bf16=True), [500, 500], PRESETS["tiny"].batch)
    with pytest.raises(ConfigError, match="use the preset tiny"):
        check_memory(standard, [500, 500], 8, available)


def test_larger_pictures_more_people_and_larger_batches_need_more() -> None:
    sizes = [training_bytes(name, 2, 4, bf16=True) for name in ("standard", "high", "ultra", "cinema")]
    assert sizes == sorted(sizes)
    for name in PRESETS:
        two, three = (training_bytes(name, people, 4, bf16=True) for people in (2, 3))
        more, full = training_bytes(name, 2, 8, bf16=True), training_bytes(name, 2, 4, bf16=False)
        assert two < min(three, more, full)


def test_memory_that_ran_out_is_told_from_other_failures() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert ran_out(caught.value)
    assert ran_out(MemoryError())
    assert ran_out(torch.OutOfMemoryError("CUDA out of memory"))
    assert not ran_out(RuntimeError("shapes do not match"))
    assert not ran_out(ValueError("can't allocate memory"))


def test_after_memory_ran_out_a_smaller_batch_is_named(model: Model) -> None:
    plenty = needed_bytes(model, [500, 500], 100)
    assert "--batch 7 fits" in str(out_of_memory(model, [500, 500], 8, plenty))
    assert "--batch 3 fits" in str(out_of_memory(model, [500, 500], 8, needed_bytes(model, [500, 500], 3)))
    assert "close other programs" in str(out_of_memory(model, [500, 500], 1, plenty))
