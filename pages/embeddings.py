"""Embeddings: what do they see?"""

from __future__ import annotations

import streamlit as st

from digits import figures, settings
from digits.embedding import MapRecipe, positions, start_map
from digits.job import LIVE, Job
from digits.training.run import Run
from ui.frame import errors_shown, owner, page, plain
from ui.readers import finished_runs

FEATURES = {"pixels": "Pixels", "hidden": "Last hidden layer"}


def main() -> None:
    """Draw the page."""
    page(
        "Embeddings",
        "What do they see? Images that are alike lie together; each is drawn as the digit it is read as.",
    )
    runs = [mine[0] for framework in settings.FRAMEWORKS if (mine := finished_runs(framework))]
    if not runs:
        st.markdown("No model is trained yet, so there is nothing to look at.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        features = st.segmented_control(
            "Placed by", list(FEATURES), default="pixels", format_func=FEATURES.get, key="features"
        )
    points = right.slider("Test images", 100, 2000, 500, 100, help="The notebook shows the first 500.")
    st.caption("UMAP as in the notebook: 5 neighbours, minimum distance 0.3, correlation, seed 42.")
    for column, run in zip(st.columns(2, gap="large"), runs, strict=False):
        with column, errors_shown():
            recipe = MapRecipe(run=run.id, features=features or "pixels", points=points)
            job = start_map(recipe, owner=owner())
            st.markdown(f"**{plain(run.title)}** on {plain(run.recipe.dataset)}")
            st.fragment(show, run_every=0.5 if job.state in LIVE else None)(run, job)


def show(run: Run, job: Job) -> None:
    """Show the map, or that it is being drawn."""
    status = job.status()
    if status["state"] in LIVE:
        st.skeleton(height=460)
        st.caption(f"{status['phase'].capitalize()}. The first map takes about half a minute.")
        return
    if status["state"] != "finished":
        st.error(plain(status.get("error") or f"The map is {status['state']}."), icon=":material/error:")
        return
    where = positions(job)
    answers = run.evaluation("logits").argmax(axis=1)[: len(where)]
    labels = run.evaluation("labels")[: len(where)]
    figure = figures.digit_map(where, answers, labels)
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key=f"map-{job.id}-{run.id}")
    st.caption(f"{len(where):,} test images, {int((answers != labels).sum()):,} of them misread.")


main()
