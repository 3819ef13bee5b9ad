"""A whole number: digits drawn side by side, taken apart and put in reading order.

Where the canvas gives the strokes, each belongs to one digit, whatever it touches. From a picture alone, ink that
hangs together is a piece, and pieces in which two digits touch are cut. Which pieces make a digit, `grouping` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import ImageError
from digits.images.grouping import DOT, SPACING, dense, group, slant
from digits.images.strokes import CANVAS_SIDE, DRAWN_SIDE, Points, smooth
from digits.images.touching import halves

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
MARGIN = CANVAS_SIDE / DRAWN_SIDE  # a digit's picture is as much larger than its ink as the canvas
SOLID = 1 / 3  # of the darkest ink: what is fainter joins no pieces
MOST_PIECES = 60  # strokes of twelve digits of five; more is scribble, or noise of a picture
MOST_POINTS = 20_000  # of a stroke that leaves the sheet, a pixel apart
JOINED = 1.3  # heights of the line: a stroke so wide goes through several
EDGE = 1.0  # pixels that a painted stroke fades out beyond its pen
FRACTION = 4  # bits of a pixel's fraction, where OpenCV draws a line


@dataclass(frozen=True)
class Part:
    """One digit of a number.

    `ink` (side, side) uint8 is its own ink alone, in the middle of a square whose upper left pixel lies at `corner`
    (x, y) of the whole picture, perhaps outside; `box` is left, top, right and bottom of the ink there, the last two
    exclusive; `strokes` are the places of its strokes, none where it was read from a picture.
    """

    ink: Bytes
    corner: tuple[int, int]
    box: tuple[int, int, int, int]
    strokes: tuple[int, ...] = ()


def separate(ink: Bytes, strokes: Sequence[Points] | None = None) -> list[Part]:
    """Return the digits in `ink` (h, w) uint8 in reading order; none where there is none.

    `strokes` are (n, 2) float64 points in pixels of the picture, y growing downwards. Raises `ImageError` for another
    array.
    """
    if ink.dtype != np.uint8 or ink.ndim != 2:
        received = f"{ink.dtype} {ink.shape}"
        raise ImageError("Ink cannot be taken apart", expected="uint8 (h, w)", received=received)
    if not ink.any():
        return []
    curves = {
        place: curve for place, stroke in enumerate(strokes or ()) if len(curve := _on_sheet(stroke, ink.shape))
    }
    return _from_strokes(ink, curves) if curves else _from_picture(ink)


def _on_sheet(stroke: Points, shape: tuple[int, ...]) -> Points:
    """Return the points (n, 2) of the brush's curve that lie on the sheet: what left it is not seen."""
    curve = smooth(stroke)
    if _within(curve, shape).all():
        return curve
    length = float(np.hypot(*np.diff(curve, axis=0).T).sum())
    points = dense(curve, max(1.0, length / MOST_POINTS))
    return points[_within(points, shape)]


def _within(points: Points, shape: tuple[int, ...]) -> Mask:
    return np.asarray(((points >= 0) & (points <= (shape[1], shape[0]))).all(axis=1))


def _extent(points: Points) -> float:
    return float(np.ptp(points, axis=0).max())


def _from_strokes(ink: Bytes, strokes: dict[int, Points]) -> list[Part]:
    """Return the digits of drawn strokes. Ink is of every digit whose pen reached it, else of the nearest."""
    places = sorted(sorted(strokes, key=lambda place: -_extent(strokes[place]))[:MOST_PIECES])
    curves = [strokes[place] for place in places]
    pens = _half_pens(ink, curves)
    beyond = np.stack([_away(ink.shape, curve) - pen for curve, pen in zip(curves, pens, strict=True)])
    nearest = beyond.min(axis=0)  # how far each pixel lies beyond the pen of the nearest stroke, dots and all
    digits = group(curves)
    line = max(float(np.ptp(np.concatenate([curves[place] for place in digit])[:, 1])) for digit in digits)
    parts = []
    for digit in digits:
        away = beyond[digit].min(axis=0)
        own = (away <= EDGE) | (away <= nearest)
        joined = max(float(np.ptp(curves[place][:, 0])) for place in digit) > JOINED * line
        for mine in _cut_apart(ink, own, line) if joined else [own]:
            parts += _part(ink, mine, tuple(sorted(places[place] for place in digit)))
    return parts


def _half_pens(ink: Bytes, curves: list[Points]) -> list[float]:
    """Return half the width of the pen that drew each curve: how far paper is away from its middle."""
    depth = _depth(ink >= ink.max() / 2)
    most = np.array(ink.shape[::-1]) - 1
    at = [np.clip(dense(curve, 1.0), 0, most).astype(np.int64) for curve in curves]
    return [float(np.median(depth[points[:, 1], points[:, 0]])) - 0.5 for points in at]


