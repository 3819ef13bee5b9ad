from __future__ import annotations

import subprocess
import sys

import pytest

from digits import settings
from digits.training.run import all_runs

PAGES = ["dataset", "train", "compare", "duel", "embeddings", "draw"]
# Runs every page as the app does, over the lab in DIGITS_HOME, and prints what each shows and what got imported.
SCRIPT = """
import sys
from types import ModuleType
from streamlit.testing.v1 import AppTest

canvas = sys.modules["streamlit_drawable_canvas"] = ModuleType("streamlit_drawable_canvas")
canvas.st_canvas = lambda **_: None  # there is no server
app = AppTest.from_file("app.py", default_timeout=60).run()
for page in sys.argv[1:]:
    if page != "overview":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    shown = [element.value for kind in (app.markdown, app.caption, app.error) for element in kind]
    shown += [element.label for element in app.selectbox]
    print(page, "|", app.title[0].value, "|", *(text.replace(chr(10), " ") for text in shown))
print("heavy:", *sorted({"torch", "tensorflow", "keras", "umap", "distributed", "sklearn"} & set(sys.modules)))
"""


def walk(*pages: str) -> dict[str, str]:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, *pages], cwd=settings.PROJECT, text=True,
                          capture_output=True, timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return {line.split(" ")[0]: line for line in done.stdout.splitlines() if line}


def test_every_page_of_an_empty_lab_says_what_to_do_and_imports_nothing_heavy() -> None:
    shown = walk("overview", *PAGES)
    assert "A fresh lab" in shown["overview"]
    assert "There is nothing to train on yet" in shown["train"]
    assert "There is no run to compare yet" in shown["compare"]
    assert "There is nothing to fight on yet" in shown["duel"]
    assert "No model is trained yet" in shown["embeddings"]
    assert "No model is trained yet" in shown["draw"]
    assert shown["heavy:"].strip() == "heavy:"


@pytest.mark.usefixtures("furnished")
def test_every_page_of_a_lab_with_two_runs_shows_them_and_imports_nothing_heavy() -> None:
    for run in all_runs():
        run.describe(name="![x](http://127.0.0.1:9/y.png)", note="")
    shown = walk("overview", *PAGES)
    assert "Verdict." in shown["overview"]
    assert "1,797 images" in shown["dataset"]
    assert "These two models read" in shown["compare"]
    assert shown["train"].count("of 360 test images right") == 2
    assert "Thick: test images" in shown["train"]
    assert "There is no duel yet" in shown["duel"]
    assert "There are 360 test images" in shown["embeddings"]
    assert "Draw a digit from 0 to 9" in shown["draw"]
    assert "PyTorch answers with" in shown["draw"]
    assert "TensorFlow answers with" in shown["draw"]
    assert "![x]" not in "".join(shown.values()), "a name is text, never Markdown"
    assert shown["heavy:"].strip() == "heavy:"
