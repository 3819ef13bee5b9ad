"""A lab of many runs: what ended long ago is not read again, and what changes is seen at the next look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digits import job as jobs
from digits import remembered
from digits.dataset.dataset import Dataset
from digits.evaluation.honest import readings_of, trials_of
from digits.files import read_json, write_json
from digits.job import Job
from digits.training.presets import preset
from digits.training.run import Run, all_runs, sound
from tests import factory
from ui.readers import best_runs
from ui.table import table_rows

MANY = 200


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    monkeypatch.setattr(remembered, "SETTLED_SECONDS", -1.0)  # as if all had been written long ago
    monkeypatch.setattr("os.fsync", lambda _: None)
    for seed in range(MANY):
        recipe = preset("hand", framework=("pytorch", "tensorflow")[seed % 2], dataset="gone", seed=seed)
        job = Job("runs", recipe.identity("0" * 64))
        lock = jobs.create(job, {"recipe": recipe.as_json(), "fingerprint": "0" * 64}, owner="ann")
        assert lock
        lock.close()
        end(job, accuracy=seed / MANY)
    return all_runs()


def end(job: Job, accuracy: float) -> None:
    path = job.folder / "status.json"
    write_json(path, {**read_json(path), "state": "finished"})
    write_json(job.folder / "result.json", {"run": job.id, "test_accuracy": accuracy, "test_images": 100,
               "test_loss": 0.1, "train_seconds": 1.0, "epoch_seconds": [0.1]})  # fmt: skip


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that are opened inside the block."""
    found: list[str] = []
    plain = Path.open

    def counted(self: Path, *arguments: Any, **named: Any) -> Any:
        found.append(f"{self.parent.name}/{self.name}")
        return plain(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", counted)
        yield found


def look() -> tuple[list[dict], list[Run]]:
    """What the pages ask of all runs: the table, the chart, who is best."""
    runs, damaged = sound(all_runs())
    assert damaged == []
    trials_of(runs)
    readings_of(runs, [])
    return table_rows(runs), best_runs(runs)


def test_a_look_at_many_runs_that_ended_opens_no_file_again(many: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(monkeypatch) as files:
        first = look()
    assert len(files) <= 3 * MANY
    with opened(monkeypatch) as files:
        assert look() == first
    assert files == []
    assert len(first[0]) == MANY


def test_what_changes_is_seen_at_the_next_look_and_nothing_else_is_read(
    many: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    look()
    worst = min(many, key=lambda run: run.result()["test_accuracy"])
    end(worst.job, accuracy=1.0)
    with opened(monkeypatch) as files:
        rows, best = look()
    assert rows[0]["id"] == worst.id
    assert worst in best
    assert set(files) == {f"{worst.id}/status.json", f"{worst.id}/result.json"}
    gone, stopped = many[10], many[20]
    shutil.rmtree(gone.folder)
    path = stopped.folder / "status.json"
    write_json(path, {**read_json(path), "state": "stopped"})
    rows, _ = look()
    assert gone.id not in {row["id"] for row in rows}
    assert next(row for row in rows if row["id"] == stopped.id)["state"] == "stopped"


def test_a_data_set_that_comes_and_goes_is_seen_at_once(many: list[Run], lab: Path) -> None:
    assert {row["dataset"] for row in table_rows(many)} == {"gone"}
    folder = lab / "datasets" / "back"
    folder.mkdir(parents=True)
    write_json(folder / "report.json", factory.report("0" * 64))
    assert Dataset.open("back").fingerprint == "0" * 64
    assert {row["dataset"] for row in table_rows(all_runs())} == {"back"}
    shutil.rmtree(folder)
    assert {row["dataset"] for row in table_rows(all_runs())} == {"gone"}
