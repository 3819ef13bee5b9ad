"""Downloads, by the libraries as they are, from hosts on loopback (`tests.hosts`)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.sources.downloads import DOWNLOADS
from digits.engine import local
from digits.engine.download import download, phase
from digits.errors import SourceError, StoppedError
from digits.files import Json
from digits.images.frame import frame
from digits.workers import fetch
from tests import factory
from tests.hosts import Answer, Hosts, serve
from tests.starter import wait_for_end

KERAS = "storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KAGGLE = "api.kaggle.com/v1/datasets.DatasetApiService"
ARCHIVE = "storage.googleapis.com/kaggle-data-sets/archive.zip"
INK = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
DIGITS = np.arange(40) % 10


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    with serve(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "download"
    path.mkdir()
    return path


def mnist_npz() -> bytes:
    """A file as Keras keeps MNIST: a training part and a test part."""
    file, labels = io.BytesIO(), DIGITS.astype(np.uint8)
    np.savez(file, x_train=INK[:30], y_train=labels[:30], x_test=INK[30:], y_test=labels[30:])
    return file.getvalue()


def keras(monkeypatch: pytest.MonkeyPatch, body: bytes) -> Json:
    """Let the hash of MNIST be that of `body`; return what Keras is then asked for."""
    asked = {**DOWNLOADS["keras-mnist"].asked, "sha256": hashlib.sha256(body).hexdigest()}
    monkeypatch.setitem(DOWNLOADS, "keras-mnist", replace(DOWNLOADS["keras-mnist"], asked=asked))
    return asked


def openml(hosts: Hosts, number: int, values: np.ndarray, labels: list[str], *, md5: str = "") -> None:
    """Let the hosts answer as OpenML does for data set `number`: description, features, qualities, and an ARFF."""
    names = sorted(set(labels), key=int)
    attributes = [f"@attribute pixel{column} real" for column in range(values.shape[1])]
    rows = [",".join([*(f"{value:g}" for value in row), label]) for row, label in zip(values, labels, strict=True)]
    arff = "\n".join(["@relation digits", *attributes, f"@attribute class {{{','.join(names)}}}", "@data", *rows, ""])
    plain = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [
        {"index": str(column), "name": f"pixel{column}", "data_type": "numeric", "is_target": "false", **plain}
        for column in range(values.shape[1])
    ]
    features.append({"index": str(values.shape[1]), "name": "class", "data_type": "nominal", "is_target": "true",
                     "nominal_value": names, **plain})  # fmt: skip
    about = {"id": str(number), "name": "digits", "version": "1", "format": "ARFF", "status": "active",
             "description": "Digits.", "url": f"https://www.openml.org/data/v1/download/{number}/digits.arff",
             "md5_checksum": md5 or hashlib.md5(arff.encode()).hexdigest()}  # fmt: skip
    quality = [{"name": "NumberOfInstances", "value": str(len(values))}]
    for path, content in {
        f"{number}": {"data_set_description": about},
        f"features/{number}": {"data_features": {"feature": features}},
        f"qualities/{number}": {"data_qualities": {"quality": quality}},
    }.items():
        hosts.answers[f"www.openml.org/api/v1/json/data/{path}"] = Answer(json.dumps(content).encode())
    packed = Answer(gzip.compress(arff.encode()), {"Content-Encoding": "gzip"})
    hosts.answers[f"www.openml.org/data/v1/download/{number}/digits.arff"] = packed


def kaggle(hosts: Hosts, folder: Path, *, cut: bool = False, md5: str = "", below: str = "dataset/") -> None:
    """Let the hosts answer as Kaggle does: the version, then an address of Google's store, then the archive."""
    files = {f"{below}{name}": data for name, data in factory.digit_files(3).items()}
    body = factory.zipped(folder.parent / "sent.zip", files).read_bytes()
    kind = {"Content-Type": "application/json"}
    hosts.answers[f"{KAGGLE}/GetDataset"] = Answer(json.dumps({"currentVersionNumber": 4}).encode(), kind)
    hosts.answers[f"{KAGGLE}/DownloadDataset"] = Answer(b"", {"Location": f"https://{ARCHIVE}"}, 302)
    known = base64.b64encode(hashlib.md5(md5.encode() or body).digest()).decode()
    hosts.answers[ARCHIVE] = Answer(body, {"x-goog-hash": f"md5={known}", "Content-Type": "application/zip"}, cut=cut)


