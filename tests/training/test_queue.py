from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import job as jobs
from digits import settings, watch
from digits.errors import ConflictError, StoppedError
from digits.files import Lock
from digits.job import Job
from digits.training import queue
from digits.training.queue import _leave, _try_slot, draw_ticket, take_seat, wait_for_slot, waiting

KINDS = ("runs", "duels", "locksteps", "searches", "evaluations")


def living(id: str, owner: str, kind: str = "runs") -> tuple[Job, Lock]:
    """A job whose lock this process holds, as its worker would."""
    job = Job(kind, id)
    lock = jobs.create(job, {}, owner=owner)
    assert lock is not None
    return job, lock


def never() -> bool:
    return False


def test_one_job_goes_and_the_next_waits_until_its_slot_is_free() -> None:
    first, second = living("first", "ann")[0], living("second", "ann")[0]
    slot = wait_for_slot(first, owner="ann", stopped=never)
    ticket = draw_ticket(second, "ann")
    assert _try_slot(ticket) is None
    assert waiting() == [second]
    slot.close()
    taken = _try_slot(ticket)
    assert taken is not None
    assert waiting() == []


def test_a_job_keeps_the_place_that_was_drawn_for_it_when_it_was_started() -> None:
    first, second = living("first", "ann")[0], living("second", "ann")[0]
    for job in (first, second):
        draw_ticket(job, "ann")
    with pytest.raises(StoppedError):  # the second worker is awake before the first, and must wait
        wait_for_slot(second, owner="ann", stopped=iter([False, True]).__next__)
    assert waiting() == [first]


def test_every_owners_first_job_goes_before_anybodys_second() -> None:
    owners = ("ann", "bob", "cat", "dan", "eve")
    held = [living(f"{owner}{number}", owner) for owner in owners for number in range(4)]
    tickets = [draw_ticket(job, job.id[:3]) for job, _ in held]
    served = []
    while tickets:
        for ticket in list(tickets):
            slot = _try_slot(ticket)
            if slot is not None:
                served.append(ticket.id)
                tickets.remove(ticket)
                slot.close()
    assert served == [f"{owner}{number}" for number in range(4) for owner in owners]


def test_somebody_who_comes_later_is_not_put_behind_all_of_another_owners_jobs() -> None:
    tickets = {job.id: draw_ticket(job, "ann") for job, _ in [living(f"ann{number}", "ann") for number in range(3)]}
    slot = _try_slot(tickets["ann0"])
    assert slot is not None
    bob, _lock = living("bob0", "bob")
    draw_ticket(bob, "bob")
    assert [job.id for job in waiting()] == ["bob0", "ann1", "ann2"]


def test_a_dead_waiter_is_passed_over() -> None:
    dead, lock = living("dead", "ann")
    draw_ticket(dead, "ann")
    lock.close()
    alive, _lock = living("alive", "bob")
    assert wait_for_slot(alive, owner="bob", stopped=never)


def test_a_waiter_that_is_stopped_leaves_the_queue() -> None:
    first, second = living("first", "ann")[0], living("second", "ann")[0]
    slot = wait_for_slot(first, owner="ann", stopped=never)
    with pytest.raises(StoppedError, match="second was stopped while it waited"):
        wait_for_slot(second, owner="ann", stopped=iter([False, True]).__next__)
    assert waiting() == []
    slot.close()


def test_of_many_that_wait_at_once_exactly_one_goes() -> None:
    slots: list[Lock] = []
    held = [living(f"job{number}", f"owner{number}") for number in range(6)]

    def wait(job: Job) -> None:
        slots.append(wait_for_slot(job, owner=job.id, stopped=lambda: len(slots) > 0))

    def quiet(job: Job) -> None:
        try:
            wait(job)
        except StoppedError:
            return

    threads = [threading.Thread(target=quiet, args=(job,)) for job, _ in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slots) == 1


