"""What is said of all images at once: counts and mean images, inputs that ever change, the split, refused files."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.portrait import shares
from digits.dataset.split import at_random
from digits.figures.palette import NEUTRAL
from digits.files import Json
from digits.training.presets import preset
from ui.datasets.browsing import CHANNELS
from ui.datasets.reading import index, sums
from ui.datasets.refused import listed, save_list
from ui.datasets.strips import strip
from ui.frame import count, percent, plain


def means(dataset: Dataset) -> None:
    """Show how many images there are of each digit, and their mean."""
    st.subheader("Each digit", anchor=False)
    portrait = sums(dataset)
    captions = [f"{digit} · {count:,}" for digit, count in enumerate(portrait.counts)]
    strip([255 - mean for mean in portrait.means], captions, width=84, columns=5)
    least, most = int(portrait.counts.min()), int(portrait.counts.max())
    spread = f"{least:,} images each" if least == most else f"{least:,} to {most:,} images a digit"
    st.caption(f"The mean ink of each digit, and its number of images: {spread}. A sharp mean tells of images alike.")
    st.echarts_chart(bars(portrait.counts), height=180, key="counts", alt=f"Images a digit: {', '.join(captions)}")


def bars(counts: np.ndarray) -> dict:
    """Return an ECharts option: images a digit."""
    return {
        "animation": False, "color": [NEUTRAL], "tooltip": {"trigger": "axis"},
        "grid": {"left": 4, "right": 4, "top": 12, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": [str(digit) for digit in range(10)]},
        "yAxis": {"type": "value"},
        "series": [{"type": "bar", "name": "Images", "data": counts.tolist()}],
    }  # fmt: skip


def inputs(dataset: Dataset) -> None:
    """Show which of the 3,136 inputs ever change, a 28×28 map for each channel."""
    st.subheader("Inputs that ever change", anchor=False)
    changing = sums(dataset).changing
    each = changing.sum(axis=(0, 1))
    st.markdown(f"**{int(changing.sum()):,} of 3,136 inputs** are not the same in all images.")
    maps = [np.where(changing[..., channel], 90, 235).astype(np.uint8) for channel in range(4)]
    captions = [f"{name} {count} of 784" for name, count in zip(CHANNELS, each.tolist(), strict=True)]
    strip(maps, captions, width=112, columns=4)
    st.caption(
        "A 28×28 map for each channel; dark inputs change. From an input that is the same in all images nothing can "
        "be learnt; where it is always 0, its weights never move."
    )


def split_shares(dataset: Dataset) -> None:
    """Show how many images of each digit a random split puts into each part."""
    st.subheader("Split", anchor=False)
    left, middle, right = st.columns(3)
    test = left.number_input("Test share", 0.01, 0.9, 0.2, 0.05, key="test", bind="query-params")
    validation = middle.number_input("Validation share", 0.0, 0.5, 0.0, 0.05, key="validation", bind="query-params",
                                     help="Of what is left for training.")  # fmt: skip
    seed = right.number_input("Seed", 0, 2**32 - 1, 42, key="seed", bind="query-params")
    recipe = preset("notebook-adam", framework="pytorch", dataset=dataset.name, test_share=test,
                    validation_share=validation, seed=seed)  # fmt: skip
    labels = index(dataset)[0]
    st.markdown(share_table(shares(labels, at_random(len(labels), recipe))))
    st.caption(
        "The notebook's split: 80 % to train, 20 % to test, none to choose by, seed 42. It is drawn at random, so "
        "that the digits' shares differ a little."
    )


def share_table(parts: dict[str, np.ndarray]) -> str:
    """Return a Markdown table of images a digit (10,) in each part, with a last line of sums."""
    counts = np.stack(list(parts.values()))
    lines = [["Digit", *(name.capitalize() for name in parts), "Test share"], ["--:"] * (len(parts) + 2)]
    for digit, column in [*enumerate(counts.T), ("all", counts.sum(axis=1))]:
        share = percent(column[-1] / max(1, column.sum())).replace(" ", "\u00a0")
        lines.append([str(digit), *(f"{count:,}" for count in column), share])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fitted(report: Json) -> None:
    """Say how many pictures of which other sizes were made 28×28, and how; nothing if none were."""
    found = report.get("fitted")
    if found and found["images"]:
        sizes = ", ".join(f"{number:,} of {size}" for size, number in found["sizes"].items())
        st.caption(plain(f"{count(found['images'], 'picture')} fitted to 28×28 ({sizes}), {found['how']}."))


def refused(dataset: Dataset) -> None:
    """List the files that the build refused, and save the list."""
    st.subheader("Refused files", anchor=False)
    found = dataset.rejected()
    ignored = dataset.report.get("ignored", 0)
    outside = f" Outside of the digit folders lay {ignored:,} more, which were ignored." if ignored else ""
    if not found:
        st.caption(f"None: every picture in the digit folders is here.{outside}")
        return
    verb = "is" if len(found) == 1 else "are"
    files = len(found) + dataset.report["images"]
    st.caption(f"{len(found):,} of {files:,} files {verb} not in the data set.{outside}")
    table = {"File": [file for file, _ in found], "Reason": [reason for _, reason in found]}
    wide = {"Reason": st.column_config.TextColumn(width="large")}
    st.dataframe(table, width="stretch", hide_index=True, column_config=wide)
    save_list(listed(found), dataset.name, dataset.name)
