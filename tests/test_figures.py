from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from digits.figures import bars, confusion, curve, curves, digit_map, palette, thin
from digits.figures.maps import columns_of, sheet
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS

each_framework = pytest.mark.parametrize("framework", FRAMEWORKS)


def lines(epochs: int = 3) -> list[Json]:
    """The records of a training of two seconds an epoch, in two calls each."""
    found: list[Json] = []
    for epoch in range(epochs + 1):
        for now in (epoch - 0.5, epoch) if epoch else ():
            found.append({"kind": "steps", "epoch": now, "seconds": now * 2, "loss": 3 - now})
        train, test = {"loss": 9.0, "accuracy": epoch / 10}, {"test_loss": 4.0 - epoch, "test_accuracy": epoch / 20}
        found.append({"kind": "epoch", "epoch": epoch, "seconds": epoch * 2.0, **train, **test})
    return found


def run(framework: str = "pytorch", title: str = "a", epochs: int = 3) -> Json:
    return {"title": title, "framework": framework, "lines": lines(epochs)}


@pytest.mark.parametrize("length", [0, 1, 499, 500])
def test_few_points_are_all_kept(length: int) -> None:
    assert thin(list(range(length))) == list(range(length))


@pytest.mark.parametrize("length", [501, 502, 999, 1000, 12_345])
def test_many_points_become_500_different_ones_with_the_first_and_the_last(length: int) -> None:
    kept = thin(list(range(length)))
    assert len(set(kept)) == len(kept) == 500
    assert (kept[0], kept[-1]) == (0, length - 1)
    assert max(np.diff(kept)) <= length // 249 + 1, "no stretch is left out"
    assert kept == sorted(kept)


def test_a_curve_has_the_records_that_have_its_value() -> None:
    assert curve(lines(2), "test_accuracy", "epoch") == [[0, 0], [1, 0.05], [2, 0.1]]
    assert curve(lines(1), "test_loss", "seconds") == [[0, 4], [2, 3]]
    assert curve(lines(2), "nothing", "epoch") == []
    assert curve([], "loss", "epoch") == []


def test_a_long_training_is_drawn_thin_with_its_last_point() -> None:
    long = {"title": "a", "framework": "pytorch", "lines": lines(2_000)}
    for line in curves([long], "accuracy", "epoch")["series"]:
        assert len(line["data"]) == 500
        assert line["data"][-1][0] == 2_000


def test_train_and_test_of_each_run_are_one_line_each() -> None:
    option = curves([run("pytorch", "one"), run("tensorflow", "two")], "loss", "epoch")
    names = [line["name"] for line in option["series"]]
    assert names == ["one, train", "one, test", "two, train", "two, test"]
    train, test = option["series"][:2]
    assert train["data"] == [[0.5, 2.5], [1, 2], [1.5, 1.5], [2, 1], [2.5, 0.5], [3, 0]], "the steps' losses only"
    assert test["data"] == [[0, 4], [1, 3], [2, 2], [3, 1]]
    assert {line["type"] for line in option["series"]} == {"line"}


def test_the_curve_of_accuracy_is_of_epochs_because_steps_have_none() -> None:
    train, test = curves([run()], "accuracy", "seconds")["series"]
    assert train["data"] == [[0, 0], [2, 0.1], [4, 0.2], [6, 0.3]]
    assert test["data"] == [[0, 0], [2, 0.05], [4, 0.1], [6, 0.15]]


def test_train_and_test_are_told_apart_without_colour_and_so_are_the_frameworks() -> None:
    train, test, _, other = curves([run("pytorch"), run("tensorflow")], "loss", "epoch")["series"]
    assert (train["lineStyle"]["type"], test["lineStyle"]["type"]) == ("dashed", "solid")
    assert train["lineStyle"]["width"] < test["lineStyle"]["width"]
    assert train["color"] == test["color"]
    assert train["symbol"] == "none"
    assert (test["symbol"], other["symbol"]) == ("circle", "triangle")
    assert test["showSymbol"]


