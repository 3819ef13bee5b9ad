"""A table whose rows explain themselves, on a phone too: HTML, each note under the name that it explains."""

from __future__ import annotations

import html
from collections.abc import Sequence

from digits.files import Json

STYLE = """<style>
.explained {overflow-x: auto; max-width: 62rem}
.explained table {border-collapse: collapse; width: 100%; font-size: 0.9rem}
.explained th, .explained td {padding: 6px 10px; text-align: left; vertical-align: top; overflow-wrap: break-word;
  border-bottom: 1px solid rgba(127, 127, 127, 0.25)}
.explained thead th {font-size: 0.85rem; border-bottom-width: 2px}
.explained tbody th {font-weight: 400; min-width: 9rem}
.explained tbody th b {font-weight: 600}
.explained tbody th span {display: block; font-size: 0.78rem; opacity: 0.75}
.explained td {font-variant-numeric: tabular-nums}
.explained td.same {opacity: 0.8}
.explained td.short {white-space: nowrap}
.explained th em {display: inline-block; font-style: normal; font-size: 0.78rem; font-weight: 600;
  white-space: nowrap; margin-left: 6px; padding: 0 6px; border-radius: 9px; border: 1px solid}
.explained tr.apart th {box-shadow: inset 4px 0 0 #CC79A7}
@media (max-width: 700px) {
  .explained th, .explained td {padding: 5px 6px}
  .explained tbody th {min-width: 6rem}
}
</style>"""
SHORT = 12  # letters: no line ends between a number and its unit


def table(heads: Sequence[str], rows: list[Json], title: str) -> str:
    """Return the HTML of a table: `heads` are those of all columns, `title` says to a screen reader what it is.

    Each of `rows` has a `name`, a `note` under it, and `values`, a text a column; one that has `same` has one value
    for all columns, which is written once. It may have a `mark` (a word behind the name) and be `apart`, which is
    shown at its edge as well.
    """
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = "".join(_row(row, len(heads) - 1) for row in rows)
    return (f'{STYLE}<div class="explained"><table aria-label="{html.escape(title)}"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")  # fmt: skip


def _row(row: Json, columns: int) -> str:
    mark = f"<em>{html.escape(row['mark'])}</em>" if row.get("mark") else ""
    note = f"<span>{html.escape(row['note'])}</span>" if row.get("note") else ""
    cells = "".join(_cell(value) for value in row["values"])
    if row.get("same"):
        cells = f'<td class="same" colspan="{columns}">{html.escape(row["values"][0])}</td>'
    kind = ' class="apart"' if row.get("apart") else ""
    return f'<tr{kind}><th scope="row"><b>{html.escape(row["name"])}</b>{mark}{note}</th>{cells}</tr>'


def _cell(value: str) -> str:
    short = ' class="short"' if len(value) <= SHORT else ""
    return f"<td{short}>{html.escape(value)}</td>"
