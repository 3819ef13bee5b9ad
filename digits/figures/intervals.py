"""Estimates with their intervals on one axis, a line at what would mean no difference: HTML, for both themes."""

from __future__ import annotations

import html
from dataclasses import dataclass
from math import log

import numpy as np

from digits.files import Json

STYLE = """<style>
.intervals {display: grid; gap: 2px; max-width: 62rem}
.intervals .row {display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr) 10.5rem; gap: 4px 16px;
  align-items: center}
.intervals .what {padding: 5px 0}
.intervals .what span {display: block; font-size: 0.8rem; opacity: 0.75}
.intervals .track {position: relative; height: 100%; min-height: 34px}
.intervals .track.axis {min-height: 20px; font-size: 0.75rem}
.intervals .track.axis span {position: absolute; transform: translateX(-50%); white-space: nowrap}
.intervals .ends {display: flex; justify-content: space-between; gap: 8px; font-size: 0.8rem; font-weight: 600}
.intervals .ends span + span {text-align: right}
.intervals .middle {position: absolute; top: -2px; bottom: -2px; width: 0; border-left: 2px dashed currentColor;
  opacity: 0.55}
.intervals .dot {position: absolute; width: 8px; height: 8px; border-radius: 50%; margin: -4px 0 0 -4px;
  background: rgba(127, 127, 127, 0.6)}
.intervals .range {position: absolute; top: calc(50% - 5px); height: 10px; min-width: 3px; border-radius: 2px;
  background: var(--colour, currentColor)}
.intervals .range.thin {top: calc(50% - 1.5px); height: 3px; opacity: 0.8}
.intervals .value {position: absolute; top: calc(50% - 15px); height: 30px; width: 4px; margin-left: -2px;
  background: var(--colour, currentColor); outline: 1px solid rgba(255, 255, 255, 0.7)}
.intervals .number {font-size: 0.85rem}
@media (max-width: 700px) {
  .intervals .row {grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px}
  .intervals .row .track, .intervals .row .ends {grid-column: 1 / -1}
  .intervals .row .number {grid-row: 1; grid-column: 2; text-align: right}
  .intervals .row .empty {display: none}
}
</style>"""
# What may be written at an axis of ratios: the first of these of which few enough lie on it.
RATIOS = (
    (0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5),
    (0.1, 0.2, 0.5, 1, 2, 5, 10),
    (0.01, 0.1, 0.3, 1, 3, 10, 100),
)
MARGIN = 0.06  # of the axis, on either side
MOST_MARKS = 7


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`; a `ratio` is drawn by its logarithm, so that half and double lie equally far."""

    low: float
    high: float
    ratio: bool

    @property
    def middle(self) -> float:
        """The value that means no difference."""
        return 1.0 if self.ratio else 0.0

    def place(self, value: float) -> float:
        """Return where `value` lies, in percent of the axis."""
        low, high, at = (log(each) if self.ratio else each for each in (self.low, self.high, value))
        return 100 * (at - low) / (high - low)

    def marks(self) -> list[float]:
        """Return at most seven values to write at the axis."""
        if not self.ratio:
            return self._even()
        several = [[mark for mark in marks if self.low <= mark <= self.high] for marks in RATIOS]
        return next(marks for marks in several if len(marks) <= MOST_MARKS)

    def _even(self) -> list[float]:
        span = self.high - self.low
        power = float(10.0 ** np.floor(np.log10(span)))
        step = next(power * part for part in (0.2, 0.5, 1.0, 2.0) if span / (power * part) < MOST_MARKS)
        first, last = int(np.ceil(self.low / step)), int(np.floor(self.high / step))
        return [round(number * step, 12) for number in range(first, last + 1)]


def axis_of(rows: list[Json], *, ratio: bool) -> Axis:
    """Return the axis on which all of `rows` and its middle lie."""
    middle = 1.0 if ratio else 0.0
    values = [middle, *(value for row in rows for value in (row["low"], row["high"], *row.get("points", [])))]
    low, high = (log(each) if ratio else each for each in (min(values), max(values)))
    least = 0.05 if ratio else 0.001  # equal values get an axis too
    spare = max(high - low, least) * MARGIN
    if high - low < least:
        spare = least
    ends = low - spare, high + spare
    low, high = (float(np.exp(end)) if ratio else float(end) for end in ends)
    return Axis(low, high, ratio)


def intervals(rows: list[Json], ends: tuple[str, str], *, ratio: bool = False) -> str:
    """Return the HTML of `rows`, each a `name`, a `note`, `low`, `high`, and `text`, what stands beside it.

    A row may have a `value` (its estimate), `points` (what that was made from) and a `colour`; one without a value is
    thin. `ends` say what lies left and right of the middle: 1 of a `ratio`, else 0.
    """
    axis = axis_of(rows, ratio=ratio)
    marks = "".join(f'<span style="left: {axis.place(mark):.2f}%">{_mark(mark, ratio)}</span>'
                    for mark in axis.marks())  # fmt: skip
    empty = '<div class="empty"></div>'
    head = f'<div class="ends"><span>◀ {html.escape(ends[0])}</span><span>{html.escape(ends[1])} ▶</span></div>'
    return (
        f'{STYLE}<div class="intervals" role="img" aria-label="{html.escape(interval_words(rows))}">'
        f'<div class="row">{empty}{head}{empty}</div>{"".join(_row(row, axis) for row in rows)}'
        f'<div class="row">{empty}<div class="track axis">{marks}</div>{empty}</div></div>'
    )


def _mark(value: float, ratio: bool) -> str:
    return f"{value:g}".replace("-", "−") + (" ×" if ratio else "")


def _row(row: Json, axis: Axis) -> str:
    points = row.get("points", [])
    tall = f' style="min-height: {min(120, 34 + 3 * len(points))}px"' if points else ""
    colour = f' style="--colour: {row["colour"]}"' if row.get("colour") else ""
    what = f'<div class="what"><b>{html.escape(row["name"])}</b><span>{html.escape(row["note"])}</span></div>'
    track = f'<div class="track"{tall}>{_middle(axis)}{_dots(points, axis)}{_range(row, axis)}</div>'
    return f'<div class="row"{colour}>{what}{track}<div class="number">{html.escape(row["text"])}</div></div>'


def _middle(axis: Axis) -> str:
    return f'<i class="middle" style="left: {axis.place(axis.middle):.2f}%"></i>'


def _dots(points: list[float], axis: Axis) -> str:
    """Return a dot a point, one under the other in the order of time, so that none hides another."""
    last = max(1, len(points) - 1)
    return "".join(
        f'<i class="dot" style="left: {axis.place(point):.2f}%; top: {8 + 84 * number / last:.0f}%"></i>'
        for number, point in enumerate(points)
    )


def _range(row: Json, axis: Axis) -> str:
    left, right = axis.place(row["low"]), axis.place(row["high"])
    thin = "" if "value" in row else " thin"
    value = f'<i class="value" style="left: {axis.place(row["value"]):.2f}%"></i>' if "value" in row else ""
    return f'<i class="range{thin}" style="left: {left:.2f}%; width: {right - left:.2f}%"></i>{value}'


def interval_words(rows: list[Json]) -> str:
    """Return the same as text."""
    return "; ".join(f"{row['name']}: {row['text']}" for row in rows)
