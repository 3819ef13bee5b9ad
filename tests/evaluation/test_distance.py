from __future__ import annotations

import numpy as np
import pytest

from digits.evaluation.distance import (
    FARTHEST,
    NEIGHBOURS,
    WEIGHTS,
    Place,
    Scale,
    Space,
    Surroundings,
    allowed,
    scale_of,
    small,
    unit,
)


def plane(count: int, *, seed: int = 0) -> np.ndarray:
    """(count, 30) float32 points near (1, 0, 0, …): they differ along two axes only."""
    generator = np.random.default_rng(seed)
    points = np.zeros((count, 30), np.float32)
    points[:, 0] = 1
    points[:, 1:3] = generator.normal(0, 0.3, (count, 2))
    return points


def test_small_ink_is_the_means_of_two_by_two_pixels() -> None:
    ink = np.random.default_rng(0).integers(0, 256, (3, 784)).astype(np.uint8)
    found = small(ink)
    assert (found.shape, found.dtype) == ((3, 196), np.uint8)
    corner = ink[1].reshape(28, 28)[2:4, 26:28].mean()
    assert found[1].reshape(14, 14)[1, 13] == pytest.approx(corner, abs=0.5)


def test_rows_of_length_one_stay_rows_and_zeros_stay_zeros() -> None:
    rows = unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_what_differs_as_neighbours_differ_is_nearer_than_what_differs_otherwise() -> None:
    place = Place(unit(plane(200)))
    alike, other = plane(2, seed=1), plane(2, seed=1)
    alike[:, 1] += 0.2
    other[:, 7] += 0.2
    near, far = place.distance(unit(alike)), place.distance(unit(other))
    assert (near < 0.05).all()
    assert (far > 0.15).all()
    plain = np.linalg.norm(unit(alike)[:, None] - place.rows, axis=2).min(axis=1)
    assert (place.distance(unit(alike + 0)) <= plain + 0.02).all(), "no farther than the nearest image"


def test_a_flat_is_that_of_the_formula_written_out() -> None:
    generator = np.random.default_rng(3)
    rows, point = generator.normal(size=(NEIGHBOURS, 6)), generator.normal(size=6)
    middle = rows.mean(axis=0)
    spread = rows - middle
    stiff = 0.5 * np.trace(spread @ spread.T) / NEIGHBOURS
    shares = np.linalg.solve(spread @ spread.T + stiff * np.eye(NEIGHBOURS), spread @ (point - middle))
    expected = np.linalg.norm(point - middle - shares @ spread)
    assert Place(rows.astype(np.float32)).distance(point[None].astype(np.float32)) == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_or_equal_images_are_a_place_too(count: int) -> None:
    rows = unit(np.tile(plane(1), (count, 1)))
    assert Place(rows).distance(rows[:1]) == pytest.approx(0, abs=1e-5)
    away = unit(np.eye(30, dtype=np.float32)[20:21])
    assert Place(rows).distance(away) == pytest.approx(np.linalg.norm(rows[0] - away[0]), rel=1e-5)


def test_many_are_measured_as_one_by_one() -> None:
    place, points = Place(unit(plane(300))), unit(np.random.default_rng(1).normal(size=(1_100, 30)))
    together = place.distance(points)
    assert together.shape == (1_100,)
    assert together[[0, 511, 512, 1_099]] == pytest.approx(
        np.concatenate([place.distance(points[[one]]) for one in (0, 511, 512, 1_099)]), rel=1e-5
    )
    assert place.distance(points[:0]).shape == (0,)


def test_a_point_is_held_against_images_of_its_own_digit() -> None:
    points = np.zeros((80, 30), np.float32)
    points[:40, 0] = points[40:, 1] = 1
    points += np.random.default_rng(0).normal(0, 0.02, points.shape)
    space = Space(points, np.repeat([3, 8], 40))
    one = np.eye(30, dtype=np.float32)[:1]
    as_three, as_eight, as_five = (float(space.distance(one, np.array([digit]))[0]) for digit in (3, 8, 5))
    assert as_three < 0.2 < as_eight
    assert as_five == pytest.approx(as_three, abs=0.1), "of a digit that is not there, any image will do"


def test_of_validation_digits_exactly_one_in_a_hundred_is_far() -> None:
    for digits, most in ((50, 0), (99, 0), (100, 1), (144, 1), (287, 2), (1_000, 10)):
        sides = np.random.default_rng(digits).normal(size=(digits, 3))
        found = scale_of(sides).distance(sides)
        assert allowed(digits) == most
        assert int((found > 1).sum()) == most
        assert np.median(found) == pytest.approx(0, abs=0.2)
        assert int((scale_of(sides).distance(sides + 1e-6) > 1).sum()) == most, "rounding carries nobody over"


def test_each_side_counts_in_the_units_in_which_it_varies() -> None:
    sides = np.random.default_rng(0).normal(size=(400, 3))
    stretched = sides * (1, 1_000, 1e-3) + (0, 5, -7)
    assert scale_of(stretched).distance(stretched) == pytest.approx(scale_of(sides).distance(sides), abs=1e-6)


def test_distances_lie_between_nothing_and_the_farthest() -> None:
    scale = Scale(np.zeros(3), np.ones(3), 0.0, float(WEIGHTS.sum()))
    sides = np.array([[-9.0, 0, 0], [1, 1, 1], [2, 2, 2], [1e9, 0, 0]])
    assert scale.distance(sides).tolist() == [0, 1, 2, FARTHEST]
    equal = np.zeros((30, 3))
    assert (scale_of(equal).distance(equal) <= 1).all(), "where nothing varies, nothing is far"


def test_the_sides_are_the_hidden_layer_the_ink_and_the_largest_logit() -> None:
    generator = np.random.default_rng(0)
    hidden, ink = generator.random((60, 12)), generator.integers(0, 256, (60, 784)).astype(np.uint8)
    labels = np.arange(60) % 10
    logits = 5.0 * np.eye(10)[labels]
    around = Surroundings(hidden, small(ink), labels)
    own = around.sides(hidden, ink, logits)
    assert own.shape == (60, 3)
    assert own[:, 2].tolist() == [-5.0] * 60
    others = around.sides(generator.random((60, 12)), np.roll(ink, 300, axis=1), logits)
    assert (others[:, :2].mean(axis=0) > 1.2 * own[:, :2].mean(axis=0)).all()
