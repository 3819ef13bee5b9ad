"""The search for families as a job: kept with the data set, held against what people say, asked for by a split."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.dataset.sources import open_source
from digits.dataset.sources.starter import redraw
from digits.engine.families import searches_of, start_search
from digits.errors import UsageError
from digits.training.run import all_runs
from tests.dataset.families.test_search import copied
from tests.starter import small, wait_for_end

COPIES = 24  # of each of four twos and four fives; four drawings of each other digit have none


@pytest.fixture
def copies(lab: Path, tmp_path: Path) -> Dataset:
    images, labels, _ = copied(COPIES)
    drawn, digits = load_digits(return_X_y=True)
    rows = [row for digit in (0, 1, 3, 4, 6, 7, 8, 9) for row in np.flatnonzero(digits == digit)[:4]]
    others = np.stack([redraw(drawn[row].reshape(8, 8)) for row in rows])
    np.savez(tmp_path / "copies.npz", images=np.concatenate([images, others]), labels=np.append(labels, digits[rows]))
    build(open_source(tmp_path / "copies.npz"), "copies", staging=settings.part("builds") / "by-hand")
    return Dataset.open("copies")


def digits(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digits", *words, "--json"]
    return subprocess.run(command, check=False, cwd=settings.PROJECT, capture_output=True, text=True, timeout=300)


def test_the_command_finds_families_keeps_them_and_says_how_many(copies: Dataset) -> None:
    ended = digits("families", "copies")
    assert not ended.returncode, ended.stderr
    answer = json.loads(ended.stdout.splitlines()[-1])
    assert answer["dataset"] == "copies"
    assert answer["families"] == 8 + 32
    assert answer["largest"] == COPIES
    assert answer["per_digit"] == {str(digit): 4 for digit in range(10)}
    assert answer["seconds"] > 0
    families = store.families_of(copies)
    assert families is not None
    assert sorted(np.bincount(families).tolist()) == [1] * 32 + [COPIES] * 8
    assert store.about(copies)["by"] == "search"
    assert copies.changes is not None


def test_a_split_by_family_finds_them_first_and_leaks_nothing(copies: Dataset) -> None:
    recipe = ("--dataset", "copies", "--recipe", "notebook-adam", "--framework", "pytorch", "--epochs", "1")
    ended = digits("train", *recipe, "--set", "network=16", "--split", "family", "--fold", "1")
    assert not ended.returncode, ended.stderr
    answer = json.loads(ended.stdout.splitlines()[-1])
    assert answer["leak"] == 0
    assert store.families_of(copies) is not None


def test_what_a_person_said_holds_after_the_next_search(copies: Dataset) -> None:
    assert wait_for_end(start_search(copies, owner="ann")) == "finished"
    families = store.families_of(copies)
    assert families is not None
    numbers = np.unique(families[copies.labels == 2])
    one, other = (int(np.flatnonzero(families == number)[0]) for number in numbers[:2])
    words.say(copies, "merge", [one, other])
    assert wait_for_end(start_search(copies, owner="ann")) == "finished"
    again = store.families_of(copies)
    assert again is not None
    assert again[one] == again[other]
    assert len(np.unique(again)) == len(np.unique(families)) - 1
    assert len(searches_of(copies)) == 1


def test_a_search_can_be_stopped_and_then_nothing_is_known(copies: Dataset) -> None:
    job = start_search(copies, owner="ann", tolerance=0.9)
    job.request_stop()
    assert wait_for_end(job) == "stopped"
    assert store.families_of(copies) is None


def test_trainings_that_were_asked_for_follow_the_search(copies: Dataset) -> None:
    recipe = small("pytorch", epochs=1).changed(dataset="copies", split="family")
    job = start_search(copies, owner="ann", then=[recipe.as_json()])
    assert start_search(copies, owner="ann", then=[recipe.changed(fold=1).as_json()]) == job, "it is at work"
    assert wait_for_end(job) == "finished", job.status()
    assert sorted(job.status()["runs"]) == sorted(run.id for run in all_runs())
    assert sorted(run.recipe.fold for run in all_runs()) == [0, 1]
    for run in all_runs():
        run.job.request_stop()


def test_families_that_the_source_knew_are_not_searched_for(copies: Dataset) -> None:
    store.keep(copies, np.arange(len(copies.labels)), {"by": "source"})
    with pytest.raises(UsageError, match="says which images belong together"):
        start_search(copies, owner="ann")


def test_a_tolerance_out_of_bounds_is_refused(copies: Dataset) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        start_search(copies, owner="ann", tolerance=5.0)
