"""What the page draws: which runs, by which features, with which parameters of UMAP. All of it is in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from digits import settings
from digits.embedding.recipe import BOUNDS, MAX_POINTS, METRICS, MapRecipe
from digits.errors import UsageError
from digits.training.presets import title
from digits.training.recipe import DEALT
from digits.training.run import Run
from ui.boxes import run_box
from ui.digit_map import COLOURS, STYLES
from ui.readers import finished_runs

FEATURES = {
    "pixels": "Pixels",
    "own": "Each model's last layer",
    "pytorch": "PyTorch's last layer",
    "tensorflow": "TensorFlow's last layer",
}
NOTEBOOK = MapRecipe(dataset="any")
HELP = {
    "points": "How many test images. The notebook draws 500.",
    "neighbors": "How many nearest images each one is held to. Few show islands, many show the whole.",
    "min_dist": "How closely images may lie on the map.",
    "metric": "What alike means: correlation ignores how much ink there is, euclidean does not.",
    "seed": "The same seed gives the same map.",
}


@dataclass(frozen=True)
class Choice:
    """What was asked for: a run a pane, the features, UMAP's parameters, colour and style."""

    runs: list[Run]
    features: str
    parameters: dict[str, Any]
    view: dict[str, str]

    def source(self, run: Run) -> Run:
        """Return the run whose test images are on the map on which the answers of `run` are shown."""
        return next((one for one in self.runs if one.recipe.framework == self.features), run)

    def recipe(self, run: Run) -> MapRecipe:
        """Return the map on which the answers of `run` are shown."""
        features = "pixels" if self.features == "pixels" else "hidden"
        return MapRecipe(run=self.source(run).id, features=features, **self.parameters)


def choose() -> Choice | None:
    """Ask for everything; None where no run is finished."""
    runs = choose_runs()
    if not runs:
        return None
    names = {name: label for name, label in FEATURES.items() if len(runs) > 1 or name in ("pixels", "own")}
    features = _one("Placed by", names, "features")
    with st.container(horizontal=True, gap="medium"):
        colour, style = _one("Colour", COLOURS, "colour"), _one("Drawn as", STYLES, "style")
    return Choice(runs, features, parameters(runs), {"colour": colour, "style": style})


def _one(label: str, options: dict[str, str], key: str) -> str:
    first = next(iter(options))
    said = st.segmented_control(label, list(options), default=first, format_func=options.get, key=key,
                                required=True, bind="query-params", width="content")  # fmt: skip
    return said or first  # an address may name none


def choose_runs() -> list[Run]:
    """Ask for a finished run of each framework: by default the newest, and its like in the other one."""
    finished = {framework: finished_runs(framework) for framework in settings.FRAMEWORKS}
    there = {framework: mine for framework, mine in finished.items() if mine}
    chosen: list[Run] = []
    for column, (framework, mine) in zip(st.columns(max(2, len(there))), there.items(), strict=False):
        titles = {run.id: f"{run.title} · {run.dataset_name} ({run.id[:6]})" for run in mine}
        fitting = min(range(len(mine)), key=lambda number: (_distance(mine[number], chosen), number))
        id = run_box(column, settings.FRAMEWORK_NAMES[framework], titles, key=framework, usual=mine[fitting].id)
        chosen += [run for run in mine if run.id == id]
    return chosen


def _distance(run: Run, others: list[Run]) -> int:
    """Return 0 for a run of the same recipe as `others`, 1 if only the test images are the same, else 2."""
    if any(_split(run) != _split(other) for other in others):
        return 2
    return int(any(_learning(run) != _learning(other) for other in others))


def _learning(run: Run) -> list[Any]:
    """Return by which recipe a run was trained, and on which drawings it was tuned, if it was."""
    return [title(run.recipe), run.spec.get("drawings")]


def _split(run: Run) -> list[Any]:
    """Return what decides on which images a run was tested."""
    dealt = [getattr(run.recipe, name) for name in DEALT]
    return [run.spec["fingerprint"], run.spec.get("families"), *dealt]


def parameters(runs: list[Run]) -> dict[str, Any]:
    """Ask for UMAP's parameters in a form, so that no map is drawn of a number half typed. Raises `UsageError`."""
    most = min(MAX_POINTS, *(int(run.result()["test_images"]) for run in runs))
    if most < BOUNDS["points"][0]:
        raise UsageError("There are too few test images for a map", expected=f"at least {BOUNDS['points'][0]:.0f}",
                         received=most, do="Choose runs that were tested on more images.")  # fmt: skip
    with st.expander("Parameters", icon=":material/tune:"), st.form("parameters", border=False):
        columns = st.columns(5)
        values = {
            "points": _number(columns[0], "points", "Test images", (int(BOUNDS["points"][0]), most)),
            "neighbors": _number(columns[1], "neighbors", "Neighbours", BOUNDS["neighbors"]),
            "min_dist": _number(columns[2], "min_dist", "Minimum distance", BOUNDS["min_dist"]),
            "metric": columns[3].selectbox("Metric", METRICS, help=HELP["metric"], key="metric", bind="query-params"),
            "seed": _number(columns[4], "seed", "Seed", BOUNDS["seed"]),
        }
        st.form_submit_button("Draw", icon=":material/scatter_plot:")
        st.caption(f"There are {most:,} test images. The notebook's are 500, 5, 0.3, correlation.")
    return values


def _number(column: Any, name: str, label: str, bounds: tuple[float, float]) -> Any:
    usual = getattr(NOTEBOOK, name)
    kind = type(usual)
    return column.number_input(
        label, min_value=kind(bounds[0]), max_value=kind(bounds[1]), value=min(usual, kind(bounds[1])), key=name,
        step=kind({"points": 500, "min_dist": 0.05}.get(name, 1)), help=HELP[name], bind="query-params",
    )  # fmt: skip
