"""A person's word on families holds, now and after the next search."""

from __future__ import annotations

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.errors import UsageError
from tests.starter import build_starter


@pytest.fixture
def starter() -> Dataset:
    """The starter set, two images a family; digits stand one after another in it."""
    build_starter()
    dataset = Dataset.open("starter")
    store.keep(dataset, words.numbered(_pairs(dataset), dataset.labels), {"by": "search", "tolerance": 1.0})
    return dataset


def _pairs(dataset: Dataset) -> np.ndarray:
    return np.arange(len(dataset.labels)) // 2 + 10_000 * dataset.labels


def known(dataset: Dataset) -> np.ndarray:
    families = store.families_of(dataset)
    assert families is not None
    return families


def test_merged_families_are_one_and_marked_as_a_persons(starter: Dataset) -> None:
    words.say(starter, "merge", [0, 2])
    families = known(starter)
    assert len(set(families[:4])) == 1
    assert families[4] != families[0]
    assert words.theirs(starter) == {int(families[0])}


def test_images_taken_out_are_a_family_of_their_own(starter: Dataset) -> None:
    words.say(starter, "split", [1])
    families = known(starter)
    assert (families == families[1]).sum() == 1
    assert (families == families[0]).sum() == 1


def test_a_word_holds_against_a_later_search(starter: Dataset) -> None:
    words.say(starter, "merge", [0, 2])
    words.say(starter, "split", [5])
    again = words.numbered(words.apply(_pairs(starter), words.words_of(starter)), starter.labels)
    assert np.array_equal(again, known(starter))


def test_what_was_found_holds_again_when_every_word_is_taken_back(starter: Dataset) -> None:
    before = known(starter)
    words.say(starter, "merge", [0, 2])
    words.say(starter, "split", [5])
    assert not np.array_equal(known(starter), before)
    words.take_back(starter)
    assert np.array_equal(known(starter), before)
    assert words.words_of(starter) == []


def test_words_that_contradict_the_labels_are_refused(starter: Dataset) -> None:
    last = len(starter.labels) - 1
    before = known(starter)
    with pytest.raises(UsageError, match="one digit"):
        words.say(starter, "merge", [0, last])
    with pytest.raises(UsageError, match="one family already"):
        words.say(starter, "merge", [0, 1])
    with pytest.raises(UsageError, match="whole family"):
        words.say(starter, "split", [0, 1])
    for rows in ([], [-1], [last + 1], [0, 10**9]):
        with pytest.raises(UsageError, match="no such image"):
            words.say(starter, "split", rows)
    assert np.array_equal(known(starter), before)
    assert words.words_of(starter) == []


def test_families_are_numbered_by_digit_then_by_size() -> None:
    labels = np.array([1, 1, 0, 0, 0, 1])
    assert words.numbered(np.array([7, 7, 3, 9, 9, 2]), labels).tolist() == [2, 2, 1, 0, 0, 3]
