"""Claimed and honest as bars: HTML, so that each number stands beside its bar, in both themes and on a phone."""

from __future__ import annotations

import html

from digits.figures.palette import FRAMEWORKS
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

STYLE = """<style>
.claims {display: grid; gap: 14px; max-width: 62rem}
.claims .claim {display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: 4px 16px}
.claims .what span {display: block; font-size: 0.8rem; opacity: 0.75; overflow-wrap: anywhere}
.claims .line {display: grid; grid-template-columns: minmax(0, 1fr) 13.5rem; gap: 10px; align-items: center}
.claims .track {position: relative; height: 16px; margin: 3px 0; border-radius: 2px;
  background: rgba(127, 127, 127, 0.14)}
.claims .bar {height: 100%; border-radius: 2px}
.claims .range {position: absolute; top: 7px; height: 2px; background: currentColor}
.claims .range::before, .claims .range::after {content: ""; position: absolute; top: -4px; width: 2px; height: 10px;
  background: currentColor}
.claims .range::before {left: 0}
.claims .range::after {right: 0}
.claims .number {font-size: 0.85rem; white-space: nowrap}
@media (max-width: 700px) {
  .claims .claim {grid-template-columns: minmax(0, 1fr)}
  .claims .line {grid-template-columns: minmax(0, 1fr); gap: 0}
  .claims .track {margin: 1px 0 5px}
  .claims .number {grid-row: 1}
}
</style>"""


def claims(rows: list[Json]) -> str:
    """Return the HTML of `rows`, each a `name`, a `note`, and `bars`.

    A bar has `framework`, `accuracy`, and `low` and `high` where it is the mean of several. A row without bars says
    in its note why. A framework has its colour and stands by its name.
    """
    lines = "".join(_row(row) for row in rows)
    return f'{STYLE}<div class="claims" role="img" aria-label="{html.escape(words(rows))}">{lines}</div>'


def _row(row: Json) -> str:
    bars = "".join(_line(bar) for bar in row["bars"])
    what = f"<b>{html.escape(row['name'])}</b><span>{html.escape(row['note'])}</span>"
    return f'<div class="claim"><div class="what">{what}</div><div>{bars}</div></div>'


def _line(bar: Json) -> str:
    fill = f'<div class="bar" style="width: {_width(bar["accuracy"])}; background: {FRAMEWORKS[bar["framework"]]}">'
    span = ""
    if bar["high"] > bar["low"]:
        left, width = _width(bar["low"]), _width(bar["high"] - bar["low"])
        span = f'<div class="range" style="left: {left}; width: {width}"></div>'
    track = f'<div class="track">{fill}</div>{span}</div>'
    number = f'<div class="number">{FRAMEWORK_NAMES[bar["framework"]]} {_numbers(bar)}</div>'
    return f'<div class="line">{track}{number}</div>'


def _width(share: float) -> str:
    return f"{100 * share:.2f}%"


def _numbers(bar: Json) -> str:
    """Return an accuracy, and the range where there is one: `61.0 % (58.2 to 65.9)`."""
    several = f" ({100 * bar['low']:.1f} to {100 * bar['high']:.1f})" if bar["high"] > bar["low"] else ""
    return f"<b>{_percent(bar['accuracy'])}</b>{several}"


def _percent(share: float) -> str:
    """Return a share as percent that is 100 only where it is all."""
    text = f"{100 * share:.1f}"
    return f"{text} %" if share >= 1 or text != "100.0" else "&gt;99.9 %"


def words(rows: list[Json]) -> str:
    """Return the same as text."""
    return "; ".join(f"{row['name']}: {', '.join(_said(bar) for bar in row['bars']) or row['note']}" for row in rows)


def _said(bar: Json) -> str:
    text = f"{FRAMEWORK_NAMES[bar['framework']]} {100 * bar['accuracy']:.1f} %"
    several = bar["high"] > bar["low"]
    return text + (f", from {100 * bar['low']:.1f} to {100 * bar['high']:.1f}" if several else "")
