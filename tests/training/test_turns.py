from __future__ import annotations

from collections import Counter

from digits.files import Json
from digits.training.turns import NAMES, PAIRS, ROUNDS, control_pairs, order_of, ratio_pairs, rounds, timed


def turn(seed: int, epoch: int, duellist: str, seconds: float) -> Json:
    return {"seed": seed, "epoch": epoch, "duellist": duellist, "seconds": seconds}


def round_of(seed: int, epoch: int, *seconds: float) -> list[Json]:
    return [turn(seed, epoch, name, each) for name, each in zip(("p1", "t1", "p2", "t2"), seconds, strict=True)]


def test_every_round_is_a_b_b_a_so_that_both_frameworks_stand_at_the_same_mean_place() -> None:
    for order in ROUNDS:
        assert sorted(order) == sorted(NAMES)
        letters = "".join(name[0] for name in order)
        assert letters in ("pttp", "tppt")


def test_after_four_rounds_each_process_stood_once_at_each_place() -> None:
    for place in range(4):
        assert Counter(order_of(number)[place] for number in range(4)) == Counter(NAMES)
    assert order_of(4) == order_of(0)


def test_each_pair_of_the_ratio_stands_side_by_side_in_every_round() -> None:
    for order in ROUNDS:
        for one, other in PAIRS:
            assert abs(order.index(one) - order.index(other)) == 1


def test_a_round_counts_when_it_is_whole_and_not_the_first_of_its_seed() -> None:
    turns = [
        *round_of(1, 0, 9, 9, 9, 9), *round_of(1, 1, 8, 8, 8, 8), *round_of(1, 2, 1, 2, 3, 4),
        *round_of(2, 1, 7, 7, 7, 7), *round_of(2, 2, 5, 6, 7, 8), *round_of(2, 3, 1, 1, 1, 1)[:3],
    ]  # fmt: skip
    assert len(list(rounds(turns))) == 4
    counted = timed(turns)
    assert ratio_pairs(counted) == [[(1, 2), (3, 4)], [(5, 6), (7, 8)]]
    assert control_pairs(counted, "pytorch") == [[(1, 3)], [(5, 7)]]
    assert control_pairs(counted, "tensorflow") == [[(2, 4)], [(6, 8)]]
