"""The page Duel, run as the app does, without a browser."""

from __future__ import annotations

import pytest

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import Dataset
from digits.engine.duels import start_duel
from digits.evaluation.sentences import ROUNDS_NEEDED
from digits.files import Lock, append_line, write_json
from digits.training.duel import Duel, all_duels
from digits.training.presets import preset, reference
from tests.apps import click, opened, shown
from tests.duels import asked_duel, fought_duel, turns
from tests.evaluation import made_run
from tests.evaluation.test_judgement import on
from tests.starter import four_drawings, small
from ui.duels.begin import fair


def live(duel: Duel, **status: object) -> Lock:
    """Let `duel` be at work."""
    lock = jobs.reopen(duel.job, owner="ann")
    write_json(duel.folder / "status.json", {**duel.status, "state": "running", **status})
    return lock


def test_a_lab_without_images_says_where_to_begin() -> None:
    app = opened()
    assert "There is nothing to fight on yet" in shown(app)
    assert not app.button


@pytest.mark.usefixtures("starter")
def test_a_lab_without_duels_has_the_form_open_and_one_click_starts_one(unstarted: list) -> None:
    app = opened()
    assert "There is no duel yet" in shown(app)
    assert "4 epochs" not in shown(app)
    assert "Too few for an answer on speed" not in shown(app)
    assert "120 epochs, one at a time: 10 in each of two processes a framework, 3 times." in shown(app)
    app.number_input(key="duel-seeds").set_value(1)
    app.number_input(key="duel-epochs-notebook-adam").set_value(2)
    app.toggle(key="duel-compile-tensorflow").set_value(True)
    app.number_input(key="duel-target").set_value(80.0).run()
    assert "Too few for an answer on speed, which takes 6 rounds" in shown(app)
    click(app, "Start the duel")
    (duel,) = all_duels()
    assert [worker for worker, _, _ in unstarted] == ["duel"]
    assert duel.seeds == [42]
    assert duel.recipe("pytorch") == reference(
        preset("notebook-adam", framework="pytorch", dataset="starter", epochs=2, threads=settings.cores())
    )
    assert duel.recipe("tensorflow").compilation == "compiler"
    assert duel.spec["target"] == pytest.approx(0.8)
    assert not app.expander[0].proto.expanded, "the form makes room for the duel"
    assert duel.title in app.get("progress")[0].proto.text.replace("\\", "")
    assert "is next" in app.get("progress")[0].proto.text


@pytest.mark.usefixtures("starter")
def test_the_fair_duel_of_a_short_run_is_long_enough_for_an_answer_on_speed() -> None:
    wish = fair(on(Dataset.open("starter"), made_run("a", dataset="starter", epochs=1)))
    assert (wish.recipe.epochs - 1) * wish.seeds >= ROUNDS_NEEDED
    assert fair(on(Dataset.open("starter"), made_run("b", dataset="starter", epochs=9))).recipe.epochs == 9


@pytest.mark.usefixtures("starter")
def test_every_setting_is_explained_and_a_compiler_with_what_it_costs() -> None:
    app = opened()
    asked = [*app.number_input, *app.get("button_group")]
    assert len(asked) == 6, "epochs, seeds, threads, target; optimiser, split"
    assert all(len(one.help or one.proto.help) > 20 for one in asked)
    assert "up to half a minute before a process's first epoch" in shown(app)
    assert "a few seconds before the first epoch of each seed" in shown(app)


@pytest.mark.usefixtures("starter")
def test_a_split_by_family_is_the_usual_one_where_families_are_known_else_they_can_be_found_first(
    unstarted: list,
) -> None:
    app = opened()
    assert app.get("button_group")[1].value in ("random", ["random"])
    assert "unknown until families are found" in shown(app)
    app.get("button_group")[1].set_value("family").run()
    assert "The families of starter are unknown" in shown(app)
    assert next(button for button in app.button if button.label == "Start the duel").disabled
    click(app, "Find families and start")
    ((worker, job, _),) = unstarted
    assert worker == "families"
    assert job.spec()["then"][0]["duel"]["split"] == "family"
    assert "The families of starter are looked for; then the duel starts." in shown(app)
    write_json(job.folder / "status.json", {**job.status(), "state": "failed", "error": "the disk is full"})
    assert "A duel was to follow the search for families of starter, which failed: the disk is full" in shown(
        opened()
    )
    four_drawings(Dataset.open("starter"))
    assert opened().get("button_group")[1].value in ("family", ["family"])


@pytest.mark.usefixtures("starter")
def test_a_duel_at_work_says_whose_epoch_it_is_and_shows_what_is_known_so_far() -> None:
    duel = asked_duel()
    phase = "epoch 3 of 4, PyTorch (1 of 2), seed 1 of 3"
    lock = live(duel, phase=phase, done=8, total=48, seconds_left=75.0)
    for line in [turn for turn in turns(2) if turn["seed"] == 42]:
        append_line(duel.folder / "turns.jsonl", line)
    app = opened()
    text = app.get("progress")[0].proto.text.replace("\\", "")
    assert f"{phase} · 8 of 48 epochs · **1:15** left" in text
    assert "seed 1 of 3" in shown(app)
    assert "PyTorch ÷ TensorFlow: so far" in shown(app)
    assert "PyTorch: 93.00 %" not in shown(app)
    click(app, "Stop")
    assert (duel.folder / "stop").exists()
    assert "stops after this epoch" in app.get("progress")[0].proto.text
    lock.close()


