from __future__ import annotations

import numpy as np
import pytest

from digits.evaluation.certainty import NO_VALIDATION, OLD, Certainty
from digits.evaluation.distance import FARTHEST
from digits.evaluation.metrics import probabilities
from digits.training.inputs import Data
from digits.training.knowledge import FILE, learn
from tests.evaluation import made_run
from tests.training.test_knowledge import Reader, data, inks, recipe


@pytest.fixture
def certainty() -> Certainty:
    return Certainty(learn(Reader(784), recipe(), data(recipe())))


def asked(certainty: Certainty, ink: np.ndarray) -> object:
    hidden, logits = Reader(784).outputs(ink.astype(np.float32) / 255)
    return certainty.say(hidden, ink, logits)


def test_of_validation_digits_ninety_nine_in_a_hundred_are_neither_far_nor_unsure(certainty: Certainty) -> None:
    said = asked(certainty, inks(150, seed=3)[0])
    assert int((said.far | said.unsure).sum()) == 1
    assert (said.distance >= 0).all()
    assert certainty.missing == ""


def test_what_is_like_nothing_in_training_is_far_and_blank_paper_the_farthest(certainty: Certainty) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 784)).astype(np.uint8)
    assert asked(certainty, noise).far.all()
    blank = asked(certainty, np.zeros((1, 784), np.uint8))
    assert blank.far.tolist() == [True]
    assert blank.distance.tolist() == [FARTHEST]


def test_probabilities_are_those_at_the_temperature(certainty: Certainty) -> None:
    ink = inks(4, seed=9)[0]
    _, logits = Reader(784).outputs(ink.astype(np.float32) / 255)
    heat = certainty.knowledge.told["temperature"]
    assert asked(certainty, ink).probabilities == pytest.approx(probabilities(logits / heat), rel=1e-5)


def test_answers_less_probable_than_the_threshold_are_unsure(certainty: Certainty) -> None:
    certainty.knowledge.told["unsure"] = 0.5
    ink = inks(10, seed=9)[0]
    hidden, _ = Reader(784).outputs(ink.astype(np.float32) / 255)
    logits = np.zeros((10, 10), np.float32)
    logits[:5, 3] = 100
    assert certainty.say(hidden, ink, logits).unsure.tolist() == [False] * 5 + [True] * 5


def test_the_nearest_are_the_images_whose_hidden_layer_points_the_same_way(certainty: Certainty) -> None:
    ink = inks(60, seed=1)[0]
    nearest = asked(certainty, ink).nearest
    assert nearest.shape == (60, 5)
    assert nearest[:, 0].tolist() == list(range(1_000, 1_060)), "a training image is nearest to itself"
    hidden = Reader(784).outputs(ink[:1].astype(np.float32) / 255)[0]
    assert certainty.say(3 * hidden, ink[:1], np.zeros((1, 10))).nearest.tolist() == nearest[:1].tolist()


def test_fewer_training_images_than_five_are_all_that_is_near() -> None:
    few = Certainty(learn(Reader(784), recipe(), data(recipe(), train=10)))
    few.knowledge.rows[:] = np.arange(10) - 10  # drawings that a run was tuned on come before the first row
    assert set(asked(few, inks(2)[0]).nearest.ravel().tolist()) <= set(range(-10, 0))
    three = Certainty(learn(Reader(784), recipe(), data(recipe(), train=3)))
    assert asked(three, inks(2)[0]).nearest.shape == (2, 3)


def test_without_validation_there_are_neighbours_and_the_networks_own_probabilities() -> None:
    there = data(recipe())
    known = Certainty(learn(Reader(784), recipe(), Data(there.train, there.test, there.live, there.ink)))
    said = asked(known, inks(3)[0])
    assert known.missing == NO_VALIDATION
    assert np.isnan(said.distance).all()
    assert not (said.far | said.unsure).any()
    assert said.nearest.shape == (3, 5)
    _, logits = Reader(784).outputs(inks(3)[0].astype(np.float32) / 255)
    assert np.array_equal(said.probabilities, probabilities(logits))


def test_a_run_of_an_older_version_knows_nothing_and_a_damaged_file_is_said_to_be_missing() -> None:
    run = made_run()
    old = Certainty.of(run)
    said = asked(old, inks(2)[0])
    assert old.missing == OLD
    assert (said.nearest.shape, np.isnan(said.distance).all()) == ((2, 0), True)
    (run.folder / FILE).write_bytes(b"no archive")
    assert "knowledge.npz is damaged" in Certainty.of(run).missing
    learn(Reader(784), recipe(), data(recipe())).save(run.folder / FILE)
    assert Certainty.of(run).missing == ""
