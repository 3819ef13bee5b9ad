from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from digits import child, messages, prediction, settings
from digits.engine.local import environment
from digits.errors import DigitsError, WorkerError
from digits.evaluation.certainty import OLD
from digits.evaluation.distance import FARTHEST
from digits.evaluation.evaluate import trained
from digits.prediction import Prediction, Predictor
from digits.training.knowledge import FILE, Knowledge, learn
from digits.training.run import Run
from tests.evaluation import bar, made_run
from tests.training.test_knowledge import data

# A worker that imports no framework: it reads the first pixel as the digit, and misbehaves for runs of some names.
# Its milliseconds are the number of messages that it has had.
FAKE = """
import os
import numpy as np
from digits import messages

count = 0
while (message := messages.receive(0, wait_seconds=60)) is not None:
    count += 1
    (header, ink), reply = message, {"id": message[0]["id"], "milliseconds": count}
    if header["run"] == "unknown":
        messages.send(1, {**reply, "error": "There is no run 'unknown'. List them."})
    elif ink is None:
        messages.send(1, reply)
    elif header["run"] == "deadly":
        os._exit(3)
    elif header["run"] == "late":
        messages.send(1, {**reply, "id": reply["id"] - 1}, np.zeros((1, 10), np.float32))
    elif header["run"] == "empty":
        messages.send(1, reply)
    elif header["run"] != "silent":
        messages.send(1, reply, 3 * np.eye(10, dtype=np.float32)[ink[:, 0]])
"""


def starting(digit: int) -> np.ndarray:
    """(28, 28) ink that the fake worker reads as `digit`."""
    ink = np.zeros((28, 28), np.uint8)
    ink[0, 0] = digit
    return ink


def process(predictor: Predictor) -> subprocess.Popen[bytes]:
    assert predictor._process is not None
    return predictor._process


@pytest.fixture
def real() -> Iterator[Predictor]:
    """PyTorch's own worker, ended after the test."""
    predictor = Predictor("pytorch")
    yield predictor
    predictor.close()


@pytest.fixture
def fake(real: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Predictor:
    """A predictor whose worker is FAKE."""
    (tmp_path / "fake.py").write_text(FAKE)

    def start(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        assert command[1:] == ["-m", "digits.workers.predict", "pytorch"]
        return subprocess.Popen([sys.executable, str(tmp_path / "fake.py")], **options)

    monkeypatch.setattr(prediction, "subprocess", SimpleNamespace(Popen=start, PIPE=subprocess.PIPE))
    return real


def test_an_answer_is_ten_probabilities_and_the_milliseconds_of_the_worker(fake: Predictor) -> None:
    said = fake.predict("a", starting(7))
    assert said.digit == 7
    assert said.probabilities == pytest.approx(np.where(np.arange(10) == 7, np.e**3, 1) / (np.e**3 + 9))
    assert said.milliseconds == 2


def test_a_worker_reads_where_its_log_cannot_be_written(lab: Path, fake: Predictor) -> None:
    (lab / "logs").write_bytes(b"no folder")
    assert fake.predict("a", starting(7)).digit == 7


def test_several_drawings_are_one_message_and_their_milliseconds_are_shared(fake: Predictor) -> None:
    said = fake.predict_all("a", np.stack([starting(digit) for digit in (7, 2)]))
    assert [one.digit for one in said] == [7, 2]
    assert [one.milliseconds for one in said] == [1, 1], "the second message, of two drawings"


def test_a_run_is_loaded_once_and_each_request_is_one_message(fake: Predictor) -> None:
    assert not fake.is_warm("a")
    fake.warm("a")
    assert fake.is_warm("a")
    assert not fake.is_warm("b")
    assert [fake.predict("a", starting(1)).milliseconds for _ in range(2)] == [2, 3]
    assert fake.predict("b", starting(1)).milliseconds == 5


def test_everybody_gets_the_answer_to_his_own_drawing(fake: Predictor) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda number: fake.predict("a", starting(number % 10)).digit, range(40)))
    assert said == [number % 10 for number in range(40)]