def needs_kagglehub() -> None:
    try:
        import kagglehub  # noqa: F401
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("kagglehub is missing: CI must install the requirements")
        pytest.skip("kagglehub is not installed: pip install -r requirements.txt")


def test_mnist_by_keras_has_these_pixels_and_labels_its_licence_and_origin(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = mnist_npz()
    keras(monkeypatch, body)
    hosts.answers[KERAS] = Answer(body)
    seen: list[str] = []
    source = download("keras-mnist", tmp_path / "d", progress=seen.append)
    pictures = list(source)
    assert (source.kind, len(source)) == ("keras-mnist", 40)
    assert "mnist.npz" in source.origin
    assert "CC BY-SA 3.0" in source.licence
    np.testing.assert_array_equal(
        [picture.data[..., 3] for picture in pictures], INK[np.argsort(DIGITS, kind="stable")]
    )
    assert seen[0] == "downloading: 0.0 MB in 0 s"
    assert hosts.asked == [KERAS]


def test_a_wrong_hash_of_mnist_makes_no_data_set_and_says_so_in_a_sentence(hosts: Hosts, lab: Path) -> None:
    hosts.answers[KERAS] = Answer(mnist_npz())
    job = local.start_build("keras-mnist", "mnist", owner="ann")
    assert wait_for_end(job) == "failed"
    error = job.status()["error"]
    assert error.startswith(
        "MNIST, by Keras could not be downloaded: received Incomplete or corrupted file detected."
    )
    assert "\n" not in error
    assert dataset_names() == []
    assert not (job.folder / "download").exists()
    assert list((lab / "datasets").iterdir()) == []


def test_a_connection_that_is_cut_leaves_nothing_of_mnist(
    hosts: Hosts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = mnist_npz()
    hosts.answers[KERAS] = Answer(body, cut=True)
    answer = fetch.fetch("keras", keras(monkeypatch, body), folder)
    assert "retrieval incomplete" in answer["error"]
    assert list(folder.iterdir()) == []


def test_a_host_that_does_not_know_the_file_is_named(hosts: Hosts, folder: Path) -> None:
    answer = fetch.fetch("keras", DOWNLOADS["keras-mnist"].asked, folder)
    assert "URL fetch failure on https://storage.googleapis.com" in answer["error"]
    assert "404" in answer["error"]


def test_mnist_by_openml_has_these_pixels_and_labels(hosts: Hosts, tmp_path: Path) -> None:
    openml(hosts, 554, INK.reshape(40, 784), [str(digit) for digit in DIGITS])
    source = download("openml-mnist", tmp_path / "d")
    order = np.argsort(DIGITS, kind="stable")
    assert [picture.label for picture in source] == DIGITS[order].tolist()
    np.testing.assert_array_equal([picture.data[..., 3] for picture in source], INK[order])
    assert source.origin.startswith("openml.org/d/554")


def test_usps_is_turned_into_ink_framed_and_counted_from_nought(hosts: Hosts, folder: Path) -> None:
    small = np.zeros((40, 16, 16), np.uint8)
    small[:, 3:13, 4 + DIGITS[:, None].repeat(10, 1) % 3] = 200
    openml(hosts, 41082, small.reshape(40, 256) / 127.5 - 1, [str(digit + 1) for digit in DIGITS])
    answer = fetch.fetch("openml", DOWNLOADS["openml-usps"].asked, folder)
    with np.load(folder / answer["path"]) as made:
        assert made["labels"].tolist() == DIGITS.tolist()
        np.testing.assert_array_equal(made["images"], [frame(image, "centred") for image in small])


@pytest.mark.filterwarnings("ignore:Invalid cache:RuntimeWarning", "ignore:A network error:UserWarning")
@pytest.mark.parametrize(("wrong", "said"), [("hash", "md5 checksum"), ("cut", "")])
def test_what_openml_sends_damaged_is_refused(hosts: Hosts, folder: Path, wrong: str, said: str) -> None:
    openml(
        hosts, 554, INK.reshape(40, 784), [str(digit) for digit in DIGITS], md5="0" * 32 if wrong == "hash" else ""
    )
    file = hosts.answers["www.openml.org/data/v1/download/554/digits.arff"]
    assert isinstance(file, Answer)
    file.cut = wrong == "cut"
    answer = fetch.fetch("openml", DOWNLOADS["openml-mnist"].asked, folder)
    assert said in answer["error"]
    assert "\n" not in answer["error"]
    assert not (folder / "openml.npz").exists()


@pytest.mark.parametrize("below", ["", "dataset/"])
def test_kaggle_is_built_from_its_digit_folders_wherever_they_lie(hosts: Hosts, folder: Path, below: str) -> None:
    needs_kagglehub()
    kaggle(hosts, folder, below=below)
    answer = fetch.fetch("kagglehub", DOWNLOADS["kagglehub"].asked, folder)
    assert len(list((folder / answer["path"]).rglob("*.png"))) == 30
    assert hosts.asked == [f"{KAGGLE}/GetDataset", f"{KAGGLE}/DownloadDataset", ARCHIVE]


def test_kaggle_is_built_by_its_worker(hosts: Hosts, folder: Path) -> None:
    needs_kagglehub()
    kaggle(hosts, folder)
    job = local.start_build("kagglehub", "kaggle", owner="ann")
    assert wait_for_end(job) == "finished"
    report = Dataset.open("kaggle").report
    assert (report["kind"], report["images"], report["rejected"]) == ("kagglehub", 30, 0)
    assert "jcprogjava" in report["origin"]
    assert "CC BY-SA 4.0" in report["licence"]
    assert not (job.folder / "download").exists()


@pytest.mark.parametrize(
    ("wrong", "said"), [({"cut": True}, "IncompleteRead"), ({"md5": "another"}, "actual MD5 checksum")]
)
def test_what_kaggle_sends_damaged_is_refused(hosts: Hosts, folder: Path, wrong: Json, said: str) -> None:
    needs_kagglehub()
    kaggle(hosts, folder, **wrong)
    answer = fetch.fetch("kagglehub", DOWNLOADS["kagglehub"].asked, folder)
    assert said in answer["error"]
    assert "\n" not in answer["error"]


def test_a_download_is_stopped_while_its_host_says_nothing(hosts: Hosts, tmp_path: Path) -> None:
    asked: list[float] = []

    def silent() -> Answer:
        asked.append(time.monotonic())
        time.sleep(60)
        return Answer(b"")

    hosts.answers["www.openml.org/api/v1/json/data/554"] = silent
    with pytest.raises(StoppedError, match="The download was stopped"):
        download("openml-mnist", tmp_path / "d", stopped=lambda: bool(asked))
    assert time.monotonic() - asked[0] < 30


def test_a_killed_build_takes_its_fetching_process_with_it(hosts: Hosts) -> None:
    psutil = pytest.importorskip("psutil")

    def silent() -> Answer:
        time.sleep(60)
        return Answer(b"")

    hosts.answers["www.openml.org/api/v1/json/data/554"] = silent
    job = local.start_build("openml-mnist", "mnist", owner="ann")
    wait_until(lambda: bool(hosts.asked))
    (fetching,) = psutil.Process(job.status()["pid"]).children()
    os.kill(job.status()["pid"], signal.SIGKILL)
    wait_until(lambda: not fetching.is_running() or fetching.status() == psutil.STATUS_ZOMBIE)
    wait_until(lambda: not (job.folder / "download").exists())
    assert (job.state, dataset_names()) == ("interrupted", [])


def wait_until(happened: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"it did not happen in {seconds} s"
        time.sleep(0.02)


def test_what_happens_is_told_by_what_lies_in_the_folder(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "mnist.npz").write_bytes(bytes(2_500_000))
    assert phase(folder, 7.2) == "downloading: 2.5 MB in 7 s"
    for number in range(1_000):
        (folder / f"{number}.png").touch()
    assert phase(folder, 7.6) == "unpacking, 8 s so far"


def test_a_fetching_process_that_dies_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(DOWNLOADS, "keras-mnist", replace(DOWNLOADS["keras-mnist"], by="nobody"))
    with pytest.raises(SourceError, match=r"MNIST, by Keras could not be downloaded: received .*nobody"):
        download("keras-mnist", tmp_path / "d")


@pytest.mark.parametrize(
    ("values", "side", "said"),
    [(np.zeros((2, 255)), 16, r"\(n, 256\)"), (np.full((2, 784), 256.0), 28, "0 to 256"),
     (np.full((2, 784), np.nan), 28, "numbers"), (np.full((2, 784), -2.0), 28, "-2 to 0")],
)  # fmt: skip
def test_pixels_that_are_none_are_refused(values: np.ndarray, side: int, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        fetch.pictures(values, side)


@pytest.mark.parametrize("names", [["0", "x"], ["1.5", "2"]])
def test_labels_that_are_no_digits_are_refused(names: list[str]) -> None:
    with pytest.raises(SourceError, match="The labels are others: expected whole numbers"):
        fetch.digits_of(np.array(names))
