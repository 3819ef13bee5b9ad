from __future__ import annotations

import numpy as np
import pytest

from digits.training.recipe import Recipe
from digits.training.schedule import rates

CONSTANT = Recipe(framework="pytorch", dataset="none", rate=0.003, dtype="float64")
CYCLE = CONSTANT.changed(schedule="one-cycle")


def pytorchs(highest: float, total: int) -> list[float]:
    """What PyTorch's own scheduler gives for each of `total` updates."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], highest)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, highest, total_steps=total, cycle_momentum=False)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step() if len(found) < total else None
    return found


@pytest.mark.parametrize("total", [1, 2, 4, 10, 101, 4500])
def test_one_cycle_is_pytorchs(total: int) -> None:
    assert np.abs(rates(CYCLE, total, 0, total) - pytorchs(0.003, total)).max() < 1e-12


def test_one_cycle_leads_up_for_a_third_of_the_way_and_down_to_nothing() -> None:
    found = rates(CYCLE, 1000, 0, 1000)
    assert found[0] == pytest.approx(0.003 / 25)
    assert (found.argmax(), found.max()) == (299, pytest.approx(0.003))
    assert found[-1] < 1e-7
    assert (np.diff(found[:300]) > 0).all()
    assert (np.diff(found[299:]) < 0).all()


@pytest.mark.parametrize("recipe", [CONSTANT, CYCLE])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_rate_of_an_update_follows_from_its_number(recipe: Recipe, dtype: str) -> None:
    chosen = recipe.changed(dtype=dtype)
    whole = rates(chosen, 50, 0, 50)
    assert whole.dtype == dtype
    assert np.array_equal(np.concatenate([rates(chosen, 50, first, 10) for first in range(0, 50, 10)]), whole)


def test_a_constant_rate_is_the_recipes() -> None:
    assert rates(CONSTANT, 100, 7, 3).tolist() == [0.003, 0.003, 0.003]