def test_after_kill_9_the_next_drawing_is_answered_by_a_new_worker(fake: Predictor) -> None:
    fake.predict("a", starting(1))
    killed = process(fake)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not fake.is_warm("a")
    said = fake.predict("a", starting(2))
    assert (said.digit, said.milliseconds) == (2, 2)
    assert process(fake).pid != killed.pid
    assert fake.is_warm("a")


def test_a_worker_that_dies_over_a_drawing_is_said_and_replaced(fake: Predictor) -> None:
    with pytest.raises(WorkerError, match=r"The pytorch worker ended\. It starts again with the next drawing\."):
        fake.predict("deadly", starting(1))
    assert not fake.is_warm("deadly")
    assert fake.predict("a", starting(3)).digit == 3


def test_a_worker_that_is_stopped_is_not_waited_for_as_long_as_one_that_loads(
    fake: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.warm("a")
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(child, "SILENT_SECONDS", 0.2)
    os.kill(process(fake).pid, signal.SIGSTOP)
    with pytest.raises(WorkerError, match=r"that reads in PyTorch was stopped"):
        fake.warm("b")
    assert fake.predict("a", starting(3)).digit == 3


def test_a_worker_that_is_silent_is_ended_and_replaced(fake: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.warm("silent")
    silent = process(fake)
    monkeypatch.setattr(prediction, "ANSWER_SECONDS", 0.01)
    with pytest.raises(WorkerError, match="The pytorch worker did not answer: received No answer came in time"):
        fake.predict("silent", starting(1))
    assert silent.returncode == -signal.SIGKILL
    monkeypatch.setattr(prediction, "ANSWER_SECONDS", 60.0)
    assert fake.predict("a", starting(3)).digit == 3


def test_an_answer_to_another_drawing_is_never_shown(fake: Predictor) -> None:
    with pytest.raises(WorkerError, match="worker ended"):
        fake.predict("late", starting(1))
    assert fake.predict("a", starting(3)).digit == 3


def test_an_answer_without_logits_is_an_error(fake: Predictor) -> None:
    with pytest.raises(WorkerError, match="The pytorch worker sent no logits"):
        fake.predict("empty", starting(1))


def test_what_the_worker_refuses_is_said_in_its_words_and_it_lives_on(fake: Predictor) -> None:
    fake.warm("a")
    same = process(fake)
    for refused in (lambda: fake.warm("unknown"), lambda: fake.predict("unknown", starting(1))):
        with pytest.raises(DigitsError) as error:
            refused()
        assert str(error.value) == "There is no run 'unknown'. List them."
    assert not fake.is_warm("unknown")
    assert fake.predict("a", starting(3)).digit == 3
    assert process(fake) is same


def test_close_ends_the_worker_and_a_later_drawing_starts_another(fake: Predictor) -> None:
    fake.warm("a")
    ended = process(fake)
    fake.close()
    fake.close()
    assert ended.returncode is not None
    assert not fake.is_warm("a")
    assert fake.predict("a", starting(4)).digit == 4


def test_the_digit_of_a_prediction_is_the_most_probable() -> None:
    assert Prediction(np.array([0.1, 0.2, 0.15] + [0.55 / 7] * 7), 1.0).digit == 1


def test_pytorchs_worker_reads_and_says_what_it_cannot_load(real: Predictor) -> None:
    run = made_run()
    said = real.predict(run.id, bar(8))
    share = np.e**5.6 / (np.e**5.6 + 9)  # 56 pixels of ink at a tenth each
    assert said.probabilities == pytest.approx(np.where(np.arange(10) == 8, share, (1 - share) / 9), rel=1e-4)
    assert 0 < said.milliseconds < 5_000
    with pytest.raises(DigitsError, match="There is no run 'nobody'"):
        real.predict("nobody", bar(8))
    with pytest.raises(DigitsError, match="half is not finished: expected finished"):
        real.predict(made_run("half", finished=False).id, bar(8))
    assert real.predict(run.id, bar(3)).digit == 3


def knowing_run() -> Run:
    """`made_run` with what it would know, had it been trained and validated on noisy bars."""
    run = made_run(pixels="ink")
    there = data(run.recipe)
    learn(trained(run), run.recipe, there).save(run.folder / FILE)
    return run


def test_one_message_answers_how_sure_how_far_and_what_is_near(real: Predictor) -> None:
    run = knowing_run()
    heat = Knowledge.read(run.folder / FILE).told["temperature"]
    said = real.predict(run.id, bar(8))
    assert said.digit == 8
    assert said.missing == ""
    assert said.raw[8] == pytest.approx(np.e**5.6 / (np.e**5.6 + 9), rel=1e-4)
    assert said.probabilities[8] == pytest.approx(np.e ** (5.6 / heat) / (np.e ** (5.6 / heat) + 9), rel=1e-4)
    assert len(said.nearest) == 5
    assert {row % 10 for row in said.nearest} == {8}, "row 1000 is a 0, row 1001 a 1, …"
    assert not said.unsure
    blank = real.predict(run.id, np.zeros((28, 28), np.uint8))
    assert (blank.far, blank.distance) == (True, FARTHEST)
    speckled = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    assert real.predict(run.id, speckled).far


def test_many_drawings_are_answered_in_one_message_as_they_are_one_by_one(real: Predictor) -> None:
    run = knowing_run()
    inks = np.stack([bar(digit) for digit in (3, 1, 4, 1, 5)])
    together, alone = real.predict_all(run.id, inks), [real.predict(run.id, ink) for ink in inks]
    assert [one.digit for one in together] == [3, 1, 4, 1, 5]
    for many, one in zip(together, alone, strict=True):
        assert many.probabilities == pytest.approx(one.probabilities, rel=1e-5)
        assert many.distance == pytest.approx(one.distance, rel=1e-3, abs=1e-3)
        assert (many.far, many.unsure, many.nearest) == (one.far, one.unsure, one.nearest)
    assert real.predict_all(run.id, inks[:0]) == []


def test_pytorchs_worker_says_which_ink_spoke_for_an_answer(real: Predictor) -> None:
    run = made_run(pixels="ink")
    ink = np.maximum(bar(8), bar(2) // 2)
    for digit, row in ((None, 20), (2, 8)):
        found = real.why(run.id, ink, digit)
        assert found.digit == (8 if digit is None else digit)
        assert found.ink.shape == (28, 28)
        assert set(np.flatnonzero(found.ink.any(axis=1))) == {row, row + 1}, "a digit's logit sees its own bar only"
        assert found.ink.sum() == pytest.approx(found.change, rel=0.01)


def test_a_run_of_an_older_version_answers_as_it_did_and_says_what_is_missing(real: Predictor) -> None:
    said = real.predict(made_run().id, bar(4))
    assert (said.distance, said.far, said.unsure, said.nearest) == (None, False, False, ())
    assert said.missing == OLD
    assert np.array_equal(said.probabilities, said.raw)


def test_a_worker_ends_by_itself_when_its_pipe_closes() -> None:
    command = [sys.executable, "-m", "digits.workers.predict", "pytorch"]
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=settings.PROJECT, env=environment()
    )
    with worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        messages.send(worker.stdin.fileno(), {"id": 1, "run": "nobody"})
        reply = messages.receive(worker.stdout.fileno(), wait_seconds=60)
        assert reply is not None
        assert "There is no run 'nobody'" in reply[0]["error"]
        worker.stdin.close()
        assert messages.receive(worker.stdout.fileno(), wait_seconds=60) is None
        assert worker.wait(60) == 0
