"""A data set of the drawings, made and made again."""

from __future__ import annotations

import pytest

from digits import drawings
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import local
from digits.engine.drawings import build_at_work, dataset_of_drawings, name_for_drawings, start_drawings
from digits.errors import ConflictError, SourceError
from digits.files import Lock
from tests.drawings.made import drawn, one_of_each
from tests.starter import build_starter, small, wait_for_end


def built(name: str) -> Dataset:
    job = start_drawings(name, owner="ann")
    assert wait_for_end(job) == "finished", job.status()
    return Dataset.open(name)


def test_more_drawings_replace_a_data_set_that_nobody_used() -> None:
    one_of_each()
    first = built("my-drawings")
    with pytest.raises(ConflictError, match="my-drawings holds these drawings already"):
        start_drawings("my-drawings", owner="ann")
    assert dataset_of_drawings(drawings.all_drawings()) == first
    drawings.keep(3, drawn(33))
    assert dataset_of_drawings(drawings.all_drawings()) is None
    assert name_for_drawings() == "my-drawings"
    second = built("my-drawings")
    assert second.report["images"] == 11
    assert dataset_names() == ["my-drawings"]


def test_a_data_set_that_was_trained_on_stays_and_the_next_gets_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    one_of_each(more=20)
    first = built("my-drawings")
    drawings.keep(3, drawn(33))
    with monkeypatch.context() as patch:
        patch.setattr(local, "launch", lambda worker, job, lock: lock.close())
        local.start_training(small("pytorch").changed(dataset="my-drawings"), owner="ann")
    with pytest.raises(ConflictError, match="There is a data set my-drawings already, and 1 run needs its images"):
        start_drawings("my-drawings", owner="ann")
    assert name_for_drawings() == "my-drawings-2"
    assert built("my-drawings-2").report["images"] == 31
    assert Dataset.open("my-drawings").fingerprint == first.fingerprint


def test_a_data_set_of_another_kind_is_never_replaced() -> None:
    build_starter()
    one_of_each()
    with pytest.raises(ConflictError, match="There is a data set starter already"):
        start_drawings("starter", owner="ann")
    assert dataset_names() == ["starter"]


def test_nothing_goes_while_a_digit_is_missing() -> None:
    each = one_of_each()
    first = built("my-drawings")
    drawings.delete([each[7].id])
    with pytest.raises(SourceError, match="There is no drawing of 7 yet"):
        start_drawings("my-drawings", owner="ann")
    assert Dataset.open("my-drawings").fingerprint == first.fingerprint


def test_a_build_of_drawings_is_known_while_it_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[Lock] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: held.append(lock))
    one_of_each()
    assert build_at_work() is None
    local.start_build("starter", "starter", owner="ann")
    assert build_at_work() is None
    job = start_drawings("my-drawings", owner="ann")
    assert build_at_work() == job
    held[1].close()
    assert build_at_work() is None
    held[0].close()
