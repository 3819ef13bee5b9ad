from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from digits.child import Child, Reply
from digits.engine.local import environment
from digits.errors import DigitsError, StoppedError, WorkerError
from digits.files import Json
from tests.processes import wait_until_dead

# A child that imports no framework, and does what it is told.
SERVED = """
import os, sys, time
import numpy as np
from digits.child import serve
from digits.errors import UsageError

def answer(request):
    if request["do"] == "double":
        return {"what": "doubled"}, 2 * np.array(request["numbers"])
    if request["do"] == "refuse":
        raise UsageError("It cannot be done", received=3)
    if request["do"] == "break":
        raise KeyError("there")
    if request["do"] == "sum":
        return {"sum": int(request["array"].sum())}, None
    if request["do"] == "die":
        os._exit(3)
    if request["do"] == "compute":
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
    if request["do"] == "sleep":
        time.sleep(600)
    print("what a library prints")
    return {}, None

serve(answer)
"""
LARGE = np.arange(3_000_000, dtype=np.int32)  # more than any pipe holds
# A parent of three: one that works, one that sleeps, one that was never asked.
PARENT = """
import sys, time
from digits.child import Child
from digits.engine.local import environment

children = [Child(str(number), [sys.executable, sys.argv[1]], environment()) for number in range(3)]
children[1].send({"do": "compute"})
children[1].answer(lambda: None)
children[0].send({"do": "sleep"})
print(*(child.pid for child in children), flush=True)
time.sleep(600)
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    (tmp_path / "served.py").write_text(SERVED)
    child = Child("Ann", [sys.executable, str(tmp_path / "served.py")], environment())
    yield child
    child.close()


def never() -> None:
    """Wait on."""


def ask(child: Child, request: Json, pause: Callable[[], None]) -> Reply:
    """Return what the child answers to a request."""
    child.send(request, pause=pause)
    return child.answer(pause)


def test_an_answer_is_a_header_and_an_array_and_what_a_library_prints_is_neither(child: Child) -> None:
    header, array = ask(child, {"do": "double", "numbers": [1.5, 2.0]}, never)
    assert header["what"] == "doubled"
    assert array is not None
    assert array.tolist() == [3.0, 4.0]
    assert ask(child, {"do": "print"}, never) == ({}, None)
    assert ask(child, {"do": "print"}, never) == ({}, None)


def test_where_no_wide_pipe_is_allowed_a_child_has_a_narrow_one(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("fcntl.fcntl", refuse)
    (tmp_path / "served.py").write_text(SERVED)
    child = Child("Ann", [sys.executable, str(tmp_path / "served.py")], environment())
    child.send({"do": "sum"}, LARGE)
    assert child.answer(never)[0] == {"sum": int(LARGE.sum())}
    child.close()


@pytest.mark.parametrize(
    ("what", "sentence"), [("refuse", "Ann: It cannot be done: received 3."), ("break", "Ann: KeyError: 'there'.")]
)
def test_what_goes_wrong_comes_back_as_a_sentence_and_the_child_lives_on(
    child: Child, what: str, sentence: str
) -> None:
    with pytest.raises(DigitsError) as error:
        ask(child, {"do": what}, never)
    assert str(error.value) == sentence
    assert ask(child, {"do": "print"}, never) == ({}, None)


def test_the_death_of_a_child_is_told_with_how_it_died(child: Child) -> None:
    with pytest.raises(WorkerError, match="The process Ann died: received exit status 3"):
        ask(child, {"do": "die"}, never)
    with pytest.raises(WorkerError, match="exit status 3"):
        child.send({"do": "print"})


def test_a_killed_child_is_told_from_one_that_ended(child: Child) -> None:
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="received signal 9"):
        child.answer(never)


def test_a_parent_that_waits_may_stop_waiting(child: Child) -> None:
    def stop() -> None:
        raise StoppedError("enough")

    start = time.monotonic()
    with pytest.raises(StoppedError):
        ask(child, {"do": "sleep"}, stop)
    child.close()
    assert time.monotonic() - start < 10
    wait_until_dead(child.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of another process")
def test_the_time_that_a_child_computed_is_known_and_a_sleeping_one_computes_nothing(child: Child) -> None:
    ask(child, {"do": "print"}, never)
    before = child.cpu_seconds()
    ask(child, {"do": "compute"}, never)
    after = child.cpu_seconds()
    assert before is not None
    assert after is not None
    assert 0.2 <= after - before < 0.3
    assert child.cpu_seconds() == after
    child.close()
    assert child.cpu_seconds() is None


def test_no_child_survives_a_parent_that_is_killed_whatever_it_does(tmp_path: Path) -> None:
    for name, code in (("served.py", SERVED), ("parent.py", PARENT)):
        (tmp_path / name).write_text(code)
    command = [sys.executable, str(tmp_path / "parent.py"), str(tmp_path / "served.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        parent.kill()
    wait_until_dead(*pids)


def test_a_child_ends_when_its_pipe_is_closed(child: Child) -> None:
    ask(child, {"do": "print"}, never)
    child._requests.close()
    assert child._process.wait(10) in (0, 1)


def test_a_child_that_was_stopped_is_given_up_and_one_that_goes_on_is_not(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digits.child.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("digits.child.SILENT_SECONDS", 0.5)
    looks = []

    def stop_for_a_while() -> None:
        looks.append(1)
        if len(looks) in (2, 12):
            os.kill(child.pid, signal.SIGSTOP)
        if len(looks) == 6:
            os.kill(child.pid, signal.SIGCONT)

    with pytest.raises(WorkerError, match="was stopped"):
        ask(child, {"do": "sleep"}, stop_for_a_while)
    assert len(looks) > 12


def test_a_child_that_was_stopped_is_given_up_while_it_is_sent_more_than_its_pipe_holds(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digits.child.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("digits.child.SILENT_SECONDS", 0.2)
    looks: list[int] = []
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(WorkerError, match="Ann was stopped"):
        child.send({"do": "print"}, LARGE, pause=lambda: looks.append(1))
    assert len(looks) > 2


def test_a_parent_may_stop_waiting_for_a_child_that_takes_nothing(child: Child) -> None:
    def stop() -> None:
        raise StoppedError("enough")

    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(StoppedError):
        child.send({"do": "print"}, LARGE, pause=stop)


def test_a_child_that_goes_on_gets_the_whole_of_what_was_sent(child: Child) -> None:
    looks: list[int] = []

    def go_on() -> None:
        looks.append(1)
        os.kill(child.pid, signal.SIGCONT)

    os.kill(child.pid, signal.SIGSTOP)
    child.send({"do": "sum"}, LARGE, pause=go_on)
    assert child.answer(never)[0] == {"sum": int(LARGE.sum())}
    assert looks


def test_a_child_that_is_killed_while_it_is_sent_something_is_told(child: Child) -> None:
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(WorkerError, match="signal 9"):
        child.send({"do": "print"}, LARGE, pause=lambda: os.kill(child.pid, signal.SIGKILL))
