from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from digits.errors import UsageError
from digits.training.shares import dealt, parse_shares


@dataclass
class Parts:
    """As much of a data set as shares are dealt from: four images of `few`, 96 of `many`."""

    name: str = "both"
    kind: str = "combined"
    files: list[str] = field(default_factory=lambda: [f"few/3/3/{n}.png" for n in range(4)] + ["many/1/1/0.png"] * 96)

    @property
    def report(self) -> dict[str, str]:
        return {"kind": self.kind}


def test_each_part_has_its_share_whatever_its_size() -> None:
    rows = dealt(np.arange(100), Parts(), "few=3 many=1", 42)
    counts = Counter(rows.tolist())
    assert len(rows) == 100
    assert sum(counts[row] for row in range(4)) == 75
    assert {counts[row] for row in range(4)} <= {18, 19}
    assert max(counts[row] for row in range(4, 100)) == 1
    assert np.array_equal(rows, dealt(np.arange(100), Parts(), "few=3 many=1", 42))
    assert not np.array_equal(rows, dealt(np.arange(100), Parts(), "few=3 many=1", 43))


def test_without_shares_every_row_is_shown_once() -> None:
    rows = np.arange(7)
    assert dealt(rows, Parts(), "", 42) is rows


def test_shares_of_other_parts_are_refused() -> None:
    with pytest.raises(UsageError, match="do not fit both: expected few, many, received few, some"):
        dealt(np.arange(100), Parts(), "few=1 some=1", 42)
    with pytest.raises(UsageError, match="expected none: it is not combined of others, received few, many"):
        dealt(np.arange(100), Parts(kind="folder"), "few=1 many=1", 42)


@pytest.mark.parametrize("text", ["few", "few=", "few=x", "few=0", "few=-1", "few=nan", "few=inf", "few=1 few=2"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Shares cannot be read"):
        parse_shares(text)


def test_shares_add_up_to_one() -> None:
    assert parse_shares("a=80 b=15 c=5") == {"a": 0.8, "b": 0.15, "c": 0.05}
