from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.errors import UsageError
from digits.evaluation.report import report
from digits.files import write_json
from digits.training.duel import all_duels
from digits.training.recipe import CHOICES
from digits.training.run import Run, all_runs
from tests.evaluation import made_run
from tests.starter import four_drawings
from ui.comparison.difference import shown
from ui.comparison.first_layer import coloured, sheet, use
from ui.comparison.per_digit import report_csv
from ui.curves import _table, legend
from ui.meanings import VALUES, meanings
from ui.settings import HELP
from ui.table import table_csv, table_rows

# Opens the page once a tab, as the app does, and prints its words; then what got imported.
SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app.py", default_timeout=60).run()
app.switch_page("pages/compare.py")
for tab in sys.argv[1:] or [""]:
    if tab:
        app.query_params["tab"] = tab
    app.run()
    assert not app.exception, app.exception
    words = [element.value for kind in (app.markdown, app.caption, app.error, app.subheader) for element in kind]
    words += [f"{metric.label}: {metric.value}, {metric.delta}" for metric in app.metric]
    print(tab or "page", "|", *(word.replace(chr(10), " ") for word in words), "| runs", app.query_params.get("runs"))
print("heavy |", *sorted({"torch", "tensorflow", "keras", "umap", "distributed", "sklearn"} & set(sys.modules)))
"""
TABS = ["Curves", "Confusion", "Digits", "Disagreements", "First layer"]


def walk(*tabs: str) -> dict[str, str]:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, *tabs], cwd=settings.PROJECT, text=True,
                          capture_output=True, timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return {line.split(" |")[0]: line for line in done.stdout.splitlines() if " |" in line}


def test_an_empty_lab_says_where_to_begin() -> None:
    assert "There is no run to compare yet." in walk()["page"]


@pytest.mark.usefixtures("furnished")
def test_each_tab_shows_both_runs_and_imports_nothing_heavy() -> None:
    page = walk(*TABS)
    ids = [run.id for run in all_runs()]
    for tab in TABS:
        assert page[tab].count("of 360 test images are misread") == 2, tab
        assert all(id in page[tab].split("| runs")[1] for id in ids), tab
        assert "differ in **framework** alone" in page[tab]
    assert "Thick: test images" in page["Curves"]
    assert "Confusion on the test images" in page["Confusion"]
    assert page["Digits"].count("accuracy") == 2
    assert "Hardest digit: " in page["Digits"]
    assert "The ten hardest test images" in page["Disagreements"]
    assert "McNemar" in page["Disagreements"]
    assert "The 32 of 32 units that pass most on" in page["First layer"]
    assert page["heavy"].strip() == "heavy |"


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption) for element in kind).translate(
        {ord("\\"): None, 0xA0: " "}
    )


def opened() -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/compare.py").run()
    assert not app.exception, app.exception
    return app


@pytest.mark.usefixtures("furnished")
def test_a_run_of_each_framework_comes_before_the_judge_who_says_what_ran_differs() -> None:
    app = opened()
    text = words(app)
    assert "**No verdict on the frameworks**: what ran differs in optimiser, and a difference" in text
    assert re.search(r"PyTorch minus TensorFlow is \S+ points \(95 % interval .* to .*\), exact McNemar test p", text)
    assert re.search(r"Expected calibration error, in percentage points: PyTorch \d+\.\d+, TensorFlow \d", text)
    assert "- Optimiser: w -= rate·m̂/(√v̂ + ε)" in text
    assert "coins fall at least this unevenly" in text
    labels = [one.label for one in app.expander]
    assert "No answer on speed, accuracy, steadiness, memory: 4 reasons" in labels
    assert "The ledger: what ran on either side" in labels
    assert "The 2 settings that are not equal" not in labels, "the ledger lists them"


@pytest.mark.usefixtures("furnished")
def test_one_recipe_under_equal_conditions_gets_a_verdict_on_its_accuracy() -> None:
    first, second = all_runs()
    same = {**first.result()["conditions"], "version": "another"}
    write_json(second.folder / "result.json", {**second.result(), "conditions": same})
    text = words(opened())
    assert re.search(r"PyTorch reads \d+\.\d+ % and TensorFlow \d+\.\d+ % of 360 test images", text)
    assert "No verdict" not in text
    assert "These runs differ in **framework** alone." in text


@pytest.mark.usefixtures("furnished")
def test_the_fair_duel_of_an_unfair_pair_is_one_click_away(monkeypatch: pytest.MonkeyPatch) -> None:
    locks = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: locks.append((worker, job, lock)))
    app = opened()
    app.button(key=next(one.key for one in app.button if one.label == "Run the fair duel")).click().run()
    assert not app.exception, app.exception
    ((worker, search, lock),) = locks
    assert worker == "families", "they are found first"
    assert search.spec()["then"][0]["duel"]["optimiser"] == "reference-adam"
    assert app.title[0].value == "Duel"
    lock.close()
    four_drawings(Dataset.open("starter"))
    app = opened()
    app.button(key=next(one.key for one in app.button if one.label == "Run the fair duel")).click().run()
    (duel,) = all_duels()
    recipe = duel.recipe("tensorflow")
    assert (recipe.split, recipe.optimiser, recipe.epochs, recipe.network) == ("family", "reference-adam", 3, "32-16")
    assert app.title[0].value == "Duel"
    assert duel.title in app.get("progress")[0].proto.text.replace("\\", "")


@pytest.mark.usefixtures("furnished")
def test_runs_whose_data_set_is_gone_are_still_compared_in_numbers(furnished) -> None:
    (furnished / "datasets" / "starter").rename(furnished / "elsewhere")
    page = walk("Confusion", "Disagreements", "First layer")
    assert "Confusion on the test images" in page["Confusion"]
    assert "There is no data set called" in page["Disagreements"].replace("\\", "")
    assert "which are used most cannot be told without the data set" in page["First layer"]


def test_a_run_that_was_interrupted_or_has_just_begun_is_shown_without_breaking() -> None:
    made_run("begun", finished=False)
    page = walk("Curves", "Confusion")
    assert "Thick: test images" in page["Curves"]
    assert "None of the chosen runs is finished" in page["Confusion"]


@pytest.mark.usefixtures("furnished")
def test_a_link_names_runs_by_their_ids_and_says_which_are_not_there() -> None:
    ids = [run.id for run in all_runs()]
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/compare.py")
    app.query_params["layer"], app.query_params["runs"] = ids[1], f"{ids[0]},{ids[1]},nobody"
    app.run()
    assert not app.exception, app.exception
    assert app.selectbox(key="layer-box").value == ids[1]
    assert "No run nobody is there; showing the others." in " ".join(one.value for one in app.caption)
    best = app.selectbox(key="first-box").value
    app.selectbox(key="first-box").set_value(next(id for id in ids if id != best)).run()
    assert app.query_params["first"] in [value for id in ids if id != best for value in (id, [id])]
    app.selectbox(key="first-box").set_value(best).run()
    assert "first" not in app.query_params, "the default need not stand in the address"
    app.query_params["layer"] = "somebody"
    app.run()
    assert "No run somebody is there; showing this one." in " ".join(one.value for one in app.caption)
    assert app.selectbox(key="layer-box").value in ids


@pytest.mark.usefixtures("furnished")
def test_a_name_that_is_too_long_is_refused_in_a_sentence_and_nothing_is_lost() -> None:
    run = all_runs()[0]
    run.describe(name="😀" + 79 * "x", note="kept")
    assert run.label == {"name": "😀" + 79 * "x", "note": "kept"}
    with pytest.raises(UsageError, match="too long: expected at most 80 characters, received 81"):
        run.describe(name=81 * "x", note="")
    assert run.label["note"] == "kept"


def ended(id: str, accuracy: float, **values: object) -> Run:
    run = made_run(id, **values)
    result = {"test_accuracy": accuracy, "test_loss": 0.5, "train_seconds": 2.0, "epoch_seconds": [0.5, 1.5]}
    write_json(run.folder / "result.json", {"run": id, **result})
    return run


def test_the_table_has_the_best_first_and_what_is_not_finished_last() -> None:
    runs = [made_run("live", finished=False), ended("poor", 0.1), ended("best", 0.9), ended("nothing", 0.0)]
    rows = table_rows(runs)
    assert [row["id"] for row in rows] == ["best", "poor", "nothing", "live"]
    assert (rows[0]["state"], rows[0]["seconds"], rows[0]["epoch_seconds"]) == ("finished", 2.0, 1.0)
    assert rows[3]["state"] == "interrupted"
    assert rows[3]["test_accuracy"] is None


def test_the_table_as_csv_has_every_column_and_no_cell_that_a_spreadsheet_would_run() -> None:
    run = ended("one", 0.5)
    run.describe(name="=1+1", note='a "quoted", note')
    head, line = table_csv(table_rows([run])).decode().splitlines()
    assert head.startswith("id,framework,name,dataset,state,test_accuracy,leak,test_loss,seconds,epoch_seconds,param")
    assert line.startswith("one,PyTorch,'=1+1,none,finished,0.5,,0.5,2.0,1.0,")
    assert line.endswith('"a ""quoted"", note"')


def test_the_table_of_the_digits_as_csv_has_a_line_for_each_and_for_each_mean() -> None:
    lines = report_csv(report(np.ones((10, 10), np.int64))).decode().splitlines()
    assert lines[0] == "digit,precision,recall,f1,support"
    assert [line.split(",")[0] for line in lines[1:]] == [*map(str, range(10)), "mean", "weighted"]
    assert all(0 <= float(cell) <= 1 for line in lines[1:] for cell in line.split(",")[1:4])


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("momentum", None, "–"), ("seed", 86184, "86,184"), ("epsilon", 1e-7, "1e-07"),
     ("framework", "pytorch", "PyTorch"), ("dataset", "*x*", "*x*"), ("rate", 0.001, "0.001"), ("batch", 128, "128"),
     ("batch", 0, "0: the whole training part, one update an epoch"),
     ("frame", "as-drawn", "as-drawn: the picture as it is"),
     ("initialisation", "pytorch", "pytorch: uniform, within one over the root of the inputs"),
     ("pixels", "rgba", "rgba: 3,136 inputs, the red, green, blue and opacity of each pixel: the notebook's way")],
)  # fmt: skip
def test_a_setting_is_shown_with_what_it_means(name: str, value: object, text: str) -> None:
    assert shown(name, value).replace("\\", "") == text
    assert shown("dataset", "*x*") == "\\*x\\*", "a name is never Markdown"


def test_every_word_that_a_setting_may_be_has_its_meaning() -> None:
    assert {name: set(words) for name, words in VALUES.items()} == {
        name: set(words) for name, words in CHOICES.items() if name != "framework"
    }
    for name in ("activation", "initialisation", "split", "pixels", "frame", "compilation"):
        assert meanings(name) in HELP[name], "the form says the same"


def test_weights_are_coloured_from_brown_through_white_to_green() -> None:
    picture = coloured(np.array([[-9.0, -1.0, 0.0, 1.0, np.nan]], np.float32), 1.0)
    assert picture.shape == (3, 15, 4)
    left, less, nothing, more, gap = picture[0, ::3].tolist()
    assert left == less == [140, 81, 10, 255]
    assert nothing == [247, 247, 247, 255]
    assert more == [1, 102, 94, 255]
    assert gap[3] == 0


def test_pictures_of_units_lie_in_rows_of_eight() -> None:
    pictures = np.arange(9, dtype=np.float32)[:, None, None] * np.ones((1, 28, 28), np.float32)
    whole = sheet(pictures)
    assert whole.shape == (60, 240)
    assert (whole[15, 15], whole[15, 45], whole[45, 15]) == (0, 1, 8)
    assert np.isnan(whole[45, 45])


def test_the_most_used_unit_is_active_often_and_passes_much_on() -> None:
    run = made_run(pixels="ink")
    state = {
        "layer.0.kernel": np.zeros((784, 10), np.float32), "layer.0.bias": np.arange(10, dtype=np.float32),
        "layer.1.kernel": np.diag([1, 1, 1, 1, 1, 1, 1, 1, 1, 0.1]).astype(np.float32),
        "layer.1.bias": np.zeros(10, np.float32),
    }  # fmt: skip
    found = use(state, np.zeros((3, 784), np.uint8), run.recipe)
    assert found.tolist() == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7, 8, 0.9])


def test_seeds_of_a_recipe_are_one_entry_of_the_legend_under_the_recipes_name() -> None:
    runs = [made_run(f"seed-{seed}", seed=seed) for seed in (1, 2)]
    table = _table(runs)
    assert table["title"] == "PyTorch · notebook-adam, network 10, scale 1.0, 2 seeds"
    assert len(table["members"]) == 2
    runs[0].describe(name="<b>mine", note="")
    assert "&lt;b&gt;mine, 2 seeds" in legend([_table(runs)])
