"""Too little memory is told before training, with the setting that fits."""

from __future__ import annotations

import re

import pytest

from understudy.core.errors import ConfigError
from understudy.training.model import Model
from understudy.workflows.memory import available_bytes, check_memory, needed_bytes


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


def test_where_nothing_fits_it_says_so(model: Model) -> None:
    with pytest.raises(ConfigError, match="close other programs"):
        check_memory(model, [4000, 4000], 8, 1_000_000)


def test_this_machine_says_how_much_is_free() -> None:
    free = available_bytes()
    assert free is None or free > 50_000_000
    check_memory(Model("tiny", ["a", "b"], bf16=False), [10**9, 10**9], 8, None)
