"""Runs against data sets as a heat map: an HTML table, so that its numbers are text in both themes."""

from __future__ import annotations

import html

from digits.figures.palette import RIGHT
from digits.files import Json

STRONGEST = 60  # percent of the colour: with more of it, neither dark nor light text could be read
STYLE = f"""<style>
.board {{overflow-x: auto}}
.board table {{border-collapse: separate; border-spacing: 3px; min-width: 26rem}}
.board th {{font-weight: 600; text-align: left; padding: 4px 8px; font-size: 0.85rem; overflow-wrap: anywhere}}
.board th[scope=row] {{font-weight: 400; min-width: 9rem; max-width: 20rem}}
.board td {{text-align: right; padding: 6px 10px; min-width: 5rem; border-radius: 3px; vertical-align: top;
  background: color-mix(in srgb, {RIGHT} calc(var(--share) * {STRONGEST}%), transparent)}}
.board td.own {{outline: 2px solid currentColor; outline-offset: -2px}}
.board td span {{display: block; font-size: 0.75rem; white-space: nowrap}}
.board .scale {{height: 12px; max-width: 20rem; border-radius: 3px; margin-top: 6px;
  background: linear-gradient(to right, transparent, color-mix(in srgb, {RIGHT} {STRONGEST}%, transparent));
  border: 1px solid rgba(127, 127, 127, 0.4)}}
.board .ends {{display: flex; justify-content: space-between; max-width: 20rem; font-size: 0.75rem}}
</style>"""


def board(columns: list[str], rows: list[Json]) -> str:
    """Return the HTML of a heat map of accuracies.

    Each row has a `name` and a cell for each of the `columns`: `accuracy` (0 to 1, or None), `note` (a word under
    the number) and `own` (whether it is the test part of its own data set, which is framed).
    """
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    body = "".join(_row(row) for row in rows)
    title = "Share of images read right: a run a row, a data set a column"
    return (
        f'{STYLE}<div class="board"><table aria-label="{title}">'
        f'<thead><tr><th scope="col">Run</th>{head}</tr></thead><tbody>{body}</tbody></table>'
        '<div class="scale"></div><div class="ends"><span>0 % read right</span><span>100 %</span></div></div>'
    )


def _row(row: Json) -> str:
    return f'<tr><th scope="row">{html.escape(row["name"])}</th>{"".join(_cell(cell) for cell in row["cells"])}</tr>'


def _cell(cell: Json) -> str:
    kind = ' class="own"' if cell["own"] else ""
    note = f"<span>{html.escape(cell['note'])}</span>" if cell["note"] else ""
    share = cell["accuracy"] or 0.0
    return f'<td{kind} style="--share: {share:.4f}">{_percent(cell["accuracy"])}{note}</td>'


def _percent(share: float | None) -> str:
    """Return a share as percent, 100 only where it is all; a dash where it is unknown."""
    if share is None:
        return "–"
    text = f"{100 * share:.1f}"
    return f"{text} %" if share >= 1 or text != "100.0" else "&gt;99.9 %"
