"""The export worker: writes a data set to one file. `python -m digits.workers.export EXPORT`."""

from __future__ import annotations

import time

from digits.dataset.dataset import Dataset
from digits.dataset.export import export
from digits.engine.export import file_of, form_of
from digits.files import write_json
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Write the file of `desk`'s job."""
    spec = desk.job.spec()
    desk.say(state="running", phase="checking the images", started=time.time())
    dataset = Dataset.of(spec["dataset"], spec["fingerprint"])
    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal began
        desk.check()
        began = began if done else time.monotonic()
        left = (time.monotonic() - began) / done * (total - done) if done else None
        desk.say(urgent=False, phase="writing", done=done, total=total, seconds_left=left)

    written = export(dataset, file_of(desk.job), form=form_of(desk.job), progress=progress)
    write_json(desk.job.folder / "result.json", written)


if __name__ == "__main__":
    work(main, "exports")
