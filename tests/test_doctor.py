from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from digits import doctor, settings
from digits import job as jobs
from digits.__main__ import cli
from digits.engine.sweep import sweep
from digits.files import Json, append_line, write_json
from digits.job import Job
from digits.seal import packed
from tests import factory
from tests.evaluation import made_run

RUN = "0123456789abcdef"


@pytest.fixture
def folder() -> Path:
    made_run(RUN)
    append_line(Job("runs", RUN).folder / "metrics.jsonl", {"kind": "epoch", "epoch": 0})
    return Job("runs", RUN).folder


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def found() -> list[str]:
    return [finding.what for finding in doctor.findings()]


def test_each_damaged_file_is_named(folder: Path) -> None:
    before = set(found())
    for name in ("job.json", "status.json", "metrics.jsonl"):
        flip(folder / name, 12)
        new = [what for what in found() if what not in before]
        assert any(f"runs/{RUN}/{name}" in what and "damaged" in what for what in new), new


def test_what_dead_processes_left_is_mended_and_the_rest_is_not(folder: Path) -> None:
    for path in (settings.part("runs") / ".new-1", folder / ".status.json.1.2"):
        path.mkdir() if path.name == ".new-1" else path.write_bytes(b"{")
        os.utime(path, (0, 0))
    (folder / "checkpoint.safetensors").write_bytes(b"damaged")
    flip(folder / "status.json", 12)
    answer = CliRunner().invoke(cli, ["doctor", "--mend"])
    assert answer.exit_code == 1, answer.output
    assert answer.output.count("mended: ") == 3
    assert "status.json is damaged" in answer.output
    again = found()
    assert not any(".new-1" in what or ".status" in what or "checkpoint" in what for what in again)


def test_what_was_mended_with_something_else_is_not_looked_for_again() -> None:
    for folder in (settings.part("runs") / name for name in (".new-1", ".new-2", ".new-3")):
        folder.mkdir()
        os.utime(folder, (0, 0))
    answer = CliRunner().invoke(cli, ["doctor", "--mend"])
    assert (answer.exit_code, answer.exception) == (0, None), answer.output
    assert answer.output.count("mended: ") == 1
    assert found() == []


def test_what_somebody_removed_before_it_was_mended_is_no_error(folder: Path) -> None:
    (leaving := folder / ".status.json.1.2").write_bytes(b"{")
    os.utime(leaving, (0, 0))
    (folder / "checkpoint.safetensors").write_bytes(b"damaged")
    wrong = [finding for finding in doctor.findings() if finding.mend]
    assert len(wrong) == 2
    for path in (leaving, folder / "checkpoint.safetensors"):
        path.unlink()
    for finding in wrong:
        assert finding.mend is not None
        finding.mend()


def test_a_hidden_file_beside_the_folders_is_left_alone() -> None:
    (other := settings.part("runs") / ".DS_Store").write_bytes(b"a file manager's")
    os.utime(other, (0, 0))
    assert found() == []
    sweep()
    assert other.exists()


def test_a_file_that_some_program_left_among_the_folders_is_none_of_them() -> None:
    for kind in ("runs", "datasets"):
        (settings.part(kind) / "Thumbs.db").write_bytes(b"a file manager's")
    assert found() == []


@pytest.mark.parametrize("name", ["runs/2/job.json", "runs/2/result.json", "runs/2/status.json", "maps/2/job.json",
                                  "maps/2/result.json", "maps/2/status.json", "duels/2/job.json",
                                  "datasets/2/report.json", "datasets/2/families.json"])  # fmt: skip
def test_a_file_that_is_whole_and_says_nothing_is_named(name: str) -> None:
    (path := settings.home() / name).parent.mkdir(parents=True)
    write_json(path.with_name("report.json"), factory.report("0" * 64))
    write_json(path, {})
    assert any(name.removeprefix("datasets/") in what and "is damaged: expected" in what for what in found()), found()