def _cut_apart(ink: Bytes, own: Mask, line: float) -> list[Mask]:
    """Return which ink each digit has of that of strokes that go through several, from left to right."""
    labels = np.asarray(own & (ink >= max(1.0, ink.max() * SOLID)), np.int32)
    if not labels.any():
        return [own]
    pen = _pen(labels > 0)
    pieces = _cut(labels, [1], pen, line=line + pen)
    nearest = _spread(labels)
    return [own & (nearest == piece) for piece in sorted(pieces, key=lambda one: np.nonzero(labels == one)[1].mean())]


def _away(shape: tuple[int, ...], curve: Points) -> NDArray[np.float32]:
    """Return how far each pixel lies from a curve, in pixels."""
    paper = np.full(shape, 255, np.uint8)
    places = np.round((curve[[0, *range(len(curve))]] - 0.5) * (1 << FRACTION)).astype(np.int32)
    cv2.polylines(paper, [places], isClosed=False, color=0, shift=FRACTION)
    return _depth(paper > 0)


def _depth(solid: Mask) -> NDArray[np.float32]:
    """Return how far each pixel of `solid` (h, w) lies from the nearest that is none, in pixels; all may be solid."""
    away = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.minimum(away, np.float32(sum(solid.shape)))


def _from_picture(ink: Bytes) -> list[Part]:
    """Return the digits of a picture. Faint ink goes with the solid ink that is nearest."""
    labels, kept = _hanging_together(ink >= max(1.0, ink.max() * SOLID))
    pen = _pen(labels > 0)
    kept = _cut(labels, kept, pen)
    digits = group([_outline(labels == label) for label in kept], pen=pen)
    nearest = _spread(labels)
    return [part for digit in digits for part in _part(ink, np.isin(nearest, [kept[place] for place in digit]))]


def _hanging_together(solid: Mask) -> tuple[Labels, list[int]]:
    """Return (h, w) the number of its piece of solid ink at each pixel, from 1, and which pieces are no dots."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8))
    sizes = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    larger = sizes.max(axis=1) > DOT * max(sizes[:, 1].max(), DOT * sizes[:, 0].max())
    largest = np.argsort(-stats[1:, cv2.CC_STAT_AREA] * larger, kind="stable")[: min(MOST_PIECES, int(larger.sum()))]
    return np.asarray(labels, np.int32), (largest + 1).tolist()


def _cut(labels: Labels, kept: list[int], pen: float, *, line: float = 1.0) -> list[int]:
    """Cut the pieces in which digits touch, in place; return the numbers of all. The `line` is at least so high."""
    outlines = [_outline(labels == label) for label in kept]
    line = max(line, *(float(np.ptp(outline[:, 1])) for outline in outlines))
    shear = slant([dense(outline / line, SPACING) for outline in outlines])
    waiting, done = list(kept), []
    while waiting:
        piece = labels == waiting[-1]
        x, y, wide, high = cv2.boundingRect(piece.astype(np.uint8))
        right = halves(piece[y : y + high, x : x + wide], line=line, shear=shear, pen=pen)
        if right is None:
            done.append(waiting.pop())
        else:
            waiting.append(int(labels.max()) + 1)
            labels[y : y + high, x : x + wide][piece[y : y + high, x : x + wide] & right] = waiting[-1]
    return done


def _outline(piece: Mask) -> Points:
    """Return (n, 2) the longest closed outline of a piece, in pixels of x and y."""
    found, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(found, key=len)[:, 0].astype(np.float64) + 0.5


def _pen(solid: Mask) -> float:
    """Return about how wide the pen was: within a line, paper is a quarter of its width away on average."""
    return 4 * (float(_depth(solid)[solid].mean()) - 0.5)


def _spread(labels: Labels) -> Labels:
    """Return (h, w) the number of the nearest piece at each pixel."""
    _, places = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbers = np.zeros(int(places.max()) + 1, np.int32)
    numbers[places[labels > 0]] = labels[labels > 0]
    return np.asarray(numbers[places], np.int32)


def _part(ink: Bytes, own: Mask, strokes: tuple[int, ...] = ()) -> list[Part]:
    """Return the digit whose ink is where `own` says, or nothing where there is none."""
    mine = np.where(own, ink, 0).astype(np.uint8)
    left, top, wide, high = cv2.boundingRect(mine)
    if not wide:
        return []
    side = int(np.ceil(max(wide, high) * MARGIN))
    across, down = (side - wide) // 2, (side - high) // 2
    picture = np.zeros((side, side), np.uint8)
    picture[down : down + high, across : across + wide] = mine[top : top + high, left : left + wide]
    return [Part(picture, (left - across, top - down), (left, top, left + wide, top + high), strokes)]
