"""Trainings that are killed by SIGKILL at random moments of every phase, and go on to the same bits."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import NamedTuple

from benchmarks.faults_lab import build_starter, recipe, say, until, wait
from digits import settings
from digits.engine import local
from digits.models import weights
from digits.training.recipe import Recipe
from digits.training.run import Run

CHAINS, SECONDS, SEED = 5, 14.0, 25  # of runs a framework, of a whole training, of the moments
EARLY = {"training": 0.4, "evaluating": 0.5}  # that it has not come to its end before
PHASES = ("starting", "reading", "importing", "training", "checkpoint", "evaluating")  # the last one is the last


class Moment(NamedTuple):
    """When a run is killed: in a phase, after a share of the time that the undisturbed run spent in it."""

    phase: str
    share: float


class Lost(NamedTuple):
    """What a kill cost: updates' seconds and epochs, and how long an epoch takes."""

    seconds: float
    epochs: float
    epoch_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.epochs:.1f} epochs"

    @property
    def allowed(self) -> bool:
        """Whether it is at most an epoch or 5 s, whichever is more."""
        return self.epochs <= 1 or self.seconds <= max(5.0, self.epoch_seconds)


def _phase(run: Run) -> str:
    if any(run.folder.glob(".checkpoint.safetensors.*")):
        return "checkpoint"
    return str(run.job.status()["phase"]).split(" ")[0]


def timeline(run: Run) -> dict[str, float]:
    """Follow a run to its end; return the seconds that it spent in each phase."""
    spent: dict[str, float] = {}
    before = time.monotonic()
    while run.job.alive:
        phase, now = _phase(run), time.monotonic()
        spent[phase] = spent.get(phase, 0.0) + now - before
        before = now
        time.sleep(0.002)
    assert run.job.state == "finished", run.job.status()
    return spent


def kill_at(run: Run, moment: Moment, usual: dict[str, float]) -> bool:
    """Kill the run's process at a moment; False if it ended before."""
    until(lambda: _phase(run) == moment.phase or not run.job.alive, seconds=120, every=0.001)
    time.sleep(0.0 if moment.phase == "checkpoint" else moment.share * usual.get(moment.phase, 0.0))
    until(lambda: run.job.status().get("pid") is not None or not run.job.alive, every=0.001)
    if run.job.alive:
        os.kill(run.job.status()["pid"], signal.SIGKILL)
    return wait(run.job) == "interrupted"


def lost(run: Run) -> Lost:
    """Return what an interrupted run has to train again."""
    path = run.folder / "checkpoint.safetensors"
    position = weights.read(path)[1] if path.exists() else {"step": "0", "seconds": "0"}
    lines = run.metrics()
    if not lines or "steps_an_epoch" not in run.job.status():
        return Lost(0.0, 0.0, 0.0)
    steps, epochs = run.job.status()["steps_an_epoch"], max(1, len(run.epochs()) - 1)
    after = [line for line in lines if line["step"] > int(position["step"])]
    done = after[-1] if after else {"step": int(position["step"]), "seconds": float(position["seconds"])}
    return Lost(done["seconds"] - float(position["seconds"]), (done["step"] - int(position["step"])) / steps,
                lines[-1]["seconds"] / epochs)  # fmt: skip


def bits(run: Run) -> dict[str, bytes]:
    """Return the stored weights."""
    return {name: value.tobytes() for name, value in weights.read(run.folder / "weights.safetensors")[0].items()}


def long_enough(framework: str, seconds: float) -> Recipe:
    """Return a recipe that trains for about so many seconds here, by a short one that is tried."""
    tried = recipe(framework, epochs=20, threads=1)
    spent = timeline(local.start_training(tried, owner="ann"))
    return tried.changed(epochs=max(20, int(seconds / spent["training"] * 20)))


def moments(chains: int) -> list[Moment]:
    """Return the moments of kills, the same each time: after every fifth a run may finish."""
    draws, found = random.Random(SEED), []
    for _ in range(chains):
        order = [*draws.sample(PHASES[:-1], len(PHASES) - 2), PHASES[-1]]
        found += [Moment(phase, EARLY.get(phase, 1.0) * draws.random()) for phase in order]
    return found


def of_framework(framework: str, *, chains: int, seconds: float) -> str:
    """Kill trainings in a framework; return how many kills there were, what they cost, and which bits came out."""
    chosen = long_enough(framework, seconds)
    whole = local.start_training(chosen, owner="ann")
    usual = timeline(whole)
    say(
        f"{framework}: {chosen.epochs} epochs; " + ", ".join(f"{name} {spent:.1f} s" for name, spent in usual.items())
    )
    costs, runs = [], [local.start_training(chosen, owner="ann", again=True)]
    for moment in moments(chains):
        while not kill_at(runs[-1], moment, usual):  # it ended before
            runs.append(local.start_training(chosen, owner="ann", again=True))
        costs.append(lost(runs[-1]))
        say(f"{framework}: killed {moment.phase} + {moment.share:.0%}, lost {costs[-1]}")
        local.resume(runs[-1], owner="ann")
    assert {wait(run.job) for run in runs} == {"finished"}
    others = sum(bits(run) != bits(whole) or not once(run) for run in runs)
    allowed, most = sum(cost.allowed for cost in costs), max(cost.seconds for cost in costs)
    return (f"{framework}: {len(costs)} kills, {allowed} lost at most an epoch or 5 s (the most {most:.1f} s), "
            f"{others} of {len(runs)} runs ended in other bits or told an epoch twice")  # fmt: skip


def once(run: Run) -> bool:
    """Tell whether each epoch is recorded, and once."""
    return [line["epoch"] for line in run.epochs()] == list(range(run.recipe.epochs + 1))


def kills(
    *, chains: int = CHAINS, seconds: float = SECONDS, frameworks: tuple[str, ...] = settings.FRAMEWORKS
) -> str:
    """Kill trainings in both frameworks at random moments of every phase."""
    build_starter()
    return "; ".join(of_framework(framework, chains=chains, seconds=seconds) for framework in frameworks)
