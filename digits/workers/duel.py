"""The duel's worker: waits for its slot, lets four processes train in turn, and judges. `… .workers.duel DUEL`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import machine
from digits.dataset.families.store import families_of
from digits.dataset.split import leak
from digits.evaluation import metrics
from digits.files import Json, append_line, replace, write_json
from digits.seal import packed
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training import room
from digits.training.duel import KIND, Duel
from digits.training.outcome import Answers, Said, result
from digits.training.queue import wait_for_slot
from digits.training.turns import FRAMEWORK, NAMES, ONE_AND_OTHER, order_of
from digits.workers.desk import Desk, work
from digits.workers.ring import Ring, ring_of

Logits = NDArray[Any]


def main(desk: Desk) -> None:
    """Fight the duel of `desk`."""
    duel = Duel(desk.job)
    desk.say(phase="waiting", total=len(NAMES) * len(duel.seeds) * duel.recipe("pytorch").epochs)
    slot = wait_for_slot(desk.job, owner=desk.status["owner"], stopped=desk.stopped)
    desk.say(state="running", phase="reading the data", started=time.time(), done=0, seconds_left=None)
    replace(duel.folder / "turns.jsonl", b"")
    parts, dataset = duel.keep_split(), duel.dataset()
    room.check_now(*2 * [duel.recipe(framework) for framework in FRAMEWORKS], images=dataset.report["images"])
    families, rows = families_of(dataset), parts.test
    with ring_of(duel, desk.check) as ring:
        desk.say(processes={name: duellist.pid for name, duellist in ring.duellists.items()})
        bout = Bout(duel, ring, desk, dataset.labels[rows])
        bout.prepare()
        for seed in duel.seeds:
            bout.train(seed)
        bout.close(None if families is None else leak(parts, families))
    desk.say(phase="judging")
    _finish(bout, rows, None if families is None else families[rows])
    slot.close()


class Bout:
    """The course of a duel: who does what when, what is said of it, and what came out."""

    def __init__(self, duel: Duel, ring: Ring, desk: Desk, labels: NDArray[np.int64]) -> None:
        self.duel, self.ring, self.desk, self.labels = duel, ring, desk, labels
        self.epochs = duel.recipe("pytorch").epochs
        self.rounds, self.turns, self._seconds = 0, list[Json](), 0.0
        self.said = Said({}, {}, {name: [] for name in NAMES}, {name: [] for name in NAMES}, {})
        self.logits: dict[str, Logits] = {}  # of each framework, after the last epoch of the first seed

    def prepare(self) -> None:
        """Import the frameworks, one after the other, so that each is timed by itself."""
        for name in NAMES:
            self._say(f"importing {self._title(name)}")
            self.said.imported[name], _ = self.ring.turn(name, {"do": "import"})

    def train(self, seed: int) -> None:
        """Train one seed in all four processes, an epoch a round; they read the data at once."""
        self._say(f"reading the data, {self._place(seed)}")
        self.said.read.update({name: header for name, (header, _) in self.ring.together({"do": "read"}).items()})
        for name in NAMES:
            self._say(f"compiling {self._title(name)}, {self._place(seed)}")
            header, logits = self.ring.turn(name, {"do": "begin", "seed": seed})
            self.said.begun[name].append(header)
            self._record(name, seed, 0, header, logits)
        for epoch in range(1, self.epochs + 1):
            if epoch == 2:
                self._measure_machine(seed)
            for name in order_of(self.rounds):
                self._turn(name, seed, epoch)
            self.rounds += 1

    def close(self, leaked: float | None) -> None:
        """Ask one process of each framework under which conditions it trained."""
        for framework in FRAMEWORKS:
            header, _ = self.ring.turn(ONE_AND_OTHER[framework][0], {"do": "conditions", "leak": leaked})
            self.said.conditions[framework] = header["conditions"]

    def _measure_machine(self, seed: int) -> None:
        for name in NAMES:
            self._say(f"measuring the machine with {self._title(name)}, {self._place(seed)}")
            self.said.products[name].append(self.ring.turn(name, {"do": "product"})[0]["gflops"])

    def _turn(self, name: str, seed: int, epoch: int) -> None:
        self._say(f"epoch {epoch} of {self.epochs}, {self._title(name)}, {self._place(seed)}")
        start = time.monotonic()
        header, logits = self.ring.turn(name, {"do": "epoch", "epoch": epoch})
        self._seconds += time.monotonic() - start
        self._record(name, seed, epoch, header, logits)
        last, speaker = epoch == self.epochs and seed == self.duel.seeds[0], ONE_AND_OTHER[FRAMEWORK[name]][0]
        if last and name == speaker and logits is not None:  # always the same of the two, whoever came last
            self.logits[FRAMEWORK[name]] = logits

    def _record(self, name: str, seed: int, epoch: int, header: Json, logits: Logits | None) -> None:
        accuracy = metrics.accuracy(np.asarray(logits), self.labels)
        kept = {key: value for key, value in header.items() if key not in ("dtype", "shape")}
        turn = {"seed": seed, "epoch": epoch, "round": self.rounds, "duellist": name, "framework": FRAMEWORK[name],
                **kept, "accuracy": accuracy}  # fmt: skip
        self.turns.append(turn)
        append_line(self.duel.folder / "turns.jsonl", turn)

    def _say(self, phase: str) -> None:
        """Say what comes next, and how much is done; statuses are written between turns, never while one is timed."""
        done, total = sum(turn["epoch"] > 0 for turn in self.turns), self.desk.status["total"]
        left = self._seconds / done * (total - done) if done else None
        self.desk.say(urgent=done == 0, phase=phase, done=done, seconds_left=left,
                      last=self.turns[-1] if self.turns else None)  # fmt: skip

    def _title(self, name: str) -> str:
        return f"{FRAMEWORK_NAMES[FRAMEWORK[name]]} ({name[1]} of 2)"

    def _place(self, seed: int) -> str:
        return f"seed {self.duel.seeds.index(seed) + 1} of {len(self.duel.seeds)}"


def _finish(bout: Bout, rows: NDArray[np.int64], families: NDArray[np.int64] | None) -> None:
    """Write the last answers, then the result: a result means that all is there."""
    duel, recipe = bout.duel, bout.duel.recipe("pytorch")
    answers = Answers(bout.labels, families, bout.logits)
    arrays: dict[str, Any] = {"rows": rows, "labels": bout.labels, **bout.logits}
    arrays["families"] = np.full(len(rows), -1) if families is None else families
    replace(duel.folder / "evaluation.npz", packed(**arrays))
    found = result(recipe, float(duel.spec["target"]), turns=bout.turns, said=bout.said, answers=answers)
    write_json(duel.folder / "result.json", {
        "duel": duel.id, "dataset": duel.dataset_name, "recipe": recipe.as_json(), "title": duel.title,
        "epochs": recipe.epochs, "seeds": duel.seeds, **found, "machine": machine.facts(),
    })  # fmt: skip


if __name__ == "__main__":
    work(main, KIND)
