"""A drawing that is kept: what is known of it, how it is made of a canvas, and how it is read from its JSON."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import IntegrityError, NotFoundError, UsageError
from digits.files import Json, read_json, sha256
from digits.images.strokes import FARTHEST, LONGEST_WRITER, Points
from digits.settings import part

Bytes = NDArray[np.uint8]
NARROWEST, WIDEST, PENS = 28, 1_024, (1.0, 512.0)  # the canvases and the pens that are believed, in pixels
DAMAGED = "a digit, strokes, a canvas, a pen and the time"


class Canvas(Protocol):
    """What is on a canvas: its ink as it shows, the strokes in its pixels, y growing downwards, and the pens."""

    @property
    def ink(self) -> Bytes:
        """(side, side) uint8."""

    @property
    def strokes(self) -> tuple[Points, ...]:
        """(n, 2) float64 each."""

    @property
    def pen(self) -> float:
        """Its width in pixels, when the last stroke was drawn."""

    @property
    def pens(self) -> tuple[float, ...]:
        """The width of each stroke; none where all are as wide as the pen."""


@dataclass(frozen=True)
class Kept:
    """A drawing of the lab: `strokes` are (n, 2) float64 in pixels of a `canvas` of that side, y growing downwards.

    `answers` are what runs said of it when it was kept, by their ids; `time` is when, in UTC; `picture` is the
    SHA-256 of the PNG; `pens` are the widths of the strokes, where they are not all as wide as `pen`.
    """

    id: str
    digit: int
    writer: str
    strokes: tuple[Points, ...] = field(compare=False)
    canvas: int
    pen: float
    time: str
    answers: Mapping[str, int] = field(compare=False)
    picture: str
    pens: tuple[float, ...] = ()

    def ink(self) -> Bytes:
        """Return its picture, (canvas, canvas) uint8 ink. Raises `IntegrityError`."""
        try:
            data = (part("drawings") / f"{self.id}.png").read_bytes()
        except OSError as error:
            raise IntegrityError(f"The picture of drawing {self.id} is missing") from error
        if sha256(data) != self.picture:
            raise IntegrityError(
                f"The picture of drawing {self.id} is damaged",
                expected=f"SHA-256 {self.picture[:16]}",
                received=sha256(data)[:16],
            )
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            return 255 - np.asarray(image.convert("L"))

    def as_json(self) -> Json:
        """Return what its file holds."""
        strokes = [stroke.tolist() for stroke in self.strokes]
        return {"digit": self.digit, "writer": self.writer, "canvas": self.canvas, "pen": self.pen,
                **pens_of(self.pens), "time": self.time, "answers": dict(self.answers), "picture": self.picture,
                "strokes": strokes}  # fmt: skip


def pens_of(pens: Sequence[float]) -> Json:
    """Return what the JSON of a drawing says of its strokes' widths beside the pen's: nothing where all have that."""
    return {"pens": list(pens)} if pens else {}


def writer_named(name: str) -> str:
    """Return the writer's name as it is kept. Raises `UsageError` if it is too long."""
    kept = name.strip()
    if len(kept) > LONGEST_WRITER:
        raise UsageError("The writer's name is too long", expected=f"at most {LONGEST_WRITER} characters",
                         received=len(kept))  # fmt: skip
    return kept or "me"


def made(digit: int, drawn: Canvas, *, writer: str, answers: Mapping[str, int] | None = None) -> tuple[Kept, bytes]:
    """Return a drawing and its PNG, not kept yet. Raises `UsageError`."""
    _check(digit, drawn)
    file = io.BytesIO()
    Image.fromarray(255 - drawn.ink).save(file, "PNG")  # black on white paper, as it was seen
    kept = Kept(
        id=secrets.token_hex(8), digit=int(digit), writer=writer_named(writer),
        strokes=tuple(np.asarray(stroke, np.float64) for stroke in drawn.strokes), canvas=drawn.ink.shape[0],
        pen=float(drawn.pen), time=datetime.now(UTC).isoformat(timespec="microseconds"),
        answers={run: int(said) for run, said in (answers or {}).items()}, picture=sha256(file.getvalue()),
        pens=_mixed(drawn.pens, drawn.pen),
    )  # fmt: skip
    return kept, file.getvalue()


def read(id: str, *, has_picture: bool) -> Kept:
    """Return the drawing in `<id>.json`. Raises `NotFoundError`, and `IntegrityError` if it is damaged."""
    name = f"drawings/{id}.json"
    try:
        content = read_json(part("drawings") / f"{id}.json")
        strokes = tuple(np.asarray(stroke, np.float64) for stroke in content["strokes"])
        answers = {str(run): int(said) for run, said in content["answers"].items()}
        pens = tuple(float(pen) for pen in content.get("pens", ()))
        kept = Kept(id, _whole(content["digit"]), str(content["writer"]), strokes, _whole(content["canvas"]),
                    float(content["pen"]), str(content["time"]), answers, str(content["picture"]), pens)  # fmt: skip
    except FileNotFoundError as error:
        raise NotFoundError(f"The drawing {id} is gone") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise IntegrityError(f"{name} is damaged", expected=DAMAGED, received=error) from error
    possible = 0 <= kept.digit <= 9 and NARROWEST <= kept.canvas <= WIDEST and are_pens([kept.pen, *pens])
    if not _sound(strokes) or not possible or len(pens) not in (0, len(strokes)):
        raise IntegrityError(f"{name} is damaged", expected=DAMAGED)
    if not has_picture:
        raise IntegrityError(f"The picture of drawing {id} is missing")
    return kept


def _check(digit: int, drawn: Canvas) -> None:
    check_digit(digit)
    ink = drawn.ink
    square = ink.dtype == np.uint8 and ink.ndim == 2 and NARROWEST <= ink.shape[0] == ink.shape[1] <= WIDEST
    if not square or not ink.any():
        received = f"{ink.dtype} {ink.shape}" if not square else "a blank one"
        raise UsageError("This is no drawing", expected="ink uint8 (side, side), not blank", received=received)
    if not _sound(drawn.strokes):
        raise UsageError("This is no drawing", expected="at least one stroke of finite points")
    if not are_pens([drawn.pen, *drawn.pens]) or len(drawn.pens) not in (0, len(drawn.strokes)):
        raise UsageError("No pen is so wide", expected="{} to {} pixels".format(*PENS), received=drawn.pen)


def check_digit(digit: int) -> None:
    """Raise `UsageError` unless `digit` is one."""
    if not 0 <= digit <= 9:
        raise UsageError("This is no digit", expected="0 to 9", received=digit)


def are_pens(widths: Iterable[float]) -> bool:
    """Tell whether pens can be so wide."""
    return all(PENS[0] <= width <= PENS[1] for width in widths)


def _mixed(pens: Sequence[float], pen: float) -> tuple[float, ...]:
    """Return the widths of the strokes, or none where all are as wide as the pen."""
    return tuple(map(float, pens)) if any(one != pen for one in pens) else ()


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise TypeError(f"{str(number)[:20]} is no whole number")
    return number


def _sound(strokes: tuple[Points, ...]) -> bool:
    return bool(strokes) and all(
        stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) and (np.abs(stroke) <= FARTHEST).all()
        for stroke in strokes
    )
