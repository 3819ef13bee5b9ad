"""A training has room, or is refused by how much it takes: by the recipe, on the page, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

import ui.settings
from digits import memory, settings
from digits.__main__ import cli
from digits.engine import local
from digits.engine.duels import start_duel
from digits.engine.locksteps import start_lockstep
from digits.errors import UsageError
from digits.training import room
from digits.training.lockstep import Mode
from digits.training.presets import preset
from digits.training.run import all_runs
from digits.workers import duel, lockstep, train
from digits.workers.desk import Desk
from tests.bad_settings import BAD, MACHINE_BYTES, TOO_LARGE, settings_of, values_of
from tests.starter import build_starter

ADAM = preset("notebook-adam", framework="pytorch", dataset="starter")
NAMED = r"^Error: [^\n]+: (expected|received) [^\n]+$"


def test_the_notebooks_recipe_takes_about_what_was_measured() -> None:
    one = preset("notebook-sgd", framework="pytorch", dataset="kaggle")
    assert 0.7e9 < room.needed_bytes(one, 107_730) < 1.5e9
    assert room.needed_bytes(one.changed(framework="tensorflow"), 107_730) > room.needed_bytes(one, 107_730)


@pytest.mark.parametrize(
    "more",
    [{"network": "1024-1024"}, {"variants": 20}, {"batch": 2048}, {"dtype": "float64"}, {"weight_decay": 0.01}],
)
def test_what_a_setting_adds_is_counted(more: dict) -> None:
    assert room.needed_bytes(ADAM.changed(**more), 10_000) > room.needed_bytes(ADAM, 10_000)


def test_several_at_once_need_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_bytes", lambda: 2 * room.needed_bytes(ADAM, 1_797))
    room.check(ADAM, ADAM, images=1_797)
    with pytest.raises(UsageError, match=r"more memory than there is: expected at most .* GB, what there is, receiv"):
        room.check(ADAM, ADAM, ADAM, images=1_797)


def test_a_worker_asks_what_is_free_when_its_turn_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10**8)
    room.check(ADAM, images=1_797)
    with pytest.raises(UsageError, match=r"at most 0\.1 GB, what is free now, received about"):
        room.check_now(ADAM, images=1_797)


def start_lockstep_of_adam() -> object:
    return start_lockstep(Mode(dataset="starter", optimizer="adam"), owner="ann")


@pytest.mark.parametrize(
    ("worker", "start", "free"),
    [
        (train, lambda: local.start_training(ADAM, owner="ann"), 4 * 10**8),
        (lockstep, start_lockstep_of_adam, 10**9),  # both frameworks in one process
        (duel, lambda: start_duel(ADAM.changed(epochs=2), owner="ann"), 2 * 10**9),  # two processes each
    ],
    ids=["training", "lockstep", "duel"],
)
def test_what_had_to_wait_in_line_is_refused_where_too_little_is_free_when_its_turn_has_come(
    worker: ModuleType, start: Callable[[], object], free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_starter()
    desks: list[Desk] = []
    monkeypatch.setattr(local, "launch", lambda _, job, lock: desks.append(Desk(job, lock)))
    start()
    monkeypatch.setattr(memory, "free_bytes", lambda: free)
    with pytest.raises(UsageError, match=r"more memory than there is: .*, what is free now, received about"):
        worker.main(desks[0])
    desks[0].beat.close()
    desks[0].lock.close()


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree of control groups, empty yet; `tmp_path / "cgroup"` is to say which this process is in."""
    monkeypatch.setattr(memory, "CGROUPS", tmp_path / "tree")
    monkeypatch.setattr(memory, "CGROUP", tmp_path / "cgroup")
    return tmp_path / "tree"


def made_group(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True)
    for name, told in files.items():
        (folder / f"memory.{name}").write_text(f"{told}\n")


def test_a_container_has_what_its_group_may_take(groups: Path) -> None:
    assert 0 < memory.free_bytes() <= memory.total_bytes()
    made_group(groups, max="max")
    made_group(groups / "inner", max=10**9, current=4 * 10**8)
    (groups.parent / "cgroup").write_text("0::/inner\n")
    assert (memory.total_bytes(), memory.free_bytes()) == (10**9, 6 * 10**8)


def test_copies_of_files_are_not_taken_for_used_memory(groups: Path) -> None:
    made_group(groups, max=10**9, current=9 * 10**8, stat=f"anon 1\ninactive_file {6 * 10**8}\nactive_file {10**8}")
    assert memory.free_bytes() == 8 * 10**8


def test_the_older_tree_of_groups_is_read_too(groups: Path) -> None:
    stat = f"inactive_file 0\ntotal_inactive_file {2 * 10**8}\ntotal_active_file {10**8}"
    made_group(groups / "memory" / "docker" / "a1", limit_in_bytes=10**9, usage_in_bytes=9 * 10**8, stat=stat)
    (groups.parent / "cgroup").write_text("3:cpu,cpuacct:/\n2:memory:/docker/a1\n0::/elsewhere\n")
    assert (memory.total_bytes(), memory.free_bytes()) == (10**9, 4 * 10**8)


@pytest.fixture
def small_machine(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_starter()
    monkeypatch.setattr(memory, "total_bytes", lambda: MACHINE_BYTES)


@pytest.mark.usefixtures("small_machine")
def test_bad_settings_are_refused_by_name_on_the_command_line() -> None:
    assert len(set(BAD) | set(TOO_LARGE)) >= 60
    for bad in (*BAD, *TOO_LARGE):
        given = [word for setting in settings_of(bad) for word in ("--set", setting)]
        told = CliRunner().invoke(cli, ["train", "--dataset", "starter", "--recipe", "notebook-adam", "--framework",
                                        "pytorch", *given])  # fmt: skip
        assert told.exit_code == 2, (bad, told.output, told.exception)
        assert "Error: " in told.output, bad
        assert "\n" not in told.output.strip(), bad
        assert "expected" in told.output or "received" in told.output, bad
    assert all_runs() == []


@pytest.mark.usefixtures("small_machine")
def test_bad_settings_are_refused_by_name_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, sliders, bad = ui.settings._value, ui.settings.augmentation_sliders, {}
    monkeypatch.setattr(ui.settings, "_value", lambda name, *rest: bad.get(name, asked(name, *rest)))
    monkeypatch.setattr(ui.settings, "augmentation_sliders", lambda *rest: {**sliders(*rest), **bad})
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/train.py").run()
    assert not app.error
    for text in (*BAD, *TOO_LARGE):
        bad.clear()
        bad.update(values_of(text))
        app.run()
        assert not app.exception, (text, app.exception)
        assert len(app.error) == 1, text
        assert "expected" in app.error[0].value or "received" in app.error[0].value, text
        assert next(button for button in app.button if button.label == "Start").disabled, text
    assert all_runs() == []