def test_a_job_that_died_waiting_and_was_resumed_stands_in_the_queue_once() -> None:
    first, lock = living("first", "ann")
    draw_ticket(first, "ann")
    lock.close()
    again = jobs.reopen(first, owner="ann")
    draw_ticket(first, "ann")
    assert waiting() == [first]
    slot = wait_for_slot(first, owner="ann", stopped=never)
    assert waiting() == []
    slot.close()
    again.close()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that are watched from now on."""
    folders: list[Path] = []
    monkeypatch.setattr(watch, "keep", folders.append)
    return folders


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_waits_watches_the_one_that_has_the_slot_whatever_its_kind(kind: str, kept: list[Path]) -> None:
    holder, waiter = living("holder", "ann", kind)[0], living("waiter", "bob")[0]
    slot = wait_for_slot(holder, owner="ann", stopped=never)
    kept.clear()
    (holder.folder / watch.FILE).touch()
    with pytest.raises(StoppedError):
        wait_for_slot(waiter, owner="bob", stopped=iter([False, True]).__next__)
    assert set(kept) == {holder.folder, waiter.folder}
    slot.close()


def test_a_seat_that_was_taken_over_names_its_new_holder_alone(kept: list[Path]) -> None:
    long, short = Job("runs", "0123456789abcdef-2"), living("b", "ann")[0]
    (short.folder / watch.FILE).touch()
    for job in (long, short):
        seat = take_seat("tune-pytorch", job)
        assert seat is not None
        assert take_seat("tune-pytorch", long) is None
        seat.close()
    assert kept == [short.folder], "what is gone is not watched"


def damage_state() -> None:
    path = settings.part("queue") / "state.json"
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"turn": 0', b'"turn": 4'))
    assert path.read_bytes() != sound


def remove_state() -> None:
    (settings.part("queue") / "state.json").unlink()


def test_a_queue_that_is_damaged_begins_anew_and_whoever_waits_draws_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = living("first", "ann")[0], living("second", "bob")[0]
    draw_ticket(first, "ann")
    damage_state()
    draw_ticket(second, "bob")
    assert waiting() == [second]
    assert "state.json is damaged" in capsys.readouterr().err
    with pytest.raises(StoppedError):
        wait_for_slot(first, owner="ann", stopped=iter([False, True]).__next__)
    slot = wait_for_slot(second, owner="bob", stopped=never)
    slot.close()


@pytest.mark.parametrize("harm", [damage_state, remove_state])
def test_whoever_lost_its_ticket_while_it_waited_goes_all_the_same(harm: Callable[[], None]) -> None:
    first, second = living("first", "ann")[0], living("second", "bob")[0]
    slot = wait_for_slot(first, owner="ann", stopped=never)

    def stopped() -> bool:
        if waiting():  # it has drawn its ticket
            harm()
            slot.close()
        return False

    assert wait_for_slot(second, owner="bob", stopped=stopped)


def test_whoever_leaves_a_queue_that_began_anew_takes_nobody_elses_place() -> None:
    first, second = living("first", "ann")[0], living("second", "bob")[0]
    old = draw_ticket(first, "ann")
    remove_state()
    assert draw_ticket(second, "bob").number == old.number
    _leave(first)
    assert waiting() == [second]


def test_whoever_draws_a_ticket_watches_a_worker_that_hangs_in_the_queue(
    kept: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "GUARD_SECONDS", 0.1)
    hanging, other = living("hanging", "ann", "duels")[0], living("other", "bob")[0]
    (hanging.folder / watch.FILE).touch()
    with queue._guarded(hanging), pytest.raises(ConflictError, match=r"queue\.lock is held by another process"):
        draw_ticket(other, "bob")
    assert set(kept) == {hanging.folder}
    draw_ticket(other, "bob")


def test_a_disk_that_takes_no_name_leaves_no_lock_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    first = living("first", "ann")[0]

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(OSError, match="No space"):
            draw_ticket(first, "ann")
    draw_ticket(first, "ann")
