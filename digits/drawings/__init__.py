"""Drawings that people keep in the lab: the store, and the file in which they travel."""

from digits.drawings.kept import Canvas, Kept
from digits.drawings.store import (
    Removed,
    Shelf,
    all_drawings,
    correct,
    delete,
    find,
    keep,
    restore,
    shelf,
    state,
    sweep,
)
from digits.drawings.stroke_file import add, export, packed

__all__ = [
    "Canvas",
    "Kept",
    "Removed",
    "Shelf",
    "add",
    "all_drawings",
    "correct",
    "delete",
    "export",
    "find",
    "keep",
    "packed",
    "restore",
    "shelf",
    "state",
    "sweep",
]
