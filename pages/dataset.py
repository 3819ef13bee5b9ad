"""Dataset: what are the models trained on, and can I trust it?"""

from __future__ import annotations

import streamlit as st

from digits.dataset.dataset import Dataset, dataset_names
from ui.boxes import SHOWN, dataset_box
from ui.datasets import browsing, whole
from ui.datasets.adding import WANTED, add, show_builds
from ui.datasets.credits import credit
from ui.datasets.editing import edit
from ui.datasets.exporting import save
from ui.datasets.families import families
from ui.datasets.side_by_side import side_by_side
from ui.frame import count, errors_shown, page, plain


@errors_shown()
def main() -> None:
    """Draw the page."""
    page("Dataset", "What are the models trained on, and can I trust it?")
    show_builds()
    names = dataset_names()
    if not names:
        st.markdown("No data set yet. *Add data* builds one from the starter set, a file, a folder or a download.")
        if st.button("Add data", icon=":material/add:", type="primary"):
            add()
        return
    dataset = choose(names)
    introduce(dataset)
    st.fragment(browsing.five)(dataset.name)
    st.fragment(browsing.browse)(dataset.name)
    left, right = st.columns(2, gap="large")
    with left:
        whole.means(dataset)
    with right:
        whole.inputs(dataset)
    with left:
        whole.split_shares(dataset)
    with right:
        whole.refused(dataset)
        save(dataset)
    families(dataset)
    side_by_side()


def choose(names: list[str]) -> Dataset:
    """Ask which data set is shown; offer to add one and to change this one."""
    if st.session_state.get(WANTED) in names:
        st.session_state["name"] = st.session_state[SHOWN] = st.session_state.pop(WANTED)
    left, middle, right = st.columns([5, 2, 3], vertical_alignment="bottom")
    name = dataset_box(names, left)
    if middle.button("Add data", icon=":material/add:", width="stretch"):
        add()
    dataset = Dataset.open(name)
    with right:
        edit(dataset)
    return dataset


def introduce(dataset: Dataset) -> None:
    """Say how many images there are, where they come from, and what a person said of them."""
    report = dataset.report
    st.markdown(f"**{report['images']:,} images** of 10 digits · {count(report['rejected'], 'file')} refused")
    if dataset.note:
        st.markdown(plain(dataset.note))
    sources = [credit(report[name]) for name in ("origin", "licence") if report.get(name)]
    words = [f"Built {report['created'][:10]}"]
    words.append(f"Families: {report['families']}" if "parts" in report else "")
    st.caption(" · ".join([*sources, *(plain(word) for word in words if word)]))
    whole.fitted(report)


main()
