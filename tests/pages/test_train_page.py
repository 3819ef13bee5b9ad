"""The page Train, run as the app does, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset.build import build
from digits.dataset.sources import open_source
from digits.engine import local
from digits.errors import ConflictError
from digits.files import Lock
from digits.job import Job
from digits.training import recipe as recipes
from digits.training.queue import draw_ticket
from digits.training.run import Run, all_runs
from tests import factory
from tests.starter import build_starter, small
from ui.training import begin, cautions

PAGE = settings.PROJECT / "pages" / "train.py"
# asked for elsewhere, or only where there is a choice
HIDDEN = {"framework", "dataset", "device", "folds", "fold", "shares"}


def opened(**parameters: str) -> AppTest:
    """The page, run once, with these parameters in its URL."""
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    app.run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page(str(PAGE)).run()
    assert not app.exception, app.exception
    return app


def widgets(app: AppTest) -> dict:
    """The settings of the form, by the name of the field."""
    found = {}
    for kind in (app.selectbox, app.number_input, app.text_input, app.toggle, app.slider):
        found |= {
            str(one.key).partition("notebook-adam-")[2]: one for one in kind if "notebook-adam-" in str(one.key)
        }
    return found


def shown(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.error, app.code) for element in kind)


@pytest.fixture
def unstarted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Job]]:
    """Keeps workers from being started; holds what would have been."""
    begun: list[tuple[str, Job]] = []

    def launch(worker: str, job: Job, lock: Lock) -> None:
        begun.append((worker, job))
        lock.close()

    monkeypatch.setattr(local, "launch", launch)
    return begun


def test_an_empty_lab_says_what_to_do_first() -> None:
    app = opened()
    assert "There is nothing to train on yet" in shown(app)
    assert not app.button


@pytest.mark.usefixtures("furnished")
def test_every_setting_of_a_recipe_is_asked_for_and_explained_in_a_sentence() -> None:
    asked = widgets(opened())
    fields = set(recipes.Recipe.__dataclass_fields__) - HIDDEN
    assert {name.removesuffix("-full") for name in asked} == fields - {"momentum"}, "momentum is SGD's alone"
    for name, widget in asked.items():
        assert len(widget.help) > 20, name
        assert widget.help.endswith("."), name


@pytest.mark.usefixtures("furnished")
def test_the_settings_stand_in_five_closed_groups() -> None:
    labels = ("Network", "Optimiser", "Data", "Augmentation", "Machine")
    groups = [one for one in opened().expander if one.label in labels]
    assert len(groups) == 5
    assert not any(group.proto.expanded for group in groups)


@pytest.mark.usefixtures("furnished")
def test_what_differs_from_the_preset_is_said_outside_the_closed_groups() -> None:
    app = opened()
    widgets(app)["dropout"].set_value(0.2)
    widgets(app)["epochs"].set_value(3).run()
    assert "Changed from the preset: dropout 0.2, epochs 3." in shown(app)


@pytest.mark.usefixtures("furnished")
def test_a_network_that_cannot_be_read_is_refused_by_name_and_cannot_be_started() -> None:
    app = opened()
    widgets(app)["network"].set_value("784--64").run()
    assert "The network cannot be read" in app.error[0].value.replace("\\", "")
    assert next(button for button in app.button if button.label == "Start").disabled


@pytest.mark.usefixtures("furnished")
def test_a_network_that_looks_at_pictures_asks_for_the_ink_alone() -> None:
    app = opened()
    widgets(app)["network"].set_value("conv4x3 pool 16").run()
    assert "A convolution looks at ink alone: expected the pixels ink" in app.error[0].value.replace("\\", "")
    widgets(app)["pixels"].select("ink").run()
    assert "network conv4x3 pool 16, pixels ink" in shown(app)
    assert not next(button for button in app.button if button.label == "Start").disabled


@pytest.mark.usefixtures("furnished")
def test_sgd_has_a_momentum_and_no_betas() -> None:
    app = opened()
    widgets(app)["optimiser"].select("native-sgd").run()
    assert "momentum" in widgets(app)
    assert not {"beta1", "beta2", "epsilon"} & set(widgets(app))


@pytest.mark.usefixtures("furnished")
def test_a_device_is_asked_for_where_there_is_more_than_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.settings.devices", lambda: ["cpu"])
    assert "device" not in widgets(opened())
    monkeypatch.setattr("ui.settings.devices", lambda: ["cpu", "cuda"])
    assert widgets(opened())["device"].options == ["cpu", "cuda"]


@pytest.mark.usefixtures("furnished")
def test_one_click_starts_both_frameworks_and_the_url_names_their_runs(unstarted: list) -> None:
    app = opened()
    widgets(app)["network"].set_value("8-8").run()
    next(button for button in app.button if button.label == "Start").click().run()
    assert not app.exception
    assert [worker for worker, _ in unstarted] == ["train", "train"]
    runs = {job.id: Run(job).recipe for _, job in unstarted}
    assert {recipe.framework for recipe in runs.values()} == set(settings.FRAMEWORKS)
    assert {recipe.network for recipe in runs.values()} == {"8-8"}
    assert app.query_params["runs"] in (",".join(runs), [",".join(runs)])
    assert [toast.value for toast in app.toast] == ["Started"]


@pytest.mark.usefixtures("furnished")
def test_start_in_a_stale_tab_starts_nothing_on_another_data_set(unstarted: list, tmp_path: Path, lab: Path) -> None:
    build(open_source(factory.folder(tmp_path / "source", factory.digit_files(3))), "another", staging=lab / "new")
    app = opened(name="starter")
    datasets.rename("starter", "zero")
    next(button for button in app.button if button.label == "Start").click().run()
    assert unstarted == []
    assert "The data set starter is not there any more" in app.warning[0].value
    next(button for button in app.button if button.label == "Start").click().run()
    assert {Run(job).recipe.dataset for _, job in unstarted} == {"another"}


@pytest.mark.usefixtures("furnished")
def test_without_a_framework_it_is_said_why_nothing_can_start() -> None:
    app = opened()
    assert "Choose a framework." not in shown(app)
    app.get("button_group")[0].set_value([]).run()
    assert "Choose a framework." in shown(app)


@pytest.mark.usefixtures("furnished")
def test_the_form_begins_with_the_recipe_of_the_run_that_the_url_names(unstarted: list) -> None:
    run = next(run for run in all_runs() if run.recipe.framework == "pytorch")
    app = opened(runs=run.id)
    assert not app.warning
    asked = widgets(app)
    assert (asked["network"].value, asked["epochs"].value, asked["threads"].value) == ("32-16", 3, 1)
    next(button for button in app.button if button.label == "Start").click().run()
    assert unstarted == [], "this very recipe is trained already"
    widgets(app)["epochs"].set_value(5).run()
    app.selectbox(key="notebook-adam-split").select("family").run()
    assert widgets(app)["epochs"].value == 5, "what is typed stays"
    assert widgets(opened())["network"].value == "784-128-64"


@pytest.mark.usefixtures("furnished")
def test_the_same_recipe_opens_what_exists_and_again_makes_another(unstarted: list) -> None:
    recipe = small("pytorch", epochs=3)
    first, word = begin.start(recipe, again=False)
    assert (first.id in {run.id for run in all_runs()}, word, unstarted) == (True, begin.OPENED, [])
    second, word = begin.start(recipe, again=True)
    assert (second.id, word, len(unstarted)) == (f"{first.id}-2", begin.STARTED, 1)
    third, word = begin.start(recipe, again=False)  # nobody trains the second: it counts as interrupted
    assert (third.id, word, len(unstarted)) == (second.id, begin.RESUMED, 2)
    assert begin.newest(small("pytorch", epochs=4)) is None


@pytest.mark.usefixtures("furnished")
def test_the_url_names_the_runs_on_show_and_what_it_invents_is_ignored() -> None:
    mine = next(run for run in all_runs() if run.recipe.framework == "tensorflow")
    app = opened(runs=f"../../etc,{mine.id},nobody")
    assert "TensorFlow · notebook\\-adam" in shown(app)
    assert "PyTorch · notebook\\-adam" not in shown(app)
    assert "Show the newest runs" in [button.label for button in app.button]
    said = shown(app).replace("\\", "")
    assert "No run ../../etc, nobody is there; showing the others." in said
    assert "showing the newest of each framework" in shown(opened(runs="nonsense"))
    assert "No run" not in shown(opened())


@pytest.mark.usefixtures("furnished")
def test_a_finished_run_says_in_numbers_what_came_out_and_logs_its_epochs() -> None:
    text = shown(opened())
    assert text.count("of 360 test images right") == 2
    for run in all_runs():
        last = run.epochs()[-1]
        assert f"Epoch: 3 | Loss {last['loss']:.4f}" in text


@pytest.mark.usefixtures("furnished")
def test_a_waiting_run_says_after_which_one() -> None:
    held = []
    try:
        for seed in (1, 2):
            recipe = small("pytorch", seed=seed)
            job = Job("runs", f"run{seed}")
            lock = jobs.create(job, {"recipe": recipe.as_json(), "fingerprint": "x"}, owner="ann")
            assert lock is not None
            held.append(lock)
            draw_ticket(job, "ann")
        app = opened(runs="run1,run2")
        texts = [element.proto.text for element in app.get("progress")]
        assert "is next" in texts[0]
        assert "number 2 in the queue, after PyTorch · notebook\\-adam" in texts[1]
    finally:
        for lock in held:
            lock.close()


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(
    ("state", "error", "offer"),
    [("failed", "The loss is not finite at step 3", "Start again"), ("stopped", "stopped at epoch 2", "Resume"),
     ("running", None, "Resume")],
)  # fmt: skip
def test_a_run_that_ended_early_says_why_and_can_go_on(state: str, error: str | None, offer: str) -> None:
    run = all_runs()[0]
    status = {"state": state, "phase": state, "owner": "ann", "created": time.time()}
    jobs.write_json(run.folder / "status.json", status | ({"error": error} if error else {}))
    app = opened(runs=run.id)
    assert (error or "its process died; it can go on") in shown(app)
    assert offer in [button.label for button in app.button]


@pytest.mark.usefixtures("furnished")
def test_cautions_say_what_is_known_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "cores", lambda: 2)
    assert cautions.cautions(small("pytorch")) == []
    assert "1,437 training images: one update an epoch" in cautions.cautions(small("pytorch", batch=5000))[0]
    assert "8 threads share 2 cores" in cautions.cautions(small("pytorch").changed(threads=8))[0]


@pytest.mark.usefixtures("furnished")
def test_the_weights_can_be_taken_with_a_loader_for_either_framework() -> None:
    app = opened(weights="true")
    app.session_state["weights"] = True
    app.run()
    code = "\n".join(element.value for element in app.code)
    assert "torch.nn.Linear(3136, 32), torch.nn.ReLU()," in code
    assert 'keras.layers.Dense(32, activation="relu"),' in code


@pytest.mark.usefixtures("furnished")
def test_a_training_that_cannot_start_says_why_and_the_page_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> Run:
        raise ConflictError("The data set starter is gone")

    app = opened()
    monkeypatch.setattr(local, "start_training", refuse)
    next(button for button in app.button if button.label == "Start").click().run()
    assert not app.exception, app.exception
    assert "The data set starter is gone" in shown(app)
    assert "of 360 test images right" in shown(app)


def test_a_split_by_family_offers_to_find_the_families_first() -> None:
    build_starter()
    app = opened()
    next(box for box in app.selectbox if str(box.key).endswith("-split")).select("family").run()
    labels = [one.label for one in app.button]
    assert "Find families and start" in labels
    assert "Start" not in labels
