"""Weights to take away: the file, and how plain PyTorch and plain Keras read it."""

from __future__ import annotations

import streamlit as st

from digits.models.takeaway import keras_loader, pytorch_loader
from digits.training.run import Run
from ui.frame import errors_shown, plain, size


def take_away(runs: list[Run]) -> None:
    """Offer the weights of the finished ones of `runs`, with a loader for either framework to copy."""
    finished = [run for run in runs if run.job.state == "finished"]
    if not finished:
        st.caption("The weights of a run can be taken away when it is finished.")
        return
    st.caption(
        "One file for both frameworks: what TensorFlow has learnt, PyTorch reads, and the other way round. A loader "
        "needs its framework and safetensors."
    )
    for run in finished:
        with errors_shown():
            _offer(run)
    for loaders in dict.fromkeys((pytorch_loader(run.recipe), keras_loader(run.recipe)) for run in finished):
        for tab, loader in zip(st.tabs(["Plain PyTorch", "Plain Keras"]), loaders, strict=True):
            tab.code(loader, language="python")


def _offer(run: Run) -> None:
    """Offer the weights of one run. Raises `IntegrityError` if they are missing."""
    path = run.kept("weights.safetensors")
    left, right = st.columns([2, 1], vertical_alignment="center")
    left.markdown(f"**{plain(run.title)}** · {size(path.stat().st_size)}")
    right.download_button("Download", path.read_bytes, file_name="weights.safetensors",
                          mime="application/octet-stream", icon=":material/download:", on_click="ignore",
                          key=f"weights-{run.id}", width="stretch")  # fmt: skip
