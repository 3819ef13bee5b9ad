"""A finished run that has lost a file says which; what does not need the file goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.errors import IntegrityError
from digits.files import write_json
from digits.training.run import all_runs
from tests.evaluation import made_run
from ui.comparison.first_layer import show_first_layer
from ui.comparison.stored import answers_of


def test_a_file_that_a_run_has_lost_is_named() -> None:
    run = made_run()
    assert run.kept("weights.safetensors").exists()
    with pytest.raises(IntegrityError, match=r"The run made is damaged: expected evaluation\.npz, received no"):
        answers_of(run)
    (run.folder / "weights.safetensors").unlink()
    with pytest.raises(IntegrityError, match=r"The run made is damaged: expected weights\.safetensors"):
        show_first_layer([run], True)


@pytest.mark.parametrize(
    ("page", "lost"), [("compare", "evaluation.npz"), ("compare", "weights.safetensors"),
                       ("train", "weights.safetensors")]
)  # fmt: skip
def test_a_page_with_a_run_that_has_lost_a_file_says_so(furnished: Path, page: str, lost: str) -> None:
    run = all_runs()[0]
    (run.folder / lost).unlink()
    app = AppTest.from_file(settings.PROJECT / "app.py", default_timeout=60).run()
    app.query_params["tab"] = "First layer"
    app.session_state["weights"] = True
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    said = [error.value.replace("\\", "") for error in app.error]
    assert [text for text in said if f"The run {run.id} is damaged: " in text and lost in text], said


@pytest.mark.parametrize(
    ("page", "name"),
    [*((page, name) for page in ("draw", "train") for name in ("result.json", "job.json", "status.json")),
     *((page, "status.json") for page in ("compare", "dataset", "duel", "embeddings"))],
)  # fmt: skip
def test_a_run_whose_files_are_json_but_say_nothing_is_left_out(furnished: Path, page: str, name: str) -> None:
    run = all_runs()[0]
    write_json(run.folder / name, {})
    app = AppTest.from_file(settings.PROJECT / "app.py", default_timeout=60).run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    if page in ("draw", "train", "compare"):
        said = [caption.value.replace("\\", "") for caption in app.caption]
        assert [text for text in said if f"Left out: Run {run.id}: " in text and f"{name} is damaged" in text], said
