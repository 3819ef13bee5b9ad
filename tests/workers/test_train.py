from __future__ import annotations

import os
import signal

import pytest

from digits import job as jobs
from digits import settings
from digits.engine import local
from digits.evaluation import metrics
from digits.evaluation.certainty import Certainty
from digits.evaluation.evaluate import trained
from digits.job import Job
from digits.models import weights
from digits.training.framed import framed_ink
from digits.training.inputs import full_inputs
from digits.training.knowledge import FILE, MOST, Knowledge
from digits.training.queue import draw_ticket
from digits.training.run import Run
from tests.starter import build_starter, small, wait_for_end, wait_for_epoch

FRAMEWORKS = ("pytorch", "tensorflow")


@pytest.fixture(autouse=True)
def starter() -> None:
    build_starter()


def kill(run: Run) -> None:
    os.kill(run.job.status()["pid"], signal.SIGKILL)


def stored(run: Run) -> dict[str, bytes]:
    state, _ = weights.read(run.folder / "weights.safetensors")
    return {name: value.tobytes() for name, value in state.items()}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_training_that_is_killed_and_resumed_ends_with_the_same_bits(framework: str) -> None:
    recipe = small(framework, epochs=200, batch=64)
    broken = local.start_training(recipe, owner="ann")
    wait_for_epoch(broken.job, 2)
    broken.job.request_stop()  # leaves a checkpoint in the middle of an epoch
    assert wait_for_end(broken.job) == "stopped"
    stopped_at = broken.job.status()["step"]
    local.resume(broken, owner="ann")
    wait_for_epoch(broken.job, stopped_at / 23 + 5)
    kill(broken)
    assert wait_for_end(broken.job) == "interrupted"
    local.resume(broken, owner="ann")
    assert wait_for_end(broken.job) == "finished"

    whole = local.start_training(recipe, owner="ann", again=True)
    assert whole.id == f"{broken.id}-2"
    assert wait_for_end(whole.job) == "finished"
    assert stored(broken) == stored(whole)
    epochs = [line["epoch"] for line in broken.epochs()]
    assert epochs == list(range(201)), "each epoch is recorded once"


def test_the_same_recipe_is_one_run_and_again_makes_another() -> None:
    recipe = small("pytorch", epochs=1)
    first, second = (local.start_training(recipe, owner="ann") for _ in range(2))
    assert first.id == second.id
    assert wait_for_end(first.job) == "finished"
    assert local.start_training(recipe, owner="bob").id == first.id
    assert first.job.state == "finished"


def test_a_loss_that_is_not_finite_ends_the_run_with_a_clear_message() -> None:
    recipe = small("pytorch", epochs=3, optimiser="native-sgd", rate=1000.0, scale=1e6)  # overflows at its third step
    run = local.start_training(recipe, owner="ann")
    assert wait_for_end(run.job) == "failed"
    assert "The loss is not finite at step" in run.job.status()["error"]
    assert "Lower the rate" in run.job.status()["error"]


def test_two_trainings_wait_for_each_other_and_their_status_names_the_owner() -> None:
    first = local.start_training(small("pytorch", epochs=40), owner="ann")
    second = local.start_training(small("pytorch", epochs=40, seed=7), owner="bob")
    for run, owner in ((first, "ann"), (second, "bob")):
        assert wait_for_end(run.job) == "finished"
        assert run.job.status()["owner"] == owner
    assert second.job.status()["started"] >= first.job.status()["finished"] - 0.5


def test_sigterm_stops_a_training_so_that_it_can_be_resumed() -> None:
    run = local.start_training(small("pytorch", epochs=2000), owner="ann")
    wait_for_epoch(run.job, 1)
    os.kill(run.job.status()["pid"], signal.SIGTERM)
    assert wait_for_end(run.job) == "stopped"
    assert (run.folder / "checkpoint.safetensors").exists()


AUGMENTED = {"variants": 2, "rotation": 10.0, "elastic": 0.5, "thickness": 0.1}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_with_augmentation_a_training_that_is_stopped_and_killed_ends_with_the_same_bits(framework: str) -> None:
    recipe = small(framework, epochs=60, batch=64, **AUGMENTED)
    broken = local.start_training(recipe, owner="ann")
    wait_for_epoch(broken.job, 2)
    broken.job.request_stop()
    assert wait_for_end(broken.job) == "stopped"
    stopped_at = broken.job.status()["step"]
    local.resume(broken, owner="ann")
    wait_for_epoch(broken.job, stopped_at / 45 + 5)
    kill(broken)
    assert wait_for_end(broken.job) == "interrupted"
    local.resume(broken, owner="ann")
    assert wait_for_end(broken.job) == "finished"

    whole = local.start_training(recipe, owner="ann", again=True)
    assert wait_for_end(whole.job) == "finished"
    assert stored(broken) == stored(whole)
    assert broken.result()["conditions"]["data"] == whole.result()["conditions"]["data"]
    assert broken.result()["conditions"]["order"] == whole.result()["conditions"]["order"]
    assert b"drawn by the trainer" not in (whole.job.folder / "worker.log").read_bytes()


def test_both_frameworks_train_on_the_same_variants_which_stay_as_long_as_somebody_waits_for_them() -> None:
    first, second = (small(framework, epochs=3, **AUGMENTED) for framework in FRAMEWORKS)
    run = local.start_training(first, owner="ann")
    other = Job("runs", "waits")
    lock = jobs.create(other, {**run.spec, "recipe": second.as_json()}, owner="ann")
    assert lock is not None
    draw_ticket(other, "ann")
    assert wait_for_end(run.job) == "finished"
    (folder,) = settings.part("variants").iterdir()
    assert {path.name for path in folder.iterdir()} == {"images.npy", "1.npy", "2.npy", "3.npy"}
    lock.close()
    after = local.start_training(second, owner="ann")
    assert wait_for_end(after.job) == "finished"
    told = [one.result()["conditions"] for one in (run, after)]
    assert told[0]["data"] == told[1]["data"]
    assert {one["epochs"] for one in told} == {3}
    assert {one.job.status()["images"] for one in (run, after)} == {2 * run.result()["train_images"]}
    assert list(settings.part("variants").iterdir()) == []


def test_a_finished_run_knows_how_sure_it_may_be_if_it_had_a_validation_part() -> None:
    run, blind = (local.start_training(small("pytorch", epochs=2, validation_share=share, **AUGMENTED), owner="ann")
                  for share in (0.2, 0.0))  # fmt: skip
    assert [wait_for_end(one.job) for one in (run, blind)] == ["finished", "finished"]
    known, unknown = (Knowledge.read(one.folder / FILE) for one in (run, blind))
    assert known is not None
    assert unknown is not None
    parts = run.split()
    assert known.rows.tolist() == parts.train.tolist()
    assert len(known.ink) == MOST // len(parts.train) * len(parts.train), "and variants of them, as many as fit"
    assert known.validation_labels.tolist() == run.dataset().labels[parts.validation].tolist()
    assert known.told["temperature"] > 0
    assert unknown.told == {"temperature": None, "unsure": None, "scale": None}

    ink, certainty = framed_ink(run.dataset().images[parts.validation], run.recipe), Certainty.of(run)
    hidden, logits = metrics.outputs(trained(run), full_inputs(ink, run.recipe))
    assert logits == pytest.approx(known.validation_logits, abs=1e-3)
    said = certainty.say(hidden, ink, logits)
    assert int((said.far | said.unsure).sum()) <= len(ink) // 100