def test_markers_vanish_where_they_would_touch() -> None:
    assert curves([run(epochs=119)], "loss", "epoch")["series"][1]["showSymbol"] is True
    assert curves([run(epochs=120)], "loss", "epoch")["series"][1]["showSymbol"] is False


def test_a_framework_has_its_colour_and_a_second_run_of_it_another_shade() -> None:
    runs = [run("tensorflow"), run("pytorch"), run("pytorch"), run("pytorch"), run("pytorch")]
    colours = [line["color"] for line in curves(runs, "loss", "epoch")["series"][::2]]
    assert colours[:2] == ["#0072B2", "#D55E00"]
    assert len(set(colours)) == 4
    assert colours[4] == "#D55E00", "after three shades they begin again"


def test_axes_say_what_they_are_and_loss_is_logarithmic() -> None:
    by_epoch, by_seconds = curves([run()], "loss", "epoch"), curves([run()], "accuracy", "seconds")
    assert (by_epoch["xAxis"]["name"], by_seconds["xAxis"]["name"]) == ("Epoch", "Seconds of training")
    assert (by_epoch["yAxis"]["type"], by_seconds["yAxis"]["type"]) == ("log", "value")
    assert by_seconds["yAxis"]["max"] == 1
    drawn = [y for line in by_epoch["series"] for _, y in line["data"] if y > 0]
    assert by_epoch["yAxis"].get("min", 0) <= min(drawn) < max(drawn) <= by_epoch["yAxis"].get("max", np.inf)
    assert by_epoch["yAxis"]["name"].startswith("Loss, nats")


@pytest.mark.parametrize("runs", [[], [{"title": "a", "framework": "pytorch", "lines": []}], [run()]])
def test_an_option_is_plain_json_even_before_anything_is_recorded(runs: list[Json]) -> None:
    option = curves(runs, "loss", "epoch")
    assert json.loads(json.dumps(option, allow_nan=False)) == option
    assert len(option["series"]) == 2 * len(runs)


def counts() -> np.ndarray:
    """Twos are read right 1,234 times, threes 75 times, and as eights 25 times; there is nothing else."""
    found = np.zeros((10, 10), np.int64)
    found[2, 2], found[3, 3], found[3, 8] = 1234, 75, 25
    return found


@each_framework
def test_a_confusion_matrix_shows_its_counts_and_leaves_zeros_empty(framework: str) -> None:
    cells = confusion(counts(), framework)
    assert {(i, j): cells["texts"][i][j] for i in range(10) for j in range(10) if cells["texts"][i][j]} == {
        (2, 2): "1234", (3, 3): "75", (3, 8): "25",
    }  # fmt: skip
    assert cells["counts"] == counts().tolist()
    assert cells["colour"] == palette.FRAMEWORKS[framework]
    assert json.loads(json.dumps(cells, allow_nan=False)) == cells, "a digit that does not occur divides by nothing"


def test_the_strength_of_a_cell_is_the_fourth_root_of_its_share_of_the_truth_so_that_few_errors_are_seen() -> None:
    strengths = np.array(confusion(counts(), "pytorch")["strengths"])
    assert (strengths[2, 2], strengths[3, 8]) == (1, pytest.approx(0.25**0.25, abs=1e-4))
    assert strengths[3, 3] == pytest.approx(0.75**0.25, abs=1e-4)
    assert np.count_nonzero(strengths) == 3


def test_a_confusion_matrix_can_show_shares_and_says_each_cell_in_words() -> None:
    cells = confusion(counts() * 8, "pytorch", shares=True)
    assert [cells["texts"][i][j] for i, j in ((2, 2), (3, 3), (3, 8), (8, 3))] == ["100", "75.0", "25.0", ""]
    assert cells["captions"][3][8] == "3 read as 8: 200 images, 25.0% of the 3s"


