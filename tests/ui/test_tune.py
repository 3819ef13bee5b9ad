"""Learn from my drawings: what the section offers, shows and does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits.drawings import Kept
from digits.errors import NotFoundError
from digits.files import Lock, write_json
from digits.job import Job
from digits.training.run import Run
from digits.training.taught import Taught, of_kept
from digits.training.tuning import WAITING, tuned_recipe
from tests.drawings.made import one_of_each
from tests.evaluation import made_run
from ui.drawing import tune

RESULT = {
    "test_accuracy": 0.985,
    "drawings": 20, "held_out": 4, "why_none_held_out": None, "kept_share": 1.0, "test_images": 360,
    "before": {"drawings_accuracy": 0.5, "test_accuracy": 0.99, "check_accuracy": 0.98},
    "after": {"drawings_accuracy": 1.0, "test_accuracy": 0.985, "check_accuracy": 0.98},
}  # fmt: skip


def opened(*chosen: str) -> AppTest:
    """The section for the runs of these ids, or for those that the URL names."""

    def script(ids: tuple[str, ...]) -> None:
        import streamlit as st

        from digits.settings import FRAMEWORKS
        from digits.training.run import find_run
        from ui.drawing.tune import await_tuned, show_tune

        named = [st.query_params.get(name) for name in FRAMEWORKS]
        show_tune([find_run(named or usual) for named, usual in zip(named, ids, strict=True)])
        await_tuned()

    app = AppTest.from_function(script, default_timeout=60, kwargs={"ids": chosen}).run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    texts = [element.value for kind in ("markdown", "caption", "error") for element in app.get(kind)]
    bars = [element.proto.text for element in app.get("progress")]
    tables = [table.value.to_csv() for table in app.table]
    return "\n".join([*texts, *bars, *tables]).replace("\\", "")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def both() -> tuple[Run, Run]:
    """A finished run of each framework."""
    return made_run("p" * 16), made_run("t" * 16, framework="tensorflow")


def tuned(parent: Run, state: str = "finished", *, id: str = "tuned", **status: Any) -> tuple[Run, Lock]:
    """A tuning of `parent` as its worker would have left it; the lock is held."""
    run = Run(Job("runs", f"{id}-{parent.id}"))
    told = {"name": parent.label["name"], "recipe": parent.recipe.as_json(), "drawings": 20, "held_out": 4}
    spec = {"recipe": tuned_recipe(parent.recipe).as_json(), "fingerprint": parent.spec["fingerprint"],
            "parent": parent.id, "drawings": "d" * 64, "tuning": told}  # fmt: skip
    lock = jobs.create(run.job, spec, owner="ann")
    assert lock is not None
    now = time.time()
    write_json(run.folder / "status.json", {"state": state, "owner": "ann", "phase": state, "created": now - 8,
                                            "finished": now, **status})  # fmt: skip
    if state == "finished":
        write_json(run.folder / "result.json", {**RESULT, "run": run.id, "framework": run.recipe.framework})
        lock.close()
    return run, lock


def test_without_drawings_it_is_said_what_to_do(both: tuple[Run, Run]) -> None:
    app = opened(*(run.id for run in both))
    assert labels(app) == ["Learn from my drawings (0)"]
    assert app.button[0].disabled
    assert "Draw a digit and say what it was" in shown(app)


def test_a_click_tunes_both_on_all_drawings(both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    kept, asked = one_of_each(2), []

    def start(parent: Run, drawn: Callable[[str], Taught], *, owner: str) -> Run:
        asked.append((parent.id, sorted(entry["id"] for entry in drawn(parent.recipe.frame).entries)))
        return tuned(parent)[0]

    monkeypatch.setattr(tune, "start_tuning", start)
    app = click(opened(*(run.id for run in both)), "Learn from my drawings (12)")
    ids = sorted(one.id for one in kept)
    assert asked == [(both[0].id, ids), (both[1].id, ids)]
    assert app.query_params["pytorch"] == f"tuned-{both[0].id}", "as soon as it is done, it answers"
    assert app.query_params["tensorflow"] == f"tuned-{both[1].id}"


def test_what_was_gained_and_lost_stands_in_a_table_and_one_click_goes_back(both: tuple[Run, Run]) -> None:
    after = [tuned(run)[0] for run in both]
    app = opened(*(run.id for run in both))
    assert "Go back" not in labels(app)
    click(app, "Use the tuned models")
    assert [app.query_params[run.recipe.framework] for run in after] == [run.id for run in after]
    said = shown(app)
    assert "50.0 % → **100.0 %** of 4 drawings" in said
    assert "99.0 % → **98.5 %** of 360 test images" in said
    assert "PyTorch learnt from 16 of 20 drawings in 8" in said
    assert "Use the tuned models" not in labels(app)
    click(app, "Go back")
    assert [app.query_params[run.recipe.framework] for run in both] == [run.id for run in both]


def test_each_that_is_at_work_has_a_bar_with_the_time_left_and_one_click_stops_all(both: tuple[Run, Run]) -> None:
    first, one = tuned(both[0], "running", phase="training", seconds_left=2.0)
    second, other = tuned(both[1], "running", phase="importing TensorFlow")
    app = opened(*(run.id for run in both))
    said = shown(app)
    assert "**PyTorch** · training · 3 s left" in said
    assert "**TensorFlow** · importing TensorFlow · " in said
    click(app, "Stop")
    assert (first.folder / "stop").exists()
    assert (second.folder / "stop").exists()
    one.close()
    other.close()


def test_one_that_waits_for_another_says_so_and_names_no_time(both: tuple[Run, Run]) -> None:
    _, lock = tuned(both[0], "queued", phase=WAITING, created=time.time() - 300)
    _, other = tuned(both[1], "running", phase="importing TensorFlow", created=time.time() - 300,
                     started=time.time() - 1)  # fmt: skip
    said = shown(opened(*(run.id for run in both)))
    assert "**PyTorch** · waiting for another tuning to end" in said
    assert "PyTorch** · waiting for another tuning to end ·" not in said
    assert "**TensorFlow** · importing TensorFlow · 9." in said, "since it began, not since the click"
    lock.close()
    other.close()


def test_one_that_failed_says_why_and_the_other_is_used(both: tuple[Run, Run]) -> None:
    tuned(both[0], "failed", error="The loss is not finite.")[1].close()
    tuned(both[1])
    app = opened(*(run.id for run in both))
    assert "PyTorch failed: The loss is not finite." in shown(app)
    click(app, "Use the tuned models")
    assert "pytorch" not in app.query_params
    assert app.query_params["tensorflow"] == f"tuned-{both[1].id}"


def test_what_held_back_and_what_could_not_be_measured_is_said(both: tuple[Run, Run]) -> None:
    run, _ = tuned(both[0])
    none = {"held_out": 0, "why_none_held_out": "With fewer than 10 drawings all are learnt from."}
    write_json(run.folder / "result.json", {**RESULT, **none, "kept_share": 0.5, "run": run.id,
               "framework": "pytorch", "before": {**RESULT["before"], "drawings_accuracy": None},
               "after": {**RESULT["after"], "drawings_accuracy": None}})  # fmt: skip
    said = shown(opened(*(run.id for run in both)))
    assert "PyTorch went 50 % of the way only" in said
    assert "With fewer than 10 drawings all are learnt from." in said


def test_who_was_tuned_before_learns_from_where_it_began(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()
    after, asked = tuned(both[0])[0], []

    def start(parent: Run, drawn: Callable[[str], Taught], *, owner: str) -> Run:
        asked.append(parent.id)
        return after

    monkeypatch.setattr(tune, "start_tuning", start)
    click(opened(after.id, both[1].id), "Learn from my drawings (10)")
    assert asked == [both[0].id, both[1].id]
    both[0].job.delete()
    assert tune.bases([after]) == [after], "where that is gone, from where it is"


def test_learning_again_what_was_learnt_before_shows_and_uses_that_and_not_what_was_begun_last(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()
    first = [tuned(run, id="first", created=time.time() - 100, finished=time.time() - 40)[0] for run in both]
    for run in both:
        tuned(run)
    app = opened(*(run.id for run in both))
    assert "learnt from 16 of 20 drawings in 8" in shown(app), "the last, as long as nobody asked"
    parents = {run.spec["parent"]: run for run in first}
    monkeypatch.setattr(tune, "start_tuning", lambda parent, drawn, *, owner: parents[parent.id])
    click(app, "Learn from my drawings (10)")
    assert [app.query_params[run.recipe.framework] for run in first] == [run.id for run in first]
    assert "learnt from 16 of 20 drawings in 1:00" in shown(app)
    assert "learnt from 16 of 20 drawings in 8" not in shown(app)
    assert "Use the tuned models" not in labels(app)
    click(app, "Go back")
    click(app, "Use the tuned models")
    assert [app.query_params[run.recipe.framework] for run in first] == [run.id for run in first]


def test_the_tuning_that_answers_is_shown_where_this_session_began_none(both: tuple[Run, Run]) -> None:
    first = [tuned(run, id="first", created=time.time() - 100, finished=time.time() - 40)[0] for run in both]
    for run in both:
        tuned(run)
    app = opened(*(run.id for run in first))
    assert "learnt from 16 of 20 drawings in 1:00" in shown(app)
    assert labels(app)[-1] == "Go back"


def test_where_one_cannot_begin_the_other_is_awaited_and_used_and_the_reason_is_said(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()

    def start(parent: Run, drawn: Callable[[str], Taught], *, owner: str) -> Run:
        if parent.recipe.framework == "tensorflow":
            raise NotFoundError("The data set is gone")
        return tuned(parent)[0]

    monkeypatch.setattr(tune, "start_tuning", start)
    app = click(opened(*(run.id for run in both)), "Learn from my drawings (10)")
    assert app.query_params["pytorch"] == f"tuned-{both[0].id}"
    assert "tensorflow" not in app.query_params
    assert "TensorFlow: The data set is gone" in shown(app)
    assert tune.AWAITED not in app.session_state


def test_a_tuning_that_is_gone_when_it_is_awaited_is_forgotten(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()
    at_work = [tuned(run, "running", phase="training") for run in both]
    monkeypatch.setattr(tune, "start_tuning", lambda parent, drawn, *, owner: Run(Job("runs", f"tuned-{parent.id}")))
    app = click(opened(*(run.id for run in both)), "Learn from my drawings (10)")
    assert list(app.session_state[tune.AWAITED]) == [run.id for run, _ in at_work]
    for run, lock in at_work:
        lock.close()
        run.job.delete()
    app.run()
    assert not app.exception
    assert tune.AWAITED not in app.session_state
    assert not app.query_params


def test_drawings_are_framed_once_for_models_that_see_them_alike(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()
    asked: list[str] = []

    def framed(kept: list[Kept], how: str) -> Taught:
        asked.append(how)
        return of_kept(kept, how)

    def start(parent: Run, drawn: Callable[[str], Taught], *, owner: str) -> Run:
        assert len(drawn(parent.recipe.frame).entries) == 10
        return tuned(parent)[0]

    monkeypatch.setattr(tune, "of_kept", framed)
    monkeypatch.setattr(tune, "start_tuning", start)
    click(opened(*(run.id for run in both)), "Learn from my drawings (10)")
    assert both[0].recipe.frame == both[1].recipe.frame
    assert asked == [both[0].recipe.frame]


def test_more_drawings_than_a_tuning_takes_are_refused_before_any_is_looked_at(
    both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of_each()
    monkeypatch.setattr(tune, "MOST_DRAWINGS", 9)
    app = opened(*(run.id for run in both))
    assert app.button[0].disabled
    assert "A model learns from 9 drawings at most." in shown(app)


def test_the_help_says_from_where_a_model_learns(both: tuple[Run, Run]) -> None:
    said = opened(*(run.id for run in both)).button[0].help
    assert "starts from the one that was trained in the beginning" in said
    assert "all drawings that are kept now" in said
