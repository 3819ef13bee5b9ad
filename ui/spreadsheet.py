"""Tables that are saved for a spreadsheet: CSV in which no cell is a formula, whatever a run or a file is called."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # with these a spreadsheet begins to calculate; wide ones too, in Japan


def csv_of(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return `rows` under `names` as CSV (RFC 4180) in UTF-8; before what would be a formula stands an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)  # its line ends are CR LF, so that it quotes either
    writer.writerow(names)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