def test_a_share_says_all_or_none_only_where_it_is() -> None:
    found = np.diag(np.full(10, 2154))
    found[4, 4], found[4, 9] = 2153, 1
    cells = confusion(found, "pytorch", shares=True)
    assert (cells["texts"][3][3], cells["texts"][4][4], cells["texts"][4][9]) == ("100", ">99.9", "<0.1")
    assert cells["captions"][4][4] == "4 read as 4: 2,153 images, >99.9% of the 4s"
    assert cells["captions"][4][9] == "4 read as 9: 1 image, <0.1% of the 4s"
    assert cells["captions"][3][8] == "3 read as 8: 0 images, 0% of the 3s"


@each_framework
def test_bars_are_the_ten_probabilities_in_the_frameworks_colour_with_the_answer_solid(framework: str) -> None:
    probabilities = np.array([0.05, 0.6, 0.05, 0.3, 0, 0, 0, 0, 0, 0])
    option = bars(probabilities, framework)
    (series,) = option["series"]
    assert [bar["value"] for bar in series["data"]] == probabilities.tolist()
    assert [digit for digit, bar in enumerate(series["data"]) if bar["itemStyle"]["opacity"] == 1] == [1]
    assert option["color"] == [palette.FRAMEWORKS[framework]]
    assert series["name"] == FRAMEWORK_NAMES[framework]
    assert option["xAxis"]["data"] == list("0123456789")
    assert (option["yAxis"]["min"], option["yAxis"]["max"]) == (0, 1)
    assert json.loads(json.dumps(option)) == option


def unpacked(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype).astype(int)


def test_a_map_keeps_its_shape_and_lies_in_the_middle() -> None:
    positions = np.array([[0, 0], [10, 0], [10, 5], [0, 5]], np.float32)
    packed = digit_map(positions, np.array([3, 0, 3, 9]))
    x, y = unpacked(packed["x"], "<u2"), unpacked(packed["y"], "<u2")
    assert (x[1] - x[0]) == pytest.approx(2 * (y[2] - y[1]), abs=2)
    assert (x.min() + x.max()) / 2 == pytest.approx((y.min() + y.max()) / 2, abs=1)
    assert 0 < x.min() < x.max() < 65_535
    assert unpacked(packed["answers"], "u1").tolist() == [3, 0, 3, 9]


def test_a_map_of_one_place_is_a_point_in_the_middle() -> None:
    packed = digit_map(np.ones((12, 2), np.float32), np.zeros(12, np.int64))
    assert set(unpacked(packed["x"], "<u2")) == set(unpacked(packed["y"], "<u2")) == {32_768}


@pytest.mark.parametrize("images", [1, 4, 5, 30])
def test_a_sheet_holds_every_image_in_rows(images: int) -> None:
    inks = np.random.default_rng(images).integers(0, 256, (images, 28, 28), np.uint8)
    picture = np.asarray(Image.open(io.BytesIO(sheet(inks))).convert("L"), int)
    for number, ink in enumerate(inks):
        row, column = divmod(number, columns_of(images))
        tile = picture[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
        assert np.abs(tile - (255 - ink.astype(int))).max() <= 16, "to sixteen greys"


def test_the_ten_digits_have_ten_colours() -> None:
    assert len({colour.lower() for colour in palette.DIGITS}) == 10


def test_a_framework_begins_with_its_own_colour_and_no_two_mean_the_same() -> None:
    assert palette.FRAMEWORKS == {"pytorch": "#D55E00", "tensorflow": "#0072B2"}
    assert {name: shades[0] for name, shades in palette.SHADES.items()} == palette.FRAMEWORKS
    shades = [shade for shades in palette.SHADES.values() for shade in shades]
    told_apart = [*shades, palette.RIGHT, palette.WRONG, palette.NEUTRAL]
    assert len({colour.lower() for colour in told_apart}) == len(told_apart)
    assert set(palette.SYMBOLS) == set(FRAMEWORKS)
    assert len(set(palette.SYMBOLS.values())) == 2
