"""A process that draws variants ahead, and what becomes of a training when something happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from digits import settings
from digits.errors import StoppedError
from digits.training import variants
from digits.training.recipe import Recipe
from digits.training.variants import draw
from digits.workers import variants as module
from digits.workers.augment import Drawer
from digits.workers.variants import Ahead
from tests.processes import lives, wait_until_dead

KEY = "0123456789abcdef"
ORPHANS = """
import sys, numpy as np
from digits.training.recipe import Recipe
from digits.workers.variants import Ahead
recipe = Recipe(framework="pytorch", dataset="mine", variants=50, rotation=9.0, epochs=1000)
ahead = Ahead(recipe, np.full((2000, 784), 200, np.uint8), "0123456789abcdef")
ahead.begin(1)
print(*(drawer.child.pid for drawer in ahead._drawers), flush=True)
sys.stdin.read()
"""


def recipe(**values: object) -> Recipe:
    usual = {"variants": 2, "rotation": 10.0, "elastic": 0.5, "epochs": 30}
    return Recipe(framework="pytorch", dataset="mine").changed(**{**usual, **values})


def inks() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (50, 784), np.uint8)


def go_on() -> None:
    """Nobody asks for a stop."""


def files() -> set[str]:
    return {path.name for path in (settings.part("variants") / KEY).glob("[0-9]*.npy")}


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def ahead() -> Iterator[Ahead]:
    with Ahead(recipe(), inks(), KEY) as found:
        yield found


def waited_for(monkeypatch: pytest.MonkeyPatch, answer: bool = True) -> None:
    """Let another run wait for the same variants, or not."""
    monkeypatch.setattr(variants, "awaited", lambda key: answer and key == KEY)


def test_every_epoch_is_what_drawing_it_here_gives(ahead: Ahead, capfd: pytest.CaptureFixture[str]) -> None:
    for epoch in (1, 2, 3, 30):
        assert np.array_equal(ahead(epoch, go_on), draw(inks(), recipe(), epoch))
    assert capfd.readouterr().err == "", "the trainer had to draw nothing"


def test_epochs_are_drawn_ahead_but_only_a_few(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for(monkeypatch)
    ahead.begin(1)
    wait_until(lambda: len(files()) == 1 + module.MOST_EPOCHS)
    ahead(1, go_on)
    ahead(2, go_on)
    wait_until(lambda: len(files()) == 2 + module.MOST_EPOCHS)
    assert ahead(3, go_on) is not None
    assert max(int(name.removesuffix(".npy")) for name in files()) <= 3 + module.MOST_EPOCHS


def test_of_large_epochs_fewer_are_drawn_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    for most, window in ((3.5 * 100 * 784, 3), (1, 1)):
        monkeypatch.setattr(module, "MOST_BYTES", most)
        with Ahead(recipe(), inks(), KEY) as found:
            assert found._window == window


def test_nothing_is_drawn_beyond_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for(monkeypatch)
    with Ahead(recipe(epochs=2), inks(), KEY) as found:
        found(1, go_on)
        found(2, go_on)
        assert not any(drawer.asked for drawer in found._drawers)
    assert files() == {"1.npy", "2.npy"}


def test_what_nobody_else_waits_for_is_removed_as_soon_as_it_is_read_and_all_of_it_in_the_end(ahead: Ahead) -> None:
    ahead(1, go_on)
    assert "1.npy" not in files()
    ahead.close()
    assert list(settings.part("variants").iterdir()) == []


def test_what_another_run_waits_for_stays_and_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for(monkeypatch)
    with Ahead(recipe(epochs=2), inks(), KEY) as first:
        drawn = [first(epoch, go_on) for epoch in (1, 2)]
    before = {name: (settings.part("variants") / KEY / name).stat().st_mtime_ns for name in files()}
    waited_for(monkeypatch, answer=False)
    monkeypatch.setattr(variants, "save", kept_save := Save(variants.save))
    with Ahead(recipe(epochs=2, framework="tensorflow"), inks(), KEY) as second:
        path = settings.part("variants") / KEY / "2.npy"
        assert np.array_equal(second(1, go_on), drawn[0])
        assert path.stat().st_mtime_ns == before["2.npy"], "the file of the first framework's process"
        assert np.array_equal(second(2, go_on), drawn[1])
    assert kept_save.names == ["images.npy"]
    assert list(settings.part("variants").iterdir()) == []


class Save:
    """`variants.save` that notes what is saved in this process."""

    def __init__(self, save: Callable[[Path, np.ndarray, bytes], None]) -> None:
        self._save, self.names = save, list[str]()

    def __call__(self, path: Path, ink: np.ndarray, source: bytes) -> None:
        self.names.append(path.name)
        self._save(path, ink, source)


def test_no_more_is_kept_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for(monkeypatch)
    monkeypatch.setattr(variants, "MOST_BYTES", 6 * 100 * 784)
    monkeypatch.setattr(module, "MOST_EPOCHS", 1)
    with Ahead(recipe(epochs=10), inks(), KEY) as found:
        for epoch in range(1, 11):
            found(epoch, go_on)
    assert 1 < len(files()) <= 6
    assert "1.npy" in files(), "the first ones, which the next run asks for first"


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"x" * 100_000])
def test_a_damaged_file_is_drawn_again_by_the_process(damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = settings.part("variants") / KEY
    folder.mkdir()
    (folder / "1.npy").write_bytes(damage)
    waited_for(monkeypatch)
    with Ahead(recipe(), inks(), KEY) as found:
        assert np.array_equal(found(1, go_on), draw(inks(), recipe(), 1))
        assert np.array_equal(variants.read(folder / "1.npy", found._source), draw(inks(), recipe(), 1))


def test_what_is_damaged_after_it_was_drawn_is_not_read_and_the_log_says_so(
    ahead: Ahead, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for(monkeypatch)
    ahead.begin(1)
    wait_until(lambda: {"3.npy", "4.npy"} <= files())
    (settings.part("variants") / KEY / "2.npy").write_bytes(b"x")
    for epoch in (1, 2, 3):
        assert np.array_equal(ahead(epoch, go_on), draw(inks(), recipe(), epoch))
    said = capfd.readouterr().err
    assert said.startswith("The variants of epoch 2 are drawn by the trainer: The variants in 2.npy cannot be read")
    assert said.count("\n") == 1


def test_when_a_process_dies_the_trainer_draws_and_says_so_once(
    ahead: Ahead, capfd: pytest.CaptureFixture[str]
) -> None:
    ahead(1, go_on)
    os.kill(ahead._drawers[0].child.pid, signal.SIGKILL)
    for epoch in range(2, 2 + 2 * module.MOST_EPOCHS):
        assert np.array_equal(ahead(epoch, go_on), draw(inks(), recipe(), epoch))
    said = capfd.readouterr().err
    assert "are drawn by the trainer: The process that draws variants died: received signal 9" in said
    assert said.count("\n") == 1


def test_where_no_process_can_be_started_the_trainer_draws_and_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", full)
    with Ahead(recipe(), inks(), KEY) as found:
        found.begin(1)
        assert np.array_equal(found(1, go_on), draw(inks(), recipe(), 1))
    assert "No process could be started that draws variants: Cannot allocate memory" in capfd.readouterr().err


def test_a_folder_that_is_gone_costs_time_and_nothing_else(ahead: Ahead, capfd: pytest.CaptureFixture[str]) -> None:
    ahead(1, go_on)
    folder = settings.part("variants") / KEY
    wait_until(lambda: len(files()) == module.MOST_EPOCHS)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    for epoch in (2, 12):
        assert np.array_equal(ahead(epoch, go_on), draw(inks(), recipe(), epoch))
    assert capfd.readouterr().err


def test_a_stop_is_heard_while_an_epoch_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise StoppedError("stop")

    large = recipe(variants=500, elastic=1.0, jitter=1.0)
    with Ahead(large, np.tile(inks(), (40, 1)), KEY) as found, pytest.raises(StoppedError):
        found(1, stop)


def test_its_processes_end_when_a_trainer_is_killed_in_the_middle_of_an_epoch() -> None:
    environment = {**os.environ, "PYTHONPATH": str(settings.PROJECT)}
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          cwd=settings.PROJECT, env=environment) as trainer:  # fmt: skip
        assert trainer.stdout is not None
        pids = [int(word) for word in trainer.stdout.readline().split()]
        assert len(pids) == module.PROCESSES
        assert all(map(lives, pids))
        trainer.kill()
        wait_until_dead(*pids)


def test_a_drawer_says_what_it_found_and_what_it_drew() -> None:
    folder = settings.part("variants") / KEY
    folder.mkdir()
    np.save(folder / "images.npy", inks())
    drawer = Drawer(folder, recipe())
    told = [drawer.answer({"epoch": epoch})[0] for epoch in (4, 4, 5)]
    assert [(one["epoch"], one["found"]) for one in told] == [(4, False), (4, True), (5, False)]
    assert files() == {"4.npy", "5.npy"}
