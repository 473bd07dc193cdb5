"""An optimizer's state as it was saved, perhaps by another version or on another device."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from understudy.training.adam import AdamW
from understudy.training.torch_file import read_torch_file

# what is raised at files that hold something else, or code to run
NOT_A_STATE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError, OverflowError, OSError)
_A_WEIGHT, _BESIDE = 32, 64 << 20  # bytes: two moments, twice as exact and of averages, too; all else


def restore(optimizer: AdamW, path: Path) -> None:
    """Put a saved state into an optimizer; no code of the file is run.

    Raises:
        One of NOT_A_STATE: the file holds something else.
    """
    weights = sum(weight.numel() for group in optimizer.param_groups for weight in group["params"])
    state = read_torch_file(path, _A_WEIGHT * weights + _BESIDE)
    optimizer.load_state_dict(_regrouped(state, optimizer))


def _regrouped(state: Any, optimizer: AdamW) -> Any:  # noqa: ANN401 (whatever the file held)
    """A state in the optimizer's groups: versions before had all parameters in one, in the same order."""
    if not isinstance(state, dict):
        raise TypeError("no state")
    groups = state["param_groups"]
    if len(groups) > 1 and len(groups) == len(optimizer.param_groups) - 1:  # saved when there was no critic
        new = range(sum(len(group["params"]) for group in groups), _count(optimizer))
        return state | {"param_groups": [*groups, groups[0] | {"params": list(new)}]}
    numbers = [number for group in groups for number in group["params"]]
    ends = list(accumulate(len(group["params"]) for group in optimizer.param_groups))
    # what came after them there were averages, which are not learnt
    if len(groups) != 1 or len(numbers) < ends[-1] or state["state"].keys() & set(numbers[ends[-1] :]):
        return state
    parts = [numbers[begin:end] for begin, end in pairwise([0, *ends])]
    return state | {"param_groups": [groups[0] | {"params": part} for part in parts]}


def _count(optimizer: AdamW) -> int:
    return sum(len(group["params"]) for group in optimizer.param_groups)