@pytest.mark.usefixtures("starter")
def test_a_duel_that_waits_says_after_what(unstarted: list) -> None:
    first = start_duel(small("pytorch", epochs=2), owner="ann", seeds=1)
    second = start_duel(small("pytorch", epochs=3), owner="ann", seeds=1)
    app = opened(duel=second.id)
    said = app.get("progress")[0].proto.text.replace("\\", "")
    assert f"number 2 in the queue, after the duel of {first.title}" in said
    assert len(unstarted) == 2
    click(app, "Stop")
    assert (second.folder / "stop").exists()


@pytest.mark.usefixtures("starter")
def test_a_verdict_has_four_cards_and_plain_words_to_each() -> None:
    fought_duel()
    text = shown(opened())
    for head in ("TensorFlow is faster", "No difference in accuracy that both", "Neither is steadier beyond",
                 "PyTorch is smaller"):  # fmt: skip
        assert f"##### {head}" in text
    assert "An epoch of PyTorch takes 2.00 times as long as one of TensorFlow" in text
    assert "1 is not in it: TensorFlow is faster here." in text
    assert "Beside it each framework runs against itself" in text
    assert "coins fall at least this unevenly" in text
    assert "No answer" not in text
    assert "starter, 1,437 training images, 40 tested (split random, 20%)" in text


@pytest.mark.usefixtures("starter")
def test_what_is_refused_is_refused_with_its_reasons_and_no_plain_word_claims_it() -> None:
    fought_duel(second={"batch": 64})
    text = shown(opened())
    assert text.count("**No answer**, because:") == 4
    assert "- Batch: 128 (PyTorch) against 64 (TensorFlow)." in text
    assert "TensorFlow is faster here" not in text
    assert "Nobody is called faster by this: see the verdict." in text


@pytest.mark.usefixtures("starter")
def test_times_have_units_and_the_longest_compilation_is_told() -> None:
    text = shown(opened(duel=fought_duel().id))
    assert "PyTorch ÷ TensorFlow: 2.00 (2.00 to 2.00); PyTorch ÷ itself: 0.99 to 1.04" in text
    assert '<td class="short">2 s</td><td class="short">1 s</td>' in text
    assert '<td class="short">0.2 s</td><td class="short">1.8 s</td>' in text
    for row in ("400 MB", "To 90.0 % accuracy, steps", "24 (2 epochs)", "GFLOP/s"):
        assert row in text, row
    assert "other programs took 0.0 of" in text


@pytest.mark.usefixtures("starter")
def test_accuracy_calibration_and_ledger_are_a_tab_each() -> None:
    fought_duel()
    accuracy = opened(part="Accuracy")
    assert "Exact McNemar test on the first seed's answers: p = 0.500" in shown(accuracy)
    assert "images drawn again one by one" in shown(accuracy)
    assert "First seed: 5.00 (0.00 to 12.50); Mean of 3 seeds: 1.00 (1.00 to 1.00)" in shown(accuracy)
    (chart,) = accuracy.get("echarts_chart")
    assert chart.proto.alt.startswith("PyTorch: 95.90 % to 96.10 %")
    calibration = opened(part="Calibration")
    assert all(metric.value.endswith(" points") for metric in calibration.metric)
    assert [metric.label[:9] for metric in calibration.metric] == ["● PyTorch", "▲ TensorF"]
    ledger = shown(opened(part="Ledger"))
    assert "factors are equal.** Not equal, which is said and refuses nothing: compilation." in ledger
    assert "≠ not equal" in ledger


@pytest.mark.usefixtures("starter")
def test_a_link_names_a_duel_by_its_id_and_one_that_is_not_there_is_said() -> None:
    first, second = fought_duel("first"), fought_duel("second", slower=0.5)
    write_json(first.folder / "status.json", {**first.status, "created": 1.0})
    assert "##### PyTorch is faster" in shown(opened())
    assert second.id == "second"
    assert "##### TensorFlow is faster" in shown(opened(duel="first"))
    gone = shown(opened(duel="../first"))
    assert "No duel ../first is there; showing this one." in gone
    assert "##### PyTorch is faster" in gone


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("name", ["job.json", "status.json", "result.json"])
def test_a_damaged_duel_is_named_hides_no_other_and_can_be_deleted(name: str) -> None:
    fought_duel("sound")
    damaged = fought_duel("damaged")
    (damaged.folder / name).write_text("{")
    app = opened(duel="damaged")
    assert f"damaged/{name} is damaged" in shown(app)
    assert "##### TensorFlow is faster" in shown(opened(duel="sound"))
    app.checkbox(key="sure-damaged").set_value(True).run()
    click(app, "Delete it")
    assert [duel.id for duel in all_duels()] == ["sound"]
    assert "##### TensorFlow is faster" in shown(app)


@pytest.mark.usefixtures("starter")
def test_a_result_of_another_version_is_said_and_not_thrown() -> None:
    duel = fought_duel()
    write_json(duel.folder / "result.json", {"answers": []})
    assert "The result of the duel fought cannot be read" in shown(opened())


@pytest.mark.usefixtures("starter")
def test_a_duel_that_failed_says_why_and_can_be_fought_again(unstarted: list) -> None:
    duel = asked_duel()
    write_json(duel.folder / "status.json", {**duel.status, "state": "failed", "error": "PyTorch (1 of 2) died"})
    app = opened()
    assert "failed · PyTorch (1 of 2) died. It gave no verdict." in shown(app)
    click(app, "Start it again")
    ((_, job, _),) = unstarted
    assert {key: job.spec()[key] for key in ("recipes", "seeds", "target")} == {
        key: duel.spec[key] for key in ("recipes", "seeds", "target")
    }
