"""How digits are drawn, in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digits.dataset import shapes
from digits.dataset.dataset import Dataset
from digits.dataset.shapes import MEASURES, SAMPLE, measure
from digits.files import sha256
from tests.starter import build_starter


def line(x0: float, y0: float, x1: float, y1: float, width: float) -> np.ndarray:
    """(28, 28) uint8 ink of one stroke, drawn 16 times larger and shrunk."""
    large = Image.new("L", (448, 448))
    places = [16 * value for value in (x0, y0, x1, y1)]
    ImageDraw.Draw(large).line(places, fill=255, width=round(16 * width))
    return np.asarray(large.resize((28, 28), Image.Resampling.BOX))


def of(*pictures: np.ndarray) -> dict[str, np.ndarray]:
    return dict(measure(np.stack(pictures)))


@pytest.mark.parametrize("width", [2.0, 3.0, 4.0])
def test_the_width_of_a_stroke_is_nearly_that_of_the_pen(width: float) -> None:
    found = of(line(14, 4, 14, 24, width), line(6, 24, 20, 4, width))["stroke"]
    expected = 2 * 20 * width / (2 * 20 + 2 * width)  # the ends count to the outline
    assert found[0] == pytest.approx(expected, rel=0.05)
    assert found[1] == pytest.approx(width, rel=0.2), "at an angle too"


@pytest.mark.parametrize("degrees", [-30, 0, 20, 40])
def test_slant_is_the_angle_of_an_upright_stroke_to_the_right(degrees: float) -> None:
    shift = 10 * np.tan(np.radians(degrees))
    found = of(line(14 - shift, 24, 14 + shift, 4, 2))["slant"][0]
    assert found == pytest.approx(degrees, abs=1.5)


def test_ink_size_and_place_are_those_of_a_box() -> None:
    ink = np.zeros((28, 28), np.uint8)
    ink[10:20, 16:20] = 255
    found = {name: float(values[0]) for name, values in of(ink).items()}
    assert found["ink"] == pytest.approx(100 * 40 / 784)
    assert (found["height"], found["width"]) == (10, 4)
    assert (found["x"], found["y"]) == pytest.approx((4, 1)), "from the middle, which is between two pixels"


def test_a_shadow_does_not_widen_the_box_and_an_empty_picture_has_no_shape() -> None:
    ink = np.zeros((2, 28, 28), np.uint8)
    ink[0, 10:20, 16:20] = 255
    ink[0, 2] = 10
    found = measure(ink)
    assert found["height"][0] == 10
    assert all(np.isnan(found[name][1]) for name in MEASURES)
    assert all(len(values) == 0 for values in measure(ink[:0]).values())


def test_a_build_measures_and_another_data_set_s_numbers_are_not_taken() -> None:
    build_starter()
    dataset = Dataset.open("starter")
    kept = shapes.read(dataset)
    assert kept is not None
    assert {len(values) for values in kept.values()} == {1_797}
    again = shapes.compute(dataset)
    assert all(np.array_equal(kept[name], again[name], equal_nan=True) for name in MEASURES)
    shapes.save(dataset.folder, sha256(b"other"), kept)
    assert shapes.read(dataset) is None
    (dataset.folder / shapes.FILE).write_bytes(b"PK")
    assert shapes.read(dataset) is None


def test_of_many_images_the_same_five_thousand_are_measured_anywhere() -> None:
    rows = shapes.sample(100_000)
    assert len(set(rows.tolist())) == SAMPLE
    assert (np.diff(rows) > 0).all()
    assert sha256(rows.astype("<i8").tobytes()) == sha256(shapes.sample(100_000).astype("<i8").tobytes())
    assert shapes.sample(3).tolist() == [0, 1, 2]
