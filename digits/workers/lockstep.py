"""The lockstep worker: both frameworks in one process, update by update. `python -m digits.workers.lockstep ID`."""

from __future__ import annotations

import time

from digits.dataset.dataset import Dataset
from digits.files import Json, append_line, write_json
from digits.settings import FRAMEWORKS
from digits.training import room
from digits.training.conditions import Orders, conditions, loaded, made
from digits.training.inputs import Data, load
from digits.training.lockstep import Lockstep, Mode, batches, differences, largest, starters
from digits.training.queue import wait_for_slot
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Step to the end, or to the stop; nobody's timing is disturbed, for it takes a slot."""
    lockstep = Lockstep(desk.job)
    mode, fingerprint = lockstep.mode, desk.job.spec()["fingerprint"]
    desk.say(phase="waiting")
    slot = wait_for_slot(desk.job, owner=desk.status["owner"], stopped=desk.stopped)
    desk.say(state="running", phase="reading the data", started=time.time(), total=mode.steps, done=0)
    images = Dataset.of(mode.dataset, fingerprint).report["images"]
    room.check_now(*map(mode.recipe, FRAMEWORKS), images=images)
    data = load(mode.recipe("pytorch"), fingerprint)
    desk.check()
    desk.say(phase="importing PyTorch and TensorFlow")
    write_json(desk.job.folder / "result.json", _step(desk, mode, data, fingerprint))
    slot.close()


def _step(desk: Desk, mode: Mode, data: Data, fingerprint: str) -> Json:
    """Make all steps, a line each; return the largest differences and the conditions of both sides."""
    pair = starters(mode, data)
    initial = {framework: loaded(one) for framework, one in pair.items()}
    path, steps, began = desk.job.folder / "steps.jsonl", [], time.monotonic()
    path.unlink(missing_ok=True)  # of a worker that was interrupted
    for step in differences(mode, data, list(pair.values())):
        desk.check()
        steps.append(step)
        append_line(path, step)
        left = (time.monotonic() - began) / step["step"] * (mode.steps - step["step"])
        desk.say(urgent=False, phase="stepping", done=step["step"], seconds_left=left)
    orders = Orders()
    orders.add(batches(mode.recipe("pytorch"), len(data.train.rows), mode.steps))
    known = {**made([orders], len(data.train.rows)), "dataset": fingerprint, "leak": None}
    return {**largest(steps), "conditions": {
        framework: conditions(mode.recipe(framework), data, one, {**known, "initial weights": initial[framework]})
        for framework, one in pair.items()
    }}  # fmt: skip


if __name__ == "__main__":
    work(main, "locksteps")
