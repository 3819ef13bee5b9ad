"""A split as bars, and as text for whoever does not see them."""

from __future__ import annotations

from digits.figures import split_bars, split_words
from digits.figures.palette import PARTS
from digits.figures.split import MOST

TWO = {"train": [[5, 3]] + [[4]] * 9, "test": [[2]] + [[1]] * 9}


def test_each_family_is_a_block_of_its_parts_colour_and_all_lie_in_one_bar_a_digit() -> None:
    option = split_bars(TWO)
    assert [(line["name"], line["data"][:2]) for line in option["series"]] == [
        ("train", [5, 4]), ("train", [3, None]), ("test", [2, 1]),
    ]  # fmt: skip
    assert {line["stack"] for line in option["series"]} == {"split"}
    assert [line["color"] for line in option["series"]] == [PARTS["train"], PARTS["train"], PARTS["test"]]
    assert option["legend"]["data"] == ["train", "test"]


def test_families_too_many_to_be_drawn_are_one_paler_block_and_none_is_lost() -> None:
    option = split_bars({"train": [[2] * (MOST + 30)] + [[7]] * 9})
    assert len(option["series"]) == MOST + 1
    last = option["series"][-1]
    assert (last["data"][0], last["data"][1]) == (60, None)
    assert last["itemStyle"]["opacity"] < option["series"][0]["itemStyle"]["opacity"]
    assert sum(line["data"][0] for line in option["series"]) == 2 * (MOST + 30)


def test_the_text_counts_the_images_of_each_digit_and_their_families_where_they_are_known() -> None:
    assert split_words(TWO, families=True).startswith("0: train 8 of 2 families, test 2 of 1 family; 1: train 4 of 1")
    assert split_words(TWO, families=False).startswith("0: train 8, test 2; 1: train 4, test 1; ")
    assert split_words({"train": [[1]] * 10, "test": [[]] * 10}, families=True).startswith(
        "0: train 1 of 1 family, test 0;"
    )
