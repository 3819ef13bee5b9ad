"""The queue of long jobs, without a daemon: whoever waits looks, and exactly one may go.

Whoever starts a job draws its ticket under `queue.lock`, so that the order is that of the clicks and not of the
imports. The job's worker waits until the ordering puts it first among the living waiters and a slot is free; then it
holds the slot's lock until it dies, by whatever death. Turns are dealt out as in start-time fair queueing (Goyal,
Vin, Cheng 1996), so that every owner's first job goes before anybody's second.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from digits import settings, watch
from digits.errors import ConflictError, IntegrityError, StoppedError
from digits.files import Json, Lock, locked, read_json, write_json
from digits.job import Job

SLOTS = 1  # one at a time, so that timings are clean
POLL_SECONDS = 0.2
GUARD_SECONDS = 30.0  # long enough to end a worker that hangs in the queue


@dataclass(frozen=True, order=True)
class Ticket:
    """A place in the queue; tickets are served in the order of `turn`, then `number`."""

    turn: int
    number: int
    owner: str
    kind: str
    id: str

    @property
    def job(self) -> Job:
        """The job that waits."""
        return Job(self.kind, self.id)


def _state(*, replaced: bool = False) -> Json:
    """Return the queue; an empty one where it is damaged or gone: whoever waits draws a new ticket then.

    Whose new state takes its place says that it was damaged.
    """
    path = settings.part("queue") / "state.json"
    try:
        return read_json(path, number=int, turn=int, last_turn=dict, waiting=list)
    except (FileNotFoundError, IntegrityError) as error:
        if replaced and isinstance(error, IntegrityError):
            sys.stderr.write(f"The queue begins anew: {error}\n")
        return {"number": 0, "turn": 0, "last_turn": {}, "waiting": []}


def _save(state: Json) -> None:
    write_json(settings.part("queue") / "state.json", state)


def _tickets(state: Json) -> list[Ticket]:
    return [Ticket(**entry) for entry in state["waiting"]]


def _living(state: Json) -> list[Ticket]:
    return sorted(ticket for ticket in _tickets(state) if ticket.job.alive)


def waiting() -> list[Job]:
    """Return the jobs that wait for a slot, the next one first."""
    return [ticket.job for ticket in _living(_state())]


def _guarded(job: Job) -> AbstractContextManager[None]:
    """Hold the queue's lock for `job` inside the block. Raises `ConflictError` after `GUARD_SECONDS`."""
    return locked(settings.part("queue") / "queue.lock", wait_seconds=GUARD_SECONDS, take=partial(_take, job=job))


def draw_ticket(job: Job, owner: str) -> Ticket:
    """Put `job`, whose lock is held, into the queue, and return its place."""
    with _guarded(job):
        state = _state(replaced=True)
        turn = max(state["turn"], state["last_turn"].get(owner, -1) + 1)
        ticket = Ticket(turn, state["number"], owner, job.kind, job.id)
        living = [*(one for one in _living(state) if one.job != job), ticket]  # a resumed job draws anew
        owners = {one.owner for one in living}
        state["last_turn"] = {who: at for who, at in state["last_turn"].items() if who in owners or at >= turn}
        state["last_turn"][owner] = turn
        _save({**state, "number": ticket.number + 1, "waiting": [asdict(one) for one in living]})
        return ticket


def _leave(job: Job) -> None:
    with _guarded(job):
        state = _state()
        _save({**state, "waiting": [asdict(one) for one in _tickets(state) if one.job != job]})


def _try_slot(ticket: Ticket) -> Lock | None:
    """Return a slot's lock if `ticket` is first and a slot is free."""
    with _guarded(ticket.job):
        state = _state()
        living = _living(state)
        for other in living:  # one that hangs must not keep its place for ever
            watch.keep(other.job.folder)
        if not living or living[0] != ticket:
            return None
        for number in range(SLOTS):
            slot = take_seat(str(number), ticket.job)
            if slot is not None:
                _save({**state, "turn": ticket.turn, "waiting": [asdict(one) for one in living[1:]]})
                return slot
        return None


def take_seat(name: str, job: Job) -> Lock | None:
    """Return the lock of `slots/<name>.lock`; None while another job holds it, which is watched from then on."""
    return _take(settings.part("slots") / f"{name}.lock", job)


def _take(path: Path, job: Job) -> Lock | None:
    """Return the lock on `path`, which then names `job`; None while another holds it.

    Whoever looks watches that other one, of whatever kind it is: a worker that hangs must not hold it for ever.
    """
    lock, name = Lock(path), f"{job.kind}/{job.id}".encode()
    try:
        if lock.acquire(wait_seconds=0):
            os.pwrite(lock.descriptor, name, 0)
            os.ftruncate(lock.descriptor, len(name))
            return lock
        holder = settings.home() / os.pread(lock.descriptor, 256, 0).decode(errors="replace")
        if (holder / watch.FILE).exists():
            watch.keep(holder)
    except BaseException:  # a full disk, too: an app must not go on holding the lock
        lock.close()
        raise
    lock.close()
    return None


def _find_ticket(job: Job) -> Ticket | None:
    return next((ticket for ticket in _tickets(_state()) if ticket.job == job), None)


def wait_for_slot(job: Job, *, owner: str, stopped: Callable[[], bool]) -> Lock:
    """Wait for the job's turn and return the slot's lock. Raises `StoppedError` when `stopped()` becomes true."""
    while not stopped():
        slot = _try_slot(_find_ticket(job) or draw_ticket(job, owner))
        if slot is not None:
            return slot
        time.sleep(POLL_SECONDS)
    with suppress(ConflictError):  # a ticket whose job has ended is passed over all the same
        _leave(job)
    raise StoppedError(f"{job.id} was stopped while it waited")
