"""What people say of families, and what follows from it: their word is kept, and holds against every later search.

A word is about images, not about numbers of families, which change from search to search:

    {"what": "merge", "images": [row, row], "at": seconds}   these are copies of one drawing
    {"what": "split", "images": [row, …], "at": seconds}     these are copies of one drawing, and of no other's
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.errors import IntegrityError, UsageError
from digits.files import Json, read_json

Rows = NDArray[np.int64]


def words_of(dataset: Dataset) -> list[Json]:
    """Return what people said of the families of `dataset`, in their order. Raises `IntegrityError`."""
    path = dataset.folder / store.WORDS
    if not path.exists():
        return []
    with suppress(IntegrityError):
        said = read_json(path).get("words")
        if isinstance(said, list) and all(_is_word(word, dataset.report["images"]) for word in said):
            return said
    raise IntegrityError(f"{store.WORDS} of {dataset.name} is damaged", expected="what people said of its families",
                         do="Forget all corrections, on the page Dataset.")  # fmt: skip


def _is_word(word: object, images: int) -> bool:
    if not isinstance(word, dict) or word.get("what") not in ("merge", "split"):
        return False
    rows = word.get("images")
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, int) and 0 <= row < images for row in rows)


def theirs(dataset: Dataset) -> set[int]:
    """Return the families that a person's word made."""
    families = store.families_of(dataset)
    if families is None:
        return set()
    return {int(families[row]) for word in words_of(dataset) for row in word["images"]}


def say(dataset: Dataset, what: str, images: Sequence[int]) -> None:
    """Keep the word of a person, *merge* or *split*, and what follows from it.

    Raises `UsageError` if the images have two digits, if a merge names fewer than two families, or if a split leaves
    none of a family behind.
    """
    with store.writing(dataset):
        families = store.read(dataset)
        if families is None:
            raise UsageError(f"The families of {dataset.name} are unknown", do="Find them first.")
        _check(dataset, families, what, np.asarray(images, np.int64))
        word = {"what": what, "images": [int(row) for row in images], "at": round(time.time(), 3)}
        after, said = numbered(apply(families, [word]), dataset.labels), words_of(dataset)
        found = dataset.found_families if said else families
        columns = {} if found is None else {"found": found}
        store.write(dataset, after, store.about(dataset), columns=columns, said=[*said, word])


def take_back(dataset: Dataset) -> None:
    """Forget every word of people, even those that cannot be read: the families are again those before the first."""
    with store.writing(dataset):
        path, found = dataset.folder / store.WORDS, dataset.found_families
        with suppress(IntegrityError):  # of families that are damaged nothing is known: the next search finds them
            if path.exists() and found is not None and store.read(dataset) is not None:
                store.write(dataset, found, store.about(dataset), said=[])
        path.unlink(missing_ok=True)


def keep_found(dataset: Dataset, found: Rows, changes: store.Reals, about: Json) -> Rows:
    """Keep the families (n,) that a search found as people's words would have them; return those."""
    with store.writing(dataset):
        families = numbered(apply(found, words_of(dataset)), dataset.labels)
        store.write(dataset, families, about, columns={"change": changes, "found": found})
    return families


def _check(dataset: Dataset, families: Rows, what: str, images: Rows) -> None:
    if not images.size or images.min() < 0 or images.max() >= len(dataset.labels):
        raise UsageError("There is no such image", expected=f"rows 0 to {len(dataset.labels) - 1:,}",
                         received=images[:5].tolist())  # fmt: skip
    digits = np.unique(dataset.labels[images])
    if len(digits) != 1:
        raise UsageError("A family holds one digit", expected="images of one digit", received=digits.tolist())
    named = np.unique(families[images])
    if what == "merge" and len(named) < 2:
        raise UsageError("These are one family already", expected="images of two families", received=len(named))
    if what == "split" and np.isin(np.flatnonzero(np.isin(families, named)), images).all():
        raise UsageError("That is the whole family", expected="some of its images", received=len(images))


def apply(families: Rows, words: Sequence[Json]) -> Rows:
    """Return `families` (n,) as `words` would have them."""
    after = families.copy()
    for word in words:
        images = np.asarray(word["images"], np.int64)
        if word["what"] == "merge":
            after[np.isin(after, after[images])] = after[images[0]]
        else:
            after[images] = after.max() + 1
    return after


def numbered(families: Rows, labels: Rows) -> Rows:
    """Return `families` (n,) numbered from 0: those of lower digits first, of a digit the larger ones first."""
    _, first, member, sizes = np.unique(families, return_index=True, return_inverse=True, return_counts=True)
    place = np.empty(len(sizes), np.int64)
    place[np.lexsort((first, -sizes, labels[first]))] = np.arange(len(sizes))
    return np.asarray(place[member])
