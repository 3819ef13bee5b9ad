"""Trainings that are killed by SIGKILL at random moments of every phase, and go on to the same bits."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.faults_lab import build_starter, recipe, until, wait
from digits import settings
from digits.engine import local
from digits.models import weights
from digits.training.recipe import Recipe
from digits.training.run import Run

CHAINS, SECONDS, SEED = 5, 14.0, 25  # of runs a framework, of a whole training, of the moments
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
    rest = 0.0 if moment.phase == "checkpoint" else moment.share * usual.get(moment.phase, 0.0)
    time.sleep(rest)  # the moment itself, not a wait for something
    if not run.job.alive:
        return False
    pid = run.job.status().get("pid")
    until(lambda: run.job.status().get("pid") is not None or not run.job.alive, every=0.001)
    os.kill(pid or run.job.status()["pid"], signal.SIGKILL)
    until(lambda: not run.job.alive, every=0.001)
    return run.job.state == "interrupted"


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


def chain(run: Run, moments: list[Moment], usual: dict[str, float]) -> dict[Moment, Lost]:
    """Kill `run` at one moment after the other, resume it each time, and let it finish."""
    costs = {}
    for moment in moments:
        if kill_at(run, moment, usual):
            costs[moment] = lost(run)
        local.resume(run, owner="ann") if run.job.state == "interrupted" else None
    assert wait(run.job) == "finished", run.job.status()
    return costs


def bits(run: Run) -> dict[str, bytes]:
    """Return the stored weights."""
    return {name: value.tobytes() for name, value in weights.read(run.folder / "weights.safetensors")[0].items()}


def long_enough(framework: str, seconds: float) -> Recipe:
    """Return a recipe that trains for about so many seconds here, by a short one that is tried."""
    tried = recipe(framework, epochs=10, threads=1)
    run = local.start_training(tried, owner="ann")
    assert wait(run.job) == "finished", run.job.status()
    each = max(0.01, sum(run.result()["epoch_seconds"][2:]) / 8)
    return tried.changed(epochs=max(20, int(seconds / each)))


def of_framework(framework: str, say: Callable[[str], None], *, chains: int, seconds: float) -> tuple[int, int, int]:
    """Kill trainings in a framework; return kills, how many lost no more than is allowed, and runs of other bits."""
    chosen = long_enough(framework, seconds)
    whole = local.start_training(chosen, owner="ann")
    usual = timeline(whole)
    say(
        f"{framework}: {chosen.epochs} epochs; " + ", ".join(f"{name} {spent:.1f} s" for name, spent in usual.items())
    )
    draws, costs, others = random.Random(SEED), [], 0
    for _ in range(chains):
        order = [*draws.sample(PHASES[:-1], len(PHASES) - 2), PHASES[-1]]
        run = local.start_training(chosen, owner="ann", again=True)
        found = chain(run, [Moment(phase, draws.random()) for phase in order], usual)
        for moment, cost in found.items():
            what = f"{cost.seconds:.2f} s, {cost.epochs:.1f} epochs"
            say(f"{framework}: killed {moment.phase} + {moment.share:.0%}, lost {what}")
        costs += found.values()
        epochs = [line["epoch"] for line in run.epochs()]
        others += bits(run) != bits(whole) or epochs != list(range(chosen.epochs + 1))
    return len(costs), sum(cost.allowed for cost in costs), others


def kills(
    *, chains: int = CHAINS, seconds: float = SECONDS, frameworks: tuple[str, ...] = settings.FRAMEWORKS
) -> str:
    """Kill trainings in both frameworks at random moments of every phase."""
    build_starter()
    told = []
    for framework in frameworks:
        count, allowed, others = of_framework(framework, lambda line: print(f"{'':>8}  {line}", flush=True),
                                              chains=chains, seconds=seconds)  # fmt: skip
        told.append(f"{framework}: {count} kills, {allowed} lost at most an epoch or 5 s, {others} of {chains} runs "
                    "ended in other bits or told an epoch twice")  # fmt: skip
    return "; ".join(told)
