"""People-given text on a page: each of its letters is shown, and means nothing."""

from __future__ import annotations

import string

import pytest

from tests.hostile import NAMES
from ui.frame import JOINER, plain


def letters(text: str) -> str:
    """What a reader of Markdown makes of `text`: an escaped letter is itself, a word joiner nothing."""
    shown, rest = "", iter(text)
    for letter in rest:
        shown += next(rest) if letter == "\\" else letter
    return shown.replace(JOINER, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_keeps_its_letters_and_none_of_them_means_anything(name: str) -> None:
    assert letters(plain(name)) == name
    free = [letter for before, letter in zip(" " + plain(name), plain(name), strict=False) if before != "\\"]
    assert not set(free) & set(string.punctuation) - {"\\"}


@pytest.mark.parametrize("text", ["http://x", "HTTPS://x", "www.x", "a@b.c", ":streamlit:", ":material_x:"])
def test_what_a_page_would_make_a_link_or_an_icon_is_parted(text: str) -> None:
    assert JOINER in plain(text)


@pytest.mark.parametrize("text", ["->", "<-", "<->", "--", "<=", ">=", "~="])
def test_an_arrow_that_stands_alone_stays_as_it_was_written(text: str) -> None:
    assert JOINER in plain(f"a {text} b")
    assert JOINER not in plain(f"a{text}b"), "an option can be copied from a message"


def test_hidden_letters_are_shown_by_their_number_and_no_line_begins_with_code() -> None:
    assert letters(plain("a\u202eb\x00")) == "a‹U+202E›b‹U+0000›"
    assert plain("one\n\n    two") == "one\n\ntwo"
