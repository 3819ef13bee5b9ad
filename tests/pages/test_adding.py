"""The dialog *Add data*: what each source asks, and what then is built."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digits import drawings, settings
from digits import job as jobs
from digits.dataset import dataset as datasets
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.sources import open_source
from digits.dataset.sources.downloads import DOWNLOADS
from digits.errors import ConflictError, UsageError
from tests import factory
from tests.dataset.sources.made import idx_pair
from tests.drawings.made import drawn, one_of_each
from tests.starter import wait_for_end
from ui.datasets import adding, asking


class Upload:
    """What a browser sends."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.name, self.data = name or path.name, path.read_bytes()

    def getbuffer(self) -> memoryview:
        return memoryview(self.data)


def asked(source: str) -> AppTest:
    """What stands in the dialog when a source is chosen; a dialog itself closes at the next run of a test's page."""

    def dialog() -> None:
        from ui.datasets import adding

        adding.ask()

    app = AppTest.from_function(dialog, default_timeout=60).run()
    app.segmented_control[0].set_value(source).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


@pytest.fixture
def two(tmp_path: Path, lab: Path) -> None:
    """`first`, images 0 and 1 of each digit, and `second`, images 1 to 3."""
    files = factory.digit_files(4)
    for name, images in (("first", "01"), ("second", "123")):
        files_of = {file: data for file, data in files.items() if file[4] in images}
        build(open_source(factory.folder(tmp_path / name, files_of)), name, staging=lab / "s")


def test_every_source_says_in_a_sentence_what_it_takes() -> None:
    for source, said in {
        "Starter set": "Nothing is downloaded", "My drawings": "No drawing is kept yet",
        "File": "each writer is a family",
        "Path on this machine": "A folder of digit folders, or a file, under", "Download": "CC BY\\-SA 4\\.0",
        "Combine": "none outweighs another",
    }.items():  # fmt: skip
        assert said in words(asked(source)), source
    assert list(adding.SOURCES) == [
        "Starter set", "My drawings", "File", "Path on this machine", "Download", "Combine",
    ]  # fmt: skip


def test_drawings_are_built_and_built_again_under_their_name() -> None:
    one_of_each()
    for images in (10, 11):
        app = asked("My drawings")
        assert f"**{images} drawings** are kept." in words(app)
        assert app.text_input(key=adding.NAME).placeholder == "my-drawings"
        next(one for one in app.button if one.label == "Build").click().run()
        assert wait_for_end(jobs.all_jobs("builds")[0]) == "finished"
        assert Dataset.open("my-drawings").report["images"] == images
        drawings.keep(3, drawn(3))
    assert dataset_names() == ["my-drawings"]


def test_nothing_can_be_built_before_the_question_is_answered() -> None:
    for source, ready in {
        "Starter set": True,
        "File": False,
        "Path on this machine": False,
        "Combine": False,
    }.items():
        build_it = next(one for one in asked(source).button if one.label == "Build")
        assert build_it.disabled is not ready, source


def test_a_download_names_its_origin_and_licence_and_suggests_its_name() -> None:
    app = asked("Download")
    assert "jcprogjava" in words(app)
    assert app.text_input(key=adding.NAME).placeholder == "kagglehub"
    app.radio[0].set_value("openml-usps").run()
    assert "openml\\.org\\/d\\/41082" in words(app)
    assert app.text_input(key=adding.NAME).placeholder == "openml-usps"
    assert len(DOWNLOADS) == 4


@pytest.mark.usefixtures("two")
def test_data_sets_are_combined_by_a_click() -> None:
    app = asked("Combine")
    app.multiselect[0].set_value(["first", "second"]).run()
    assert app.text_input(key=adding.NAME).placeholder == "first-second"
    next(one for one in app.button if one.label == "Build").click().run()
    (job,) = jobs.all_jobs("builds")
    assert wait_for_end(job) == "finished", job.status()
    assert "first-second" in dataset_names()
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    app.switch_page("pages/dataset.py")
    app.query_params["name"] = "first-second"
    app.run()
    assert "**40 images** of 10 digits · 10 files refused" in words(app), "an image that is in both comes in once"
    assert "Families\\: unknown\\, as those of first and second are" in words(app)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("damage", ["cut off", "gone"])
