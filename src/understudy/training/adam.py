"""Adam with decoupled weight decay, as torch's own optimizer, but ready at once.

The first optimizer of `torch.optim` that is made in a process loads torch's compiler, which nothing here
uses: a third of the time until the first step of a small model. The computation is torch's own function.

Reference:
    Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class AdamW:
    """Changes weights by their gradients; its state is saved as that of `torch.optim.AdamW`.

    Args:
        param_groups: settings of each group of weights, and the weights themselves as "params".
        state: of each weight that has had a gradient: "step" (0-d float32, how many) and the running means
            "exp_avg" of it and "exp_avg_sq" of its square, of the weight's shape.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[Tensor]],
        *,
        lr: float,
        betas: tuple[float, float],
        weight_decay: float,
        eps: float = 1e-8,
        capturable: bool = False,
    ) -> None:
        """Start without a state.

        Args:
            groups: weights, each of which is in one group, of which each has a rate of its own.
            lr: learning rate of all groups; set "lr" of one in `param_groups` to change it.
            betas: shares of the running means that remain at each step.
            weight_decay: share of a weight that is taken off at each step, times the rate.
            eps: added to the root of the mean square.
            capturable: "lr" may be a 0-d tensor on the weights' device, and steps can be recorded there.
        """
        settings = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "capturable": capturable,
        }  # fmt: skip
        self.param_groups: list[dict[str, Any]] = [{"params": list(group), **settings} for group in groups]
        self.state: dict[Tensor, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self) -> None:
        """Change every weight that has a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            states = [self._state_of(weight) for weight in weights]
            steps, means, squares = ([state[name] for state in states] for name in _MOMENTS)
            adamw(
                weights,
                [weight.grad for weight in weights],
                means,
                squares,
                [],
                steps,
                fused=True,
                capturable=group["capturable"],
                amsgrad=False,
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                lr=group["lr"],
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                maximize=False,
            )

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for weight in self._weights:
            weight.grad = None

    def state_dict(self) -> dict[str, Any]:
        """The state with weights as numbers, in the order of the groups; its tensors are not copied."""
        numbers = {weight: number for number, weight in enumerate(self._weights)}
        groups = [
            {**group, "params": [numbers[weight] for weight in group["params"]]}
            for group in self.param_groups
        ]
        return {
            "state": {numbers[weight]: state for weight, state in self.state.items()},
            "param_groups": groups,
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take over a state, from here or of `torch.optim.AdamW`; the settings stay those of here.

        It may have been saved on another device; where it was not, its tensors are not copied.

        Raises:
            ValueError: it is of other groups of weights, or of weights of another shape.
            LookupError, TypeError: it is of another kind.
        """
        groups, weights = saved["param_groups"], self._weights
        if [len(group["params"]) for group in groups] != [len(own["params"]) for own in self.param_groups]:
            raise ValueError("the state is of other groups of weights")
        numbered = dict(zip((number for group in groups for number in group["params"]), weights, strict=True))
        state: dict[Tensor, dict[str, Tensor]] = {}
        for number, moments in saved["state"].items():
            weight = numbered[number]
            for name, shape in zip(_MOMENTS, ((), weight.shape, weight.shape), strict=True):
                if moments[name].shape != shape:
                    raise ValueError(f"{name} is of shape {tuple(moments[name].shape)}, not {tuple(shape)}")
            state[weight] = {
                "step": moments["step"].to(weight.device, torch.float32),
                "exp_avg": moments["exp_avg"].to(weight),
                "exp_avg_sq": moments["exp_avg_sq"].to(weight),
            }
        self.state = state

    @property
    def _weights(self) -> list[Tensor]:
        return [weight for group in self.param_groups for weight in group["params"]]

    def _state_of(self, weight: Tensor) -> dict[str, Tensor]:
        if weight not in self.state:
            self.state[weight] = {
                "step": torch.zeros((), device=weight.device),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }
        return self.state[weight]
