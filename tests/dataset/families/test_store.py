"""Families stay with their data set, and nobody else's are taken for them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.errors import IntegrityError, NotFoundError
from digits.files import Lock, write_json
from tests.starter import build_starter


def test_families_are_unknown_until_they_are_kept() -> None:
    build_starter()
    starter = Dataset.open("starter")
    assert store.families_of(starter) is None
    assert store.about(starter) == {}
    families = np.arange(1_797) // 2
    store.keep(starter, families, {"by": "search"})
    assert np.array_equal(store.families_of(Dataset.open("starter")), families)  # type: ignore[arg-type]
    assert store.about(starter)["by"] == "search"


def test_what_the_index_held_before_stays() -> None:
    build_starter()
    starter = Dataset.open("starter")
    files, labels = starter.files, starter.labels.copy()
    for families in (np.arange(1_797), np.zeros(1_797, np.int64)):
        store.keep(starter, families, {"by": "search"})
    again = Dataset.open("starter")
    assert again.files == files
    assert np.array_equal(again.labels, labels)
    assert not again.families.any()  # type: ignore[union-attr]
    again.check()


def test_families_that_do_not_fit_what_is_said_of_them_are_refused() -> None:
    build_starter()
    starter = Dataset.open("starter")
    store.keep(starter, np.arange(1_797), {"by": "search"})
    said = (starter.folder / store.ABOUT).read_bytes()
    store.keep(starter, np.zeros(1_797, np.int64), {"by": "search"})
    (starter.folder / store.ABOUT).write_bytes(said)
    with pytest.raises(IntegrityError, match="others than those that were kept"):
        store.families_of(starter)


class Killed(BaseException):
    """A writer dies here."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[None]:
    """Let whoever writes inside the block die in that function of `store`."""

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(store, where, killed)
        with pytest.raises(Killed):
            yield


@pytest.fixture
def starter() -> Dataset:
    """The starter set, two images a family."""
    build_starter()
    dataset = Dataset.open("starter")
    store.keep(dataset, np.arange(1_797) // 2 + 1_000 * dataset.labels, {"by": "search", "tolerance": 1.0})
    return dataset


def known(dataset: Dataset) -> np.ndarray:
    families = store.families_of(dataset)
    assert families is not None
    return families


def test_a_writer_that_dies_after_the_index_was_replaced_has_written_all(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, "_follow"):
        words.say(starter, "merge", [0, 2])
    assert known(starter)[0] == known(starter)[2]
    assert [word["images"] for word in words.words_of(starter)] == [[0, 2]]
    assert not (starter.folder / store.NEXT).exists()


def test_what_is_said_follows_a_writer_that_died_even_if_nobody_reads_the_index(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, "_follow"):
        store.keep(starter, np.zeros(1_797, np.int64), {"by": "search", "tolerance": 2.0})
    assert store.about(starter)["tolerance"] == 2.0
    assert not known(starter).any()


def test_a_writer_that_dies_before_the_index_was_replaced_has_written_nothing(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, said = known(starter), store.about(starter)
    with dying(monkeypatch, "_set_columns"):
        words.say(starter, "merge", [0, 2])
    assert (store.about(starter), words.words_of(starter)) == (said, [])
    assert np.array_equal(known(starter), before)
    words.say(starter, "merge", [0, 4])
    assert [word["images"] for word in words.words_of(starter)] == [[0, 4]]


def test_what_a_dead_writer_left_damaged_is_forgotten(starter: Dataset) -> None:
    said = store.about(starter)
    for left in (b"{", b"{}", b'{"about": 3}'):
        (starter.folder / store.NEXT).write_bytes(left)
        assert store.about(starter) == said
        assert not (starter.folder / store.NEXT).exists()


def test_a_reader_waits_for_a_writer_that_is_between_the_two_files(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    between, go_on, found = threading.Event(), threading.Event(), []
    follow = store._follow

    def slow(*given: object) -> None:
        between.set()
        assert go_on.wait(30)
        follow(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "_follow", slow)
    writer = threading.Thread(target=words.say, args=(starter, "merge", [0, 2]))
    reader = threading.Thread(target=lambda: found.append(known(Dataset.open("starter"))))
    writer.start()
    assert between.wait(30)
    assert store.about(starter)["tolerance"] == 1.0, "what is said can be read all the time"
    reader.start()
    go_on.set()
    for thread in (writer, reader):
        thread.join(30)
    assert found[0][0] == found[0][2]


@pytest.mark.parametrize("act", ["say", "take_back", "keep_found"])
def test_whoever_reads_in_order_to_write_holds_the_lock_from_the_reading_on(
    starter: Dataset, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    write = store.write

    def writes(*given: object, **values: object) -> None:
        held.append(Lock.is_held(starter.folder / store.LOCK))
        write(*given, **values)  # type: ignore[arg-type]

    words.say(starter, "merge", [0, 2])
    read = words.words_of
    monkeypatch.setattr(store, "write", writes)
    monkeypatch.setattr(
        words, "words_of", lambda one: held.append(Lock.is_held(one.folder / store.LOCK)) or read(one)
    )
    if act == "say":
        words.say(starter, "split", [4])
    elif act == "take_back":
        words.take_back(starter)
    else:
        words.keep_found(starter, known(starter), np.zeros(1_797), {"by": "search"})
    assert held
    assert all(held)
    assert not Lock.is_held(starter.folder / store.LOCK)


def test_a_word_that_is_said_while_a_search_ends_is_not_lost(starter: Dataset) -> None:
    found = known(starter).copy()
    person = threading.Thread(target=words.say, args=(starter, "merge", [0, 2]))
    with store.writing(starter):
        person.start()
        store.write(starter, found, {"by": "search", "tolerance": 1.5}, said=None)
    person.join(30)
    assert store.about(starter)["tolerance"] == 1.5
    assert known(starter)[0] == known(starter)[2]
    words.take_back(starter)
    words.say(starter, "merge", [0, 2])
    words.keep_found(starter, found, np.zeros(1_797), {"by": "search"})
    assert known(starter)[0] == known(starter)[2]


def test_words_that_cannot_be_read_are_named_and_can_be_taken_back(starter: Dataset) -> None:
    before = known(starter)
    words.say(starter, "merge", [0, 2])
    for damaged in ({"words": 3}, {"words": [{}]}, {}, {"words": [{"what": "merge", "images": [1_797]}]}):
        write_json(starter.folder / store.WORDS, damaged)
        with pytest.raises(IntegrityError, match=r"words\.json of starter is damaged"):
            words.words_of(starter)
    words.take_back(starter)
    assert np.array_equal(known(starter), before)
    assert words.words_of(starter) == []


def test_words_are_taken_back_though_the_families_are_damaged_too(starter: Dataset) -> None:
    words.say(starter, "merge", [0, 2])
    (starter.folder / store.ABOUT).write_text("{")
    (starter.folder / store.WORDS).write_text("{")
    words.take_back(starter)
    assert words.words_of(starter) == []
    words.keep_found(starter, np.arange(1_797), np.zeros(1_797), {"by": "search"})
    assert len(set(known(starter))) == 1_797


def test_families_of_a_data_set_that_has_gone_are_written_nowhere(starter: Dataset) -> None:
    shutil.rmtree(starter.folder)
    with pytest.raises(NotFoundError, match="The data set starter is not there any more"):
        store.keep(starter, np.zeros(1_797, np.int64), {"by": "search"})
