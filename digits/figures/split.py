"""A split as bars: of each digit what trains, what chooses and what tests, a family a block."""

from __future__ import annotations

from digits.figures.palette import PARTS
from digits.files import Json

MOST = 12  # families that are drawn of a digit in a part; the others are one paler block
PALER = 0.55
Pieces = dict[str, list[list[int]]]


def split_bars(pieces: Pieces) -> Json:
    """Return an ECharts option: a bar a digit, of `pieces`: of each part and digit, the images of its families."""
    series = [line for part, digits in pieces.items() for line in _blocks(part, digits)]
    return {
        "animation": False, "tooltip": {"trigger": "item"}, "legend": {"top": 0, "left": 0, "data": list(pieces)},
        "grid": {"left": 4, "right": 16, "top": 30, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "inverse": True, "data": [str(digit) for digit in range(10)]},
        "series": series,
    }  # fmt: skip


def _blocks(part: str, digits: list[list[int]]) -> list[Json]:
    """Return the series of one part: its n-th largest family of every digit, and what is too many to be drawn."""
    ranks = min(MOST, max(len(sizes) for sizes in digits))
    drawn = [[sizes[rank] if rank < len(sizes) else None for sizes in digits] for rank in range(ranks)]
    rest = [sum(sizes[MOST:]) or None for sizes in digits]
    lines = [_series(part, data, 1.0) for data in drawn]
    return [*lines, _series(part, rest, PALER)] if any(rest) else lines


def _series(part: str, data: list[int | None], opacity: float) -> Json:
    edge = {"borderColor": "#ffffff", "borderWidth": 1}
    return {"type": "bar", "name": part, "stack": "split", "color": PARTS[part], "data": data,
            "itemStyle": {**edge, "opacity": opacity}}  # fmt: skip


def split_words(pieces: Pieces, *, families: bool) -> str:
    """Return the same as text: of each digit how many images are in each part, and of how many families."""
    return "; ".join(
        f"{digit}: " + ", ".join(_part(part, digits[digit], families) for part, digits in pieces.items())
        for digit in range(10)
    )


def _part(part: str, sizes: list[int], families: bool) -> str:
    of = f" of {len(sizes)} {'family' if len(sizes) == 1 else 'families'}" if families and sizes else ""
    return f"{part} {sum(sizes):,}{of}"
