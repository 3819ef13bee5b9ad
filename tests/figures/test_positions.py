"""The heat map of positions."""

from __future__ import annotations

import numpy as np

from digits.figures.palette import FRAMEWORKS
from digits.figures.positions import positions


def test_a_cell_stands_where_its_place_is_and_says_the_answer_there() -> None:
    shares, answers = np.array([[1.0, 0.25], [0.5, 0.0]]), np.array([[4, 9], [4, 1]])
    option = positions(shares, answers, "pytorch")
    cells = {
        tuple(cell["value"][:2]): (cell["value"][2], cell["label"]["formatter"])
        for cell in option["series"][0]["data"]
    }
    assert cells == {(0, 0): (1.0, "4"), (1, 0): (0.25, "9"), (0, 1): (0.5, "4"), (1, 1): (0.0, "1")}
    assert option["yAxis"]["inverse"], "the first row is at the top, as on the canvas"
    assert option["visualMap"]["inRange"]["color"][-1] == FRAMEWORKS["pytorch"]
