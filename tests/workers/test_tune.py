"""Tunings by their real workers, of small models."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, delete
from digits.dataset.sources import open_source
from digits.engine import local
from digits.engine.tuning import origin, start_tuning
from digits.errors import ConflictError, NotFoundError, UsageError
from digits.evaluation.comparison import differences, seed_groups, unfair
from digits.evaluation.cross import on_dataset
from digits.evaluation.evaluate import on_drawings
from digits.evaluation.honest import trials_of
from digits.files import Lock, write_json
from digits.images.strokes import Drawing, read_drawings
from digits.models import weights
from digits.settings import FRAMEWORKS
from digits.training import taught
from digits.training.knowledge import FILE, Knowledge
from digits.training.queue import waiting
from digits.training.recipe import Recipe
from digits.training.run import Run, all_runs, find_run, told_apart
from digits.training.taught import of_strokes
from digits.training.tuning import WAITING
from digits.workers.tune import material_of
from tests.dataset.sources.made import strokes
from tests.starter import build_starter, small, wait_for_end

LONG_SECONDS = 300.0  # a bound, not a wait: a machine that is shared is slow
LOW, HIGH, MIDDLE = 0.0, 100.0, 50.0
SHAPES = [  # signs that no model can know as digits: square, two slopes, cross, plus, and so on
    [[(LOW, LOW), (HIGH, LOW), (HIGH, HIGH), (LOW, HIGH), (LOW, LOW)]], [[(LOW, LOW), (HIGH, HIGH)]],
    [[(LOW, HIGH), (HIGH, LOW)]], [[(LOW, LOW), (HIGH, HIGH)], [(LOW, HIGH), (HIGH, LOW)]],
    [[(LOW, MIDDLE), (HIGH, MIDDLE)], [(MIDDLE, LOW), (MIDDLE, HIGH)]], [[(LOW, HIGH), (MIDDLE, LOW), (HIGH, HIGH)]],
    [[(LOW, LOW), (MIDDLE, HIGH), (HIGH, LOW)]], [[(HIGH, HIGH), (LOW, MIDDLE), (HIGH, LOW)]],
    [[(LOW, HIGH), (HIGH, MIDDLE), (LOW, LOW)]], [[(LOW, LOW), (LOW, HIGH), (HIGH, HIGH)]],
]  # fmt: skip


def signs(path: Path) -> Path:
    """A file of forty drawings by two writers, four of each sign, no two the same."""
    shaken = np.random.default_rng(0)
    entries = [
        {"digit": digit, "writer": f"w{number % 2}",
         "strokes": [(np.array(stroke) + shaken.uniform(-6, 6, (len(stroke), 2))).tolist() for stroke in shape]}
        for number in range(4) for digit, shape in enumerate(SHAPES)
    ]  # fmt: skip
    return strokes(path, entries)


@pytest.fixture
def drawings(tmp_path: Path) -> list[Drawing]:
    return read_drawings(signs(tmp_path / "signs.json.gz"))


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with a finished run of each framework, and another of each that was tuned on all signs."""
    folder = tmp_path_factory.mktemp("school")
    there = read_drawings(signs(folder / "signs.json.gz"))
    known = {"network": "128-64", "pixels": "ink", "scale": 1.0, "frame": "centred", "epochs": 15, "variants": 4,
             "rotation": 10.0, "slant": 0.2, "shift": 1.0, "validation_share": 0.2, "rate": 0.003,
             "schedule": "one-cycle"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITS_HOME", str(folder))
        build_starter()
        runs = [local.start_training(small(framework).changed(**known), owner="ann") for framework in FRAMEWORKS]
        assert [wait_for_end(run.job, seconds=LONG_SECONDS) for run in runs] == ["finished", "finished"]
        begun = [start_tuning(run, lambda how: of_strokes(there, how), owner="ann") for run in runs]
        assert [wait_for_end(run.job, seconds=LONG_SECONDS) for run in begun] == ["finished", "finished"]
    return folder


@pytest.fixture
def taught_lab(lab: Path, school: Path) -> Path:
    """The test's lab, a copy of that one."""
    shutil.copytree(school, lab, dirs_exist_ok=True)
    return lab


def parents() -> dict[str, Run]:
    return {run.recipe.framework: run for run in all_runs() if run.tuning is None}


def tuned(run: Run, drawings: list[Drawing]) -> Run:
    found = start_tuning(run, lambda how: of_strokes(drawings, how), owner="ann")
    assert wait_for_end(found.job, seconds=LONG_SECONDS) == "finished", found.job.status()
    return found


def stored(run: Run) -> dict[str, bytes]:
    state, _ = weights.read(run.folder / "weights.safetensors")
    return {name: value.tobytes() for name, value in state.items()}


@pytest.mark.usefixtures("taught_lab")
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_model_learns_a_hand_and_says_what_that_gained_and_cost(framework: str, drawings: list[Drawing]) -> None:
    parent = parents()[framework]
    before = on_drawings_of(parent, drawings)
    run = tuned(parent, drawings)
    result = run.result()
    assert (result["drawings"], result["held_out"], result["why_none_held_out"]) == (40, 8, None)
    assert result["parent"] == run.spec["parent"] == parent.id
    assert result["before"]["test_accuracy"] == pytest.approx(parent.result()["test_accuracy"])
    assert result["after"]["test_accuracy"] == result["test_accuracy"]
    assert result["after"]["test_accuracy"] >= result["before"]["test_accuracy"] - 0.005
    assert result["after"]["drawings_accuracy"] > result["before"]["drawings_accuracy"] + 0.3, result["kept_share"]
    assert on_drawings_of(run, drawings) > before + 0.3
    assert run.title == f"{parent.title} · tuned on 40 drawings"
    assert not (run.folder / "checkpoint.safetensors").exists()
    assert [line["epoch"] for line in run.epochs()] == list(range(run.recipe.epochs + 1))


def on_drawings_of(run: Run, drawings: list[Drawing]) -> float:
    """The accuracy on those of the `drawings` that a tuning on all of them holds out."""
    held = of_strokes(drawings, "centred").after(frozenset()).held
    some = [one for one, out in zip(drawings, held, strict=True) if out]
    state, _ = weights.read(run.folder / "weights.safetensors")
    inputs = of_strokes(some, run.recipe.frame).ink / np.float32(255)
    answers = weights.forward(state, inputs, run.recipe.activation)[-1].argmax(axis=1)
    return float(np.mean(answers == [one.digit for one in some]))


@pytest.mark.usefixtures("taught_lab")
def test_asking_again_opens_what_exists_and_a_deleted_parent_is_not_missed(drawings: list[Drawing]) -> None:
    parent = parents()["pytorch"]
    run = tuned(parent, drawings)
    again = start_tuning(parent, lambda how: of_strokes(drawings[::-1], how), owner="bob")
    assert (again.id, again.job.status()["owner"]) == (run.id, "ann")
    assert origin(run) == parent
    parent.job.delete()
    assert origin(run) is None
    assert (run.title, run.dataset_name) == (f"{parent.title} · tuned on 40 drawings", "starter")
    assert on_drawings(find_run(run.id), drawings)["digits"] == 40
    assert told_apart([run])[0].title == run.title


@pytest.mark.usefixtures("taught_lab")
def test_a_tuning_that_was_stopped_begins_again_and_ends_in_the_same_bits(drawings: list[Drawing]) -> None:
    parent = parents()["pytorch"]
    whole, weights_parent = tuned(parent, drawings), stored(parent)
    weights_whole = stored(whole)
    whole.job.delete()
    seat = Lock(settings.part("slots") / "tune-pytorch.lock")
    assert seat.acquire()
    broken = start_tuning(parent, lambda how: of_strokes(drawings, how), owner="ann")
    while broken.job.status()["phase"] != WAITING:
        assert broken.job.alive, broken.job.status()
        time.sleep(0.02)
    broken.job.request_stop()
    assert wait_for_end(broken.job, seconds=LONG_SECONDS) == "stopped"
    seat.close()
    assert stored(parent) == weights_parent, "what it was stays"
    parent.job.delete()
    local.resume(broken, owner="ann")
    assert wait_for_end(broken.job, seconds=LONG_SECONDS) == "finished"
    assert stored(broken) == weights_whole


@pytest.mark.usefixtures("taught_lab")
def test_one_whose_starter_died_before_it_had_all_is_begun_anew_when_it_is_asked_for(drawings: list[Drawing]) -> None:
    parent = parents()["pytorch"]
    run = next(run for run in all_runs() if run.tuning and run.recipe.framework == "pytorch")
    for name in ("result.json", taught.DRAWINGS, "weights.safetensors"):
        (run.folder / name).unlink()
    write_json(run.folder / "status.json", {**run.job.status(), "state": "queued"})
    assert run.job.state == "interrupted"
    assert tuned(parent, drawings) == run
    assert taught.read(run.folder).held.sum() == 8


@pytest.mark.usefixtures("taught_lab")
def test_a_tuning_does_not_wait_for_trainings(drawings: list[Drawing]) -> None:
    slot = Lock(settings.part("slots") / "0.lock")
    assert slot.acquire()
    parent = parents()["pytorch"]
    waits = local.start_training(small("pytorch", epochs=1), owner="ann")
    run = tuned(parent, drawings)
    assert run.job not in waiting()
    waits.job.request_stop()
    assert wait_for_end(waits.job) == "stopped"
    slot.close()


@pytest.mark.usefixtures("taught_lab")
def test_neither_test_images_nor_drawings_that_are_held_out_are_shown(drawings: list[Drawing]) -> None:
    run = tuned(parents()["pytorch"], drawings)
    found = taught.read(run.folder)
    material = material_of(run, found)
    shown, parts = set(material.data.train.rows.tolist()), run.split()
    assert not shown & {*parts.test.tolist(), *(-1 - np.flatnonzero(found.held)).tolist()}
    assert {-1 - row for row in shown if row < 0} == set(np.flatnonzero(~found.held).tolist())
    assert len(material.held.rows) == 8
    assert not shown & set(material.check.rows.tolist()), "nor are images on which it is checked"
    assert np.array_equal(material.data.test.rows, parts.test)
    known = Knowledge.read(run.folder / FILE)
    assert known is not None
    assert set(known.rows.tolist()) == shown


@pytest.mark.usefixtures("taught_lab")
def test_a_handful_of_drawings_is_learnt_whole_and_it_is_said_that_nothing_was_measured(
    drawings: list[Drawing],
) -> None:
    run = tuned(parents()["pytorch"], drawings[:1])
    result = run.result()
    assert (result["held_out"], result["before"]["drawings_accuracy"]) == (0, None)
    assert "fewer than 10" in result["why_none_held_out"]
    assert run.title.endswith("tuned on 1 drawing")
    assert result["after"]["test_accuracy"] >= result["before"]["test_accuracy"] - 0.005


@pytest.mark.usefixtures("taught_lab")
def test_what_cannot_be_tuned_is_refused_in_a_sentence(drawings: list[Drawing]) -> None:
    parent = parents()["pytorch"]
    with pytest.raises(UsageError, match="nothing to learn from"):
        start_tuning(parent, lambda how: of_strokes([], how), owner="ann")
    (parent.folder / "result.json").rename(parent.folder / "kept.json")
    with pytest.raises(ConflictError, match="is not finished"):
        start_tuning(parent, lambda how: of_strokes(drawings, how), owner="ann")
    (parent.folder / "kept.json").rename(parent.folder / "result.json")
    delete("starter")
    with pytest.raises(NotFoundError, match="no data set"):
        start_tuning(parent, lambda how: of_strokes(drawings, how), owner="ann")
    assert len(all_runs()) == 4, "nothing half-made is left"


@pytest.mark.usefixtures("taught_lab")
def test_tuned_runs_are_told_apart_from_plain_ones_and_from_others(drawings: list[Drawing]) -> None:
    both = parents()
    first, second = (tuned(both[framework], drawings) for framework in FRAMEWORKS)
    other = tuned(both["pytorch"], drawings[:15])
    assert unfair([first, second]) == []
    assert unfair([other, second]) == ["drawings"]
    assert {"drawings", "rate", "epochs"} <= set(differences([both["pytorch"], first]))
    assert seed_groups([first, other]) == [[first], [other]]
    assert [trial.run for trial in trials_of(all_runs())] == [run.id for run in all_runs() if run.tuning is None]
    held = taught.read(first.folder).held
    some = [*np.flatnonzero(~held)[:18], *np.flatnonzero(held)[:2]]
    further = tuned(first, [drawings[place] for place in some])
    assert "all but 2 of these drawings" in further.result()["why_none_held_out"]
    assert further.title == f"{both['pytorch'].title} · tuned on 20 drawings"
    assert further.first_recipe == both["pytorch"].recipe
    assert taught.read(further.folder).known == taught.read(first.folder).learnt
    assert Recipe(**further.spec["recipe"]) == first.recipe


@pytest.mark.usefixtures("taught_lab")
def test_images_of_drawings_that_it_has_learnt_do_not_count_in_another_data_set(
    drawings: list[Drawing], tmp_path: Path
) -> None:
    parent = parents()["pytorch"]
    build(open_source(str(tmp_path / "signs.json.gz")), "signs", staging=settings.part("builds") / "signs")
    assert on_dataset(parent, Dataset.open("signs"))["seen"] == 0
    found = on_dataset(tuned(parent, drawings), Dataset.open("signs"))
    assert (found["seen"], found["images"]) == (32, 8), "all but those that were held out"


@pytest.mark.usefixtures("lab")
def test_of_a_models_own_data_set_those_of_the_test_part_are_measured_on_and_only_the_others_learnt(
    drawings: list[Drawing], tmp_path: Path
) -> None:
    build(open_source(str(tmp_path / "signs.json.gz")), "signs", staging=settings.part("builds") / "signs")
    parent = local.start_training(small("pytorch", epochs=1).changed(dataset="signs", batch=8), owner="ann")
    assert wait_for_end(parent.job) == "finished"
    run = tuned(parent, drawings)
    found, dataset = taught.read(run.folder), Dataset.open("signs")
    tested = {dataset.files[row] for row in parent.split().test}
    held = {f"{one.digit}/{one.digit}/{number}.png" for number, one in enumerate(drawings) if found.held[number]}
    assert tested == held, "it was trained on all others: they say nothing about how it reads a hand"
