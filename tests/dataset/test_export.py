from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from digits import doctor, settings
from digits import job as jobs
from digits.dataset import dataset as datasets
from digits.dataset import export as module
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.export import Form, csv_header, csv_lines, export
from digits.dataset.sources import open_source
from digits.engine.drawings import users
from digits.engine.export import exports_of, file_of, start_export
from digits.errors import ConflictError, DigitsError, IntegrityError, NotFoundError, StoppedError, UsageError
from digits.images.ink import to_rgba
from digits.job import Job
from tests import factory
from tests.starter import wait_for_end

EACH = 20


def pictures() -> dict[str, bytes]:
    """20 images of each digit: half of them of all colours, half of black ink on nothing, as the notebook's."""
    rng = np.random.default_rng(5)
    inks = rng.integers(0, 256, (EACH // 2, 10, 28, 28)) * (rng.random((EACH // 2, 10, 28, 28)) < 0.2)
    files = factory.digit_files(EACH // 2)
    for number, digits in enumerate(to_rgba(inks.astype(np.uint8))):
        for digit, image in enumerate(digits):
            files[f"{digit}/{digit}/{EACH // 2 + number}.png"] = factory.saved(Image.fromarray(image))
    return files


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with the data set of `pictures`, made once."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITS_HOME", str(folder))
        source = open_source(factory.folder(folder / "source", pictures()))
        build(source, "mine", staging=folder / "staging")
    return folder


@pytest.fixture
def mine(built: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """200 images, read only."""
    monkeypatch.setenv("DIGITS_HOME", str(built))
    return Dataset.open("mine")


def frame(dataset: Dataset) -> pd.DataFrame:
    """The notebook's DataFrame."""
    table = pd.DataFrame(dataset.images.reshape(-1, 3136))
    table["digit"] = dataset.labels
    return table


def csv_of(table: pd.DataFrame, index: bool = True) -> bytes:
    text = io.StringIO()
    table.to_csv(text, index=index)
    return text.getvalue().encode()


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("rows", [7, 128, 1000])
def test_the_csv_is_byte_for_byte_that_of_pandas(
    mine: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: bool, rows: int
):
    monkeypatch.setattr(module, "CSV_ROWS", rows)
    written = export(mine, tmp_path / "Digits.csv", form=Form(kind="csv", index=index))
    content = (tmp_path / "Digits.csv").read_bytes()
    assert content == csv_of(frame(mine), index)
    assert (written["rows"], written["bytes"]) == (200, len(content))


def test_a_shuffled_csv_is_that_of_pandas_sample(mine: Dataset, tmp_path: Path):
    export(mine, tmp_path / "a.csv", form=Form(kind="csv", shuffle_seed=42))
    assert (tmp_path / "a.csv").read_bytes() == csv_of(frame(mine).sample(frac=1, random_state=42))


def test_every_byte_is_written_in_either_place_of_a_pair_and_so_is_a_long_index():
    pixels = np.zeros((2, 3136), np.uint8)
    pixels[0, :512:2] = pixels[1, 1:512:2] = np.arange(256)
    table = pd.DataFrame(pixels, index=[107_729, 2**62]).assign(digit=[0, 9])
    assert csv_header(True) + csv_lines(pixels, np.array([0, 9]), table.index.to_numpy()) == csv_of(table)


@pytest.mark.parametrize("seed", [None, 3])
def test_parquet_gives_pandas_the_same_table_with_its_index(
    mine: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int | None
):
    monkeypatch.setattr(module, "PARQUET_ROWS", 64)
    export(mine, tmp_path / "a.parquet", form=Form(kind="parquet", shuffle_seed=seed))
    expected = frame(mine) if seed is None else frame(mine).sample(frac=1, random_state=seed)
    read = pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read, expected.rename(columns=str), check_index_type=False, check_column_type=False)
    assert read["0"].dtype == np.uint8


def test_parquet_without_an_index_has_the_notebooks_columns_and_no_other(mine: Dataset, tmp_path: Path):
    export(mine, tmp_path / "a.parquet", form=Form(kind="parquet", index=False))
    read = pd.read_parquet(tmp_path / "a.parquet")
    assert list(read.columns) == [*map(str, range(3136)), "digit"]
    np.testing.assert_array_equal(read.to_numpy(), frame(mine).to_numpy())


def test_an_existing_file_is_kept_unless_somebody_says_so(mine: Dataset, tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("precious")
    with pytest.raises(ConflictError, match=r"a\.csv exists\. Choose another name, or say --overwrite\."):
        export(mine, path, form=Form(kind="csv"))
    assert path.read_text() == "precious"
    export(mine, path, form=Form(kind="csv"), overwrite=True)
    assert path.read_bytes().startswith(b",0,1,2,")


def test_a_target_that_cannot_be_is_refused(mine: Dataset, tmp_path: Path):
    with pytest.raises(NotFoundError, match="There is no folder"):
        export(mine, tmp_path / "no" / "a.csv", form=Form(kind="csv"))
    with pytest.raises(UsageError, match="is a folder"):
        export(mine, tmp_path, form=Form(kind="csv"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_stop_leaves_no_file(mine: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str):
    monkeypatch.setattr(module, f"{kind.upper()}_ROWS", 50)

    def progress(done: int, total: int) -> None:
        assert total == 200
        assert list(tmp_path.iterdir()), "it is written aside"
        assert not (tmp_path / "a").exists()
        if done >= 100:
            raise StoppedError("enough")

    with pytest.raises(StoppedError):
        export(mine, tmp_path / "a", form=Form(kind=kind), progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_in_one_sentence_and_leaves_no_file(
    mine: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(DigitsError, match="cannot be written: received No space left on device"):
        export(mine, tmp_path / "a.csv", form=Form(kind="csv"))
    assert list(tmp_path.iterdir()) == []


def test_images_that_are_not_those_that_were_built_are_not_exported(lab: Path, tmp_path: Path):
    source = open_source(factory.folder(tmp_path / "source", factory.digit_files()))
    build(source, "mine", staging=lab / "staging")
    path = lab / "datasets/mine/images.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x05")
    with pytest.raises(IntegrityError, match="block 0"):
        export(Dataset.open("mine"), tmp_path / "a.csv", form=Form(kind="csv"))
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("values", [{"kind": "xlsx"}, {"kind": "csv", "shuffle_seed": -1}])
def test_a_form_that_is_none_is_refused(values: dict):
    with pytest.raises(UsageError):
        Form(**values)


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "digits", "export", *map(str, words))
    return subprocess.run(words, cwd=settings.PROJECT, text=True, capture_output=True, timeout=120, check=False)


def test_the_command_writes_the_file_and_says_what_it_wrote(tmp_path: Path, mine: Dataset):
    path = tmp_path / "Digits.csv"
    done = command("mine", "--csv", path, "--no-index", "--json")
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said) == {"dataset", "file", "rows", "bytes", "seconds"}
    assert (said["dataset"], said["file"], said["rows"]) == ("mine", str(path), 200)
    assert path.read_bytes() == csv_of(frame(mine), index=False)
    again = command("mine", "--csv", path)
    assert (again.returncode, "exists" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    assert command("mine", "--csv", path, "--overwrite").returncode == 0


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("words", [(), ("--csv", "a.csv", "--parquet", "a.parquet")])
def test_the_command_writes_exactly_one_file(words: tuple[str, ...]):
    done = command("mine", *words)
    assert (done.returncode, "expected --csv FILE or --parquet FILE" in done.stderr) == (2, True)


def test_an_export_of_the_app_is_a_job_that_is_opened_again_even_after_a_renaming(lab: Path, tmp_path: Path):
    build(open_source(factory.folder(tmp_path / "source", factory.digit_files())), "mine", staging=lab / "staging")
    dataset, form = Dataset.open("mine"), Form(kind="csv")
    job = start_export(dataset, form, owner="ann")
    assert wait_for_end(job) == "finished", job.status()
    assert file_of(job).read_bytes() == csv_of(frame(dataset))
    datasets.rename("mine", "yours")
    renamed = Dataset.open("yours")
    before = file_of(job).stat().st_mtime_ns
    assert start_export(renamed, form, owner="bob") == job
    assert file_of(job).stat().st_mtime_ns == before
    assert exports_of(renamed) == [job]


def test_an_export_whose_file_was_taken_away_starts_again(lab: Path, tmp_path: Path):
    build(open_source(factory.folder(tmp_path / "source", factory.digit_files())), "mine", staging=lab / "staging")
    dataset, form = Dataset.open("mine"), Form(kind="parquet")
    job = start_export(dataset, form, owner="ann")
    assert wait_for_end(job) == "finished"
    file_of(job).unlink()
    (job.folder / ".Digits.parquet.1.part").write_bytes(b"of a killed worker")
    assert start_export(dataset, form, owner="ann") == job
    assert wait_for_end(job) == "finished"
    assert sorted(path.name for path in job.folder.glob("*igits*")) == ["Digits.parquet"]


@pytest.mark.parametrize("name", ["job.json", "status.json"])
def test_a_damaged_export_is_left_out_named_and_mended_and_the_others_stay(lab: Path, tmp_path: Path, name: str):
    build(open_source(factory.folder(tmp_path / "source", factory.digit_files())), "mine", staging=lab / "staging")
    dataset = Dataset.open("mine")
    for id in ("broken", "sound"):
        lock = jobs.create(Job("exports", id), {"fingerprint": dataset.fingerprint, "form": {}}, owner="ann")
        assert lock is not None
        lock.close()
    (lab / "exports/broken" / name).write_text("{")
    assert exports_of(dataset) == [Job("exports", "sound")]
    assert users(dataset) == "1 saved file needs its images"
    (found,) = doctor.findings()
    assert f"exports/broken/{name}" in found.what
    assert found.mend is not None
    found.mend()
    assert list(doctor.findings()) == []
    assert exports_of(dataset) == [Job("exports", "sound")]


def test_an_export_that_is_at_work_is_not_mended_away(lab: Path):
    lock = jobs.create(Job("exports", "broken"), {}, owner="ann")
    (lab / "exports/broken/job.json").write_text("{")
    assert [found.mend for found in doctor.findings()] == [None]
    assert lock is not None
    lock.close()
