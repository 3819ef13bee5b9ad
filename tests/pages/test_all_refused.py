"""A build that refuses all pictures says why on the page, and keeps the list of them to be saved."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner
from PIL import Image
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.__main__ import cli
from digits.dataset.parquet import REJECTED, read_rejected
from digits.engine.sweep import sweep
from tests import factory
from tests.starter import wait_for_end
from ui.datasets import asking


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A ZIP of fifty sound pictures of another size."""
    picture = factory.saved(Image.new("L", (32, 32), 200))
    return factory.zipped(tmp_path / "sz.zip", dict.fromkeys(factory.digit_files(5, nested=False), picture))


def test_the_row_of_the_build_says_why_and_what_to_do_and_saves_the_list(archive: Path) -> None:
    job = asking.built(archive, {}, "sz")
    assert wait_for_end(job) == "failed"
    sweep()
    with mock.patch("streamlit.download_button") as save:
        app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
        app.switch_page("pages/dataset.py").run()
    assert not app.exception, app.exception
    said = "\n".join(element.value for element in app.markdown).replace("\\", "")
    assert "sz.zip: 50 of 50 files were refused, and no image of any digit is left" in said
    assert "50 such as '0/0.png': The picture has another size: expected 28×28, received 32×32" in said
    assert "Fit pictures of other sizes" in said
    [saved] = [call.args for call in save.call_args_list]
    assert saved[2] == "sz-refused.csv"
    rows = list(csv.reader(io.StringIO(saved[1].decode())))
    assert rows == [["file", "reason"], *map(list, read_rejected(job.folder, "sz"))]
    assert len(rows) == 51


def test_a_list_that_is_damaged_is_named_and_the_build_can_be_dismissed(archive: Path) -> None:
    job = asking.built(archive, {}, "sz")
    assert wait_for_end(job) == "failed"
    (job.folder / REJECTED).write_bytes(b"PAR1")
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    app.switch_page("pages/dataset.py").run()
    assert "rejected\\.parquet of sz cannot be read" in app.error[0].value
    next(button for button in app.button if button.label == "Dismiss").click().run()
    assert not app.exception, app.exception
    assert not app.error
    assert jobs.all_jobs("builds") == []


def test_the_command_line_says_why(archive: Path) -> None:
    answer = CliRunner().invoke(cli, ["build", str(archive), "--name", "sz"])
    assert answer.exit_code == 1
    assert "50 such as '0/0.png': The picture has another size: expected 28×28, received 32×32" in answer.output
    assert "--fit" in answer.output
    (folder,) = (job.folder for job in jobs.all_jobs("builds"))
    assert (folder / REJECTED).exists()
