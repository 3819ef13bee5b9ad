"""Families where they are needed: what a split by family asks for before it begins."""

from __future__ import annotations

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.errors import UsageError


def ensure_families(dataset: Dataset, owner: str) -> None:
    """Return when the families of `dataset` are known; `owner` is whose job it is to find them.

    Raises `UsageError` if they are not, and `IntegrityError` if what is kept of them is damaged.
    """
    if families_of(dataset) is None:
        raise UsageError(f"The families of {dataset.name} are unknown, so it cannot be split by them",
                         do=f"Find them first: python -m digits families {dataset.name}")  # fmt: skip
