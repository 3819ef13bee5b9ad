"""The command about the drawings that people kept."""

from __future__ import annotations

from collections import Counter

import click

from digits import drawings as kept_drawings
from digits.commands.terminal import command, path_of
from digits.errors import UsageError
from digits.files import Json

ACTIONS = ("list", "export", "import", "delete", "correct")


@command
@click.argument("action", type=click.Choice(ACTIONS), default="list")
@click.argument("what", nargs=-1)
@click.option("--overwrite", is_flag=True, help="Let an export replace a file of that name.")
def drawings(action: str, what: tuple[str, ...], overwrite: bool) -> Json:
    """Handle the drawings that were kept on the page Draw.

    list; export FILE, a .json.gz of pen strokes; import FILE, each drawing once; delete ID, or several;
    correct ID DIGIT.
    """
    if action == "list":
        _take(what, 0, "list")
        return _listed()
    if action == "export":
        path = path_of(_take(what, 1, "export FILE")[0])
        return {"file": str(path), "drawings": kept_drawings.export(path, overwrite=overwrite)}
    if action == "import":
        added, there = kept_drawings.add(path_of(_take(what, 1, "import FILE")[0]))
        return {"added": added, "there": there}
    if action == "delete":
        if not what:
            raise UsageError("Nothing is named", expected="delete ID, or several", received="nothing")
        return {"deleted": [removed.id for removed in kept_drawings.delete(what)]}
    id, digit = _take(what, 2, "correct ID DIGIT")
    if not (digit.isascii() and digit.isdigit() and len(digit) == 1):
        raise UsageError("This is no digit", expected="0 to 9", received=repr(digit[:20]))
    kept = kept_drawings.correct(id, int(digit))
    return {"drawing": kept.id, "digit": kept.digit}


def _take(what: tuple[str, ...], count: int, form: str) -> tuple[str, ...]:
    if len(what) != count:
        received = " ".join(what)[:80] or "nothing"
        raise UsageError("It is not clear what is meant", expected=form, received=f"{received} after the action")
    return what


def _listed() -> Json:
    kept, damaged = kept_drawings.shelf()
    counts = Counter(one.digit for one in kept)
    rows = [
        {"drawing": one.id, "digit": one.digit, "writer": one.writer, "time": one.time, "answers": dict(one.answers)}
        for one in kept
    ]
    return {"drawings": rows, "per_digit": [counts[digit] for digit in range(10)], "damaged": list(damaged.values())}