def test_a_chosen_data_set_that_is_damaged_or_gone_is_named_and_the_dialog_stays(
    damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = asked("Combine")
    if damage == "cut off":
        (settings.part("datasets") / "second/report.json").write_text('{"images": 3')
    else:
        datasets.delete("second")
        monkeypatch.setattr(
            asking, "dataset_names", lambda: ["first", "second"]
        )  # deleted a moment after it was read
    app.multiselect[0].set_value(["first", "second"]).run()
    assert not app.exception, app.exception
    assert "second" in app.error[0].value
    assert next(one for one in app.button if one.label == "Build").disabled
    app.multiselect[0].set_value(["first"]).run()
    assert not app.error
    assert app.text_input(key=adding.NAME)


def test_the_files_of_a_refused_upload_are_gone_when_the_dialog_is_opened_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = []
    monkeypatch.setattr(asking.st, "file_uploader", lambda *_, key, **__: keys.append(key))
    app = asked("File").run()
    assert len(keys) == len(set(keys)) + 1 == 2, "as long as it is open, they stay"

    def page() -> None:
        from ui.datasets import adding

        adding.add()

    app = AppTest.from_function(page, default_timeout=60).run()
    keys.clear()
    app.segmented_control[0].set_value("File").run().run()
    assert len(keys) == len(set(keys)) == 2


def test_two_uploads_of_idx_are_built_under_the_licence_that_was_given(tmp_path: Path) -> None:
    images = idx_pair(tmp_path, packed=True)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    job = asking.built_of(*asking.stored([Upload(labels), Upload(images)]), "mnist", {"licence": "CC BY-SA 3.0"})
    assert wait_for_end(job) == "finished", job.status()
    report = Dataset.open("mnist").report
    assert (report["images"], report["licence"]) == (30, "CC BY-SA 3.0")
    assert report["origin"] == f"{images.name}, {labels.name}"


def test_what_is_wrong_with_an_upload_is_said_of_the_name_that_its_person_gave(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no zip")
    job = asking.built_of(*asking.stored([Upload(tmp_path / "file", "my digits.zip")]), "mine", {})
    assert wait_for_end(job) == "failed"
    assert job.status()["error"].startswith("my digits.zip is no sound ZIP")


def test_pictures_of_other_sizes_are_fitted_where_the_toggle_says_so_and_the_page_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_SOURCES", str(tmp_path))
    files = factory.digit_files() | {"3/3/large.png": factory.saved(Image.new("L", (56, 40), 200))}
    root = factory.folder(tmp_path / "mine", files)
    app = asked("Path on this machine")
    app.text_input[0].set_value(str(root)).run()
    assert app.toggle[0].value is False
    app.toggle[0].set_value(True).run()
    next(one for one in app.button if one.label == "Build").click().run()
    (job,) = jobs.all_jobs("builds")
    assert wait_for_end(job) == "finished", job.status()
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    app.switch_page("pages/dataset.py").run()
    assert "**21 images** of 10 digits · 0 files refused" in words(app)
    assert "1 picture fitted to 28×28 \\(1 of 56×40\\)\\, by Pillow" in words(app)


@pytest.mark.parametrize("names", [["x-images-idx3-ubyte"], ["a.zip", "b.zip"], ["x-images-idx3-ubyte"] * 2])
def test_uploads_that_are_no_one_source_are_refused_and_not_kept(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UsageError, match=f"These files are no one source: .*received {names[0]}"):
        asking.stored([Upload(tmp_path / "file", name) for name in names])
    assert list(settings.part("uploads").iterdir()) == []


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("name", ["first", "../x"])
def test_a_name_that_is_refused_keeps_no_upload(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits.zip").write_bytes(b"PK")
    monkeypatch.setattr(asking.st, "file_uploader", lambda *_, **__: [Upload(tmp_path / "digits.zip")])
    start = asking.file().start
    assert start is not None
    with pytest.raises((ConflictError, UsageError)):
        start(name)
    assert list(settings.part("uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [("my digits.zip", r"my-digits-\w{8}\.zip"), ("../../x.json.gz", r"-x-\w{8}\.json\.gz"),
     ("a.b.csv", r"a-b-\w{8}\.csv"), (".npz", r"-\w{8}\.npz"), ("é" * 300 + ".npz", r"--\w{8}\.npz")],
)  # fmt: skip
def test_an_upload_keeps_the_ending_of_its_name_and_stays_in_its_folder(tmp_path: Path, name: str, kept: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    path, called = asking.keep(Upload(tmp_path / "file", name))
    assert called == name[:200]
    assert path.parent == settings.part("uploads")
    assert re.fullmatch(kept, path.name), path.name


@pytest.mark.parametrize(
    ("name", "stem"),
    [("train-images-idx3-ubyte.gz", "train"), ("pen.json.gz", "pen"), ("Digits.csv", "Digits"),
     ("t10k-images.idx3-ubyte", "t10k"), ("digits", "digits"), ("v1.0.zip", "v1.0")],
)  # fmt: skip
def test_a_name_is_suggested_without_what_tells_the_kind(name: str, stem: str) -> None:
    assert asking.stem_of(name) == stem


@pytest.mark.parametrize("whole", [0, 1], ids=["the first", "the second"])
def test_of_an_upload_that_a_full_disk_cuts_off_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    images = idx_pair(tmp_path, packed=True)
    uploads = [Upload(images), Upload(tmp_path / "train-labels-idx1-ubyte.gz")]
    written, write = [], Path.write_bytes

    def cut_off(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > whole:
            write(path, bytes(data)[:9])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", cut_off)
    with pytest.raises(OSError, match="No space left"):
        asking.stored(uploads)
    assert len(written) == whole + 1
    assert list(settings.part("uploads").iterdir()) == []


def test_of_uploads_whose_build_cannot_begin_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = idx_pair(tmp_path, packed=True)
    kept = asking.stored([Upload(images), Upload(tmp_path / "train-labels-idx1-ubyte.gz")])

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(jobs, "create", refuse)
    with pytest.raises(OSError, match="No space left"):
        asking.built_of(*kept, "mnist", {})
    assert list(settings.part("uploads").iterdir()) == []
