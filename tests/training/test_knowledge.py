from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.errors import IntegrityError
from digits.evaluation.distance import small
from digits.training import knowledge
from digits.training.inputs import Data, Part, columns, ink_of, live_inputs
from digits.training.knowledge import Knowledge, learn
from digits.training.recipe import Recipe
from tests.evaluation import bar


class Reader:
    """A classifier that needs no framework: a hidden unit for each digit's bar, and some more at random."""

    def __init__(self, width: int) -> None:
        bars = np.stack([bar(digit).reshape(784) for digit in range(10)]) / 255.0
        bars -= bars.mean(axis=1, keepdims=True)
        noise = np.random.default_rng(1).normal(0, 0.05, (width, 14))
        self.kernel = np.concatenate([bars.T / 20, noise], axis=1).astype(np.float32)

    def outputs(self, inputs: np.ndarray) -> list[np.ndarray]:
        hidden = np.maximum(inputs @ self.kernel, 0)
        return [hidden, 4 * hidden[:, :10]]


def inks(images: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, 784) ink of ten kinds of bars with noise, and labels (n,)."""
    generator, labels = np.random.default_rng(seed), np.arange(images) % 10
    ink = np.zeros((images, 28, 28))
    for number, label in enumerate(labels):
        ink[number] = bar(label) * generator.uniform(0.5, 0.8)
    return np.clip(ink + generator.integers(0, 40, ink.shape), 0, 255).astype(np.uint8).reshape(-1, 784), labels


def data(recipe: Recipe, *, train: int = 60, validation: int = 150) -> Data:
    """Data of bars; a training row stands twice in it where parts have shares."""
    live = np.arange(recipe.widths[0]) if recipe.pixels == "ink" else columns(recipe)

    def part(rows: np.ndarray, seed: int) -> Part:
        ink, labels = inks(len(rows), seed=seed)
        return Part(rows, live_inputs(ink, recipe, live), labels)

    rows = np.arange(1_000, 1_000 + train)
    ink = inks(train, seed=1)[0] if recipe.augmented else np.zeros((0, 784), np.uint8)
    return Data(part(rows, 1), part(rows[:10], 2), live, ink, part(np.arange(validation), 3))


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="none", **{"pixels": "ink", "scale": 1.0, "threads": 1, **values})


def test_the_ink_of_a_part_is_what_its_inputs_were_made_of() -> None:
    ink, labels = inks(5)
    for pixels, scale in (("ink", 1.0), ("rgba", 255.0), ("ink", 0.37)):
        one = recipe(pixels=pixels, scale=scale)
        live = columns(one)[ink.any(axis=0)][3:]
        expected = np.zeros_like(ink)
        places = np.searchsorted(columns(one), live)
        expected[:, places] = ink[:, places]
        assert np.array_equal(ink_of(Part(labels, live_inputs(ink, one, live), labels), live, one), expected)


def test_a_run_keeps_its_training_images_as_it_saw_them() -> None:
    one, there = recipe(), data(recipe())
    found = learn(Reader(784), one, there)
    assert found.rows.tolist() == there.train.rows.tolist()
    assert found.labels.tolist() == found.of.tolist() == there.train.labels.tolist()
    assert found.hidden == pytest.approx(Reader(784).outputs(there.train.inputs)[0], abs=2e-3)
    assert np.array_equal(found.ink, small(inks(60, seed=1)[0]))
    assert found.validation_logits == pytest.approx(Reader(784).outputs(there.validation.inputs)[1], rel=1e-5)
    assert found.validation_labels.tolist() == there.validation.labels.tolist()


def test_augmented_training_is_remembered_in_variants_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "MOST", 200)
    one = recipe(rotation=10.0, elastic=0.5)
    found = learn(Reader(784), one, data(one))
    assert (len(found.rows), len(found.ink), len(found.hidden)) == (60, 180, 180)
    assert found.of.tolist() == 3 * found.labels.tolist()
    assert not np.array_equal(found.ink[60:120], found.ink[:60])
    assert not np.array_equal(found.ink[60:120], found.ink[120:])
    again = learn(Reader(784), one, data(one))
    assert again.ink.tobytes() == found.ink.tobytes(), "the same recipe remembers the same"


def test_of_many_training_images_some_are_drawn_and_of_repeated_ones_each_is_there_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(knowledge, "MOST", 25)
    one, there = recipe(), data(recipe())
    found = learn(Reader(784), one, there)
    assert (len(found.rows), len(found.ink)) == (25, 25)
    assert set(found.rows.tolist()) < set(there.train.rows.tolist())
    assert found.labels.tolist() == (found.rows % 10).tolist()
    assert found.rows.tolist() != learn(Reader(784), recipe(seed=1), there).rows.tolist()
    twice = Part(*(np.concatenate([value, value]) for value in vars(there.train).values()))
    repeated = Data(twice, there.test, there.live, there.ink, there.validation)
    monkeypatch.setattr(knowledge, "MOST", 100)
    assert len(learn(Reader(784), one, repeated).rows) == 60


def test_thresholds_come_from_the_validation_part_alone() -> None:
    one, there = recipe(), data(recipe())
    told = learn(Reader(784), one, there).told
    assert told["temperature"] > 0
    assert 0 < told["unsure"] <= knowledge.MOST_UNSURE
    assert len(told["scale"]["usual"]) == len(told["scale"]["spread"]) == 3
    other = Data(there.train, there.train, there.live, there.ink, there.validation)
    assert learn(Reader(784), one, other).told == told, "what is tested plays no part"


@pytest.mark.parametrize("part", [None, Part(np.arange(0), np.zeros((0, 784), np.float32), np.arange(0))])
def test_without_a_validation_part_nothing_says_how_sure_a_run_may_be(part: Part | None) -> None:
    there = data(recipe())
    found = learn(Reader(784), recipe(), Data(there.train, there.test, there.live, there.ink, part))
    assert found.told == {"temperature": None, "unsure": None, "scale": None}
    assert found.scale is None
    assert len(found.rows) == 60


def test_what_is_kept_is_read_again_and_is_small(tmp_path: Path) -> None:
    found = learn(Reader(784), recipe(), data(recipe()))
    found.save(tmp_path / "knowledge.npz")
    read = Knowledge.read(tmp_path / "knowledge.npz")
    assert read is not None
    assert read.told == found.told
    assert read.hidden.tobytes() == found.hidden.tobytes()
    assert (read.hidden.dtype, read.ink.dtype) == (np.float16, np.uint8)
    assert np.array_equal(read.scale.usual, found.scale.usual)
    assert [path.name for path in tmp_path.iterdir()] == ["knowledge.npz"]


def test_runs_of_an_older_version_know_nothing_and_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.npz"
    assert Knowledge.read(path) is None
    learn(Reader(784), recipe(), data(recipe())).save(path)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    with pytest.raises(IntegrityError, match=r"knowledge\.npz is damaged"):
        Knowledge.read(path)


def test_arrays_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    found = learn(Reader(784), recipe(), data(recipe()))
    for name in ("labels", "hidden", "of", "ink"):
        values = {**vars(found), name: getattr(found, name)[:-1]}
        Knowledge(**values).save(tmp_path / "knowledge.npz")
        with pytest.raises(IntegrityError, match="arrays that belong together"):
            Knowledge.read(tmp_path / "knowledge.npz")


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": "warm"},
        {"unsure": None},
        {"scale": {}},
        {"scale": {"usual": [1.0], "spread": [], "middle": 1, "limit": 1}},
        {"scale": None},
    ],
)
def test_numbers_that_are_not_those_of_a_run_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    found = learn(Reader(784), recipe(), data(recipe()))
    Knowledge(**{**vars(found), "told": {**found.told, **wrong}}).save(tmp_path / "knowledge.npz")
    with pytest.raises(IntegrityError, match="a temperature, a confidence and a scale"):
        Knowledge.read(tmp_path / "knowledge.npz")
