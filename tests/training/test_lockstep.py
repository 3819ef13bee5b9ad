from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.engine.locksteps import all_locksteps, lockstep_of, start_lockstep
from digits.errors import TrainingError, UsageError
from digits.files import Json
from digits.training.inputs import Data, load
from digits.training.lockstep import Mode, batches, differences, largest, starters
from tests.starter import build_starter, wait_for_end

STEPS = 40


@pytest.fixture(autouse=True)
def starter() -> None:
    build_starter()


def mode(**values: object) -> Mode:
    """One thread, because TensorFlow takes a number once a process and machines are shared."""
    return Mode(**{"dataset": "starter", "optimizer": "sgd", "steps": STEPS, "threads": 1, **values})


def stepped(wanted: Mode) -> list[Json]:
    data = load(wanted.recipe("pytorch"), Dataset.open("starter").fingerprint)
    return list(differences(wanted, data, list(starters(wanted, data).values())))


@pytest.mark.parametrize(("optimizer", "bound"), [("sgd", 1e-12), ("momentum", 1e-9), ("adam", 1e-9)])
def test_reference_optimisers_stay_together_in_float64(optimizer: str, bound: float) -> None:
    steps = stepped(mode(optimizer=optimizer))
    assert [step["step"] for step in steps] == list(range(1, STEPS + 1))
    found = largest(steps)
    assert found["largest_loss_difference"] <= bound
    assert found["largest_weight_difference"] <= bound
    assert steps[-1]["losses"][0] < steps[0]["losses"][0], "and both learn"


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_networks_that_look_at_pictures_stay_together_too(optimizer: str) -> None:
    steps = stepped(mode(optimizer=optimizer, network="conv4x3 pool conv6x3 pool 16", steps=20, batch=32))
    assert largest(steps)["largest_weight_difference"] <= 1e-9
    assert steps[-1]["losses"][0] < steps[0]["losses"][0], "and both learn"


@pytest.mark.parametrize(("optimizer", "bound"), [("sgd", 1e-5), ("adam", 1e-4)])
def test_in_float32_rounding_is_all_that_parts_them_over_the_first_20_steps(optimizer: str, bound: float) -> None:
    found = largest(stepped(mode(optimizer=optimizer, dtype="float32", steps=20)))
    assert 0 < found["largest_loss_difference"] <= bound


def test_the_native_adams_part_at_once_because_their_epsilons_stand_in_different_places() -> None:
    ours, theirs = (largest(stepped(mode(optimizer="adam", native=native))) for native in (False, True))
    assert theirs["largest_weight_difference"] > 1e6 * ours["largest_weight_difference"]


def test_a_native_mode_has_each_frameworks_own_epsilon() -> None:
    wanted = mode(optimizer="adam", native=True)
    assert [wanted.recipe(name).epsilon for name in ("pytorch", "tensorflow")] == [1e-8, 1e-7]
    assert wanted.title == "native Adam, float64"


def test_a_lockstep_of_the_notebooks_network_is_called_as_it_was_before_there_were_others() -> None:
    usual = mode(optimizer="adam", steps=300, threads=2)
    assert usual.identity("f" * 64) == "99c3ef641b749282"
    other = replace(usual, network="conv4x3 16")
    assert other.identity("f" * 64) != usual.identity("f" * 64)
    assert (usual.title, other.title) == ("reference Adam, float64", "reference Adam, float64, conv4x3 16")


def test_batches_are_those_of_a_training_epoch_after_epoch() -> None:
    recipe = mode(batch=8).recipe("pytorch")
    found = batches(recipe, 20, 5)
    assert found.shape == (5, 8)
    assert np.array_equal(np.sort(found[:3].ravel())[4:], np.arange(20)), (
        "three of the first epoch, the last one short"
    )


def test_a_loss_that_is_no_number_ends_it_with_the_step() -> None:
    class Spoilt:
        def steps(self, rows: np.ndarray, rates: np.ndarray) -> np.ndarray:
            return np.array([np.nan])

    ten = np.zeros((10, 4))
    part = type("Part", (), {"rows": np.arange(10), "inputs": ten, "labels": np.arange(10)})()
    with pytest.raises(TrainingError, match="not finite at step 1"):
        next(differences(mode(), Data(part, part, np.arange(4)), [Spoilt(), Spoilt()]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimizer": "rmsprop"}, "Unknown optimiser: expected sgd or momentum or adam, received 'rmsprop'"),
        ({"steps": 0}, "number of steps is out of bounds: expected 1 to 10,000, received 0"),
        ({"dtype": "float16"}, "Unknown dtype: expected float32 or float64"),
    ],
)
def test_what_cannot_step_is_refused_by_name(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mode(**values)


def test_a_lockstep_is_a_job_whose_result_is_kept_and_shown_again() -> None:
    wanted = mode(optimizer="adam", dtype="float32", steps=5)
    assert lockstep_of(wanted) is None
    found = start_lockstep(wanted, owner="ann")
    assert wait_for_end(found.job) == "finished", found.job.status()
    result = found.result()
    assert result is not None
    assert [step["step"] for step in found.steps()] == [1, 2, 3, 4, 5]
    assert result["largest_loss_difference"] == max(step["loss"] for step in found.steps())
    sides = result["conditions"]
    unequal = {name for name, value in sides["pytorch"].items() if value != sides["tensorflow"][name]}
    assert unequal == {"version", "compilation"}, "the rest is the same on both sides"
    assert start_lockstep(wanted, owner="bob").job == found.job
    assert found.job.status()["owner"] == "ann", "it was opened and not run again"
    assert asdict(all_locksteps()[0].mode) == asdict(wanted)
    assert lockstep_of(replace(wanted, seed=7)) is None
