from __future__ import annotations

import inspect
import re

import pytest

from digits import errors
from digits.errors import DigitsError, NotFoundError, UsageError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DigitsError)]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({}, "It is wrong."),
        ({"do": "Mend it."}, "It is wrong. Mend it."),
        ({"expected": "right"}, "It is wrong: expected right."),
        ({"received": "left"}, "It is wrong: received left."),
        ({"expected": "right", "received": "left"}, "It is wrong: expected right, received left."),
        ({"expected": 1, "received": 0, "do": "Mend it."}, "It is wrong: expected 1, received 0. Mend it."),
        ({"received": ""}, "It is wrong: received ."),
        ({"received": KeyError("x")}, "It is wrong: received 'x'."),
    ],
)
def test_a_message_says_what_is_wrong_what_was_expected_and_received_and_what_to_do(
    facts: dict[str, object], message: str
) -> None:
    assert str(DigitsError("It is wrong", **facts)) == message


def test_a_message_that_comes_from_another_process_is_not_changed() -> None:
    first = str(UsageError("It is wrong", expected=1, received=0, do="Mend it."))
    assert str(DigitsError(first)) == first


def test_every_error_is_one_kind_of_digits_error_and_says_when_it_is_raised() -> None:
    assert len(KINDS) > 5
    for kind in KINDS:
        assert kind is DigitsError or kind.__bases__ == (DigitsError,)
        assert kind.__doc__


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    drawn = re.findall(r"^ +(?:├── |└── )?(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS)


def test_an_error_is_caught_as_what_it_is() -> None:
    with pytest.raises(DigitsError, match=r"^There is no run 'x'\.$") as caught:
        raise NotFoundError("There is no run 'x'")
    assert type(caught.value) is NotFoundError
    assert not isinstance(caught.value, UsageError)
