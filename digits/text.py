"""Names and notes that people give: text of a bounded length in which every letter can be seen."""

from __future__ import annotations

import re

from digits.errors import UsageError

# Control characters but for tab and line feed, what turns the direction of writing, halves of characters.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def given(text: str, what: str, *, most: int, lines: bool = False) -> str:
    """Return `text`, which a person gave as `what`, without spaces around it; a note may have several `lines`.

    Raises `UsageError` if it is longer than `most` characters, or holds letters that nobody can see.
    """
    kept = text.strip()
    if len(kept) > most:
        raise UsageError(f"The {what} is too long", expected=f"at most {most:,} characters",
                         received=f"{len(kept):,}")  # fmt: skip
    hidden = HIDDEN.search(kept) or (None if lines else re.search(r"[\n\t]", kept))
    if hidden:
        raise UsageError(f"The {what} cannot be shown", expected="letters that can be seen",
                         received=f"U+{ord(hidden[0]):04X} as character {hidden.start() + 1}")  # fmt: skip
    return kept
