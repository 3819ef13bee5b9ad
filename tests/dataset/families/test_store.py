"""Families stay with their data set, and nobody else's are taken for them."""

from __future__ import annotations

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.errors import IntegrityError
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
