"""The optimisers of the PyTorch adapter: PyTorch's own; what it calls Adam and SGD is the reference in both."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from digits.models import formulas
from digits.training.recipe import Recipe


class DecoupledSGD(torch.optim.SGD):
    """PyTorch's SGD after decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 1).

    PyTorch's own `weight_decay` joins the gradient, so that momentum would carry it from update to update.
    """

    def __init__(self, parameters: Any, rate: float, *, momentum: float, decay: float) -> None:
        super().__init__(parameters, rate, momentum=momentum, fused=True)
        self.decay = decay

    def step(self, closure: Any = None) -> Any:
        """Take the share of each weight, then make the update."""
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    weight.mul_(1 - group["lr"] * self.decay)
        return super().step(closure)


def build_optimizer(recipe: Recipe, network: nn.Module) -> tuple[torch.optim.Optimizer, tuple[str, ...]]:
    """Return the recipe's optimiser and the names of its slots."""
    weights, decay = network.parameters(), recipe.weight_decay
    if recipe.optimiser.endswith("adam"):
        settings: dict[str, Any] = {"betas": (recipe.beta1, recipe.beta2), "eps": recipe.epsilon, "fused": True}
        if decay:
            return torch.optim.AdamW(weights, recipe.rate, **settings, weight_decay=decay), ("m", "v")
        return torch.optim.Adam(weights, recipe.rate, **settings), ("m", "v")
    slots = ("momentum",) if recipe.momentum else ()
    if decay:
        return DecoupledSGD(weights, recipe.rate, momentum=recipe.momentum, decay=decay), slots
    return torch.optim.SGD(weights, recipe.rate, momentum=recipe.momentum, fused=True), slots


def decay(optimizer: torch.optim.Optimizer) -> float:
    """Return the share of a weight, at a rate of 1, that `optimizer` takes before an update."""
    if isinstance(optimizer, DecoupledSGD):
        return optimizer.decay
    return float(optimizer.param_groups[0]["weight_decay"])


def formula(optimizer: torch.optim.Optimizer) -> str:
    """Return what `optimizer` computes, in the words of `digits.models.formulas`."""
    group = optimizer.param_groups[0]
    adam = isinstance(optimizer, torch.optim.Adam)
    update = formulas.adam(*group["betas"]) if adam else formulas.momentum(group["momentum"])
    return formulas.decayed(decay(optimizer), update)
