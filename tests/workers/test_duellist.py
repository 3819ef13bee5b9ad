"""One side of a duel, asked in this process."""

from __future__ import annotations

import numpy as np
import pytest

from digits.engine.duels import start_duel
from digits.files import Json
from digits.settings import FRAMEWORKS
from digits.training import inputs
from digits.training.duel import Duel
from digits.training.variants import draw
from digits.workers import duellist as module
from digits.workers.duellist import Duellist
from tests.starter import build_starter, small, wait_for_end

AUGMENTED = {"variants": 2, "rotation": 10.0, "elastic": 0.5, "pixels": "ink", "scale": 1.0}
EPOCHS, SEEDS = 2, 2


@pytest.fixture
def duel() -> Duel:
    """A duel on variants, whose own processes do nothing."""
    build_starter()
    found = start_duel(small("pytorch", epochs=EPOCHS, **AUGMENTED), owner="ann", seeds=SEEDS)
    found.job.request_stop()
    wait_for_end(found.job)
    return found


def fight(duel: Duel, framework: str) -> tuple[Json, list[np.ndarray]]:
    """Train all seeds; return the conditions, and what was placed before each epoch."""
    one, shown = Duellist(duel, framework), []
    for seed in duel.seeds:
        read, _ = one.answer({"do": "read"})
        one.answer({"do": "begin", "seed": seed})
        for epoch in range(1, EPOCHS + 1):
            header, _ = one.answer({"do": "epoch", "epoch": epoch})
            shown.append(one.classifier.inputs.numpy())
            assert header["steps"] == -(-read["images"] // 128)
    assert read["images"] == 2 * len(duel.split().train)
    return one.answer({"do": "conditions", "leak": 0.0})[0]["conditions"], shown


def test_both_sides_train_every_seed_on_the_same_variants(duel: Duel) -> None:
    told = {}
    for framework in FRAMEWORKS:
        told[framework], shown = fight(duel, framework)
        recipes = [duel.recipe(framework, seed) for seed in duel.seeds]
        ink = inputs.load(recipes[0], duel.spec["fingerprint"], parts=duel.split()).ink
        expected = [inputs.scaled(draw(ink, recipe, epoch), recipe) for recipe in recipes for epoch in (1, 2)]
        assert all(map(np.array_equal, shown, expected))
    for factor in ("data", "data in memory", "order", "updates", "epochs", "augmentation", "initial weights"):
        assert told["pytorch"][factor] == told["tensorflow"][factor], factor
    assert len(set(told["pytorch"]["data"])) == SEEDS
    assert told["pytorch"]["epochs"] == EPOCHS
    assert told["pytorch"]["data in memory"].startswith("an epoch, ")


def test_variants_are_drawn_before_the_clock_runs(duel: Duel, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Duellist(duel, "pytorch")
    one.answer({"do": "read"})
    one.answer({"do": "begin", "seed": duel.seeds[0]})

    happened: list[str] = []
    monkeypatch.setattr(module, "draw", lambda *given: (happened.append("drawn"), draw(*given))[1])
    monkeypatch.setattr(module.machine, "reset_peak", lambda: happened.append("the clock runs"))
    one.answer({"do": "epoch", "epoch": 1})
    assert happened == ["drawn", "the clock runs"]
