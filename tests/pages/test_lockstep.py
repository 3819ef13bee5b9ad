"""The tab Lockstep of the page Duel, run as the app does, without a browser."""

from __future__ import annotations

import pytest

from digits.engine.locksteps import lockstep_of, start_lockstep
from digits.files import Json, append_line, write_json
from digits.training.lockstep import Mode
from tests.apps import click, opened, shown

MODE = Mode(dataset="starter", optimizer="adam", steps=3)
STEPS = [{"step": 1, "losses": [1.0, 1.0], "loss": 0.0, "weight": 1e-16, "logit": 0.0},
         {"step": 2, "losses": [1.0, 1.0], "loss": 2e-15, "weight": 1e-15, "logit": 1e-14},
         {"step": 3, "losses": [1.0, 1.0], "loss": 1e-15, "weight": 2e-15, "logit": 2e-14}]  # fmt: skip


def stepped(mode: Mode, steps: list[Json], state: str = "finished") -> None:
    """Leave what the lockstep of `mode` would have left."""
    found = lockstep_of(mode)
    assert found is not None
    for step in steps:
        append_line(found.job.folder / "steps.jsonl", step)
    if state == "finished":
        largest = {f"largest_{name}_difference": max(step[name] for step in steps)
                   for name in ("loss", "weight", "logit")}  # fmt: skip
        write_json(found.job.folder / "result.json", largest)
    write_json(found.job.folder / "status.json", {**found.job.status(), "state": state})


@pytest.mark.usefixtures("starter")
def test_lockstep_offers_to_step_and_then_shows_what_is_equal_to_the_bit_and_why(unstarted: list) -> None:
    app = opened(view="Lockstep")
    app.number_input(key="lockstep-steps").set_value(3).run()
    assert "reference Adam, float64** over 3 steps has not been run on starter" in shown(app)
    assert "Run all modes (12 missing)" in [button.label for button in app.button]
    click(app, "Step both together")
    ((worker, _, lock),) = unstarted
    assert worker == "lockstep"
    assert "reference Adam" in app.get("progress")[0].proto.text
    stepped(MODE, STEPS)
    lock.close()
    app.run()
    text = shown(app)
    assert "Equal to the bit: loss after 1 of 3 steps, largest logit after 1 of 3 steps." in text
    assert "the losses differ by **2.0 · 10⁻¹⁵ nats** at most" in text
    assert "Adam divides by the root of past squares" in text
    assert app.get("echarts_chart")[0].proto.alt.startswith(
        "loss: at most 2.0e-15, 1.0e-15 after step 3, equal to the"
    )
    assert "Run all modes (11 missing)" in [button.label for button in app.button]


@pytest.mark.usefixtures("starter")
def test_run_all_modes_starts_those_that_are_missing(unstarted: list) -> None:
    start_lockstep(MODE, owner="ann")
    stepped(MODE, STEPS)
    unstarted.pop()[2].close()
    app = opened(view="Lockstep")
    app.number_input(key="lockstep-steps").set_value(3).run()
    click(app, "Run all modes")
    modes = [job.spec() for _, job, _ in unstarted]
    assert len({(mode["optimizer"], mode["native"], mode["dtype"]) for mode in modes}) == len(modes) == 11
    assert not any(button.label.startswith("Run all modes") for button in app.button)
    assert shown(app).count("queued") == 11


@pytest.mark.usefixtures("starter")
def test_of_all_modes_the_one_on_show_goes_first(unstarted: list) -> None:
    app = opened(view="Lockstep")
    app.number_input(key="lockstep-steps").set_value(3).run()
    click(app, "Run all modes")
    assert len(unstarted) == 12
    first = unstarted[0][1].spec()
    assert (first["optimizer"], first["native"], first["dtype"]) == ("adam", False, "float64")


@pytest.mark.usefixtures("starter")
def test_a_lockstep_that_ended_early_says_why(unstarted: list) -> None:
    start_lockstep(MODE, owner="ann")
    found = lockstep_of(MODE)
    assert found is not None
    write_json(found.job.folder / "status.json", {**found.job.status(), "state": "failed", "error": "no number"})
    app = opened(view="Lockstep")
    app.number_input(key="lockstep-steps").set_value(3).run()
    assert "The last lockstep of reference Adam, float64 failed: no number" in shown(app)
    unstarted[0][2].close()
