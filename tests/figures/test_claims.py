"""Claimed and honest as bars, the board as a table, distributions as lines."""

from __future__ import annotations

import re

import numpy as np
import pytest

from digits.figures import board, claims, distribution_words, distributions
from digits.figures.claims import words
from digits.figures.distributions import BINS
from digits.figures.palette import FRAMEWORKS

ONE = {"framework": "pytorch", "accuracy": 0.9996, "low": 0.9996, "high": 0.9996}
SEVERAL = {"framework": "tensorflow", "accuracy": 0.61, "low": 0.5, "high": 0.7}
ROWS = [
    {"name": "Claimed", "note": "a <b>note</b>", "bars": [ONE]},
    {"name": "Honest", "note": "4 folds", "bars": [SEVERAL]},
    {"name": "mnist", "note": "not evaluated yet", "bars": []},
]


def test_a_bar_is_as_long_as_its_accuracy_and_has_its_framework_s_colour_and_name() -> None:
    html = claims(ROWS)
    assert re.findall(r'class="bar" style="width: ([\d.]+)%; background: (#\w+)"', html) == [
        ("99.96", FRAMEWORKS["pytorch"]), ("61.00", FRAMEWORKS["tensorflow"]),
    ]  # fmt: skip
    assert "PyTorch <b>&gt;99.9 %</b></div>" in html, "what is not all is not called 100 %"
    assert "TensorFlow <b>61.0 %</b> (50.0 to 70.0)" in html


def test_a_range_is_drawn_from_the_worst_to_the_best_and_only_where_there_are_several() -> None:
    assert re.findall(r'class="range" style="left: ([\d.]+)%; width: ([\d.]+)%"', claims(ROWS)) == [
        ("50.00", "20.00")
    ]


def test_names_are_text_and_the_chart_can_be_heard() -> None:
    html = claims(ROWS)
    assert "a &lt;b&gt;note&lt;/b&gt;" in html
    said = words(ROWS)
    assert "Honest: TensorFlow 61.0 %, from 50.0 to 70.0; mnist: not evaluated yet" in said
    assert 'role="img" aria-label="Claimed: PyTorch' in html


def test_the_board_has_a_number_a_cell_and_frames_what_is_a_run_s_own() -> None:
    cells = [
        {"accuracy": 0.99996, "note": "⚠ leak 100 %", "own": True},
        {"accuracy": 0.482, "note": "", "own": False},
        {"accuracy": None, "note": "not evaluated", "own": False},
    ]
    html = board(["kaggle", "<i>mnist</i>", "pen"], [{"name": "PyTorch <1>", "cells": cells}])
    assert "&lt;i&gt;mnist&lt;/i&gt;" in html
    assert "PyTorch &lt;1&gt;" in html
    assert '<td class="own" style="--share: 1.0000">&gt;99.9 %<span>⚠ leak 100 %</span></td>' in html
    assert '<td style="--share: 0.4820">48.2 %</td>' in html
    assert '<td style="--share: 0.0000">–<span>not evaluated</span></td>' in html


def test_lines_are_shares_of_the_images_and_what_lies_outside_counts_at_the_end() -> None:
    values = {"one": np.array([0.1, 0.2, 99.0, np.nan], np.float32), "two": np.zeros(0, np.float32)}
    option = distributions(values, 0.0, 28.0, "pixels")
    first, second = (np.array(line["data"]) for line in option["series"])
    assert first.shape == (BINS, 2)
    assert first[:, 0].tolist() == (np.arange(28) + 0.5).tolist()
    assert (first[0, 1], first[-1, 1], first[:, 1].sum()) == pytest.approx((2 / 3, 1 / 3, 1), abs=1e-3)
    assert second[:, 1].sum() == 0
    assert len({(line["color"], line["lineStyle"]["type"]) for line in option["series"]}) == 2
    assert not {line["color"] for line in option["series"]} & set(FRAMEWORKS.values())


def test_distributions_can_be_heard() -> None:
    said = distribution_words({"one": np.arange(5, dtype=np.float32)}, "pixels")
    assert said == "one: median 2.0, half from 1.0 to 3.0 pixels"