def test_what_has_the_name_of_a_data_set_and_is_none_is_named_and_mended_where_it_is_empty() -> None:
    for name in ("empty", "torn"):
        (settings.part("datasets") / name).mkdir()
    (settings.part("datasets") / "torn" / "images.npy").touch()
    answer = CliRunner().invoke(cli, ["doctor", "--mend"])
    assert answer.exit_code == 1, answer.output
    assert "mended: datasets/empty is empty" in answer.output
    assert [path.name for path in settings.part("datasets").iterdir()] == ["torn"]
    (what,) = found()
    assert what.startswith("datasets/torn/report.json is missing")


@pytest.mark.parametrize(
    ("kind", "spec", "names"),
    [("maps", {"features": "pixels", "run": None, "dataset": "x"}, {"result.json", "map.npz", "sheet.png"}),
     ("runs", {"recipe": {}, "fingerprint": "0", "tuning": {}},
      {"strokes.json.gz", "drawings.npz", "result.json", "weights.safetensors", "evaluation.npz", "metrics.jsonl"})],
)  # fmt: skip
def test_what_a_finished_job_cannot_do_without_is_missed(kind: str, spec: Json, names: set[str]) -> None:
    lock = jobs.create(Job(kind, "1"), spec, owner="ann")
    assert lock is not None
    lock.close()
    write_json(Job(kind, "1").folder / "status.json", {"state": "finished"})
    assert set(found()) == {f"{kind}/1/{name} is missing" for name in names}


def test_a_copy_that_can_only_be_read_is_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found()
    flip(folder / "job.json", 12)
    for part in settings.home().iterdir():
        if part.name != "runs":
            part.rmdir()

    def refuse(path: Path, *_: object) -> None:
        raise OSError(errno.EEXIST if Path(path).is_dir() else errno.EROFS, "refused", str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    assert any("job.json is damaged" in what for what in set(found()) - set(before))
    answer = CliRunner().invoke(cli, ["doctor"])
    assert f"wrong: runs/{RUN}/job.json" in answer.output
    assert [part.name for part in settings.home().iterdir()] == ["runs"]


def test_what_nothing_needs_any_more_is_named_and_mended() -> None:
    upload, variants, note = (settings.part(name) / "1" for name in ("uploads", "variants", "slots"))
    upload.write_bytes(b"an archive")
    os.utime(upload, (0, 0))
    variants.mkdir()
    note.with_suffix(".json").write_text("{}")
    lock = jobs.create(Job("maps", "2"), {"features": "hidden", "run": "gone"}, owner="ann")
    assert lock is not None
    lock.close()
    assert {what.split(" ")[0] for what in found()} == {"uploads/1", "variants/1", "maps/2", "slots/1.json"}
    assert CliRunner().invoke(cli, ["doctor", "--mend"]).exit_code == 0
    assert found() == []


def test_a_flipped_bit_beside_the_arrays_of_a_file_is_found(folder: Path) -> None:
    path = folder / "evaluation.npz"
    path.write_bytes(packed(rows=np.arange(3)))
    before = found()
    flip(path, 11)  # the time at which a member was written
    (new,) = [what for what in found() if what not in before]
    assert new.startswith(f"runs/{RUN}/evaluation.npz: evaluation.npz is damaged: expected its own CRC-32")


def test_a_list_names_what_is_damaged_and_goes_on(folder: Path) -> None:
    made_run("fedcba9876543210")
    for id in (RUN, "fedcba9876543210"):
        write_json(Job("runs", id).folder / "result.json", {"run": id, "test_accuracy": 0.5, "leak": None})
    flip(folder / "job.json", 12)
    answer = CliRunner().invoke(cli, ["list", "runs"])
    assert answer.exit_code == 0, answer.output
    assert len(answer.output.splitlines()) == 2
    assert f"{RUN}/job.json is damaged" in answer.output


def test_a_sound_lab_has_nothing_wrong() -> None:
    answer = CliRunner().invoke(cli, ["doctor", "--json"])
    assert (answer.exit_code, '"wrong": 0' in answer.output) == (0, True), answer.output


def test_a_disk_that_is_almost_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_BYTES", 2**62)
    assert any("MB free" in what for what in found())
