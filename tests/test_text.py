"""What people give as names is shown letter by letter, or refused."""

from __future__ import annotations

import pytest

from digits.errors import UsageError
from digits.text import given
from tests.hostile import NAMES, UNSEEN


@pytest.mark.parametrize("name", NAMES)
def test_any_letters_that_are_seen_make_a_name(name: str) -> None:
    assert given(f"  {name} ", "name", most=80) == name


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nobody_can_see_is_refused_by_its_number(name: str) -> None:
    with pytest.raises(UsageError, match=r"The name (cannot be shown: .* received U\+|is too long: .* received 81)"):
        given(name, "name", most=80)


def test_a_note_has_lines_and_nothing_else_that_is_hidden() -> None:
    assert given("one\n\ttwo", "note", most=80, lines=True) == "one\n\ttwo"
    with pytest.raises(UsageError, match="received U\\+202E as character 2"):
        given("1\u202e2", "note", most=80, lines=True)
