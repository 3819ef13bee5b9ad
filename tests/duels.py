"""Duels made by hand, as their worker would have left them: nothing is trained."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from digits import job as jobs
from digits import machine
from digits.dataset.dataset import Dataset
from digits.evaluation.ledger import FACTORS
from digits.files import Json, append_line, replace, write_json
from digits.job import Job
from digits.settings import FRAMEWORKS
from digits.training.duel import KIND, Duel, find_duel
from digits.training.outcome import Answers, Said, result
from digits.training.turns import FRAMEWORK, NAMES
from tests.starter import small

SEEDS, EPOCHS = [42, 43, 44], 4
RISING = (0.1, 0.8, 0.92, 0.94, 0.95)  # accuracy by epoch


def asked_duel(id: str = "one", **values: Any) -> Duel:
    """A duel on the starter set that somebody asked for, and whose worker has died."""
    optimiser = {"optimiser": "reference-adam", **values}
    spec = {"recipes": {side: small(side, epochs=EPOCHS, **optimiser).as_json() for side in FRAMEWORKS},
            "seeds": SEEDS, "target": 0.9, "fingerprint": Dataset.open("starter").fingerprint,
            "families": None}  # fmt: skip
    lock = jobs.create(Job(KIND, id), spec, owner="ann")
    assert lock is not None
    lock.close()
    return find_duel(id)


def turn(name: str, seed: int, epoch: int, *, slower: float = 2.0) -> Json:
    """A turn of the duellist `name`: PyTorch takes `slower` times as long, and reads a hundredth more."""
    wobble = 1 + ((7 * epoch + 3 * seed + int(name[1])) % 5) / 100
    first = FRAMEWORK[name] == "pytorch"
    times = {} if not epoch else {"seconds": wobble * (slower if first else 1.0), "cpu_seconds": 1.5, "steps": 12,
                                  "peak_bytes": (400 if first else 800) * 10**6 + epoch, "loss": 0.5}  # fmt: skip
    begun = {"create_seconds": 0.1, "compile_seconds": 0.2 if first else 1.8, "parameters_bytes": 40}
    return {"seed": seed, "epoch": epoch, "round": epoch, "duellist": name, "framework": FRAMEWORK[name],
            "accuracy": RISING[epoch] + 0.01 * first + (seed - 43) / 1000, "logits": f"{first}{seed}{epoch}",
            "turn_seconds": 3.0, "sleepers_share": 0.001, "others_seconds": 0.0,
            **(times or begun)}  # fmt: skip


def turns(epochs: int = EPOCHS, *, slower: float = 2.0) -> list[Json]:
    """Every turn of a duel of so many epochs."""
    return [turn(name, seed, epoch, slower=slower)
            for seed in SEEDS for epoch in range(epochs + 1) for name in NAMES]  # fmt: skip


def said(**second: Any) -> Said:
    """What the processes said; `second` are TensorFlow's conditions that are not PyTorch's."""
    same = {**dict.fromkeys(FACTORS, "the same"), "split": "random, 20%", "leak": None, "batch": 128}
    begun = {name: [{"create_seconds": 0.1, "compile_seconds": 0.2 if FRAMEWORK[name] == "pytorch" else 1.8,
                     "parameters_bytes": 40}] for name in NAMES}  # fmt: skip
    return Said(
        imported={name: {"import_seconds": 2.0} for name in NAMES},
        read={name: {"images": 1437, "inputs": 457} for name in NAMES},
        begun={name: begun[name] * len(SEEDS) for name in NAMES}, products={name: [50.0] for name in NAMES},
        conditions={"pytorch": same, "tensorflow": {**same, "compilation": "tf.function", **second}},
    )  # fmt: skip


def answers() -> Answers:
    """Forty images, of which PyTorch reads 38 and TensorFlow 36."""
    labels = np.arange(40) % 10
    logits = {}
    for side, wrong in (("pytorch", 2), ("tensorflow", 4)):
        read = np.where(np.arange(40) < wrong, (labels + 1) % 10, labels)
        logits[side] = 3 * np.eye(10, dtype=np.float32)[read]
    return Answers(labels, None, logits)


def fought_duel(id: str = "fought", *, slower: float = 2.0, second: Json | None = None) -> Duel:
    """A finished duel in which PyTorch's epochs take `slower` times as long; `second` as `said` takes it."""
    duel, told, found = asked_duel(id), turns(slower=slower), answers()
    for line in told:
        append_line(duel.folder / "turns.jsonl", line)
    packed, recipe = io.BytesIO(), duel.recipe("pytorch")
    np.savez(packed, rows=np.arange(40), labels=found.labels, families=np.full(40, -1), **found.logits)
    replace(duel.folder / "evaluation.npz", packed.getvalue())
    write_json(duel.folder / "result.json", {
        "duel": id, "dataset": "starter", "recipe": recipe.as_json(), "title": duel.title, "epochs": EPOCHS,
        "seeds": SEEDS, **result(recipe, 0.9, turns=told, said=said(**(second or {})), answers=found),
        "machine": machine.facts(),
    })  # fmt: skip
    write_json(duel.folder / "status.json", {**duel.status, "state": "finished", "phase": "finished"})
    return find_duel(id)
