from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from digits import settings
from digits.__main__ import cli
from digits.errors import UsageError


def test_the_lab_is_where_digits_home_says_and_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_HOME", str(tmp_path / "deep" / "lab"))
    assert settings.home() == tmp_path / "deep" / "lab"
    assert settings.home().is_dir()


@pytest.mark.parametrize("value", [None, ""])
def test_by_default_the_lab_lies_in_the_project(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    monkeypatch.delenv("DIGITS_HOME")
    if value is not None:
        monkeypatch.setenv("DIGITS_HOME", value)
    assert settings.home() == tmp_path / "lab"


def test_a_lab_that_is_named_from_here_has_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITS_HOME", "lab")
    assert settings.home() == tmp_path / "lab"
    assert settings.home().is_absolute()


@pytest.mark.parametrize("name", ["~nouser/x", "~nouser"])
def test_a_home_of_nobody_is_refused_in_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_HOME", name)
    for asked in (settings.home, lambda: settings.part("runs"), lambda: settings.entries("runs")):
        with pytest.raises(UsageError, match=f"The lab folder cannot be found: expected a folder .*'{name}'"):
            asked()
    answer = CliRunner().invoke(cli, ["list", "runs"])
    assert (answer.exit_code, answer.output.count("\n")) == (2, 1), answer.output


def test_a_part_of_the_lab_is_made_once(lab: Path) -> None:
    assert settings.part("runs") == lab.resolve() / "runs"
    (lab / "runs" / "a").touch()
    assert [entry.name for entry in settings.part("runs").iterdir()] == ["a"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_what_a_lab_lacks_that_nobody_may_write_is_empty(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path, **_: object) -> None:
        if folder.name == "duels":
            raise OSError(number, os.strerror(number), str(folder))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert settings.entries("duels") == []


def test_the_project_is_the_folder_of_the_app() -> None:
    assert (settings.PROJECT / "app.py").is_file()


def test_sources_are_read_under_the_given_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_SOURCES", os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b" / ".." / "c")]))
    assert settings.source_roots() == [tmp_path / "a", tmp_path / "c"]


def test_by_default_sources_are_read_here_and_in_test_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_SOURCES", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITS_TEST_DATA", str(tmp_path / "data"))
    assert settings.source_roots() == [tmp_path]
    (tmp_path / "data").mkdir()
    assert settings.source_roots() == [tmp_path, tmp_path / "data"]


def test_the_test_data_lie_beside_the_project_unless_they_are_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_TEST_DATA", raising=False)
    assert settings.test_data() == (settings.PROJECT.parent / "shared" / "data").resolve()
    monkeypatch.setenv("DIGITS_TEST_DATA", "/elsewhere")
    assert settings.test_data() == Path("/elsewhere")


def test_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert settings.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert settings.cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert settings.cores() == 1


def test_an_owner_is_a_name_at_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.socket, "gethostname", lambda: "lab1")
    monkeypatch.setattr(settings.getpass, "getuser", lambda: "ann")
    assert settings.owner() == "ann@lab1"


@pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("no user")])
def test_somebody_without_a_name_has_a_number(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(settings.getpass, "getuser", nobody)
    monkeypatch.setattr(settings.socket, "gethostname", lambda: "lab1")
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    assert settings.owner() == "1234@lab1"


def test_both_frameworks_have_a_name_to_show() -> None:
    assert tuple(settings.FRAMEWORK_NAMES) == settings.FRAMEWORKS == ("pytorch", "tensorflow")
